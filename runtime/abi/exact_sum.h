// SUM of DOUBLE without rounding: a fixed-point accumulator over the whole range of double, which
// can also subtract. Two accumulators that hold the same multiset of values give the same bits,
// whatever the order and the merges. (The idea of a small superaccumulator: R. M. Neal, "Fast exact
// summation using small and large superaccumulators", 2015.)
#pragma once

#include "runtime/abi/abi.h"

// The sum is that of chunk[i] * 2^(32 * i - 1074); carries are propagated lazily, so the same sum
// has several forms. Only flow_exact_sum_finish says whether two are equal.
enum { kFlowExactSumChunks = 67 };

typedef struct FlowExactSum {
  int64_t chunk[kFlowExactSumChunks];
  int64_t pending;  // additions since the last carry propagation
  int64_t nan;      // how many NaN, +inf and -inf were added (less those subtracted)
  int64_t plus_inf;
  int64_t minus_inf;
} FlowExactSum;

#ifdef __cplusplus
extern "C" {
#endif
void flow_exact_sum_init(FlowExactSum* sum);
// Adds `value` `weight` times (negative: subtracts).
void flow_exact_sum_add(FlowExactSum* sum, double value, int64_t weight);
void flow_exact_sum_merge(FlowExactSum* sum, const FlowExactSum* other);
// The sum rounded once to nearest even. NaN if a NaN or both infinities are in. An empty or
// cancelled sum is +0.
double flow_exact_sum_finish(const FlowExactSum* sum);
#ifdef __cplusplus
}
#endif
