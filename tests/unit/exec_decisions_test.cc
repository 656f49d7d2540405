// links: compiler/driver
// What a stream has decided by the clock holds over a restart: a batch that reads the decisions of
// its state gives the same. (Over generated programs: sameness_test.)
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "runtime/checkpoint/state_view.h"
#include "tests/support/exec_case.h"

namespace flow {
namespace {

using DecisionsTest = test::ExecTest;

TEST_F(DecisionsTest, WhoComesBackRightAfterARestartIsLateForWhatIsClosed) {
  Compile(
      "SOURCE r (k BIGINT, ts TIMESTAMP) FROM INLINE ("
      "VALUES (1, '2026-01-01 10:00:01'), (2, '2026-01-01 10:02:00'), (3, '2026-01-01 10:03:00') "
      "PARTITION 1 VALUES (4, '2026-01-01 10:00:02'), (5, '2026-01-01 10:03:01')) "
      "EVENT TIME ts WATERMARK 0s IDLE 30s;\n"
      "VIEW v AS SELECT window_start, COUNT(*) AS n FROM TUMBLE(r, 10s) GROUP BY window_start;\n");
  const program::Program& program = compilation_->lowered.program;
  RunOptions options;
  options.until_end = true;
  options.use_sinks = false;
  options.digest = true;
  options.workers = 1;
  options.batch_rows = 1;
  options.epoch_us = 0;
  options.state_directory = folder_ / "state";
  // Partition 1 is silent up to the stop; its first row comes in the first tick after it.
  options.schedule.morsels = [](int index, int64_t) { return index == 0 ? 1 : 0; };
  options.schedule.silent = [](int index, int64_t) { return index == 1; };
  std::atomic<bool> stop{false};
  options.stop = &stop;
  options.on_progress = [&](const Progress& progress) { stop = progress.ticks >= 4; };
  ASSERT_TRUE(RunStream(program, options).ok());
  options.schedule.morsels = [](int, int64_t) { return 1; };
  options.schedule.silent = [](int, int64_t) { return false; };
  options.on_progress = nullptr;
  stop = false;
  auto stream = RunStream(program, options);
  ASSERT_TRUE(stream.ok()) << stream.error().message;
  ASSERT_EQ(stream.value().paths.size(), 1U);
  EXPECT_EQ(stream.value().paths[0].late, 1);
  EXPECT_EQ(stream.value().paths[0].accepted, 4);

  auto view = ReadStateView(Files::System(), options.state_directory);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view.value().manifest.decisions.size(), 2U);  // out and back

  RunOptions batch;
  batch.mode = RunMode::kBatch;
  batch.use_sinks = false;
  batch.digest = true;
  batch.stream_state = options.state_directory;
  auto again = RunBatch(program, batch);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(Digests(again.value()), Digests(stream.value()));
}

}  // namespace
}  // namespace flow
