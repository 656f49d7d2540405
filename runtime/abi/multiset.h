// MIN and MAX over updating input: a multiset of values that can also take away.
#pragma once

#include "runtime/abi/abi.h"

typedef struct FlowMultiset FlowMultiset;

// The numbers of flow::TypeKind, which this folder may not include.
enum {
  kFlowKindBoolean = 1,
  kFlowKindInt = 2,
  kFlowKindBigint = 3,
  kFlowKindDouble = 4,
  kFlowKindDecimal = 5,
  kFlowKindString = 6,
  kFlowKindDate = 7,
  kFlowKindTimestamp = 8,
  kFlowKindInterval = 9,
};

#ifdef __cplusplus
extern "C" {
#endif
// `kind` is a flow::TypeKind. Values are passed by the address of a cell of that type.
FlowMultiset* flow_multiset_new(int32_t kind);
void flow_multiset_free(FlowMultiset* set);
void flow_multiset_add(FlowMultiset* set, const void* value, int64_t weight);
void flow_multiset_merge(FlowMultiset* set, const FlowMultiset* other);
// Calls f for each value, ascending, with its count; `value` is a cell as in flow_multiset_add.
void flow_multiset_each(const FlowMultiset* set,
                        void (*f)(void* self, const void* value, int64_t count), void* self);
// Writes the least or greatest value whose count is positive; returns 0 if there is none. Strings
// borrow from the set.
int32_t flow_multiset_min(const FlowMultiset* set, void* out);
int32_t flow_multiset_max(const FlowMultiset* set, void* out);

// Replaces a state string in place: keeps dst's memory if `src` fits its capacity (the size rounded
// up to a power of two), else takes new memory from `arena`. `dst` must be the accumulator's own.
void flow_state_string_assign(FlowString* dst, const FlowString* src, FlowArena* arena);
#ifdef __cplusplus
}
#endif
