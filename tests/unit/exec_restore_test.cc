// links: compiler/driver
// A stream's state comes back the same whoever loads it: 1, 2 or 4 workers, or key by key where
// memory is short. (Over generated programs: sameness_test.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/exec_case.h"

namespace flow {
namespace {

using ::testing::HasSubstr;

class RestoreTest : public test::ExecTest {
 protected:
  // A run that crashed after many epochs, each with keys that others have too.
  void SetUp() override {
    std::ofstream out(folder_ / "rows.csv");
    out << "k,s,ts\n";
    for (int i = 0; i < 60'000; ++i) {
      char line[128];
      std::snprintf(line, sizeof line,
                    "%d,a value of more than twelve bytes %d,2026-01-01T%02d:%02d:01Z\n",
                    i * 7919 % 3000, i % 977, i / 100 / 60 % 24, i / 100 % 60);
      out << line;
    }
    out.close();
    Compile("SOURCE r (k BIGINT, s STRING, ts TIMESTAMP) FROM FILE (path = '" + folder_.path() +
            "/rows.csv') FORMAT CSV EVENT TIME ts WATERMARK 1m;\n"
            "VIEW v AS SELECT k, COUNT(*) AS n, MAX(s) AS s FROM r GROUP BY k;\n"
            "VIEW w AS SELECT k, window_start, COUNT(*) AS n FROM TUMBLE(r, 1m) "
            "GROUP BY k, window_start ALLOW LATENESS 2h;\n"
            "VIEW h AS SELECT s, window_start, COUNT(*) AS n FROM HOP(r, 4m EVERY 2m) "
            "GROUP BY s, window_start ALLOW LATENESS 1h EMIT ON CLOSE;\n"
            // Its groups come and go: keys that are removed.
            "VIEW u AS SELECT n, COUNT(*) AS keys, MIN(s) AS s FROM v GROUP BY n;\n");
    RunOptions options = Options(2);
    options.memory_bytes = 3 << 20;  // short ticks
    options.epoch_us = 0;
    options.schedule.crash = [](int64_t tick) { return tick >= 20; };
    auto crashed = RunStream(compilation_->lowered.program, options);
    ASSERT_FALSE(crashed.ok());
    std::filesystem::rename(options.state_directory, folder_ / "crashed");
  }

  RunOptions Options(int workers) {
    RunOptions options;
    options.until_end = true;
    options.workers = workers;
    options.use_sinks = false;
    options.digest = true;
    options.state_directory = folder_ / "state";
    return options;
  }
  void CopyState() {
    std::filesystem::remove_all(folder_ / "state");
    std::filesystem::copy(folder_ / "crashed", folder_ / "state",
                          std::filesystem::copy_options::recursive);
  }
};

TEST_F(RestoreTest, WhoeverLoadsIt) {
  RunOptions options;
  options.mode = RunMode::kBatch;
  options.use_sinks = false;
  options.digest = true;
  auto batch = RunBatch(compilation_->lowered.program, options);
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  for (int workers : {1, 2, 4, -1}) {
    CopyState();
    options = Options(std::max(workers, 1));
    if (workers < 0) options.memory_bytes = 3 << 20;
    auto stream = RunStream(compilation_->lowered.program, options);
    ASSERT_TRUE(stream.ok()) << stream.error().message;
    EXPECT_EQ(Digests(stream.value()), Digests(batch.value())) << workers << " workers";
    EXPECT_GE(stream.value().state_load_us, 0);
    EXPECT_EQ(stream.value().evictions > 0, workers < 0);
    EXPECT_GT(stream.value().ticks, 20);  // it went on, it did not begin
  }
}

TEST_F(RestoreTest, ADamagedSegmentIsNamed) {
  int segments = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "crashed")) {
    if (entry.path().extension() != ".seg" ||
        entry.path().string().find("outbox") != std::string::npos) {
      continue;
    }
    CopyState();
    const std::string name = std::filesystem::relative(entry.path(), folder_ / "crashed").string();
    std::fstream file(folder_ / ("state/" + name), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(entry.file_size() / 2);
    file.seekg(middle);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(middle);
    file.put(byte);
    file.close();
    auto stream = RunStream(compilation_->lowered.program, Options(2));
    if (stream.ok()) continue;  // nothing names it any more
    ++segments;
    EXPECT_EQ(stream.error().domain, ErrorDomain::kData);
    EXPECT_THAT(stream.error().message, HasSubstr("damaged state: "));
    EXPECT_THAT(stream.error().message, HasSubstr(name));
  }
  EXPECT_GT(segments, 1);
}

}  // namespace
}  // namespace flow
