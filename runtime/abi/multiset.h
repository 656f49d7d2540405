// Multisets of values that can also take away: for MIN and MAX over updating input, for aggregates
// over their values in order, and for DISTINCT.
#pragma once

#include "runtime/abi/abi.h"

typedef struct FlowMultiset FlowMultiset;

// The most bytes that STRING_AGG gives, and that the different values have of which it is made.
enum { kFlowJoinedMax = 1 << 24 };
// How flow_multiset_join reads the values.
enum { kFlowJoinOnce = 1, kFlowJoinSortKeys = 2 };

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
// `kind` is a flow::TypeKind. Values are passed by the address of a cell of that type. Its memory
// is counted in the account of `arena`, which need not live as long.
FlowMultiset* flow_multiset_new(int32_t kind, FlowArena* arena);
// Of strings, for STRING_AGG of append-only input: once it has more than kFlowJoinedMax bytes of
// different strings it keeps none of them.
FlowMultiset* flow_multiset_new_bounded(int32_t kind, FlowArena* arena);
// Of strings: keeps no more than `most` of the least, equal ones counted. Nothing is taken away.
FlowMultiset* flow_multiset_new_least(int64_t most, FlowArena* arena);
// For DISTINCT: only added to, merged with its like, and gone through.
FlowMultiset* flow_multiset_new_distinct(int32_t kind, FlowArena* arena);
void flow_multiset_free(FlowMultiset* set);
// Returns 1 if the value was not there before, -1 if it is there no longer, else 0.
int64_t flow_multiset_add(FlowMultiset* set, const void* value, int64_t weight);
void flow_multiset_merge(FlowMultiset* set, const FlowMultiset* other);
// The same, and calls f for each value that came (1) or went (-1).
void flow_multiset_merge_distinct(FlowMultiset* set, const FlowMultiset* other,
                                  void (*f)(void* self, const void* value, int64_t change),
                                  void* self);
// Calls f for each value, ascending, with its count; `value` is a cell as in flow_multiset_add.
void flow_multiset_each(const FlowMultiset* set,
                        void (*f)(void* self, const void* value, int64_t count), void* self);
// Writes the least or greatest value whose count is positive; returns 0 if there is none. Strings
// borrow from the set.
int32_t flow_multiset_min(const FlowMultiset* set, void* out);
int32_t flow_multiset_max(const FlowMultiset* set, void* out);
// The value at a fraction of the way from the least (0) to the greatest (1): the least one that at
// least so many values do not pass. 0 if there is none.
int32_t flow_multiset_quantile(const FlowMultiset* set, double fraction, void* out);
// All strings in their order with `separator` between them, each as often as it is there or, with
// kFlowJoinOnce, once. With kFlowJoinSortKeys of each only the string that ends the sort key
// (sort_key.h). NULL of nothing, an error beyond kFlowJoinedMax.
uint8_t flow_multiset_join(const FlowMultiset* set, const FlowString* separator, int32_t how,
                           FlowString* out, FlowArena* arena);
// The least `most` strings, each as often as it is there: a length of 4 bytes and the bytes. NULL
// of nothing, an error beyond kFlowJoinedMax.
uint8_t flow_multiset_best(const FlowMultiset* set, int64_t most, FlowString* out,
                           FlowArena* arena);
// Has a bounded set let go of its strings? And makes it so.
int32_t flow_multiset_is_lost(const FlowMultiset* set);
void flow_multiset_lose(FlowMultiset* set);

// Replaces a state string in place: keeps dst's memory if `src` fits its capacity (the size rounded
// up to a power of two), else takes new memory from `arena`. `dst` must be the accumulator's own.
void flow_state_string_assign(FlowString* dst, const FlowString* src, FlowArena* arena);
#ifdef __cplusplus
}
#endif
