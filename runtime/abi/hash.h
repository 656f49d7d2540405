// The hash of grouping keys. It decides the key group of a row (its top 8 bits), so it is part of
// the format of state: both engines must compute exactly this, for ever.
#pragma once

#include "runtime/abi/abi.h"

#define FLOW_HASH_SEED 0x9E3779B97F4A7C15ull

// Multiply and fold (the construction of wyhash's mum, by Wang Yi, in our own words).
static inline uint64_t flow_hash_mix(uint64_t a, uint64_t b) {
  FlowUInt128 p = (FlowUInt128)a * b;
  return (uint64_t)p ^ (uint64_t)(p >> 64);
}

// Adds one 64-bit word to a running hash. Keys are folded left to right from FLOW_HASH_SEED.
static inline uint64_t flow_hash_u64(uint64_t h, uint64_t v) {
  return flow_hash_mix(h ^ 0xA0761D6478BD642Full, v ^ 0xE7037ED1A0B428DBull);
}

static inline uint64_t flow_hash_null(uint64_t h) {
  return flow_hash_u64(h, 0x5851F42D4C957F2Dull);
}

static inline uint64_t flow_hash_i128(uint64_t h, FlowInt128 v) {
  return flow_hash_u64(flow_hash_u64(h, (uint64_t)v), (uint64_t)((FlowUInt128)v >> 64));
}

static inline uint64_t flow_hash_string(uint64_t h, const FlowString* s) {
  const char* p = flow_string_data(s);
  uint32_t n = s->size;
  h = flow_hash_u64(h, n);
  while (n >= 8) {
    uint64_t w;
    memcpy(&w, p, 8);
    h = flow_hash_u64(h, w);
    p += 8;
    n -= 8;
  }
  if (n != 0) {
    uint64_t w = 0;
    memcpy(&w, p, n);
    h = flow_hash_u64(h, w);
  }
  return h;
}

// Doubles are canonical in keys: -0 is +0 and every NaN is one NaN.
static inline double flow_canonical_double(double d) {
  if (d == 0) return 0.0;
  if (d != d) {
    const uint64_t bits = 0x7FF8000000000000ull;
    memcpy(&d, &bits, 8);
  }
  return d;
}

static inline uint64_t flow_hash_double(uint64_t h, double d) {
  uint64_t w;
  d = flow_canonical_double(d);
  memcpy(&w, &d, 8);
  return flow_hash_u64(h, w);
}

// BOOLEAN, INT, DATE are sign-extended to 64 bits; BIGINT, TIMESTAMP, INTERVAL are taken as they
// are.
