// Strings and hashes: the inline functions of runtime/abi as symbols.
#include "runtime/abi/hash.h"
#include "stdlib/support/support.h"

uint8_t flow_op_string_equal(const FlowString* a, const FlowString* b) {
  return static_cast<uint8_t>(flow_string_equal(a, b));
}

int32_t flow_op_string_compare(const FlowString* a, const FlowString* b) {
  return flow_string_compare(a, b);
}

FLOW_LARGE uint8_t flow_op_string_in(const FlowString* s, const FlowString* list, int32_t count) {
  while (count > 0) {
    int32_t half = count / 2;
    int order = flow_string_compare(s, &list[half]);
    if (order == 0) return 1;
    if (order > 0) {
      list += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return 0;
}

void flow_op_string_copy(FlowString* out, const FlowString* s, FlowArena* arena) {
  flow_string_copy(out, flow_string_data(s), s->size, arena);
}

uint64_t flow_op_hash_null(uint64_t h) { return flow_hash_null(h); }
uint64_t flow_op_hash_u64(uint64_t h, uint64_t v) { return flow_hash_u64(h, v); }
uint64_t flow_op_hash_i128(uint64_t h, const FlowInt128* v) { return flow_hash_i128(h, *v); }
uint64_t flow_op_hash_double(uint64_t h, double d) { return flow_hash_double(h, d); }

// flow_hash_string with a tail of fixed size: short strings are padded with zeros where they stand,
// longer ones are read once more from eight bytes before their end.
uint64_t flow_op_hash_string(uint64_t h, const FlowString* s) {
  uint32_t n = s->size;
  const char* p = flow_string_data(s);
  h = flow_hash_u64(h, n);
  uint64_t word;
  if (n < 8) {
    memcpy(&word, s->inlined, 8);
    return n == 0 ? h : flow_hash_u64(h, word);
  }
  const char* last = p + n - 8;
  for (; p <= last; p += 8) {
    memcpy(&word, p, 8);
    h = flow_hash_u64(h, word);
  }
  uint64_t rest = n & 7;
  if (rest == 0) return h;
  memcpy(&word, last, 8);
  return flow_hash_u64(h, word >> (64 - 8 * rest));
}
