// links: compiler/driver
//
// A batch with state that breaks off at each of its steps, and what its FILE sinks hold then and at
// the end.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/driver/compile.h"
#include "runtime/checkpoint/state_view.h"
#include "runtime/exec/job.h"

namespace flow {
namespace {

class BatchState : public testing::Test {
 protected:
  BatchState() {
    folder_ = "/dev/shm/flow_batch_state_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream log(folder_ + "/log.jsonl");
    for (int i = 0; i < 5000; ++i) {
      if (i % 500 == 3) log << "{broken\n";
      log << R"({"k":)" << i * 7919 % 4000 << R"(,"n":)" << i << "}\n";
    }
  }
  ~BatchState() override { std::filesystem::remove_all(folder_); }

  void CompileProgram() {
    CompileOptions options;
    options.variable = [](const std::string&) { return std::nullopt; };
    options.engine = EngineKind::kInterpreter;
    const std::string text = "SOURCE log (k INT, n INT) FROM FILE (path = '" + folder_ +
                             "/log.jsonl') FORMAT JSON DEAD LETTER TO FILE (path = '" + folder_ +
                             "/dead.jsonl');\n"
                             "VIEW groups AS SELECT k, COUNT(*) AS n, SUM(n) AS total FROM log "
                             "GROUP BY k;\n"
                             "VIEW odd AS SELECT k, n FROM log WHERE n % 2 = 1;\n"
                             "VIEW counts AS SELECT n, COUNT(*) AS groups FROM groups GROUP BY n;\n"
                             "SINK a FROM groups INTO FILE (path = '" +
                             folder_ +
                             "/groups') FORMAT CSV;\n"
                             "SINK b FROM odd INTO FILE (path = '" +
                             folder_ +
                             "/odd') FORMAT CSV;\n"
                             "SINK c FROM counts INTO FILE (path = '" +
                             folder_ + "/counts') FORMAT CSV;\n";
    SourceFile file("x.flow", text);
    Diagnostics diagnostics;
    auto result = Compile(file, options, diagnostics);
    ASSERT_TRUE(result.ok()) << result.error().message;
    ASSERT_FALSE(diagnostics.has_errors()) << diagnostics.ToText(file, false);
    compiled_ = std::move(result).value();
  }

  RunOptions Options() const {
    RunOptions options;
    options.mode = RunMode::kBatch;
    options.workers = 1;
    options.batch_rows = 300;
    options.epoch_us = 0;
    options.schedule.held_bytes = 20'000;  // of groups there are several times as much
    options.state_directory = folder_ + "/state";
    return options;
  }
  Status Run(const RunOptions& options) {
    auto report = RunBatch(compiled_->lowered.program, options);
    if (!report.ok()) return std::move(report.error());
    EXPECT_TRUE(report.value().balanced());
    return OkStatus();
  }

  // Sorted lines of all sinks; the names of those that are not there.
  std::string Contents() const {
    std::string all;
    for (const char* name : {"groups", "odd", "counts", "dead.jsonl"}) {
      std::ifstream file(folder_ + "/" + name);
      all += std::string(name) + (file ? ":\n" : ": none\n");
      std::vector<std::string> lines;
      for (std::string line; std::getline(file, line);) lines.push_back(line);
      std::sort(lines.begin(), lines.end());
      for (const std::string& line : lines) all += line + "\n";
    }
    return all;
  }
  BatchProgress Progress() const {
    auto view = ReadStateView(Files::System(), folder_ + "/state");
    EXPECT_TRUE(view.ok());
    return view.value().manifest.batch.value_or(BatchProgress());
  }

  std::string folder_;
  std::unique_ptr<Compilation> compiled_;
};

TEST_F(BatchState, BrokenOffAtEachStepItHasTheSameResult) {
  CompileProgram();
  ASSERT_TRUE(Run(Options()).ok());
  const std::string wanted = Contents();
  int in_scan = 0, in_finish = 0, computed = 0;
  int64_t step = 1;
  for (bool crashed = true; crashed; ++step) {
    std::filesystem::remove_all(folder_ + "/state");
    for (const char* name : {"groups", "odd", "counts", "dead.jsonl"}) {
      std::filesystem::remove(folder_ + "/" + name);
      std::filesystem::remove(folder_ + "/." + name + ".flowc");
    }
    const std::string nothing = Contents();
    RunOptions options = Options();
    options.schedule.crash = [&](int64_t at) { return at == step; };
    crashed = !Run(options).ok();
    if (crashed) {
      const BatchProgress progress = Progress();
      in_scan += progress.scanned == 0;
      in_finish += progress.scanned != 0 && !progress.computed;
      computed += progress.computed;
      // All of it or nothing.
      if (Contents() != wanted) {
        ASSERT_EQ(Contents(), nothing) << "step " << step;
      }
      // A second time, elsewhere: what the first had finished must not be counted.
      options.schedule.crash = [](int64_t at) { return at == 4; };
      options.workers = 2;
      (void)Run(options).ok();
      options.schedule.crash = nullptr;
      options.workers = 3;
      const Status status = Run(options);
      ASSERT_TRUE(status.ok()) << status.error().message;
    }
    ASSERT_EQ(Contents(), wanted) << "step " << step;
    EXPECT_TRUE(Progress().published);
  }
  EXPECT_GE(in_scan, 5);
  EXPECT_GE(in_finish, 3);
  EXPECT_GE(computed, 2);
}

TEST_F(BatchState, AnotherRunReplacesAndKeepsTheLineage) {
  CompileProgram();
  ASSERT_TRUE(Run(Options()).ok());
  const BatchProgress first = Progress();
  const std::string uid = ReadStateView(Files::System(), folder_ + "/state").value().uid;
  std::ofstream(folder_ + "/log.jsonl", std::ios::app) << R"({"k":-1,"n":1})" << "\n";
  ASSERT_TRUE(Run(Options()).ok());
  EXPECT_GT(Progress().begin, first.begin);
  EXPECT_EQ(ReadStateView(Files::System(), folder_ + "/state").value().uid, uid);
  EXPECT_NE(Contents().find("upsert,1,-1,1,1"), std::string::npos);
  // What earlier runs kept goes: the last epochs and what they name are there.
  size_t epochs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/state")) {
    epochs += entry.path().filename().string().rfind("epoch-", 0) == 0;
  }
  EXPECT_LE(epochs, 24U);
}

TEST_F(BatchState, WithoutStateAServersSinkIsRefused) {
  CompileProgram();
  program::Program program = compiled_->lowered.program;
  for (program::Sink& sink : program.sinks) sink.connector = program::Connector::kRedis;
  RunOptions options = Options();
  options.state_directory.clear();
  auto report = RunBatch(program, options);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().domain, ErrorDomain::kUser);
}

}  // namespace
}  // namespace flow
