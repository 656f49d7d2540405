// RunTests: see run_tests.h.
#include "compiler/driver/testing/run_tests.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/driver/testing/given_log.h"
#include "compiler/driver/testing/schedule.h"
#include "runtime/exec/job.h"
#include "runtime/format/row_table.h"

namespace flow::testing {

namespace {

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Where durable runs keep their state; gone with it.
class StateFolder {
 public:
  StateFolder() {
    static std::atomic<int> number{0};
    std::error_code error;
    // Memory where there is some: every tick is made durable.
    std::filesystem::path base = "/dev/shm";
    if (::access(base.c_str(), W_OK) != 0) base = std::filesystem::temp_directory_path(error);
    path_ = (base / ("flowc-test-" + std::to_string(::getpid()) + "-" + std::to_string(number++)))
                .string();
    std::filesystem::remove_all(path_, error);
  }
  ~StateFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Folds what a run emits to the final tables of its views.
class Tables {
 public:
  void Add(const program::View& view, const Batch& changes) {
    Table& table = TableOf(view);
    if (table.by_key != nullptr) {
      table.by_key->Apply(changes);
    } else {
      Read(view, changes, &table.rows);
    }
  }

  void MoveTo(const program::Program& program, Outcome* outcome) {
    for (const program::View& view : program.views) {
      if (!view.wanted) continue;
      Table& table = TableOf(view);
      if (table.by_key != nullptr) {
        Read(view, table.by_key->Take([](const Batch&, int32_t) { return true; }), &table.rows);
      }
      outcome->columns[view.name] = view.columns;
      outcome->rows[view.name] = std::move(table.rows);
    }
  }

 private:
  struct Table {
    std::unique_ptr<RowTable> by_key;  // null: rows are only added
    Rows rows;
  };

  Table& TableOf(const program::View& view) {
    auto [found, fresh] = tables_.try_emplace(view.name);
    if (fresh && !view.append_only) found->second.by_key = std::make_unique<RowTable>(&view);
    return found->second;
  }

  static void Read(const program::View& view, const Batch& batch, Rows* rows) {
    for (int32_t row = 0; row < batch.rows; ++row) {
      std::vector<Datum>& values = rows->emplace_back();
      for (size_t c = 0; c < view.types.size(); ++c) {
        values.push_back(ReadCell(batch.column(static_cast<int32_t>(c)), view.types[c], row));
      }
    }
  }

  std::map<std::string, Table> tables_;
};

class TestRun {
 public:
  TestRun(const SourceFile& file, const CompileOptions& compile, const bound::Test& test,
          const TestOptions& options)
      : file_(file), compile_(compile), test_(test), options_(options) {
    result_.name = test.name;
    result_.line = file.PlaceOf(test.span.begin).line;
  }

  TestResult Run() {
    const int64_t begin = NowUs();
    result_.passed = RunAll();
    result_.wall_us = NowUs() - begin;
    return std::move(result_);
  }

 private:
  bool RunAll() {
    for (const Schedule& schedule : FixedSchedules()) {
      if (Stopped() || !RunOne(schedule)) return false;
    }
    for (int i = 0; i < options_.runs; ++i) {
      if (Stopped()) return false;
      if (!RunOne(RandomSchedule(options_.seed + static_cast<uint64_t>(i)))) return false;
    }
    return true;
  }

  bool Stopped() {
    if (options_.stop == nullptr || !options_.stop->load()) return false;
    result_.error = "stopped";
    return true;
  }

  bool RunOne(const Schedule& schedule) {
    ++result_.runs;
    Outcome outcome;
    std::string error;
    if (Status status = Execute(schedule, &outcome); !status.ok()) {
      error = status.error().message;
    } else {
      result_.differences = Compare(test_, outcome);
      const std::string summary = Summary(outcome.report);
      if (first_.empty()) first_ = summary;
      if (result_.differences.empty() && summary != first_) {
        error = "it differs from the first run, in what the test does not name\n--- first\n" +
                first_ + "--- this\n" + summary;
      }
    }
    if (error.empty() && result_.differences.empty()) return true;
    result_.error = std::move(error);
    result_.schedule = schedule.ToText();
    result_.seeded = schedule.seeded;
    result_.seed = schedule.seed;
    return false;
  }

  Status Execute(const Schedule& schedule, Outcome* outcome) {
    FLOW_TRY(const Compilation* compilation, Compiled(schedule.engine));
    GivenProgram given = WithLogs(compilation->lowered.program, compilation->bound, test_);
    int64_t records = 0;
    for (const auto& [source, log] : given.logs) {
      for (const auto& partition : log) records += static_cast<int64_t>(partition.size());
    }
    Order order;
    if (schedule.shuffle) {
      if (times_.empty()) {
        FLOW_TRY(times_, EventTimes(given));
      }
      Random random(schedule.seed);
      order = ShuffledOrder(given, times_, &random);
      Reorder(order, &given);
    }
    outcome->whole = schedule.crashes == 0;
    if (schedule.crashes > 0) return ExecuteWithCrashes(schedule, given, records, outcome);
    Tables tables;
    RunOptions options = OptionsOf(schedule, records, -1);
    options.on_rows = [&](const program::View& view, const Batch& changes, int64_t) {
      tables.Add(view, changes);
    };
    options.on_dead = [&](const DeadLetterRecord& letter) {
      outcome->letters.push_back(letter);
      PutBack(given.program, order, &outcome->letters.back());
    };
    FLOW_TRY(outcome->report, RunIn(given, options));
    tables.MoveTo(given.program, outcome);
    return OkStatus();
  }

  // Runs break off, and the last one goes on to the end. Engines change between them.
  Status ExecuteWithCrashes(const Schedule& schedule, const GivenProgram& given, int64_t records,
                            Outcome* outcome) {
    StateFolder folder;
    for (int crash = 0; crash <= schedule.crashes; ++crash) {
      RunOptions options = OptionsOf(schedule, records, crash < schedule.crashes ? crash : -1);
      options.state_directory = folder.path();
      Result<RunReport> report = RunIn(given, options);
      if (report.ok()) {
        outcome->report = std::move(report).value();
        // A batch that is done would begin anew.
        if (schedule.mode == RunMode::kBatch) break;
      } else if (crash == schedule.crashes ||
                 report.error().message.find("crashed by a test") == std::string::npos) {
        return report.error();
      }
    }
    return OkStatus();
  }

  // The place that the record had before it was moved.
  static void PutBack(const program::Program& program, const Order& order,
                      DeadLetterRecord* letter) {
    for (size_t s = 0; s < order.size(); ++s) {
      if (program.sources[s].name != letter->source) continue;
      const size_t partition = static_cast<size_t>(letter->partition);
      if (partition >= order[s].size()) return;
      letter->offset =
          static_cast<int64_t>(order[s][partition][static_cast<size_t>(letter->offset)]);
    }
  }

  static Result<RunReport> RunIn(const GivenProgram& given, RunOptions options) {
    options.logs = &given.logs;
    return options.mode == RunMode::kStream ? RunStream(given.program, options)
                                            : RunBatch(given.program, options);
  }

  Result<const Compilation*> Compiled(EngineKind engine) {
    std::unique_ptr<Compilation>& made = compiled_[engine];
    if (made != nullptr) return made.get();
    CompileOptions options = compile_;
    options.tests = true;
    options.sinks_unset = true;
    options.kernels = true;
    options.all_views = false;
    options.views = test_.views;
    options.sinks = false;
    options.engine = engine;
    options.jit.tier0 = false;
    options.jit.tier1 = true;
    options.jit.background = false;
    Diagnostics diagnostics;
    FLOW_TRY(made, Compile(file_, options, diagnostics));
    if (diagnostics.has_errors()) return InternalError("the file does not compile any more");
    return made.get();
  }

  const SourceFile& file_;
  const CompileOptions& compile_;
  const bound::Test& test_;
  const TestOptions& options_;
  std::map<EngineKind, std::unique_ptr<Compilation>> compiled_;
  ByRecord<std::optional<int64_t>> times_;
  std::string first_;  // Summary of the first run
  TestResult result_;
};

}  // namespace

Result<TestsResult> RunTests(const SourceFile& file, const CompileOptions& compile,
                             const TestOptions& options, Diagnostics& out,
                             const std::function<void(const TestResult&)>& on_result) {
  CompileOptions check = compile;
  check.tests = true;
  check.sinks_unset = true;
  check.kernels = false;
  check.all_views = true;
  TestsResult all;
  FLOW_TRY(std::unique_ptr<Compilation> checked, Compile(file, check, out));
  if (out.has_errors()) return all;
  all.declared = static_cast<int>(checked->tests.size());
  for (const bound::Test& test : checked->tests) {
    if (options.wanted && !options.wanted(test.name)) continue;
    if (options.stop != nullptr && options.stop->load()) break;
    all.results.push_back(TestRun(file, compile, test, options).Run());
    if (on_result) on_result(all.results.back());
  }
  return all;
}

std::string FailureText(const TestResult& result) {
  std::string text = ToText(result.differences);
  size_t begin = 0;
  while (begin < result.error.size()) {
    const size_t end = std::min(result.error.find('\n', begin), result.error.size());
    text += "  " + result.error.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  if (result.schedule.empty()) return text;
  return text + "  in run " + std::to_string(result.runs) + ": " + result.schedule +
         (result.seeded ? " (seed " + std::to_string(result.seed) + ")" : "") + "\n";
}

std::string ResultJson(const std::string& file, const TestResult& result) {
  using nlohmann::ordered_json;
  ordered_json line = {
      {"test", result.name}, {"file", file},
      {"line", result.line}, {"passed", result.passed},
      {"runs", result.runs}, {"seconds", static_cast<double>(result.wall_us) / 1e6}};
  if (!result.passed) {
    line["schedule"] = result.schedule;
    line["seed"] = result.seeded ? ordered_json(result.seed) : ordered_json(nullptr);
    if (!result.error.empty()) line["error"] = result.error;
    line["differences"] = ordered_json::array();
    for (const Difference& difference : result.differences) {
      ordered_json different = ordered_json::array();
      for (const Difference::Changed& changed : difference.different) {
        different.push_back({{"row", changed.row},
                             {"columns", changed.columns},
                             {"expected", changed.expected},
                             {"got", changed.got}});
      }
      line["differences"].push_back({{"what", difference.what},
                                     {"missing", difference.missing},
                                     {"unexpected", difference.unexpected},
                                     {"different", different},
                                     {"notes", difference.notes}});
    }
  }
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace flow::testing
