// Entries of an aggregate's table as key and value, by the descriptor of its layout: what deltas
// and cold storage hold. Both engines lay entries out alike, so either can read what the other
// wrote.
//
//   key    u32 hash (big-endian, so that key groups are neighbours), then the key cells; of a
//          session its start, as a cell
//   value  of a session its length, an integer; live weight (if the input is updating), then each
//          accumulator that is not shared (DISTINCT: the multiset of its values, then what they
//          gave):
//            COUNT      varint
//            SUM, AVG   varint n, if values are counted; then the sum: trimmed two's complement, or
//                       0xFF: no value yet. DOUBLE: varint form, then varint m, or the non-zero
//                       chunks
//            MIN, MAX   the cell; updating input: the multiset. ARG_MIN, ARG_MAX: of sort keys
//            STRING_AGG, quantiles  the multiset, or that it has lost its strings
//            VAR        the moments (flow_moments_save)
//            APPROX_COUNT_DISTINCT  the registers (flow_sketch_save)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/program/program.h"

namespace flow {

void AppendEntryKey(const program::Aggregate& spec, const uint8_t* entry, std::string* out);
// The same bytes, of a row whose columns begin with the key.
void AppendRowKey(const program::Aggregate& spec, const FlowColumn* in, int32_t row, uint64_t hash,
                  std::string* out);
void AppendEntryValue(const program::Aggregate& spec, const uint8_t* entry, std::string* out);

// The hash that a key begins with, in the upper half: all that state knows of it.
constexpr size_t kEntryHashBytes = 4;
uint64_t EntryKeyHash(std::string_view key);
// The same of an entry.
inline uint64_t EntryHash(const uint8_t* entry) {
  return uint64_t{reinterpret_cast<const FlowEntryHeader*>(entry)->hash} << 32;
}

// May entries own memory outside an arena now? While not, none need be destroyed.
bool EntriesOwnMemory(const program::Aggregate& spec);

// Fills an entry of the layout's size: hash, key, accumulators; zone and flags are the caller's.
// Strings go into `arena`. A data error if the bytes are not an entry of this layout; then nothing
// is owned by it.
Status ReadEntry(const program::Aggregate& spec, std::string_view key, std::string_view value,
                 uint8_t* entry, Arena* arena);

// Copies all but zone and flags, with strings into `arena`. What `from` owns outside an arena is
// owned by `to` then: `from` is only memory.
void MoveEntry(const program::Aggregate& spec, const uint8_t* from, uint8_t* to, Arena* arena);

// The layout's meaning as text: states whose texts are equal can read each other.
std::string LayoutText(const program::Aggregate& spec);

// What EntryText needs of an aggregate, as JSON: kept with a state, so that it can be read without
// the program.
std::string EntryDescriptor(const program::Aggregate& spec);
Result<program::Aggregate> ParseEntryDescriptor(const std::string& text);
// "page='/home', window 2026-01-01 10:00:00 | COUNT(*)=3, SUM(revenue)=12.50". `key` as it stands
// in a segment, with the table's prefix.
Result<std::string> EntryText(const program::Aggregate& spec, std::string_view key,
                              std::string_view value);

}  // namespace flow
