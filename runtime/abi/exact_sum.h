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
// Adds m * 2^(exponent - 1074), for 0 <= exponent <= 2046.
void flow_exact_sum_add_scaled(FlowExactSum* sum, FlowInt128 m, int32_t exponent);
void flow_exact_sum_merge(FlowExactSum* sum, const FlowExactSum* other);
// The sum rounded once to nearest even. NaN if a NaN or both infinities are in. An empty or
// cancelled sum is +0.
double flow_exact_sum_finish(const FlowExactSum* sum);

// The same sum in 16 bytes, which is all that values of one magnitude need. The low 16 bits say
// what the cell holds: 0 no value yet; 1 zeros only; e + 2 the sum m * 2^(e - 1074), where m is the
// upper 112 bits, signed; 0xFFFF: the upper 8 bytes are the address of a FlowExactSum. All 0 is
// empty.
enum { kFlowDoubleSumBytes = 16 };
void flow_double_sum_add(void* cell, double value, int64_t weight, FlowArena* arena);
void flow_double_sum_merge(void* cell, const void* other, FlowArena* arena);
double flow_double_sum_finish(const void* cell);
void flow_double_sum_free(void* cell);
// The low 16 bits, and m.
int32_t flow_double_sum_form(const void* cell, FlowInt128* m);
// The reverse, for a form that is not 0xFFFF; 0 if no cell holds that.
int32_t flow_double_sum_set(void* cell, int32_t form, FlowInt128 m);
// NULL if the cell is not of form 0xFFFF.
const FlowExactSum* flow_double_sum_wide(const void* cell);
// Makes it so; the sum stays the same.
FlowExactSum* flow_double_sum_widen(void* cell, FlowArena* arena);
#ifdef __cplusplus
}
#endif
