// Sums over the elements of an ARRAY that are not NULL; NULL if there are none. The binder calls
// the one for the type of the elements.
#include <cmath>

#include "runtime/abi/exact_sum.h"
#include "runtime/base/elements.h"
#include "stdlib/native/native.h"

using flow::Parts;
using flow_native::View;

namespace {

// Calls see(value) for each; returns how many there are.
template <typename T, typename See>
int64_t ForEachValue(const FlowString* array, flow::TypeKind kind, const See& see) {
  Parts parts(View(array));
  std::string_view part;
  int64_t count = 0;
  while (parts.Next(&part)) {
    if (flow::IsNullPart(part)) continue;
    flow::ElementCell cell;
    cell.Load(part, kind);
    T value;
    memcpy(&value, cell.column().values, sizeof value);
    see(value);
    ++count;
  }
  return count;
}

}  // namespace

FLOW_FUNCTION("_array_count(string) -> bigint", "How many elements are not NULL.",
              "_array_count('')")
uint8_t flow_array_count(FlowArena*, const FlowString* array, int64_t* out) {
  *out = 0;
  Parts parts(View(array));
  std::string_view part;
  while (parts.Next(&part)) *out += flow::IsNullPart(part) ? 0 : 1;
  return kFlowValue;
}

FLOW_FUNCTION("_array_sum_bigint(string) -> bigint", "Of INT and BIGINT.", "_array_sum_bigint('')")
uint8_t flow_array_sum_bigint(FlowArena*, const FlowString* array, int64_t* out) {
  FlowInt128 sum = 0;
  const int64_t count =
      ForEachValue<int64_t>(array, flow::TypeKind::kBigint, [&](int64_t value) { sum += value; });
  if (count == 0) return kFlowNull;
  *out = static_cast<int64_t>(sum);
  return *out == sum ? uint8_t{kFlowValue} : uint8_t{kFlowErrOverflow};
}

FLOW_FUNCTION("_array_total(string) -> decimal", "Of INT and BIGINT, as a DECIMAL without scale.",
              "_array_total('')")
uint8_t flow_array_total(FlowArena*, const FlowString* array, FlowInt128* out) {
  FlowInt128 sum = 0;
  const int64_t count =
      ForEachValue<int64_t>(array, flow::TypeKind::kBigint, [&](int64_t value) { sum += value; });
  *out = sum;
  return count == 0 ? uint8_t{kFlowNull} : uint8_t{kFlowValue};
}

FLOW_FUNCTION("_array_sum_decimal(string) -> decimal", "Of DECIMALs of one scale.",
              "_array_sum_decimal('')")
uint8_t flow_array_sum_decimal(FlowArena*, const FlowString* array, FlowInt128* out) {
  // Overflow is judged at the end: the halves of all values together have room.
  FlowInt128 high = 0;
  FlowUInt128 low = 0;
  const int64_t count =
      ForEachValue<FlowInt128>(array, flow::TypeKind::kDecimal, [&](FlowInt128 value) {
        high += value >> 64;
        low += static_cast<uint64_t>(value);
      });
  if (count == 0) return kFlowNull;
  high += static_cast<FlowInt128>(low >> 64);
  if (high > INT64_MAX || high < INT64_MIN) return kFlowErrOverflow;
  *out =
      static_cast<FlowInt128>((static_cast<FlowUInt128>(high) << 64) | static_cast<uint64_t>(low));
  FlowInt128 limit = 1;  // 10^38
  for (int i = 0; i < 38; ++i) limit *= 10;
  return *out < limit && *out > -limit ? uint8_t{kFlowValue} : uint8_t{kFlowErrOverflow};
}

FLOW_FUNCTION("_array_sum_double(string) -> double", "Exact, rounded once.",
              "_array_sum_double('')")
uint8_t flow_array_sum_double(FlowArena*, const FlowString* array, double* out) {
  FlowExactSum sum;
  flow_exact_sum_init(&sum);
  const int64_t count = ForEachValue<double>(
      array, flow::TypeKind::kDouble, [&](double value) { flow_exact_sum_add(&sum, value, 1); });
  if (count == 0) return kFlowNull;
  *out = flow_exact_sum_finish(&sum);
  const bool overflow = std::isinf(*out) && sum.plus_inf == 0 && sum.minus_inf == 0;
  return overflow ? uint8_t{kFlowErrOverflow} : uint8_t{kFlowValue};
}
