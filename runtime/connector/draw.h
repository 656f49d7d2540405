// Random numbers that are a hash of what they are for, so that any of them can be drawn alone.
#pragma once

#include <cstdint>

#include "runtime/abi/hash.h"

namespace flow {

// 64 bits for draw `tag` of an event (or table) with this seed.
inline uint64_t Draw(uint64_t seed, int tag) {
  return flow_hash_mix(seed ^ 0x9E3779B97F4A7C15ull,
                       (static_cast<uint64_t>(tag) + 1) * 0xD1B54A32D192ED03ull ^ seed);
}

// U[0, n) from 64 random bits; n >= 1.
inline int64_t Below(uint64_t bits, int64_t n) {
  return static_cast<int64_t>((FlowUInt128{bits} * static_cast<uint64_t>(n)) >> 64);
}

// U[0, 1) from 64 random bits.
inline double Unit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace flow
