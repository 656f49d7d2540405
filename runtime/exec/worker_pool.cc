// WorkerPool: spins briefly before it sleeps, because phases of a busy stream follow closely.
#include "runtime/exec/worker_pool.h"

namespace flow {

namespace {
constexpr int kSpins = 1000;
}

WorkerPool::WorkerPool(int workers) : workers_(workers) {
  for (int i = 1; i < workers; ++i) threads_.emplace_back([this, i] { Loop(i); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    generation_.fetch_add(1, std::memory_order_release);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Run(const std::function<void(int)>& f) {
  if (workers_ > 1) {
    std::lock_guard lock(mutex_);
    work_ = &f;
    running_.store(workers_ - 1, std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    changed_.notify_all();
  }
  f(0);
  if (workers_ == 1) return;
  for (int i = 0; i < kSpins && running_.load(std::memory_order_acquire) != 0; ++i) {
    std::this_thread::yield();
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return running_.load(std::memory_order_acquire) == 0; });
}

void WorkerPool::Loop(int worker) {
  uint64_t seen = 0;
  while (true) {
    for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; ++i) {
      std::this_thread::yield();
    }
    const std::function<void(int)>* work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
      if (stop_) return;
      seen = generation_.load(std::memory_order_acquire);
      work = work_;
    }
    (*work)(worker);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      std::lock_guard lock(mutex_);
      changed_.notify_all();
    }
  }
}

}  // namespace flow
