// flowc run: rows on stdout, everything else on stderr.
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli.h"
#include "live_table.h"

namespace flowc {

namespace {

using Strings = std::vector<std::string>;

void AddOptions(po::options_description* options) {
  options->add_options()("mode", po::value<std::string>()->default_value("stream"),
                         "stream or batch")(
      "until-end", "stream: stop where the sources end now; all windows close there")(
      "stop-at", po::value<std::string>()->value_name("F"),
      "stream: stop at a frontier NAME:P=OFFSET,... or FILE=BYTES, or at a time")(
      "to", po::value<std::string>()->value_name("F"),
      "batch: read up to a frontier or time; stream: up to where the stream of this file is, by "
      "its "
      "state in .flow/NAME/stream")(
      "from", po::value<std::string>()->value_name("F")->default_value("earliest"),
      "earliest, latest, a frontier or a time")(
      "partial", "batch --from F: report windows that are not complete, too")(
      "decisions", po::value<std::string>()->value_name("FILE"),
      "decision log: a live stream writes it, a bounded run reads it; a batch without it takes the "
      "decisions in .flow/NAME/stream")(
      "state", po::value<std::string>()->value_name("DIR"),
      "keep state here: the sinks of a stream get everything exactly once over restarts, and a "
      "batch "
      "that was killed goes on; default .flow/NAME/stream or .flow/NAME/batch where a sink is on a "
      "server or the input has no end; none: keep none")("reset-state",
                                                         "forget the state that is there")(
      "resume",
      "batch: go on with the one that was killed, and fail if there is none; without it a batch "
      "goes on if there is one")(
      "epoch", po::value<std::string>()->value_name("DURATION"),
      "how often an epoch becomes durable, and with a stream goes to the sinks; default 100ms, in "
      "a batch 5s")(
      "memory", po::value<std::string>()->value_name("SIZE"),
      "stream: for state, like 64MB or 2GB; what has no room is on disk, in the state directory or "
      "a "
      "temporary folder; default: half of the machine's memory")(
      "workers", po::value<int>()->default_value(0), "threads; 0: one a core")(
      "set", po::value<Strings>()->value_name("NAME=VALUE"),
      "value of ${NAME} in string literals (before the environment's)")(
      "secrets", po::value<std::string>()->value_name("DIR"),
      "where SECRET('NAME') is a file NAME (default: FLOW_SECRETS_DIR); else it is the environment "
      "variable NAME")("engine", po::value<std::string>()->default_value("jit"),
                       "jit or interpreter")("view", po::value<Strings>()->value_name("NAME"),
                                             "print this view and write no sink (may be repeated)")(
      "changes", "print every revision of updating views, not the final table")(
      "digest", "print VIEW ROWS HASH for each view and write no sink")(
      "format", po::value<std::string>(),
      "rows on stdout: table (default on a terminal), json or csv; json also makes the ledger "
      "JSON")("stats", "print tasks, partitions, kernels and state at the end")(
      "quiet,q", "print no ledger")("batch-size", po::value<int>()->default_value(1024),
                                    "rows a batch")(
      "disable-rule", po::value<Strings>()->value_name("RULE"), "switch off an optimizer rule")(
      "tier", po::value<std::string>()->default_value("both"),
      "jit code: both (quick code first, optimised code swapped in), baseline, or optimized")(
      "collide-hashes", "tests: give all keys the same hash");
}

// One line on a terminal, where no table is shown.
class ProgressLine {
 public:
  void Show(const libflow::Progress& progress) {
    auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    double seconds = std::chrono::duration<double>(now - begin_).count();
    std::fprintf(stderr, "\r\x1b[K%s", ProgressText(progress, seconds).c_str());
    shown_ = true;
  }
  void Clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begin_;
  bool shown_ = false;
};

// "250ms", "2s", "1m" in microseconds; nullopt: no duration from 1ms to 1h.
std::optional<int64_t> ParseDuration(const std::string& text) {
  size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos || digits > 9) return std::nullopt;
  const std::string unit = text.substr(digits);
  int64_t scale = unit == "ms" ? 1000 : unit == "s" ? 1'000'000 : unit == "m" ? 60'000'000 : 0;
  int64_t us = std::stoll(text.substr(0, digits)) * scale;
  if (us < 1000 || us > 3'600'000'000) return std::nullopt;
  return us;
}

// "64MB", "2GB" in bytes; nullopt: no size from 1MB to 64TB.
std::optional<int64_t> ParseSize(const std::string& text) {
  size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos || digits > 9) return std::nullopt;
  const std::string unit = text.substr(digits);
  if (unit != "MB" && unit != "GB") return std::nullopt;
  const int64_t count = std::stoll(text.substr(0, digits));
  if (count < 1 || count > (unit == "GB" ? 65'536 : 67'108'864)) return std::nullopt;
  return count << (unit == "GB" ? 30 : 20);
}

// Returns 0, or the exit code after saying what is wrong.
int CheckChoices(const po::variables_map& values) {
  bool batch = values["mode"].as<std::string>() == "batch";
  for (const char* option : {"until-end", "stop-at"}) {
    if (batch && values.count(option) > 0) {
      return Fail(libflow::kUsage, std::string("--") + option + " is for --mode stream",
                  "a batch ends where the sources end, or at --to F");
    }
  }
  for (const char* option : {"to", "partial", "resume"}) {
    if (!batch && values.count(option) > 0) {
      return Fail(libflow::kUsage, std::string("--") + option + " is for --mode batch",
                  std::string(option) == "resume"
                      ? "a stream always goes on with its state"
                      : "a stream stops with --stop-at F or --until-end");
    }
  }
  if (values.count("resume") > 0 && values.count("reset-state") > 0) {
    return Fail(libflow::kUsage, "--resume and --reset-state exclude each other");
  }
  if (values.count("epoch") > 0 && !ParseDuration(values["epoch"].as<std::string>())) {
    return Fail(libflow::kUsage, "--epoch must be a duration from 1ms to 1h, like 100ms or 2s");
  }
  if (values.count("memory") > 0) {
    if (batch) return Fail(libflow::kUsage, "--memory is for --mode stream");
    if (!ParseSize(values["memory"].as<std::string>())) {
      return Fail(libflow::kUsage, "--memory must be a size from 1MB to 65536GB, like 64MB or 2GB");
    }
  }
  if (values["workers"].as<int>() < 0 || values["workers"].as<int>() > 256) {
    return Fail(libflow::kUsage, "--workers must be from 0 to 256");
  }
  if (values["batch-size"].as<int>() < 1 || values["batch-size"].as<int>() > 65536) {
    return Fail(libflow::kUsage, "--batch-size must be from 1 to 65536");
  }
  return 0;
}

libflow::RunOptions RunOptionsFrom(const po::variables_map& values) {
  libflow::RunOptions run;
  run.mode =
      values["mode"].as<std::string>() == "batch" ? libflow::Mode::kBatch : libflow::Mode::kStream;
  run.until_end = values.count("until-end") > 0;
  if (values.count("stop-at") > 0) run.to = values["stop-at"].as<std::string>();
  if (values.count("to") > 0) run.to = values["to"].as<std::string>();
  run.from = values["from"].as<std::string>();
  run.partial = values.count("partial") > 0;
  if (values.count("decisions") > 0) run.decisions = values["decisions"].as<std::string>();
  run.reset_state = values.count("reset-state") > 0;
  run.resume = values.count("resume") > 0;
  run.epoch_us = values.count("epoch") > 0 ? *ParseDuration(values["epoch"].as<std::string>())
                 : run.mode == libflow::Mode::kBatch ? 5'000'000
                                                     : 100'000;
  if (values.count("memory") > 0) run.memory = *ParseSize(values["memory"].as<std::string>());
  if (values.count("secrets") > 0) run.secrets = values["secrets"].as<std::string>();
  run.workers = values["workers"].as<int>();
  run.batch_rows = values["batch-size"].as<int>();
  run.collide_hashes = values.count("collide-hashes") > 0;
  run.digest = values.count("digest") > 0;
  run.use_sinks = !run.digest && values.count("view") == 0;
  run.print = !run.digest && values.count("view") > 0;
  run.changes = values.count("changes") > 0;
  if (values.count("format") > 0) {
    run.format = values["format"].as<std::string>();
  } else {
    run.format = IsTerminal(STDOUT_FILENO) ? "table" : "";
  }
  return run;
}

}  // namespace

int Run(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc run FILE [options]";
  verb.about =
      "Runs FILE (- is stdin) as a stream or as a batch and writes its sinks; a file without a "
      "sink "
      "prints its last view. If all sources end (FILE, INLINE, NEXMARK or DATAGEN with events), a "
      "stream ends "
      "there. On a terminal an endless stream of one view shows its current rows in place. With "
      "--state a run that was killed goes on where it was, and its sinks get everything exactly "
      "once: from a stream every change, from a batch all rows at its end, in the place of what "
      "they held. STDOUT and HTTP, and all sinks without state, get it at least once. Rows go to "
      "stdout, "
      "the "
      "ledger to stderr. Ctrl-C drains and exits 0; a batch with state goes on at the next run.";
  verb.examples =
      "  flowc run clicks.flow\n"
      "  flowc run clicks.flow --mode batch --view page_metrics --format csv\n"
      "  flowc run clicks.flow --mode stream --until-end --digest\n"
      "  flowc run clicks.flow --mode batch --to clicks:0=1200,clicks:1=900 --digest\n"
      "  flowc run clicks.flow --mode batch --to stream --digest\n"
      "  cat events.jsonl | flowc run from_stdin.flow --set LIMIT=10\n";
  AddOptions(&verb.options);
  verb.choices = {{"mode", {"stream", "batch"}},
                  {"engine", {"jit", "interpreter"}},
                  {"format", {"table", "json", "csv"}},
                  {"tier", {"both", "baseline", "optimized"}}};
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  code = CheckChoices(*values);
  if (code != 0) return code;

  std::string path = (*values)["file"].as<std::string>();
  auto text = ReadFile(path);
  if (!text) return libflow::kUsage;
  libflow::CompileOptions compile;
  if (!ReadVariables(*values, &compile.variables)) return libflow::kUsage;
  compile.engine = (*values)["engine"].as<std::string>() == "jit" ? libflow::Engine::kJit
                                                                  : libflow::Engine::kInterpreter;
  std::string tier = (*values)["tier"].as<std::string>();
  compile.baseline = tier != "optimized";
  compile.optimize = tier != "baseline";
  if (values->count("view") > 0) compile.views = (*values)["view"].as<Strings>();
  if (values->count("disable-rule") > 0) {
    compile.disabled_rules = (*values)["disable-rule"].as<Strings>();
  }
  libflow::RunOptions run = RunOptionsFrom(*values);
  compile.all_views = run.digest && compile.views.empty();
  libflow::CompileResult compiled =
      libflow::Compile(path, *text, compile, IsTerminal(STDERR_FILENO));
  const bool json = values->count("format") > 0 && run.format == "json";
  std::fputs(json ? compiled.json.c_str() : compiled.text.c_str(), stderr);
  if (compiled.program == nullptr) return compiled.code;

  const bool batch = run.mode == libflow::Mode::kBatch;
  if (run.use_sinks) {
    if (values->count("state") > 0) {
      run.state = (*values)["state"].as<std::string>();
      if (run.state == "none") run.state.clear();
    } else if (compiled.program->wants_state()) {
      run.state = DefaultState(path, batch ? "batch" : "stream");
    }
  }
  if (batch) run.stream_state = DefaultState(path, "stream");
  if (run.resume && run.state.empty()) {
    return Fail(libflow::kUsage, "--resume: this batch keeps no state",
                "name the folder that it was run with: --state DIR");
  }
  const bool bar = IsTerminal(STDERR_FILENO) && !IsTerminal(STDOUT_FILENO);
  ProgressLine progress;
  // What has an end is printed when it is there; else its state now is what there is to see.
  const bool live = IsTerminal(STDOUT_FILENO) && run.format == "table" &&
                    run.mode == libflow::Mode::kStream && !run.digest && !run.changes &&
                    !run.until_end && run.to.empty() && compiled.program->endless() &&
                    (run.print ? compiled.program->views().size() == 1
                               : compiled.program->only_prints_one_view());
  LiveTable table(IsTerminal(STDERR_FILENO));
  if (live) {
    run.to_stdout = false;
    run.on_rows = [&](const libflow::Rows& rows) { table.Add(rows); };
    run.on_progress = [&](const libflow::Progress& p) { table.Tick(p); };
  }
  if (bar) run.on_progress = [&](const libflow::Progress& p) { progress.Show(p); };
  run.on_notice = [&](const std::string& line) {
    if (live) return table.Notice(line);
    if (bar) progress.Clear();
    std::fprintf(stderr, "%s\n", line.c_str());
  };
  const StopOnSignal stop(compiled.program.get());
  libflow::RunResult result = libflow::Run(*compiled.program, run);
  progress.Clear();
  if (live) table.Finish();
  if (result.code != libflow::kOk) return Fail(result.code, result.error, result.hint);

  for (const libflow::Digest& digest : result.digests) {
    if (run.digest) {
      std::printf("%s %lld %s\n", digest.view.c_str(), static_cast<long long>(digest.rows),
                  digest.hash.c_str());
    }
  }
  std::fflush(stdout);
  if (values->count("quiet") == 0) {
    std::fprintf(stderr, "%s%s", json ? result.ledger_json.c_str() : result.ledger_text.c_str(),
                 json ? "\n" : "");
  }
  if (values->count("stats") > 0) {
    std::fprintf(stderr, "%s%s", json ? result.stats_json.c_str() : result.stats_text.c_str(),
                 json ? "\n" : "");
  }
  if (!result.balanced) {
    return Fail(libflow::kRunFailed, "the ledger does not balance: rows were lost or counted twice",
                "this is a bug of flowc; the counts are above");
  }
  return libflow::kOk;
}

}  // namespace flowc
