// Buffers that a file is read into and that morsels borrow from. They go back to a pool when the
// last morsel lets go, from whatever thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace flow {

struct Block {
  std::unique_ptr<char[]> data;
  size_t capacity = 0;
};

class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  static constexpr size_t kBlockBytes = size_t{1} << 18;

  ~BlockPool();
  // A block of at least `capacity` bytes, counted against the process's account.
  std::shared_ptr<Block> Take(size_t capacity);

 private:
  void Return(std::unique_ptr<Block> block);

  static constexpr size_t kKept = 4;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Block>> free_;  // of kBlockBytes each
};

}  // namespace flow
