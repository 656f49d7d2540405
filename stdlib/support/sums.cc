// The accumulators of SUM and AVG.
#include <math.h>

#include "stdlib/support/support.h"
#include "stdlib/support/wide.h"

using namespace flow_wide;

namespace {

void Add(uint64_t* sum, const uint64_t* words) {
  unsigned __int128 carry = 0;
  for (int i = 0; i < 4; ++i) {
    carry += static_cast<unsigned __int128>(sum[i]) + words[i];
    sum[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
}

U256 MagnitudeOf(const uint64_t* sum, bool* negative) {
  U256 x = {{sum[0], sum[1], sum[2], sum[3]}};
  *negative = static_cast<int64_t>(sum[3]) < 0;
  if (*negative) Negate(&x);
  return x;
}

// value * weight.
U256 Product(FlowInt128 value, int64_t weight) {
  uint64_t factor = weight < 0 ? ~static_cast<uint64_t>(weight) + 1 : static_cast<uint64_t>(weight);
  U256 product = FromU128(Magnitude(value));
  Multiply(&product, factor);
  if ((value < 0) != (weight < 0)) Negate(&product);
  return product;
}

void AddTo(void* cell, int bytes, const uint64_t* words, FlowArena* arena) {
  uint64_t sum[kFlowSumWords];
  flow_sum_load(cell, bytes, sum);
  Add(sum, words);
  flow_sum_store(cell, bytes, sum, arena);
}

void MergeInto(void* cell, int bytes, const void* other, FlowArena* arena) {
  if (flow_sum_is_none(other, bytes)) return;
  uint64_t words[kFlowSumWords];
  flow_sum_load(other, bytes, words);
  AddTo(cell, bytes, words, arena);
}

uint8_t Finish(const void* cell, int bytes, FlowInt128* out) {
  uint64_t sum[kFlowSumWords];
  flow_sum_load(cell, bytes, sum);
  bool negative;
  U256 x = MagnitudeOf(sum, &negative);
  if (!FitsU128(x) || LowU128(x) >= Pow10(38)) return kFlowErrOverflow;
  *out = WithSign(LowU128(x), negative);
  return kFlowValue;
}

uint8_t Average(const void* cell, int bytes, int64_t count, int32_t shift, FlowInt128* out) {
  uint64_t sum[kFlowSumWords];
  flow_sum_load(cell, bytes, sum);
  bool negative;
  U256 x = MagnitudeOf(sum, &negative);
  if (!MultiplyPow10(&x, shift)) return kFlowErrOverflow;
  return DivideRounded(x, static_cast<U128>(count), negative, out);
}

}  // namespace

FLOW_LARGE void flow_op_sum64_add(void* sum, const FlowInt128* value, int64_t weight,
                                  FlowArena* arena) {
  AddTo(sum, 8, Product(*value, weight).word, arena);
}
FLOW_LARGE void flow_op_sum64_merge(void* sum, const void* other, FlowArena* arena) {
  MergeInto(sum, 8, other, arena);
}
FLOW_LARGE uint8_t flow_op_sum64_finish(const void* sum, FlowInt128* out) {
  return Finish(sum, 8, out);
}
FLOW_LARGE uint8_t flow_op_sum64_average(const void* sum, int64_t count, int32_t shift,
                                         FlowInt128* out) {
  return Average(sum, 8, count, shift, out);
}
FLOW_LARGE void flow_op_sum64_free(void* sum) { flow_sum_free(sum, 8); }

FLOW_LARGE void flow_op_sum128_add(void* sum, const FlowInt128* value, int64_t weight,
                                   FlowArena* arena) {
  AddTo(sum, 16, Product(*value, weight).word, arena);
}
FLOW_LARGE void flow_op_sum128_merge(void* sum, const void* other, FlowArena* arena) {
  MergeInto(sum, 16, other, arena);
}
FLOW_LARGE uint8_t flow_op_sum128_finish(const void* sum, FlowInt128* out) {
  return Finish(sum, 16, out);
}
FLOW_LARGE uint8_t flow_op_sum128_average(const void* sum, int64_t count, int32_t shift,
                                          FlowInt128* out) {
  return Average(sum, 16, count, shift, out);
}
FLOW_LARGE void flow_op_sum128_free(void* sum) { flow_sum_free(sum, 16); }

FLOW_LARGE uint8_t flow_op_double_sum_finish(const void* sum, double* out) {
  *out = flow_double_sum_finish(sum);
  if (!isinf(*out)) return kFlowValue;
  // Only a wide sum can hold an infinity that was added.
  const FlowExactSum* wide = flow_double_sum_wide(sum);
  if (wide != NULL && (wide->plus_inf != 0 || wide->minus_inf != 0)) return kFlowValue;
  return kFlowErrOverflow;
}
