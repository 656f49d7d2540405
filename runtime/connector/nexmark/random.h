// Random numbers that are a hash of what they are for.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/abi/hash.h"

namespace flow::nexmark {

// 64 bits for draw `tag` of an event (or table) with this seed.
inline uint64_t Draw(uint64_t seed, int tag) {
  return flow_hash_mix(seed ^ 0x9E3779B97F4A7C15ull,
                       (static_cast<uint64_t>(tag) + 1) * 0xD1B54A32D192ED03ull ^ seed);
}

// U[0, n) from 64 random bits; n >= 1.
inline int64_t Below(uint64_t bits, int64_t n) {
  return static_cast<int64_t>((FlowUInt128{bits} * static_cast<uint64_t>(n)) >> 64);
}

// Appends a string of 3 to `limit` - 1 characters: one in thirteen is `special`, the rest are
// letters. Blanks at its ends are trimmed.
void AppendString(uint64_t seed, int tag, int64_t limit, char special, std::string* out);

}  // namespace flow::nexmark
