// The allocator of row data: bump-allocated blocks, counted against an account.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/abi/abi.h"
#include "runtime/abi/compact_sum.h"

namespace flow {

// Bytes in use by one operator, connector or batch pool. Thread-safe.
class MemoryAccount {
 public:
  explicit MemoryAccount(std::string name, MemoryAccount* parent = nullptr)
      : name_(std::move(name)), parent_(parent) {}
  void Add(int64_t bytes) {
    int64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    int64_t peak = peak_.load(std::memory_order_relaxed);
    while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
    }
    if (parent_ != nullptr) parent_->Add(bytes);
  }
  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  int64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  const std::string& name() const { return name_; }
  // The account of whoever names none.
  static MemoryAccount* Process();

 private:
  std::string name_;
  MemoryAccount* parent_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> peak_{0};
};

// Bytes counted in an account for as long as this is there.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  MemoryCharge(MemoryAccount* account, int64_t bytes) : account_(account), bytes_(bytes) {
    account_->Add(bytes_);
  }
  MemoryCharge(MemoryCharge&& other) noexcept
      : account_(std::exchange(other.account_, nullptr)), bytes_(other.bytes_) {}
  MemoryCharge& operator=(MemoryCharge&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MemoryCharge() {
    if (account_ != nullptr) account_->Add(-bytes_);
  }

 private:
  MemoryAccount* account_ = nullptr;
  int64_t bytes_ = 0;
};

// Owns blocks. Not thread-safe. `abi()` is what generated code and the standard library see; its
// address is stable, and flow_arena_grow finds the owner through it.
class Arena : private FlowArena {
 public:
  explicit Arena(MemoryAccount* account = MemoryAccount::Process());
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  FlowArena* abi() { return this; }
  char* Allocate(size_t size) { return flow_arena_allocate(this, size); }
  // Frees all but one block; everything handed out is gone.
  void Reset();
  int64_t allocated_bytes() const { return allocated_; }
  // Bytes that can be handed out without another block.
  size_t room() const { return static_cast<size_t>(limit - cursor); }

 private:
  friend char* ::flow_arena_grow(FlowArena*, size_t);
  friend void* ::flow_spill_new(FlowArena*, size_t);
  char* Grow(size_t size);
  struct Block {
    std::unique_ptr<char[]> data;
    size_t size;
  };
  std::vector<Block> blocks_;
  int64_t allocated_ = 0;
  MemoryAccount* account_;
};

}  // namespace flow
