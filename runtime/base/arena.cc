// Arena blocks and memory accounts.
#include "runtime/base/arena.h"

#include "runtime/abi/state_object.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace flow {

MemoryAccount* MemoryAccount::Process() {
  static MemoryAccount* account = new MemoryAccount("process");
  return account;
}

Arena::Arena(MemoryAccount* account) : account_(account) {
  cursor = nullptr;
  limit = nullptr;
}

Arena::~Arena() { account_->Add(-allocated_); }

char* Arena::Grow(size_t size) {
  constexpr size_t kMinBlock = 4096, kMaxBlock = 1u << 20;
  // At most a quarter is ever room that nobody uses: state has many small arenas.
  const size_t grown = std::clamp(static_cast<size_t>(allocated_) / 4, kMinBlock, kMaxBlock);
  const size_t block = std::max(size + 16, grown & ~size_t{15});
  std::unique_ptr<char[]> data(new (std::nothrow) char[block]);
  if (data == nullptr) {
    std::fputs("flowc: out of memory\n", stderr);
    std::abort();
  }
  char* start = data.get();  // operator new[] aligns to 16
  blocks_.push_back({std::move(data), block});
  allocated_ += static_cast<int64_t>(block);
  account_->Add(static_cast<int64_t>(block));
  cursor = start + size;
  limit = start + (block & ~size_t{15});
  return start;
}

void Arena::Reset() {
  if (blocks_.empty()) return;
  // The largest block is the last one unless a single huge allocation came before it.
  size_t keep = blocks_.size() - 1;
  Block kept = std::move(blocks_[keep]);
  int64_t freed = 0;
  for (size_t i = 0; i < keep; ++i) freed += static_cast<int64_t>(blocks_[i].size);
  blocks_.clear();
  allocated_ -= freed;
  account_->Add(-freed);
  cursor = kept.data.get();
  limit = kept.data.get() + (kept.size & ~size_t{15});
  blocks_.push_back(std::move(kept));
}

namespace {

// What stands before spilled memory.
struct alignas(16) SpillHeader {
  MemoryAccount* account;
  int64_t bytes;  // that are counted
};

std::atomic<int64_t> spill_count{0};

}  // namespace

}  // namespace flow

extern "C" {

char* flow_arena_grow(FlowArena* arena, size_t size) {
  return static_cast<flow::Arena*>(arena)->Grow(size);
}

void* flow_spill_new(FlowArena* arena, size_t size) {
  void* memory = std::malloc(sizeof(flow::SpillHeader) + size);
  if (memory == nullptr) {
    std::fputs("flowc: out of memory\n", stderr);
    std::abort();
  }
  constexpr size_t kAllocator = 16;  // what malloc keeps for itself
  auto* header = new (memory) flow::SpillHeader;
  header->account = static_cast<flow::Arena*>(arena)->account_;
  header->bytes = static_cast<int64_t>(sizeof *header + size + kAllocator);
  header->account->Add(header->bytes);
  flow::spill_count.fetch_add(1, std::memory_order_relaxed);
  return header + 1;
}

void flow_spill_free(void* memory) {
  auto* header = static_cast<flow::SpillHeader*>(memory) - 1;
  header->account->Add(-header->bytes);
  flow::spill_count.fetch_sub(1, std::memory_order_relaxed);
  std::free(header);
}

void flow_spill_charge(void* memory, int64_t bytes) {
  auto* header = static_cast<flow::SpillHeader*>(memory) - 1;
  header->bytes += bytes;
  header->account->Add(bytes);
}

int64_t flow_spill_count(void) { return flow::spill_count.load(std::memory_order_relaxed); }

}  // extern "C"
