// Values as bytes that compare as the values do: what ARG_MIN and an ordered STRING_AGG keep, and
// what an ARRAY is made of. A key is any number of parts, each of which says where it ends:
//
//   'B' byte                  BOOLEAN
//   'I' 8 bytes               INT, BIGINT, DATE, TIMESTAMP, INTERVAL
//   'M' 16 bytes              DECIMAL (of one scale)
//   'D' 8 bytes               DOUBLE: -0 as +0, NaN last
//   'T' bytes 00 01           STRING; a byte 00 is 00 FF
//   'U' bytes FF FE           the same the other way round, each byte complemented
//   '!', '~'                  NULL before all others, after all others
//
// Of the fixed ones in descending order the bytes behind the letter are complemented.
#pragma once

#include "runtime/abi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif
// Appends the part of a value to the text of `size` bytes at `out`, which has room for
// flow_sort_key_room; returns the new size. `kind` as in flow_multiset_new.
size_t flow_sort_key_room(const void* cell, int32_t kind);
size_t flow_sort_key_write(const void* cell, int32_t kind, int32_t descending, char* out);
// Writes the value of the last part, an ascending one of that kind, into the cell at `out`; long
// strings go into the arena. 0: the key has no such part.
int32_t flow_sort_key_last(const FlowString* key, int32_t kind, void* out, FlowArena* arena);
#ifdef __cplusplus
}

#include <string>
#include <string_view>

// Takes the part at the front away and writes its value into the cell at `out`; long strings go
// into the arena. Returns kFlowValue, or kFlowNull where there is none.
uint8_t flow_sort_key_next(std::string_view* key, int32_t kind, bool descending, void* out,
                           FlowArena* arena);

// Of flow_sort_key_last, where the value is a string.
bool flow_sort_key_text(std::string_view key, std::string* text);

// Bytes of the part at the front; 0: there is none.
size_t flow_sort_key_part(std::string_view key);
// Writes the value of an ascending part of that kind into the cell of up to 16 bytes at `out`.
// false: the part is NULL, or of another kind. A string stands in the part, or in `scratch`.
bool flow_sort_key_cell(std::string_view part, int32_t kind, void* out, std::string* scratch);
#endif
