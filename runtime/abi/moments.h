// VAR_POP and VAR_SAMP: how many values, their sum and the sum of their squares, all three exact.
// So the state says nothing of the order of the values, can give values back, and the result is
// rounded where it is made and nowhere else.
#pragma once

#include "runtime/abi/abi.h"

typedef struct FlowMoments FlowMoments;

#ifdef __cplusplus
extern "C" {
#endif
// `kind` as in flow_multiset_new: a number's. Values are passed by the address of a cell.
FlowMoments* flow_moments_new(int32_t kind, FlowArena* arena);
void flow_moments_free(FlowMoments* moments);
void flow_moments_add(FlowMoments* moments, const void* value, int64_t weight);
void flow_moments_merge(FlowMoments* moments, const FlowMoments* other);
// The variance, of values that are whole multiples of 10^-scale; `sample`: over n - 1, else over n.
// NULL of too few values, NaN where a value is no finite number, an error past the greatest DOUBLE.
uint8_t flow_moments_finish(const FlowMoments* moments, int32_t scale, int32_t sample, double* out);
#ifdef __cplusplus
}

#include <string>
#include <string_view>

// As bytes; the same for equal content. flow_moments_load takes them from the front of `bytes` and
// returns false if there are none.
void flow_moments_save(const FlowMoments* moments, std::string* out);
bool flow_moments_load(FlowMoments* moments, std::string_view* bytes);
#endif
