// APPROX_COUNT_DISTINCT: a HyperLogLog of 2^12 registers. A register holds the greatest rank of the
// hashes that fell to it, so order and parts do not matter; nothing can be taken back.
#pragma once

#include "runtime/abi/abi.h"

typedef struct FlowSketch FlowSketch;

#ifdef __cplusplus
extern "C" {
#endif
// `kind` as in flow_multiset_new. Values are passed by the address of a cell.
FlowSketch* flow_sketch_new(int32_t kind, FlowArena* arena);
void flow_sketch_free(FlowSketch* sketch);
void flow_sketch_add(FlowSketch* sketch, const void* value, int64_t weight);  // weight > 0
void flow_sketch_merge(FlowSketch* sketch, const FlowSketch* other);
// How many different values there were, about: the standard error is 1.6 %. (The estimator: O.
// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017.)
int64_t flow_sketch_finish(const FlowSketch* sketch);
#ifdef __cplusplus
}

#include <string>
#include <string_view>

// As bytes; the same for equal content. flow_sketch_load takes them from the front of `bytes` and
// returns false if there are none.
void flow_sketch_save(const FlowSketch* sketch, std::string* out);
bool flow_sketch_load(FlowSketch* sketch, std::string_view* bytes);
#endif
