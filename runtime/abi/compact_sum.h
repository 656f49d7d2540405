// Sums of whole numbers in few bytes: SUM and AVG of INT, BIGINT and DECIMAL.
//
// A sum is a cell of 8 or 16 bytes, least word first. The two top bits of its last word say what it
// holds:
//   00, 11  the sum itself (from -2^62 below 2^62; 16 bytes: from -2^126 below 2^126)
//   01      a sum that does not fit: without that bit, the first word is the address of 4 words,
//           two's complement (8 bytes: the last word is the first)
//   10      no value yet, all other bits 0: where nothing else counts the values
// So after an addition one look at the old and the new bits says whether it went well. Generated
// code does that by itself; what does not fit comes here.
#pragma once

#include "runtime/abi/abi.h"

enum { kFlowSumWords = 4 };

#define FLOW_SUM_NONE (1ull << 63)
#define FLOW_SUM_WIDE (1ull << 62)

#ifdef __cplusplus
extern "C" {
#endif
// Memory that a cell of an entry owns; it is counted in the account of `arena`. Never NULL.
void* flow_spill_new(FlowArena* arena, size_t size);
void flow_spill_free(void* memory);
// How many there are in this process: while there are none, no entry owns any.
int64_t flow_spill_count(void);
#ifdef __cplusplus
}
#endif

static inline uint64_t flow_sum_state(const void* cell, int bytes) {
  uint64_t last;
  memcpy(&last, (const char*)cell + bytes - 8, 8);
  return last & (FLOW_SUM_NONE | FLOW_SUM_WIDE);
}
static inline int flow_sum_is_none(const void* cell, int bytes) {
  return flow_sum_state(cell, bytes) == FLOW_SUM_NONE;
}
// The four words of a sum that does not fit its cell, else NULL.
static inline uint64_t* flow_sum_wide(const void* cell, int bytes) {
  if (flow_sum_state(cell, bytes) != FLOW_SUM_WIDE) return NULL;
  uint64_t address;
  memcpy(&address, cell, 8);
  if (bytes == 8) address &= ~FLOW_SUM_WIDE;
  return (uint64_t*)address;
}

// Empty: 0, or nothing yet.
static inline void flow_sum_clear(void* cell, int bytes, int none) {
  memset(cell, 0, (size_t)bytes);
  const uint64_t last = none ? FLOW_SUM_NONE : 0;
  memcpy((char*)cell + bytes - 8, &last, 8);
}
static inline void flow_sum_free(void* cell, int bytes) {
  uint64_t* wide = flow_sum_wide(cell, bytes);
  if (wide != NULL) flow_spill_free(wide);
  flow_sum_clear(cell, bytes, 0);
}

static inline void flow_sum_load(const void* cell, int bytes, uint64_t* words) {
  const uint64_t* wide = flow_sum_wide(cell, bytes);
  if (wide != NULL) {
    memcpy(words, wide, 8 * kFlowSumWords);
    return;
  }
  memset(words, 0, 8 * kFlowSumWords);
  if (flow_sum_is_none(cell, bytes)) return;
  memcpy(words, cell, (size_t)bytes);
  const int n = bytes / 8;
  const uint64_t sign = (int64_t)words[n - 1] < 0 ? ~0ull : 0;
  for (int i = n; i < kFlowSumWords; ++i) words[i] = sign;
}
// Takes the place of what the cell holds, which is a sum or nothing.
static inline void flow_sum_store(void* cell, int bytes, const uint64_t* words, FlowArena* arena) {
  const int n = bytes / 8;
  const uint64_t last = words[n - 1];
  const uint64_t sign = (int64_t)last < 0 ? ~0ull : 0;
  int fits = ((last ^ (last << 1)) >> 63) == 0;
  for (int i = n; i < kFlowSumWords; ++i) fits &= words[i] == sign;
  uint64_t* wide = flow_sum_wide(cell, bytes);
  if (fits) {
    if (wide != NULL) flow_spill_free(wide);
    memcpy(cell, words, (size_t)bytes);
    return;
  }
  if (wide == NULL) {
    wide = (uint64_t*)flow_spill_new(arena, 8 * kFlowSumWords);
    uint64_t address = (uint64_t)wide, tag = FLOW_SUM_WIDE;
    if (bytes == 8) {
      address |= FLOW_SUM_WIDE;
    } else {
      memcpy((char*)cell + 8, &tag, 8);
    }
    memcpy(cell, &address, 8);
  }
  memcpy(wide, words, 8 * kFlowSumWords);
}
