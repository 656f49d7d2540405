// RecordGenerator: the values of fields. And Zipf.
#include <algorithm>
#include <cmath>

#include "runtime/abi/convert.h"
#include "runtime/connector/datagen/generator.h"
#include "runtime/connector/draw.h"

namespace flow::datagen {

namespace {

// The draws of a value. Zipf takes as many as it needs, from its own on.
enum ValueTag : int {
  kTagNull = 0,
  kTagValue = 1,
  kTagSecond = 2,
  kTagZipf = 100,
  kTagLetters = 1000,
};

constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

void AppendUuid(uint64_t high, uint64_t low, std::string* out) {
  high = (high & ~0xF000ull) | 0x4000;         // version 4: random
  low = (low & ~(3ull << 62)) | (1ull << 63);  // variant 1
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) *out += '-';
    const uint64_t half = i < 16 ? high : low;
    *out += "0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 15];
  }
}

// (e^x - 1) / x, ln(1 + x) / x, also near 0.
double ExpPart(double x) { return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2; }
double LogPart(double x) { return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2; }

}  // namespace

// Rejection-inversion (Hoermann and Derflinger, 1996): the inverse of the integral of the weights
// is drawn, and the few that the integral has too much of are drawn again.
int64_t Zipf(uint64_t seed, int tag, int64_t n, double exponent) {
  auto integral = [&](double x) {
    const double log = std::log(x);
    return ExpPart((1 - exponent) * log) * log;
  };
  auto weight = [&](double x) { return std::exp(-exponent * std::log(x)); };
  auto inverse = [&](double x) {
    const double t = std::max(x * (1 - exponent), -1.0);
    return std::exp(LogPart(t) * x);
  };
  const double first = integral(1.5) - 1;
  const double last = integral(static_cast<double>(n) + 0.5);
  const double sure = 2 - inverse(integral(2.5) - weight(2));
  for (;; ++tag) {
    const double u = last + Unit(Draw(seed, tag)) * (first - last);
    const double x = inverse(u);
    const double rounded = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(n));
    if (rounded - x <= sure || u >= integral(rounded + 0.5) - weight(rounded)) {
      return static_cast<int64_t>(rounded);
    }
  }
}

// A value in the units of its type, as JSON.
void RecordGenerator::AppendUnits(size_t field, int64_t units, std::string* out) const {
  const Type& type = declared_[field].type;
  char text[kFlowTextMax];
  switch (type.kind) {
    case TypeKind::kDecimal:
      out->append(text, flow_format_decimal(units, type.scale, text));
      return;
    case TypeKind::kString:
      *out += '"' + config_.columns[field].prefix;
      out->append(text, flow_format_bigint(units, text));
      *out += '"';
      return;
    case TypeKind::kDate:
      *out += '"';
      out->append(text, flow_format_date(static_cast<int32_t>(units), text));
      *out += '"';
      return;
    case TypeKind::kTimestamp:
      *out += '"';
      out->append(text, flow_format_timestamp_iso(units, text));
      *out += '"';
      return;
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kNull:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      out->append(text, flow_format_bigint(units, text));
      return;
  }
}

void RecordGenerator::AppendValue(size_t field, uint64_t row_seed, int64_t number,
                                  int64_t event_time, std::string* out) const {
  using program::Distribution;
  const program::GeneratedColumn& column = config_.columns[field];
  const Type& type = declared_[field].type;
  const uint64_t seed = flow_hash_u64(field_seeds_[field], row_seed);
  if (column.nulls > 0 && Unit(Draw(seed, kTagNull)) < column.nulls) {
    *out += "null";
    return;
  }
  const uint64_t bits = Draw(seed, kTagValue);
  auto append_double = [&](double value) {
    char text[kFlowTextMax];
    out->append(text, flow_format_double(value, text));
  };
  switch (column.distribution) {
    case Distribution::kTime: {
      constexpr int64_t kDayUs = 86'400'000'000;
      const int64_t day = (event_time - (event_time < 0 ? kDayUs - 1 : 0)) / kDayUs;
      return AppendUnits(field, type.is(TypeKind::kDate) ? day : event_time, out);
    }
    case Distribution::kSequence: {
      const FlowInt128 value = FlowInt128{column.low} + FlowInt128{column.high} * number;
      constexpr FlowInt128 kMost = std::numeric_limits<int64_t>::max();
      return AppendUnits(field, static_cast<int64_t>(std::clamp(value, -kMost, kMost)), out);
    }
    case Distribution::kUniform: {
      if (type.is(TypeKind::kDouble)) {
        const double u = Unit(bits);
        return append_double(column.from * (1 - u) + column.to * u);
      }
      const uint64_t range = static_cast<uint64_t>(column.high) - static_cast<uint64_t>(column.low);
      const auto drawn =
          static_cast<uint64_t>((FlowUInt128{bits} * (FlowUInt128{range} + 1)) >> 64);
      return AppendUnits(field, static_cast<int64_t>(static_cast<uint64_t>(column.low) + drawn),
                         out);
    }
    case Distribution::kNormal: {
      const double radius = std::sqrt(-2 * std::log1p(-Unit(bits)));
      const double value =
          column.from + column.to * radius * std::cos(2 * M_PI * Unit(Draw(seed, kTagSecond)));
      if (type.is(TypeKind::kDouble)) return append_double(value);
      const double least = std::max(static_cast<double>(column.low), -9.2e18);
      const double most = std::min(static_cast<double>(column.high), 9.2e18);
      return AppendUnits(field, static_cast<int64_t>(std::clamp(std::round(value), least, most)),
                         out);
    }
    case Distribution::kZipf:
      return AppendUnits(field, Zipf(seed, kTagZipf, column.high, column.from), out);
    case Distribution::kChoice: {
      const auto at = std::upper_bound(column.weights.begin(), column.weights.end(), Unit(bits));
      const auto index = static_cast<size_t>(at - column.weights.begin());
      *out += column.values[std::min(index, column.values.size() - 1)];
      return;
    }
    case Distribution::kUuid:
      *out += '"' + column.prefix;
      AppendUuid(bits, Draw(seed, kTagSecond), out);
      *out += '"';
      return;
    case Distribution::kText: {
      *out += '"' + column.prefix;
      const int64_t size = column.low + Below(bits, column.high - column.low + 1);
      uint64_t more = 0;
      for (int64_t i = 0; i < size; ++i, more >>= 6) {
        if (i % 10 == 0) more = Draw(seed, kTagLetters + static_cast<int>(i / 10));
        *out += kLetters[more & 63];
      }
      *out += '"';
      return;
    }
  }
}

}  // namespace flow::datagen
