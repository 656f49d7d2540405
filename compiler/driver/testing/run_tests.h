// The TESTs of a .flow file: each is run in many ways, and all have to give what it expects.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "compiler/driver/compile.h"
#include "compiler/driver/testing/compare.h"

namespace flow::testing {

struct TestOptions {
  uint64_t seed = 1;  // of the first random schedule; the next has the next one
  int runs = 20;      // random schedules a test, after the fixed ones
  std::function<bool(const std::string& name)> wanted;  // null: all
  const std::atomic<bool>* stop = nullptr;              // set: end after the run that is going on
};

struct TestResult {
  std::string name;
  int line = 0;
  bool passed = false;
  int runs = 0;  // done, with the one that failed
  int64_t wall_us = 0;
  // Of a failure: the schedule that showed it; its seed, if it was a random one.
  std::string schedule;
  bool seeded = false;
  uint64_t seed = 0;
  std::vector<Difference> differences;
  std::string error;  // the run itself failed
};

struct TestsResult {
  int declared = 0;  // in the file
  std::vector<TestResult> results;
};

// Diagnostics go to `out`; nothing is run if there are errors. `on_result` hears of each test.
Result<TestsResult> RunTests(const SourceFile& file, const CompileOptions& compile,
                             const TestOptions& options, Diagnostics& out,
                             const std::function<void(const TestResult&)>& on_result);

// What differs, and in which schedule: the text of a failure.
std::string FailureText(const TestResult& result);
// {"test","line","passed","runs","seconds",...} on one line.
std::string ResultJson(const std::string& file, const TestResult& result);

}  // namespace flow::testing
