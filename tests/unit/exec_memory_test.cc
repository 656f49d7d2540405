// links: compiler/driver
// State larger than its budget: late rows find cold windows, a restart with more state than memory
// goes on, and results are those of a batch. (The same over generated programs: sameness_test.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/exec_case.h"

namespace flow {
namespace {

class MemoryTest : public test::ExecTest {
 protected:
  RunReport Run(RunOptions options) {
    options.use_sinks = false;
    options.digest = true;
    const program::Program& program = compilation_->lowered.program;
    auto report =
        options.mode == RunMode::kStream ? RunStream(program, options) : RunBatch(program, options);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? std::move(report).value() : RunReport();
  }
  RunReport Batch() {
    RunOptions options;
    options.mode = RunMode::kBatch;
    return Run(options);
  }
  RunOptions Little(int workers) {
    RunOptions options;
    options.until_end = true;
    options.memory_bytes = 3 << 20;
    options.workers = workers;
    return options;
  }
};

TEST_F(MemoryTest, LateRowsFindColdWindowsAndNoneIsLost) {
  // Hours of one-minute windows; the last rows are late for the first ones.
  std::ofstream out(folder_ / "rows.csv");
  out << "k,s,ts\n";
  auto row = [&](int minute, int key) {
    char line[128];
    std::snprintf(line, sizeof line,
                  "%d,a value of more than twelve bytes %d,2026-01-01T%02d:%02d:01Z\n", key,
                  minute % 7 * key, minute / 60, minute % 60);
    out << line;
  };
  for (int minute = 0; minute < 300; ++minute) {
    for (int key = 0; key < 200; ++key) row(minute, key);
  }
  for (int minute = 0; minute < 300; minute += 3) row(minute, 199 - minute % 200);
  out.close();
  Compile("SOURCE r (k BIGINT, s STRING, ts TIMESTAMP) FROM FILE (path = '" + folder_.path() +
          "/rows.csv') FORMAT CSV EVENT TIME ts WATERMARK 1m;\n"
          "VIEW w AS SELECT k, window_start, COUNT(*) AS n, MAX(s) AS s FROM TUMBLE(r, 1m) "
          "GROUP BY k, window_start ALLOW LATENESS 1d;\n"
          "VIEW h AS SELECT k, window_start, COUNT(*) AS n, MIN(s) AS s FROM HOP(r, 4m EVERY 2m) "
          "GROUP BY k, window_start ALLOW LATENESS 1d EMIT ON CLOSE;\n"
          "VIEW top AS SELECT s, COUNT(*) AS n, MAX(k) AS k FROM w GROUP BY s;\n");
  const RunReport batch = Batch();
  for (int workers : {1, 3}) {
    const RunReport stream = Run(Little(workers));
    EXPECT_EQ(Digests(stream), Digests(batch));
    EXPECT_GT(stream.evictions, 10'000);
    EXPECT_GE(stream.cold_reads, 100);
    for (const PathLedger& path : stream.paths) EXPECT_EQ(path.late, 0) << path.name;
  }
}

TEST_F(MemoryTest, AStateLargerThanMemoryIsPutBack) {
  std::ofstream out(folder_ / "rows.csv");
  out << "k,x\n";
  for (int i = 0; i < 60'000; ++i) out << i * 7919 % 40'000 << ',' << i % 100 << ".25\n";
  out.close();
  Compile("SOURCE r (k BIGINT, x DECIMAL(12, 2)) FROM FILE (path = '" + folder_.path() +
          "/rows.csv') FORMAT CSV;\n"
          "VIEW v AS SELECT k, COUNT(*) AS n, SUM(x) AS total FROM r GROUP BY k;\n");
  const RunReport batch = Batch();
  RunOptions options = Little(2);
  options.state_directory = folder_ / "state";
  options.epoch_us = 0;
  options.schedule.crash = [](int64_t tick) { return tick >= 20; };
  options.use_sinks = false;
  options.digest = true;
  auto crashed = RunStream(compilation_->lowered.program, options);
  ASSERT_FALSE(crashed.ok());
  options.schedule.crash = nullptr;
  options.workers = 1;
  const RunReport stream = Run(options);
  EXPECT_EQ(Digests(stream), Digests(batch));
  EXPECT_EQ(stream.groups, batch.groups == 0 ? 40'000 : batch.groups);
  EXPECT_GT(stream.cold_groups, 10'000);
  EXPECT_FALSE(std::filesystem::exists(options.state_directory + "/live"));
}

}  // namespace
}  // namespace flow
