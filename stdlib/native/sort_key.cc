// What aggregates are made of: the parts of sort keys (runtime/abi/sort_key.h), and buckets of
// numbers for APPROX_PERCENTILE. Only the binder calls them.
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "runtime/abi/hash.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/sort_key.h"
#include "stdlib/native/native.h"

namespace {

uint8_t Key(const void* cell, int32_t kind, uint8_t descending, FlowArena* arena, FlowString* out) {
  const size_t room = flow_sort_key_room(cell, kind);
  if (room > kFlowStringMax) return kFlowErrTooLong;
  char* text = flow_arena_allocate(arena, room);
  const size_t size = flow_sort_key_write(cell, kind, descending, text);
  flow_string_set(out, text, static_cast<uint32_t>(size));
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("_sort_key(boolean, boolean) -> string", "A part of a sort key.",
              "_sort_key(1 < 2, 1 < 2)")
uint8_t flow_sort_key_boolean(FlowArena* arena, uint8_t x, uint8_t descending, FlowString* out) {
  return Key(&x, kFlowKindBoolean, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(bigint, boolean) -> string", "A part of a sort key.",
              "_sort_key(1, 1 < 2)")
uint8_t flow_sort_key_bigint(FlowArena* arena, int64_t x, uint8_t descending, FlowString* out) {
  return Key(&x, kFlowKindBigint, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(double, boolean) -> string", "A part of a sort key.",
              "_sort_key(1e0, 1 < 2)")
uint8_t flow_sort_key_double(FlowArena* arena, double x, uint8_t descending, FlowString* out) {
  return Key(&x, kFlowKindDouble, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(decimal, boolean) -> string", "A part of a sort key.",
              "_sort_key(1.5, 1 < 2)")
uint8_t flow_sort_key_decimal(FlowArena* arena, const FlowInt128* x, uint8_t descending,
                              int32_t scale, int32_t same, FlowString* out) {
  if (scale != same) return kFlowErrArgument;
  return Key(x, kFlowKindDecimal, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(string, boolean) -> string", "A part of a sort key.",
              "_sort_key('a', 1 < 2)")
uint8_t flow_sort_key_string(FlowArena* arena, const FlowString* x, uint8_t descending,
                             FlowString* out) {
  return Key(x, kFlowKindString, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(date, boolean) -> string", "A part of a sort key.",
              "_sort_key(DATE '2026-01-31', 1 < 2)")
uint8_t flow_sort_key_date(FlowArena* arena, int32_t x, uint8_t descending, FlowString* out) {
  return Key(&x, kFlowKindDate, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(timestamp, boolean) -> string", "A part of a sort key.",
              "_sort_key(TIMESTAMP '2026-01-31 10:00:00', 1 < 2)")
uint8_t flow_sort_key_timestamp(FlowArena* arena, int64_t x, uint8_t descending, FlowString* out) {
  return Key(&x, kFlowKindTimestamp, descending, arena, out);
}

FLOW_FUNCTION("_sort_key(interval, boolean) -> string", "A part of a sort key.",
              "_sort_key(10s, 1 < 2)")
uint8_t flow_sort_key_interval(FlowArena* arena, int64_t x, uint8_t descending, FlowString* out) {
  return Key(&x, kFlowKindInterval, descending, arena, out);
}

// A bucket holds the DOUBLEs that agree in exponent and the first 7 bits behind the point, so its
// middle is within 1/256 of each. Buckets are numbered in the order of what they hold.
namespace {
constexpr int kBelow = 52 - 7;
constexpr int64_t kInfinite = int64_t{0x7FF} << 7;
}  // namespace

FLOW_FUNCTION("_bucket(double) -> int", "The bucket of a number.", "_bucket(1.5e0)")
uint8_t flow_bucket(FlowArena*, double x, int32_t* out) {
  const auto bits = std::bit_cast<int64_t>(std::fabs(flow_canonical_double(x)));
  const auto bucket = static_cast<int32_t>(bits >> kBelow);
  *out = std::signbit(x) && !std::isnan(x) ? -bucket : bucket;
  return kFlowValue;
}

FLOW_FUNCTION("_bucket_middle(int) -> double", "The middle of a bucket.", "_bucket_middle(1)")
uint8_t flow_bucket_middle(FlowArena*, int32_t bucket, double* out) {
  const int64_t number = std::abs(int64_t{bucket});
  if (number > kInfinite) {
    *out = std::numeric_limits<double>::quiet_NaN();
    return kFlowValue;
  }
  const int64_t half = number == 0 || number == kInfinite ? 0 : int64_t{1} << (kBelow - 1);
  const auto middle = std::bit_cast<double>((number << kBelow) + half);
  *out = bucket < 0 ? -middle : middle;
  return kFlowValue;
}
