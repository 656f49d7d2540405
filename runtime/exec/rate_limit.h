// MAX RATE: how many rows of each source a stream may read now.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/program/program.h"

namespace flow {

class RateLimits {
 public:
  explicit RateLimits(const program::Program& program);

  // Lets time pass. Between ticks, by the job's thread.
  void Refill(int64_t now_us);
  // Takes up to `want` rows; 0: none now. By any thread.
  int64_t Take(int source, int64_t want);
  // What was taken and not read.
  void GiveBack(int source, int64_t rows);

 private:
  struct Bucket {
    int64_t rate = 0;  // rows a second; 0: no limit
    int64_t last_us = -1;
    double part = 0;  // of a row
    std::atomic<int64_t> rows{0};
  };
  std::vector<std::unique_ptr<Bucket>> buckets_;  // by source
};

}  // namespace flow
