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

}  // namespace

FLOW_LARGE void flow_op_sum256_add(uint64_t* sum, const FlowInt128* value, int64_t weight) {
  uint64_t factor = weight < 0 ? ~static_cast<uint64_t>(weight) + 1 : static_cast<uint64_t>(weight);
  U256 product = FromU128(Magnitude(*value));
  Multiply(&product, factor);
  if ((*value < 0) != (weight < 0)) Negate(&product);
  Add(sum, product.word);
}

void flow_op_sum256_merge(uint64_t* sum, const uint64_t* other) { Add(sum, other); }

uint8_t flow_op_sum256_finish(const uint64_t* sum, FlowInt128* out) {
  bool negative;
  U256 x = MagnitudeOf(sum, &negative);
  if (!FitsU128(x) || LowU128(x) >= Pow10(38)) return kFlowErrOverflow;
  *out = WithSign(LowU128(x), negative);
  return kFlowValue;
}

FLOW_LARGE uint8_t flow_op_sum256_average(const uint64_t* sum, int64_t count, int32_t shift,
                                          FlowInt128* out) {
  bool negative;
  U256 x = MagnitudeOf(sum, &negative);
  if (!MultiplyPow10(&x, shift)) return kFlowErrOverflow;
  return DivideRounded(x, static_cast<U128>(count), negative, out);
}

FLOW_LARGE uint8_t flow_op_sum128_average(const FlowInt128* sum, int64_t count, int32_t shift,
                                          FlowInt128* out) {
  U256 x = FromU128(Magnitude(*sum));
  if (!MultiplyPow10(&x, shift)) return kFlowErrOverflow;
  return DivideRounded(x, static_cast<U128>(count), *sum < 0, out);
}

FLOW_LARGE uint8_t flow_op_exact_sum_finish(const FlowExactSum* sum, double* out) {
  *out = flow_exact_sum_finish(sum);
  bool finite = sum->nan == 0 && sum->plus_inf == 0 && sum->minus_inf == 0;
  if (finite && isinf(*out)) return kFlowErrOverflow;
  return kFlowValue;
}
