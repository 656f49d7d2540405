// links: runtime/exec
// labels: tsan
// WorkerPool and SinkThread: who waits for whom.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "runtime/exec/sink_thread.h"
#include "runtime/exec/worker_pool.h"

namespace flow {
namespace {

TEST(WorkerPool, EachPhaseSeesWhatTheLastOneWrote) {
  for (int workers : {1, 2, 4}) {
    WorkerPool pool(workers);
    // Plain memory: only the pool's own order keeps this right.
    std::vector<int64_t> cells(static_cast<size_t>(workers), 1);
    std::vector<int64_t> sums(static_cast<size_t>(workers), 0);
    for (int phase = 0; phase < 500; ++phase) {
      pool.Run([&](int w) {
        int64_t sum = 0;
        for (int64_t cell : cells) sum += cell;
        sums[static_cast<size_t>(w)] = sum;
      });
      pool.Run([&](int w) { cells[static_cast<size_t>(w)] = sums[static_cast<size_t>(w)] % 1000; });
      // All were equal, so the sum is `workers` times one of them.
      const int64_t expected = cells[0];
      for (int64_t cell : cells) ASSERT_EQ(cell, expected);
      if (phase % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // asleep
    }
  }
}

TEST(WorkerPool, EndsWhileWorkersSleep) {
  WorkerPool pool(3);
  std::atomic<int> ran{0};
  pool.Run([&](int) { ran.fetch_add(1); });
  EXPECT_EQ(ran.load(), 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

// Takes rows when it is let.
class GatedSink : public SinkConnector {
 public:
  Status Write(const ChangeBatch& changes) override {
    entered.store(true);
    while (!open.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (fails) return ExternalError("the sink is broken");
    rows += changes.rows->rows;
    last_revision = changes.revision;
    return OkStatus();
  }
  Status Flush() override {
    ++flushes;
    return OkStatus();
  }
  Status Close() override { return OkStatus(); }

  void WaitUntilEntered() const {
    while (!entered.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::atomic<bool> entered{false};
  std::atomic<bool> open{false};
  bool fails = false;
  // Only the sink's thread writes these; Drain makes them visible.
  int64_t rows = 0;
  int64_t last_revision = 0;
  int flushes = 0;
};

std::shared_ptr<const Batch> Rows(int32_t n) {
  auto batch = std::make_shared<Batch>(std::vector<Type>{TypeKind::kInt}, n);
  batch->rows = n;
  return batch;
}

TEST(SinkThread, ASlowSinkFillsTheQueueAndDrainEmptiesIt) {
  GatedSink sink;
  SinkThread thread;
  int64_t pushed = 1;
  thread.Push(&sink, Rows(10), 1000, pushed);
  sink.WaitUntilEntered();  // nothing leaves the queue any more
  while (thread.HasRoom()) {
    thread.Push(&sink, Rows(10), 1000, ++pushed);
    ASSERT_LE(pushed, 100);
  }
  EXPECT_FALSE(thread.WaitForRoom(1000));
  sink.open.store(true);
  EXPECT_TRUE(thread.WaitForRoom(10'000'000));
  ASSERT_TRUE(thread.Drain({&sink}).ok());
  EXPECT_EQ(sink.rows, 10 * pushed);
  EXPECT_EQ(sink.last_revision, pushed);
  EXPECT_EQ(sink.flushes, 1);
}

TEST(SinkThread, FewLargeBatchesFillItToo) {
  GatedSink sink;
  SinkThread thread;
  int pushed = 0;
  while (thread.HasRoom()) {
    thread.Push(&sink, Rows(1), 8 << 20, ++pushed);
    ASSERT_LE(pushed, 10);
  }
  EXPECT_GE(pushed, 2);
  sink.open.store(true);
  ASSERT_TRUE(thread.Drain({&sink}).ok());
}

TEST(SinkThread, AnErrorFreesWhoWaits) {
  GatedSink sink;
  sink.fails = true;
  SinkThread thread;
  thread.Push(&sink, Rows(1), 1 << 20, 1);
  sink.WaitUntilEntered();
  while (thread.HasRoom()) thread.Push(&sink, Rows(1), 1 << 20, 1);
  sink.open.store(true);
  EXPECT_TRUE(thread.WaitForRoom(10'000'000));
  const Status status = thread.Drain({&sink});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "the sink is broken");
  EXPECT_FALSE(thread.status().ok());
}

}  // namespace
}  // namespace flow
