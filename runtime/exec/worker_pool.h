// Threads that run one function each, together, and wait for one another: a phase.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flow {

class WorkerPool {
 public:
  // The calling thread is worker 0; `workers` - 1 threads are started.
  explicit WorkerPool(int workers);
  ~WorkerPool();
  int workers() const { return workers_; }
  // Runs f(worker) on every worker and returns when all have finished.
  void Run(const std::function<void(int)>& f);

 private:
  void Loop(int worker);
  int workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> running_{0};
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace flow
