// The Lua scripts of REDIS sinks. Redis runs a script as one step, so that what it checks still
// holds when it writes.
//
// KEYS, in all of them: 1 marker, 2 index, 3 index of before a resync, 4 staged rows.
//   marker   hash: incarnation; epoch and manifest, if the sink holds something whole
//   index    sorted set: the sink's keys by the time (ms) at which they expire, inf: never
//   staged   list of packed rows
// ARGV[1] is always the caller's incarnation. An answer is "ok", or says what stands against it.
//
// Packed rows, each (big-endian): op byte, u32 size and bytes of the key, then
//   0 deletes   1 sets to a string: u32 size and bytes   2 sets to a hash: u16 count of texts
//   (field, value, ...), each u32 size and bytes
#pragma once

#include <string>

namespace flow::redis {

enum class Op : char { kDelete = 0, kString = 1, kHash = 2 };

// NOLINTBEGIN(readability-identifier-naming): constants, though not constexpr
// ARGV: incarnation. Takes the sink over -> {epoch, manifest}, each nil if it is not there.
extern const std::string kAttachScript;
// ARGV: incarnation, epoch, manifest. Sets the marker if there is none, or the same.
extern const std::string kCreateScript;
// ARGV: incarnation, from epoch, from manifest, to epoch, to manifest, ttl (ms, 0: none), count of
// staged texts, then packed rows.
extern const std::string kApplyScript;
// ARGV: incarnation. Takes the marker away, and makes the index the one of before.
extern const std::string kResyncBeginScript;
// ARGV: incarnation, ttl, packed rows. Writes rows; what is written is no longer of before.
extern const std::string kResyncRowsScript;
// ARGV: incarnation. Deletes some keys of before -> "more" or "ok".
extern const std::string kResyncSweepScript;
// ARGV: incarnation, epoch, manifest. Sets the marker.
extern const std::string kResyncEndScript;
// NOLINTEND(readability-identifier-naming)

}  // namespace flow::redis
