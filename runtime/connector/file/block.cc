// Gives BlockPool.
#include "runtime/connector/file/block.h"

#include <algorithm>

#include "runtime/base/arena.h"

namespace flow {

BlockPool::~BlockPool() {
  for (const auto& block : free_) {
    MemoryAccount::Process()->Add(-static_cast<int64_t>(block->capacity));
  }
}

std::shared_ptr<Block> BlockPool::Take(size_t capacity) {
  capacity = std::max(capacity, kBlockBytes);
  std::unique_ptr<Block> block;
  if (capacity == kBlockBytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!free_.empty()) {
      block = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (block == nullptr) {
    block = std::make_unique<Block>();
    block->data.reset(new char[capacity]);
    block->capacity = capacity;
    MemoryAccount::Process()->Add(static_cast<int64_t>(capacity));
  }
  return std::shared_ptr<Block>(block.release(), [pool = shared_from_this()](Block* b) {
    pool->Return(std::unique_ptr<Block>(b));
  });
}

void BlockPool::Return(std::unique_ptr<Block> block) {
  if (block->capacity == kBlockBytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_.size() < kKept) {
      free_.push_back(std::move(block));
      return;
    }
  }
  MemoryAccount::Process()->Add(-static_cast<int64_t>(block->capacity));
}

}  // namespace flow
