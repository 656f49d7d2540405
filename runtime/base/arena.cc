// Arena blocks and memory accounts.
#include "runtime/base/arena.h"

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

}  // namespace flow

extern "C" char* flow_arena_grow(FlowArena* arena, size_t size) {
  return static_cast<flow::Arena*>(arena)->Grow(size);
}
