// Numbers and booleans: text to value and back, DECIMAL to DOUBLE and back.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "runtime/abi/convert.h"
#include "runtime/abi/convert_text.h"
#include "runtime/abi/error_code.h"

namespace {

using flow::abi::EqualsIgnoreCase;
using flow::abi::IsDigit;
using flow::abi::Text;

struct Powers {
  FlowInt128 of[39];
};
constexpr Powers MakePowers() {
  Powers powers{};
  powers.of[0] = 1;
  for (int i = 1; i < 39; ++i) powers.of[i] = powers.of[i - 1] * 10;
  return powers;
}
constexpr Powers kPowers = MakePowers();

// PostgreSQL takes every prefix of these words that names only one of them.
bool IsPrefixOf(Text text, const char* word, size_t least) {
  const size_t size = strlen(word);
  return text.size() >= least && text.size() <= size &&
         EqualsIgnoreCase(text, Text(word, text.size()));
}

template <typename T>
uint8_t ParseInteger(const char* data, size_t size, T* out) {
  Text text = flow::abi::Trim(data, size);
  // std::from_chars knows "-" only.
  if (text.size() > 1 && text[0] == '+' && IsDigit(text[1])) text.remove_prefix(1);
  T value = 0;
  const char* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || at != end) return kFlowErrCast;
  if (error == std::errc::result_out_of_range) return kFlowErrOutOfRange;
  *out = value;
  return kFlowValue;
}

// The parts of [+-]digits[.digits][e[+-]digits].
struct Number {
  bool negative = false;
  Text integer;
  Text fraction;
  int64_t exponent = 0;  // saturated
  size_t digits() const { return integer.size() + fraction.size(); }
  char digit(size_t i) const {
    return i < integer.size() ? integer[i] : fraction[i - integer.size()];
  }
};

Text TakeDigits(Text* text) {
  size_t n = 0;
  while (n < text->size() && IsDigit((*text)[n])) ++n;
  Text taken = text->substr(0, n);
  text->remove_prefix(n);
  return taken;
}

bool TakeSign(Text* text) {
  if (text->empty() || ((*text)[0] != '+' && (*text)[0] != '-')) return false;
  const bool negative = (*text)[0] == '-';
  text->remove_prefix(1);
  return negative;
}

bool ReadNumber(Text text, Number* out) {
  out->negative = TakeSign(&text);
  out->integer = TakeDigits(&text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    out->fraction = TakeDigits(&text);
  }
  if (out->digits() == 0) return false;
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    const bool negative = TakeSign(&text);
    Text digits = TakeDigits(&text);
    if (digits.empty()) return false;
    int64_t exponent = 0;
    for (char c : digits) exponent = std::min<int64_t>(exponent * 10 + (c - '0'), int64_t{1} << 40);
    out->exponent = negative ? -exponent : exponent;
  }
  return text.empty();
}

}  // namespace

extern "C" {

FlowInt128 flow_pow10(int32_t n) { return kPowers.of[n]; }

uint8_t flow_parse_boolean(const char* data, size_t size, uint8_t* out) {
  const Text text = flow::abi::Trim(data, size);
  if (IsPrefixOf(text, "true", 1) || IsPrefixOf(text, "yes", 1) || IsPrefixOf(text, "on", 2) ||
      text == "1") {
    *out = 1;
  } else if (IsPrefixOf(text, "false", 1) || IsPrefixOf(text, "no", 1) ||
             IsPrefixOf(text, "off", 2) || text == "0") {
    *out = 0;
  } else {
    return kFlowErrCast;
  }
  return kFlowValue;
}

uint8_t flow_parse_int(const char* data, size_t size, int32_t* out) {
  return ParseInteger(data, size, out);
}

uint8_t flow_parse_bigint(const char* data, size_t size, int64_t* out) {
  return ParseInteger(data, size, out);
}

uint8_t flow_parse_double(const char* data, size_t size, double* out) {
  Text text = flow::abi::Trim(data, size);
  Number number;
  if (!ReadNumber(text, &number)) {
    const bool negative = TakeSign(&text);
    if (EqualsIgnoreCase(text, "infinity") || EqualsIgnoreCase(text, "inf")) {
      *out = negative ? -std::numeric_limits<double>::infinity()
                      : std::numeric_limits<double>::infinity();
      return kFlowValue;
    }
    if (EqualsIgnoreCase(text, "nan")) {
      *out = std::numeric_limits<double>::quiet_NaN();
      return kFlowValue;
    }
    return kFlowErrCast;
  }
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  (void)at;
  if (error == std::errc::result_out_of_range || std::isinf(value)) return kFlowErrOutOfRange;
  if (value == 0) {
    // PostgreSQL refuses what is too small to be told from zero.
    for (size_t i = 0; i < number.digits(); ++i) {
      if (number.digit(i) != '0') return kFlowErrOutOfRange;
    }
  }
  *out = value;
  return kFlowValue;
}

uint8_t flow_parse_decimal(const char* data, size_t size, int32_t precision, int32_t scale,
                           FlowInt128* out) {
  Number number;
  if (!ReadNumber(flow::abi::Trim(data, size), &number)) return kFlowErrCast;
  size_t first = 0;  // the first digit that is not 0
  while (first < number.digits() && number.digit(first) == '0') ++first;
  if (first == number.digits()) {
    *out = 0;
    return kFlowValue;
  }
  // How many digits, from `first` on, stand before the cut at `scale`.
  const int64_t kept = static_cast<int64_t>(number.integer.size()) - static_cast<int64_t>(first) +
                       number.exponent + scale;
  if (kept > 38) return kFlowErrOverflow;
  auto digit_at = [&](int64_t i) {
    const size_t at = first + static_cast<size_t>(i);
    return at < number.digits() ? number.digit(at) - '0' : 0;
  };
  int64_t i = 0;
  int64_t head = 0;  // 64 bits are enough for most
  for (; i < std::min<int64_t>(kept, 18); ++i) head = head * 10 + digit_at(i);
  FlowInt128 value = head;
  for (; i < kept; ++i) value = value * 10 + digit_at(i);
  if (kept >= 0 && digit_at(kept) >= 5) ++value;
  if (value >= flow_pow10(precision)) return kFlowErrOverflow;
  *out = number.negative ? -value : value;
  return kFlowValue;
}

uint8_t flow_decimal_rescale(FlowInt128 unscaled, int32_t from_scale, int32_t precision,
                             int32_t to_scale, FlowInt128* out) {
  FlowInt128 value = unscaled;
  if (to_scale >= from_scale) {
    if (__builtin_mul_overflow(value, flow_pow10(to_scale - from_scale), &value)) {
      return kFlowErrOverflow;
    }
  } else {
    const FlowInt128 divisor = flow_pow10(from_scale - to_scale);
    const FlowInt128 rest = value % divisor;
    value /= divisor;
    if ((rest < 0 ? -rest : rest) >= divisor / 2) value += unscaled < 0 ? -1 : 1;
  }
  const FlowInt128 bound = flow_pow10(precision);
  if (value >= bound || value <= -bound) return kFlowErrOverflow;
  *out = value;
  return kFlowValue;
}

uint8_t flow_decimal_from_double(double value, int32_t precision, int32_t scale, FlowInt128* out) {
  if (!std::isfinite(value)) return kFlowErrOutOfRange;
  char text[kFlowTextMax];
  auto [end, error] =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 14);
  (void)error;
  return flow_parse_decimal(text, static_cast<size_t>(end - text), precision, scale, out);
}

double flow_decimal_to_double(FlowInt128 unscaled, int32_t scale) {
  // Both exact: the quotient is rounded once.
  if (scale <= 22 && unscaled <= (FlowInt128{1} << 53) && unscaled >= -(FlowInt128{1} << 53)) {
    return static_cast<double>(static_cast<int64_t>(unscaled)) /
           static_cast<double>(flow_pow10(scale));
  }
  char text[kFlowTextMax];
  const size_t size = flow_format_decimal(unscaled, scale, text);
  double value = 0;
  std::from_chars(text, text + size, value);
  return value;
}

size_t flow_format_bigint(int64_t value, char* out) {
  return static_cast<size_t>(std::to_chars(out, out + kFlowTextMax, value).ptr - out);
}

size_t flow_format_double(double value, char* out) {
  if (std::isnan(value)) return flow::abi::Put(out, "NaN");
  if (std::isinf(value)) return flow::abi::Put(out, value < 0 ? "-Infinity" : "Infinity");
  // The shortest digits that read back as the same double, laid out as PostgreSQL does: plainly
  // for exponents from -4 to 14.
  char text[kFlowTextMax];
  char* end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  const char* e = std::find(static_cast<const char*>(text), static_cast<const char*>(end), 'e');
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  if (exponent < -4 || exponent >= 15) {
    return flow::abi::Put(out, Text(text, static_cast<size_t>(end - text)));
  }
  char* at = out;
  const char* digit = text;
  if (*digit == '-') *at++ = *digit++;
  char digits[20];
  int count = 0;
  for (; digit != e; ++digit) {
    if (*digit != '.') digits[count++] = *digit;
  }
  if (exponent < 0) {
    *at++ = '0';
    *at++ = '.';
    for (int i = -1; i > exponent; --i) *at++ = '0';
    for (int i = 0; i < count; ++i) *at++ = digits[i];
  } else {
    for (int i = 0; i < std::max(count, exponent + 1); ++i) {
      if (i == exponent + 1) *at++ = '.';
      *at++ = i < count ? digits[i] : '0';
    }
  }
  return static_cast<size_t>(at - out);
}

size_t flow_format_decimal(FlowInt128 unscaled, int32_t scale, char* out) {
  char digits[48];
  int count = 0;
  FlowUInt128 rest =
      unscaled < 0 ? -static_cast<FlowUInt128>(unscaled) : static_cast<FlowUInt128>(unscaled);
  auto put = [&](uint64_t part, int least) {
    for (const int end = count + least; part != 0 || count < end; part /= 10) {
      digits[count++] = static_cast<char>('0' + part % 10);
    }
  };
  constexpr uint64_t kPart = 1'000'000'000'000'000'000;  // division of 128 bits is slow
  while (rest >= kPart) {
    put(static_cast<uint64_t>(rest % kPart), 18);
    rest /= kPart;
  }
  put(static_cast<uint64_t>(rest), 0);
  while (count <= scale) digits[count++] = '0';
  char* at = out;
  if (unscaled < 0) *at++ = '-';
  while (count > 0) {
    *at++ = digits[--count];
    if (count == scale && scale > 0) *at++ = '.';
  }
  return static_cast<size_t>(at - out);
}

}  // extern "C"
