// The plain structs that the runtime, generated code and the standard library share.
//
// Everything here is C-compatible and crosses the border by pointer only. Layouts are mirrored in
// compiler/codegen; a unit test compares sizes and offsets. Nothing here owns memory.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef __int128 FlowInt128;
typedef unsigned __int128 FlowUInt128;

// A string or byte sequence of 16 bytes: up to 12 bytes stand inline, longer ones keep a 4-byte
// prefix and point to memory that somebody else owns (an arena, a network buffer, state).
typedef struct FlowString {
  uint32_t size;
  union {
    char inlined[12];
    struct __attribute__((packed)) {  // else the pointer would be aligned within the union
      char prefix[4];
      const char* data;
    } ref;
  };
} __attribute__((aligned(8))) FlowString;
#ifdef __cplusplus
static_assert(sizeof(FlowString) == 16, "a string has 16 bytes");
#endif

enum { kFlowStringInline = 12 };

static inline const char* flow_string_data(const FlowString* s) {
  return s->size <= kFlowStringInline ? s->inlined : s->ref.data;
}

// Makes a string that borrows `data` (inlined when it fits). Unused inline bytes are zero, so two
// inline strings are equal iff their 16 bytes are.
static inline void flow_string_set(FlowString* out, const char* data, uint32_t size) {
  out->size = size;
  if (size <= kFlowStringInline) {
    memset(out->inlined, 0, sizeof out->inlined);
    if (size != 0) memcpy(out->inlined, data, size);
  } else {
    memcpy(out->ref.prefix, data, 4);
    out->ref.data = data;
  }
}

// The status of one cell: a value, NULL, or an error that has not reached anything yet.
enum {
  kFlowValue = 0,
  kFlowNull = 1,
  // Codes >= 2 are errors. The texts are in runtime/abi/error_code.h.
  kFlowErrorFirst = 2,
};

// One column of a batch. `values` has the natural width of the type (BOOLEAN 1, INT 4, BIGINT 8,
// DOUBLE 8, DECIMAL 16 (unscaled int128), STRING 16 (FlowString), DATE 4 (days since 1970-01-01),
// TIMESTAMP 8 (microseconds since 1970-01-01 UTC), INTERVAL 8 (microseconds)). The value under a
// status other than kFlowValue is unspecified but initialised.
typedef struct FlowColumn {
  void* values;
  uint8_t* status;
} FlowColumn;

// A bump allocator. Allocation is `cursor += size` while it fits under `limit`, else a call of
// flow_arena_grow. Memory is 16-byte aligned, freed with the arena only.
typedef struct FlowArena {
  char* cursor;
  char* limit;
} FlowArena;

#ifdef __cplusplus
extern "C" {
#endif
// Makes room for `size` bytes and returns them. Never NULL: running out ends the process.
char* flow_arena_grow(FlowArena* arena, size_t size);
#ifdef __cplusplus
}
#endif

static inline char* flow_arena_allocate(FlowArena* arena, size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (size <= (size_t)(arena->limit - arena->cursor)) {
    char* result = arena->cursor;
    arena->cursor += size;
    return result;
  }
  return flow_arena_grow(arena, size);
}

// Copies `size` bytes into the arena and returns the string.
static inline void flow_string_copy(FlowString* out, const char* data, uint32_t size,
                                    FlowArena* arena) {
  if (size > kFlowStringInline) {
    char* copy = flow_arena_allocate(arena, size);
    memcpy(copy, data, size);
    data = copy;
  }
  flow_string_set(out, data, size);
}

static inline int flow_string_equal(const FlowString* a, const FlowString* b) {
  uint64_t a0, b0;
  memcpy(&a0, a, 8);  // size and the first four bytes
  memcpy(&b0, b, 8);
  if (a0 != b0) return 0;
  if (a->size <= kFlowStringInline) return memcmp(a->inlined + 4, b->inlined + 4, 8) == 0;
  return memcmp(a->ref.data, b->ref.data, a->size) == 0;
}

// Byte order; a prefix sorts first. Returns <0, 0, >0.
static inline int flow_string_compare(const FlowString* a, const FlowString* b) {
  uint32_t n = a->size < b->size ? a->size : b->size;
  int c = memcmp(flow_string_data(a), flow_string_data(b), n);
  if (c != 0) return c;
  return a->size < b->size ? -1 : a->size > b->size;
}

// --- The arguments of a pipeline kernel --------------------------------------------------------
// A pipeline is: filter -> window (with the judgement of lateness) -> outputs (keys hashed). One
// call handles the rows [first_row, first_row + rows) of a batch. All arrays are the caller's.
typedef struct FlowPipelineArgs {
  int32_t first_row;
  int32_t rows;
  const FlowColumn* in;
  // W_p before the row, microseconds, indexed like the columns; INT64_MIN: none yet. NULL: nothing
  // is late.
  const int64_t* watermark;
  uint64_t hash_mask;  // all ones; 0 in tests that force collisions

  // Output, from index 0 in every call; arrays hold at least rows * max_windows entries. Rows are
  // named by their index in the batch.
  FlowColumn* out;      // output columns
  int32_t* out_row;     // the input row that each output row came from
  int64_t* out_window;  // start of the window (kExpand) or slice (kSlice), microseconds
  int32_t* out_skip;    // kSlice: index of the first window that accepts the row, among the windows
                        // that contain the slice, by ascending start
  uint64_t* out_hash;   // hash of the key columns
  int32_t* dead_row;    // input rows that are dead on this path, ascending, and why; size >= rows
  uint8_t* dead_code;
  FlowArena* arena;  // for strings made by expressions

  // Counters, added to.
  int64_t dead;
  int64_t filtered;
  int64_t late;          // rows that are late for all their windows
  int64_t late_windows;  // windows missed by rows that some later window accepts
} FlowPipelineArgs;

// Every state entry of an aggregate begins with this header; key cells and accumulators follow at
// the offsets of its layout, those of 16 bytes at multiples of 8.
typedef struct FlowEntryHeader {
  uint32_t hash;  // the upper half of the key's: key group and all
  uint16_t zone;  // the runtime's, as are the flags
  uint8_t flags;
  uint8_t nulls;  // bits of cells that are NULL: the only part of the header that kernels write
} FlowEntryHeader;
