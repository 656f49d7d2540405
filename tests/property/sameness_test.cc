// links: compiler/driver tests/generator
// labels: asan tsan
// parts: 40 50
//
// One program over one log gives one answer: whatever the engine, the plan, the workers, the batch
// size, the hashes, the optimizer's rules, the interleaving of partitions, and at every frontier.
//
// FLOW_CASES: how many cases (default 300); FLOW_SEED: the first seed. A failure prints the seed
// and the .flow text; FLOW_SEED=N FLOW_CASES=1 runs that case alone.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "compiler/driver/compile.h"
#include "compiler/driver/report.h"
#include "runtime/checkpoint/state_view.h"
#include "runtime/exec/job.h"
#include "runtime/format/encode.h"
#include "runtime/time/decision_log.h"
#include "tests/generator/case_generator.h"
#include "tests/generator/random.h"

namespace flow::test {
namespace {

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

struct Coverage {
  int64_t cases = 0, late = 0, late_windows = 0, tie = 0, dead = 0, null_key = 0, skewed = 0;
  int64_t key_errors = 0, filtered = 0, back = 0, out = 0, shed = 0, frontiers = 0, deleted = 0,
          rows = 0;
  int64_t duplicate = 0, held = 0, calls = 0, rankings = 0, unnests = 0;
  int64_t crashes = 0, batch_crashes = 0, decided_crashes = 0, evictions = 0, cold_reads = 0;
};

struct Variant {
  EngineKind engine = EngineKind::kInterpreter;
  bool tier0 = true, tier1 = false;
  bool rules = true;
  bool operator<(const Variant& other) const {
    return std::tie(engine, tier0, tier1, rules) <
           std::tie(other.engine, other.tier0, other.tier1, other.rules);
  }
};

struct Outcome {
  std::string text;  // digests and ledger
  RunReport report;
};

const std::vector<std::string> kRules = {
    "constant-folding",    "projection-pushdown", "filter-pushdown", "common-subexpressions",
    "partial-aggregation", "window-slices",       "late-decoding"};

// Compiling with LLVM's optimiser takes half of a case's time; so only some do.
constexpr int kOptimizePercent = 20;

class Case {
 public:
  Case(GeneratedCase generated, Coverage* coverage)
      : case_(std::move(generated)),
        coverage_(coverage),
        random_(case_.seed * 7 + 1),
        optimizes_(random_.Chance(kOptimizePercent)) {}

  // Empty: all agree.
  std::string Check() {
    Outcome base;
    if (!Run({}, BatchOptions(1, 1024), &base)) return failure_;
    Count(base.report);
    int configurations = 4;
    for (int i = 0; i < configurations; ++i) {
      std::string name;
      Variant variant = SomeVariant(&name);
      RunOptions options = SomeOptions(&name);
      Outcome other;
      if (!Run(variant, options, &other)) return failure_ + "\nin " + name;
      if (other.text != base.text) return Differ("at the end, " + name, base, other);
    }
    for (int i = 0; i < frontiers_; ++i) {
      if (std::string wrong = CheckFrontier(); !wrong.empty()) return wrong;
    }
    if (random_.Chance(30)) {
      if (std::string wrong = CheckCrashes(base); !wrong.empty()) return wrong;
    }
    if (random_.Chance(30)) {
      if (std::string wrong = CheckBatchCrashes(base); !wrong.empty()) return wrong;
    }
    if (case_.idle) return CheckDecisions();
    return "";
  }

  void set_frontiers(int n) { frontiers_ = n; }

 private:
  std::string Differ(const std::string& what, const Outcome& a, const Outcome& b) const {
    return "differs " + what + "\n--- one\n" + a.text + "--- other\n" + b.text;
  }

  Compilation* Compiled(const Variant& variant) {
    std::unique_ptr<Compilation>& made = compiled_[variant];
    if (made != nullptr) return made.get();
    CompileOptions options;
    options.variable = [](const std::string&) { return std::nullopt; };
    options.engine = variant.engine;
    options.all_views = true;
    options.jit.tier0 = variant.tier0;
    options.jit.tier1 = variant.tier1;
    options.jit.background = false;
    if (!variant.rules) options.disabled_rules = kRules;
    SourceFile file("case.flow", case_.text);
    Diagnostics diagnostics;
    auto result = Compile(file, options, diagnostics);
    if (!result.ok()) {
      failure_ = "the compiler failed: " + result.error().message;
      return nullptr;
    }
    if (diagnostics.has_errors()) {
      failure_ = "does not compile:\n" + diagnostics.ToText(file, false);
      return nullptr;
    }
    made = std::move(result).value();
    return made.get();
  }

  bool Run(const Variant& variant, const RunOptions& options, Outcome* out) {
    Compilation* compilation = Compiled(variant);
    if (compilation == nullptr) return false;
    const program::Program& program = compilation->lowered.program;
    auto report =
        options.mode == RunMode::kStream ? RunStream(program, options) : RunBatch(program, options);
    if (!report.ok()) {
      failure_ = "the run failed: " + report.error().message;
      return false;
    }
    out->report = std::move(report).value();
    coverage_->evictions += out->report.evictions;
    coverage_->cold_reads += out->report.cold_reads;
    out->text.clear();
    for (const ViewDigest& digest : out->report.digests) {
      out->text +=
          digest.view + " " + std::to_string(digest.rows) + " " + HashText(digest.hash) + "\n";
    }
    for (const SourceLedger& s : out->report.sources) {
      out->text += s.name + " read " + std::to_string(s.read) + " dead " + std::to_string(s.dead) +
                   " shed " + std::to_string(s.shed) + " duplicate " + std::to_string(s.duplicate) +
                   " held " + std::to_string(s.held) +
                   (s.balanced() ? "\n" : " DOES NOT BALANCE\n");
    }
    for (const PathLedger& p : out->report.paths) {
      out->text += p.source + " -> " + p.name + " accepted " + std::to_string(p.accepted) +
                   " filtered " + std::to_string(p.filtered) + " late " + std::to_string(p.late) +
                   " dead " + std::to_string(p.dead) + " windows " +
                   std::to_string(p.late_windows) + " elements " + std::to_string(p.elements) +
                   " accepted " + std::to_string(p.elements_accepted) + " filtered " +
                   std::to_string(p.elements_filtered) +
                   (p.balanced() ? "\n" : " DOES NOT BALANCE\n");
    }
    for (const auto& [view, count] : out->report.key_errors) {
      if (count != 0) out->text += view + " key errors " + std::to_string(count) + "\n";
    }
    if (!out->report.balanced()) {
      failure_ = "the ledger does not balance\n" + out->text;
      return false;
    }
    return true;
  }

  RunOptions BaseOptions() const {
    RunOptions options;
    options.use_sinks = false;
    options.digest = true;
    options.tick_us = 20;  // a tick without rows should not cost the test two milliseconds
    return options;
  }
  RunOptions BatchOptions(int workers, int32_t batch_rows) const {
    RunOptions options = BaseOptions();
    options.mode = RunMode::kBatch;
    options.workers = workers;
    options.batch_rows = batch_rows;
    return options;
  }

  Variant SomeVariant(std::string* name) {
    Variant variant;
    switch (random_.Between(0, 5)) {
      case 0:
        variant.engine = EngineKind::kJit;
        *name += "jit baseline";
        break;
      case 1:
        variant.engine = EngineKind::kJit;
        variant.tier0 = !optimizes_;
        variant.tier1 = optimizes_;
        *name += optimizes_ ? "jit optimized" : "jit baseline";
        break;
      default:
        *name += "interpreter";
        break;
    }
    variant.rules = random_.Chance(70);
    *name += variant.rules ? "" : ", rules off";
    return variant;
  }

  // Reads partitions in a random order, or holds one back until the others have ended.
  void Interleave(RunOptions* options, std::string* name) {
    uint64_t seed = random_.Next();
    int64_t stalled = random_.Chance(30) ? random_.Between(0, 3) : -1;
    *name += stalled >= 0 ? ", partition " + std::to_string(stalled) + " stalls" : ", interleaved";
    options->schedule.morsels = [seed, stalled](int index, int64_t tick) {
      if (index == stalled) return tick > 80 ? 3 : 0;
      Random random(seed ^ (static_cast<uint64_t>(tick) * 1000003u + static_cast<uint64_t>(index)));
      random.Next();
      return tick > 200 ? 8 : static_cast<int>(random.Between(0, 2));
    };
  }

  // Perhaps no room for state: after every tick all of it is on disk.
  void LittleMemory(int percent, RunOptions* options, std::string* name) {
    if (!random_.Chance(percent)) return;
    options->memory_bytes = 1;
    *name += ", no memory";
  }

  RunOptions SomeOptions(std::string* name) {
    static const std::vector<int> workers = {1, 2, 4};
    static const std::vector<int32_t> sizes = {1, 7, 1024};
    RunOptions options = BaseOptions();
    options.workers = random_.Pick(workers);
    options.batch_rows = random_.Pick(sizes);
    *name += ", " + std::to_string(options.workers) + " workers, batches of " +
             std::to_string(options.batch_rows);
    if (random_.Chance(20)) {
      options.hash_mask = 0;
      *name += ", hashes collide";
    }
    if (random_.Chance(25)) {
      options.mode = RunMode::kBatch;
      *name += ", batch";
    } else {
      options.until_end = true;
      *name += ", stream";
      if (random_.Chance(70)) Interleave(&options, name);
      LittleMemory(20, &options, name);
    }
    return options;
  }

  std::string SomeFrontier() {
    std::string text;
    for (const GeneratedSource& source : case_.sources) {
      for (size_t p = 0; p < source.partition_rows.size(); ++p) {
        if (!text.empty()) text += ",";
        text += source.name + ":" + std::to_string(p) + "=" +
                std::to_string(random_.Between(0, source.partition_rows[p]));
      }
    }
    return text;
  }

  std::string CheckFrontier() {
    ++coverage_->frontiers;
    std::string frontier = SomeFrontier();
    std::string name;
    RunOptions batch = BatchOptions(static_cast<int>(random_.Between(1, 2)), 1024);
    batch.to = frontier;
    RunOptions stream = BaseOptions();
    stream.to = frontier;
    stream.workers = static_cast<int>(random_.Between(1, 3));
    stream.batch_rows = static_cast<int32_t>(random_.Between(1, 9));
    Interleave(&stream, &name);
    Outcome a, b;
    if (!Run({}, batch, &a) || !Run({}, stream, &b)) return failure_ + "\nat " + frontier;
    for (const SourceLedger& source : a.report.sources) coverage_->held += source.held;
    if (a.text == b.text) return "";
    return Differ("at " + frontier + name, a, b);
  }

  // After so many ticks of a run.
  static std::function<bool(int64_t)> CrashAfter(int64_t ticks) {
    return [ticks, first = int64_t{-1}](int64_t tick) mutable {
      if (first < 0) first = tick;
      return tick - first >= ticks;
    };
  }

  // A stream with state that breaks off again and again, and goes on with other workers and another
  // engine: at the end (or at a frontier) it has what a run without trouble has.
  std::string CheckCrashes(const Outcome& at_end) {
    const std::string folder = "/dev/shm/flow_state_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder);
    std::string to = random_.Chance(40) ? SomeFrontier() : "";
    Outcome wanted = at_end;
    if (!to.empty()) {
      RunOptions batch = BatchOptions(1, 1024);
      batch.to = to;
      if (!Run({}, batch, &wanted)) return failure_;
    }
    std::string name = to.empty() ? "after crashes" : "after crashes, at " + to;
    Outcome last;
    const int64_t crashes = random_.Between(1, 4);
    for (int64_t i = 0; i <= crashes; ++i) {
      Variant variant = SomeVariant(&name);
      // The plan must be the same: rules decide how windows are kept.
      variant.rules = true;
      RunOptions stream = BaseOptions();
      stream.to = to;
      stream.until_end = to.empty();
      stream.state_directory = folder;
      stream.epoch_us = random_.Chance(50) ? 0 : random_.Between(100, 3000);
      stream.workers = static_cast<int>(random_.Between(1, 4));
      stream.batch_rows = static_cast<int32_t>(random_.Between(1, 7));
      Interleave(&stream, &name);
      LittleMemory(40, &stream, &name);
      if (i < crashes) stream.schedule.crash = CrashAfter(random_.Between(1, 12));
      if (!Run(variant, stream, &last)) {
        if (failure_.find("crashed by a test") == std::string::npos) return failure_ + name;
        ++coverage_->crashes;
        continue;
      }
      break;
    }
    std::filesystem::remove_all(folder);
    if (last.text == wanted.text) return "";
    return Differ(name, wanted, last);
  }

  // A batch that breaks off again and again, while it reads, while it finishes, before and after it
  // has published, and goes on with other workers and another engine.
  std::string CheckBatchCrashes(const Outcome& at_end) {
    const std::string folder = "/dev/shm/flow_batch_" + std::to_string(::getpid());
    std::filesystem::remove_all(folder);
    RunOptions options = BatchOptions(1, 1024);
    if (random_.Chance(50)) options.to = SomeFrontier();
    if (random_.Chance(20)) {
      options.from = SomeFrontier();
      options.to.clear();
      options.partial = random_.Chance(50);
    }
    Outcome wanted = at_end;
    if (!options.to.empty() || !options.from.empty()) {
      if (!Run({}, options, &wanted)) return failure_;
    }
    std::string name = "after crashes of a batch, --from " + options.from + " --to " + options.to;
    Outcome last;
    bool done = false;
    // One more run after the last: a batch that is done begins anew.
    for (int64_t crashes = random_.Between(1, 6), i = 0; i <= crashes + 1; ++i) {
      Variant variant = SomeVariant(&name);
      variant.rules = true;
      RunOptions batch = options;
      batch.state_directory = folder;
      batch.resume = i > 0 && !done && coverage_->batch_crashes % 2 == 0 &&
                     std::filesystem::exists(folder + "/epoch-1");
      batch.epoch_us = random_.Chance(70) ? 0 : random_.Between(10, 1000);
      batch.workers = static_cast<int>(random_.Between(1, 4));
      batch.batch_rows = static_cast<int32_t>(random_.Between(1, 7));
      const int64_t steps = random_.Between(1, 12);
      if (i < crashes) batch.schedule.crash = [steps](int64_t step) { return step >= steps; };
      done = Run(variant, batch, &last);
      if (!done && failure_.find("crashed by a test") == std::string::npos) return failure_ + name;
      if (!done) {
        ++coverage_->batch_crashes;
        // Its last epoch may say that all was published.
        done = PublishedIn(folder);
        continue;
      }
      if (last.text != wanted.text) return Differ(name, wanted, last);
    }
    std::filesystem::remove_all(folder);
    return "";
  }

  static bool PublishedIn(const std::string& folder) {
    auto view = ReadStateView(Files::System(), folder);
    return view.ok() && view.value().manifest.batch && view.value().manifest.batch->published;
  }

  // A stream that finds partitions silent at random, stopped somewhere: the batch up to where it
  // stopped, reading its decisions, gives the same. With state it breaks off a few times before,
  // and the batch takes the decisions that the state keeps.
  std::string CheckDecisions() {
    const bool durable = random_.Chance(50);
    const std::string path = "/dev/shm/flow_decisions_" + std::to_string(::getpid());
    std::filesystem::remove_all(path);
    std::string name = durable ? " with state" : "";
    RunOptions stream = BaseOptions();
    stream.until_end = true;
    stream.workers = static_cast<int>(random_.Between(1, 2));
    stream.batch_rows = static_cast<int32_t>(random_.Between(1, 5));
    (durable ? stream.state_directory : stream.decisions) = path;
    stream.epoch_us = random_.Chance(50) ? 0 : random_.Between(100, 3000);
    Interleave(&stream, &name);
    uint64_t seed = random_.Next();
    stream.schedule.silent = [seed](int index, int64_t tick) {
      Random random(seed + static_cast<uint64_t>(tick) * 7919u + static_cast<uint64_t>(index));
      random.Next();
      return random.Chance(15);
    };
    if (random_.Chance(50)) {
      stream.schedule.shed = [seed](int index, int64_t tick) -> int64_t {
        Random random(seed + static_cast<uint64_t>(tick) * 104729u + static_cast<uint64_t>(index));
        random.Next();
        return random.Chance(20) ? random.Between(1, 7) : 0;
      };
    }
    // After a crash sometimes at once: what is not restored could be decided again.
    int64_t last_tick = random_.Between(1, 60),
            soon = random_.Chance(50) ? random_.Between(1, 3) : 60;
    std::atomic<bool> stop{false};
    stream.stop = &stop;
    stream.on_progress = [&](const Progress& progress) {
      if (progress.ticks >= last_tick) stop.store(true);
    };
    Outcome streamed, batched;
    // A run that gets to its end counts: the state has seen the end then, and takes no stop any
    // more.
    bool done = false;
    for (int64_t crashes = durable ? random_.Between(0, 3) : 0; crashes > 0 && !done; --crashes) {
      RunOptions breaks = stream;
      breaks.schedule.crash = CrashAfter(random_.Between(1, 20));
      done = Run({}, breaks, &streamed);
      if (!done && failure_.find("crashed by a test") == std::string::npos) return failure_ + name;
      coverage_->decided_crashes += !done;
    }
    int64_t first_tick = -1;
    stream.on_progress = [&](const Progress& progress) {
      if (first_tick < 0) first_tick = progress.ticks;
      if (progress.ticks >= last_tick ||
          (first_tick > 1 && progress.ticks - first_tick + 1 >= soon)) {
        stop.store(true);
      }
    };
    if (!done && !Run({}, stream, &streamed)) return failure_ + name;
    RunOptions batch = BatchOptions(2, 1024);
    (durable ? batch.stream_state : batch.decisions) = path;
    if (streamed.report.stopped) batch.to = streamed.report.frontier();
    const bool ok = Run({}, batch, &batched);
    std::vector<Decision> decisions = durable ? StateDecisions(path) : FileDecisions(path);
    std::filesystem::remove_all(path);
    if (!ok) return failure_ + name;
    for (const Decision& decision : decisions) {
      switch (decision.kind) {
        case Decision::Kind::kOut:
          ++coverage_->out;
          break;
        case Decision::Kind::kBack:
          ++coverage_->back;
          break;
        case Decision::Kind::kShed:
          ++coverage_->shed;
          break;
      }
    }
    if (streamed.text == batched.text) return "";
    return Differ("with decisions, at " + streamed.report.frontier() + name, batched, streamed);
  }

  static std::vector<Decision> FileDecisions(const std::string& path) {
    auto read = ReadDecisions(path);
    return read.ok() ? read.value() : std::vector<Decision>();
  }
  static std::vector<Decision> StateDecisions(const std::string& folder) {
    std::vector<Decision> decisions;
    auto view = ReadStateView(Files::System(), folder);
    if (!view.ok()) return decisions;
    for (const std::string& text : view.value().manifest.decisions) {
      if (auto decision = ParseDecision(text)) decisions.push_back(*decision);
    }
    return decisions;
  }

  void Count(const RunReport& report) {
    ++coverage_->cases;
    coverage_->tie += case_.tie;
    coverage_->null_key += case_.null_key;
    coverage_->skewed += case_.skewed;
    coverage_->calls += case_.calls;
    coverage_->rankings += case_.rankings;
    coverage_->unnests += case_.unnests;
    for (const SourceLedger& source : report.sources) {
      coverage_->rows += source.read;
      coverage_->dead += source.dead;
      coverage_->duplicate += source.duplicate;
    }
    for (const PathLedger& path : report.paths) {
      coverage_->late += path.late;
      coverage_->late_windows += path.late_windows;
      coverage_->filtered += path.filtered;
      coverage_->dead += path.dead;
    }
    for (const auto& [view, count] : report.key_errors) coverage_->key_errors += count;
  }

  GeneratedCase case_;
  Coverage* coverage_;
  Random random_;
  bool optimizes_;  // generated code, where it runs, is optimised
  std::map<Variant, std::unique_ptr<Compilation>> compiled_;
  std::string failure_;
  int frontiers_ = 4;
};

TEST(Sameness, EveryWayOfRunningGivesTheSame) {
  const int64_t cases = FromEnvironment("FLOW_CASES", 300);
  const int64_t first = FromEnvironment("FLOW_SEED", 1);
  const int64_t frontiers = FromEnvironment("FLOW_FRONTIERS", 4);
  const int64_t enough = FromEnvironment("FLOW_FAILURES", 5);
  Coverage coverage;
  int failures = 0;
  for (int64_t i = 0; i < cases && failures < enough; ++i) {
    GeneratedCase generated = WithUnnest(Generate(static_cast<uint64_t>(first + i)));
    std::string text = generated.text;
    Case test(std::move(generated), &coverage);
    test.set_frontiers(static_cast<int>(frontiers));
    std::string wrong = test.Check();
    if (wrong.empty()) continue;
    ++failures;
    ADD_FAILURE() << "seed " << first + i << ": " << wrong << "\n" << text;
  }
  std::printf(
      "%lld cases, %lld rows, %lld frontiers: late %lld, late for some windows %lld, ties in %lld, "
      "dead %lld, key errors %lld, filtered %lld, NULL keys in %lld, several partitions in %lld, "
      "duplicate %lld, held %lld, left out %lld, came back %lld, shed %lld, crashes %lld, of "
      "batches %lld, with decisions "
      "%lld, evictions %lld, cold reads "
      "%lld, calls of functions %lld, rankings %lld, with UNNEST %lld\n",
      static_cast<long long>(coverage.cases), static_cast<long long>(coverage.rows),
      static_cast<long long>(coverage.frontiers), static_cast<long long>(coverage.late),
      static_cast<long long>(coverage.late_windows), static_cast<long long>(coverage.tie),
      static_cast<long long>(coverage.dead), static_cast<long long>(coverage.key_errors),
      static_cast<long long>(coverage.filtered), static_cast<long long>(coverage.null_key),
      static_cast<long long>(coverage.skewed), static_cast<long long>(coverage.duplicate),
      static_cast<long long>(coverage.held), static_cast<long long>(coverage.out),
      static_cast<long long>(coverage.back), static_cast<long long>(coverage.shed),
      static_cast<long long>(coverage.crashes), static_cast<long long>(coverage.batch_crashes),
      static_cast<long long>(coverage.decided_crashes), static_cast<long long>(coverage.evictions),
      static_cast<long long>(coverage.cold_reads), static_cast<long long>(coverage.calls),
      static_cast<long long>(coverage.rankings), static_cast<long long>(coverage.unnests));
  if (cases < 200) return;
  // Floors: a generator that stopped making the hard cases would prove nothing.
  EXPECT_GE(coverage.late, cases / 2);
  EXPECT_GE(coverage.late_windows, cases / 10);
  EXPECT_GE(coverage.tie, cases / 4);
  EXPECT_GE(coverage.dead, cases / 4);
  EXPECT_GE(coverage.null_key, cases / 4);
  EXPECT_GE(coverage.skewed, cases / 4);
  EXPECT_GE(coverage.back, cases / 20);
  EXPECT_GE(coverage.shed, cases / 10);
  EXPECT_GE(coverage.duplicate, cases / 2);
  EXPECT_GE(coverage.held, cases / 2);
  EXPECT_GE(coverage.crashes, cases / 5);
  EXPECT_GE(coverage.batch_crashes, cases / 5);
  EXPECT_GE(coverage.decided_crashes, cases / 100);
  EXPECT_GE(coverage.evictions, cases * 5);
  EXPECT_GE(coverage.cold_reads, cases);
  EXPECT_GE(coverage.calls, cases / 4);
  EXPECT_GE(coverage.rankings, cases / 5);
  EXPECT_GE(coverage.unnests, cases / 5);
}

}  // namespace
}  // namespace flow::test
