// HyperLogLog. While few registers are used they stand in a sorted list, then all of them side by
// side: both say the same.
#include "runtime/abi/sketch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/state_object.h"

namespace {

constexpr int kIndexBits = 12;
constexpr uint32_t kRegisters = 1u << kIndexBits;
constexpr int kRankBits = 64 - kIndexBits;
constexpr size_t kMostInList = kRegisters / 8;  // beyond, the registers themselves are no larger

struct Register {
  uint16_t index;
  uint8_t rank;
};

}  // namespace

struct FlowSketch {
  int32_t kind = 0;
  std::vector<Register> list;  // by index
  std::vector<uint8_t> all;    // if not empty, the list is
  int64_t grown = 0;

  void Grow() {
    const auto now = static_cast<int64_t>(list.capacity() * sizeof(Register) + all.capacity());
    if (now == grown) return;
    flow_spill_charge(this, now - grown);
    grown = now;
  }
  void Raise(uint32_t index, uint8_t rank) {
    if (!all.empty()) {
      all[index] = std::max(all[index], rank);
      return;
    }
    auto at = std::lower_bound(list.begin(), list.end(), index,
                               [](const Register& r, uint32_t i) { return r.index < i; });
    if (at != list.end() && at->index == index) {
      at->rank = std::max(at->rank, rank);
      return;
    }
    list.insert(at, {static_cast<uint16_t>(index), rank});
    if (list.size() > kMostInList) {
      all.assign(kRegisters, 0);
      for (const Register& r : list) all[r.index] = r.rank;
      std::vector<Register>().swap(list);
    }
    Grow();
  }
  template <typename F>
  void Each(F f) const {
    for (const Register& r : list) f(r.index, r.rank);
    for (uint32_t i = 0; i < all.size(); ++i) {
      if (all[i] != 0) f(i, all[i]);
    }
  }
};

namespace {

template <typename T>
T Read(const void* cell) {
  T value;
  memcpy(&value, cell, sizeof value);
  return value;
}

uint64_t HashOf(const void* cell, int32_t kind) {
  const uint64_t seed = FLOW_HASH_SEED;
  switch (kind) {
    case kFlowKindBoolean:
      return flow_hash_u64(seed, Read<uint8_t>(cell));
    case kFlowKindInt:
    case kFlowKindDate:
      return flow_hash_u64(seed, static_cast<uint64_t>(int64_t{Read<int32_t>(cell)}));
    case kFlowKindDouble:
      return flow_hash_double(seed, Read<double>(cell));
    case kFlowKindDecimal:
      return flow_hash_i128(seed, Read<FlowInt128>(cell));
    case kFlowKindString: {
      const auto s = Read<FlowString>(cell);
      return flow_hash_string(seed, &s);
    }
    default:
      return flow_hash_u64(seed, Read<uint64_t>(cell));
  }
}

double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double z = x, y = 1, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double z = 1 - x, y = 1, before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

}  // namespace

extern "C" {

FlowSketch* flow_sketch_new(int32_t kind, FlowArena* arena) {
  auto* sketch = flow::NewObject<FlowSketch>(arena);
  sketch->kind = kind;
  return sketch;
}

void flow_sketch_free(FlowSketch* sketch) { flow::FreeObject(sketch); }

void flow_sketch_add(FlowSketch* sketch, const void* value, int64_t) {
  // Once more: one multiplication leaves neighbours too much alike.
  const uint64_t hash = flow_hash_u64(HashOf(value, sketch->kind), 1);
  const uint64_t rest = hash << kIndexBits;
  const int rank = rest == 0 ? kRankBits + 1 : std::countl_zero(rest) + 1;
  sketch->Raise(static_cast<uint32_t>(hash >> kRankBits), static_cast<uint8_t>(rank));
}

void flow_sketch_merge(FlowSketch* sketch, const FlowSketch* other) {
  other->Each([&](uint32_t index, uint8_t rank) { sketch->Raise(index, rank); });
}

int64_t flow_sketch_finish(const FlowSketch* sketch) {
  std::array<int, kRankBits + 2> of_rank{};
  of_rank[0] = kRegisters;
  sketch->Each([&](uint32_t, uint8_t rank) {
    --of_rank[0];
    ++of_rank[rank];
  });
  constexpr double m = kRegisters;
  double z = m * Tau(1 - of_rank[kRankBits + 1] / m);
  for (size_t rank = kRankBits; rank >= 1; --rank) z = 0.5 * (z + of_rank[rank]);
  z += m * Sigma(of_rank[0] / m);
  constexpr double kHalfOverLn2 = 0.72134752044448170367996;
  return static_cast<int64_t>(std::floor(kHalfOverLn2 * m * m / z + 0.5));
}

}  // extern "C"

void flow_sketch_save(const FlowSketch* sketch, std::string* out) {
  const auto used = static_cast<uint16_t>(
      sketch->all.empty() ? sketch->list.size()
                          : kRegisters - static_cast<size_t>(std::count(sketch->all.begin(),
                                                                        sketch->all.end(), 0)));
  out->append(reinterpret_cast<const char*>(&used), sizeof used);
  sketch->Each([&](uint32_t index, uint8_t rank) {
    const auto at = static_cast<uint16_t>(index);
    out->append(reinterpret_cast<const char*>(&at), sizeof at);
    *out += static_cast<char>(rank);
  });
}

bool flow_sketch_load(FlowSketch* sketch, std::string_view* bytes) {
  uint16_t used = 0;
  if (bytes->size() < sizeof used) return false;
  memcpy(&used, bytes->data(), sizeof used);
  bytes->remove_prefix(sizeof used);
  constexpr size_t kBytes = 3;
  if (used > kRegisters || bytes->size() < used * kBytes) return false;
  for (uint16_t i = 0; i < used; ++i) {
    uint16_t index = 0;
    memcpy(&index, bytes->data(), sizeof index);
    const auto rank = static_cast<uint8_t>((*bytes)[2]);
    bytes->remove_prefix(kBytes);
    if (index >= kRegisters || rank == 0 || rank > kRankBits + 1) return false;
    sketch->Raise(index, rank);
  }
  return true;
}
