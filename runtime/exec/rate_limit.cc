// RateLimits: a bucket of rows a source, filled by time.
#include "runtime/exec/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace flow {

namespace {

// What a pause may save up, in seconds: little, so that no second has much more than its rows.
constexpr double kMostSaved = 0.1;

}  // namespace

RateLimits::RateLimits(const program::Program& program) {
  for (const program::Source& source : program.sources) {
    buckets_.push_back(std::make_unique<Bucket>());
    buckets_.back()->rate = source.max_rate.value_or(0);
  }
}

void RateLimits::Refill(int64_t now_us) {
  for (auto& bucket : buckets_) {
    if (bucket->rate == 0) continue;
    const int64_t since = bucket->last_us < 0 ? 0 : now_us - bucket->last_us;
    bucket->last_us = now_us;
    const double rate = static_cast<double>(bucket->rate);
    const double rows = bucket->part + rate * static_cast<double>(since) / 1e6;
    const double most = std::max(1.0, std::floor(rate * kMostSaved));
    const double total = std::min(
        most, static_cast<double>(bucket->rows.load(std::memory_order_relaxed)) + std::floor(rows));
    bucket->part = rows - std::floor(rows);
    bucket->rows.store(static_cast<int64_t>(total), std::memory_order_relaxed);
  }
}

int64_t RateLimits::Take(int source, int64_t want) {
  Bucket& bucket = *buckets_[static_cast<size_t>(source)];
  if (bucket.rate == 0) return want;
  int64_t there = bucket.rows.load(std::memory_order_relaxed);
  while (there > 0) {
    const int64_t taken = std::min(there, want);
    if (bucket.rows.compare_exchange_weak(there, there - taken, std::memory_order_relaxed)) {
      return taken;
    }
  }
  return 0;
}

void RateLimits::GiveBack(int source, int64_t rows) {
  Bucket& bucket = *buckets_[static_cast<size_t>(source)];
  if (bucket.rate != 0) bucket.rows.fetch_add(rows, std::memory_order_relaxed);
}

}  // namespace flow
