// check, explain, datagen, functions, version.
#include <unistd.h>

#include <cstdio>

#include "cli.h"

namespace flowc {

namespace {

using Strings = std::vector<std::string>;

void AddCompileOptions(po::options_description* options) {
  options->add_options()("set", po::value<Strings>()->value_name("NAME=VALUE"),
                         "value of ${NAME} in string literals (before the environment's)")(
      "disable-rule", po::value<Strings>()->value_name("RULE"),
      "switch off an optimizer rule: constant-folding, projection-pushdown, filter-pushdown, "
      "late-decoding, "
      "common-subexpressions, partial-aggregation, window-slices");
}

bool CompileOptionsFrom(const po::variables_map& values, libflow::CompileOptions* options) {
  if (values.count("disable-rule") > 0) {
    options->disabled_rules = values["disable-rule"].as<Strings>();
  }
  return ReadVariables(values, &options->variables);
}

int Analyze(const po::variables_map& values, const std::string& path, const std::string& text,
            const libflow::CompileOptions& compile, const libflow::ExplainOptions& explain) {
  if (explain.format == "dot" || explain.stage != "program") {
    return Fail(libflow::kUsage, "--analyze shows the program, as text or json");
  }
  libflow::RunOptions run;
  if (values.count("to") > 0) run.to = values["to"].as<std::string>();
  if (values.count("secrets") > 0) run.secrets = values["secrets"].as<std::string>();
  run.workers = values["workers"].as<int>();
  if (run.workers < 0 || run.workers > 256) {
    return Fail(libflow::kUsage, "--workers must be from 0 to 256");
  }
  run.on_notice = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  libflow::CompileResult compiled =
      libflow::Compile(path, text, compile, IsTerminal(STDERR_FILENO));
  std::fputs(compiled.text.c_str(), stderr);
  if (compiled.program == nullptr) return compiled.code;
  const StopOnSignal stop(compiled.program.get());
  std::string explained;
  libflow::RunResult result = libflow::Analyze(*compiled.program, run, explain, &explained);
  if (result.code != libflow::kOk) return Fail(result.code, result.error, result.hint);
  std::fputs(explained.c_str(), stdout);
  return libflow::kOk;
}

}  // namespace

int Check(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc check FILE [--format text|json]";
  verb.about =
      "Compiles FILE (- is stdin) and prints what is wrong with it. Exit code 1 if it does not "
      "compile.";
  verb.choices = {{"format", {"text", "json"}}};
  verb.examples = "  flowc check clicks.flow\n  flowc check clicks.flow --format json\n";
  verb.options.add_options()("format", po::value<std::string>()->default_value("text"),
                             "text, or json (one object a diagnostic)");
  AddCompileOptions(&verb.options);
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  std::string path = (*values)["file"].as<std::string>();
  std::string format = (*values)["format"].as<std::string>();
  auto text = ReadFile(path);
  if (!text) return libflow::kUsage;
  libflow::CompileOptions options;
  options.all_views = true;
  options.kernels = false;
  options.tests = true;
  if (!CompileOptionsFrom(*values, &options)) return libflow::kUsage;
  libflow::CompileResult result = libflow::Compile(path, *text, options, IsTerminal(STDERR_FILENO));
  if (format == "json") {
    std::fputs(result.json.c_str(), stdout);
  } else {
    std::fputs(result.text.c_str(), stderr);
  }
  return result.program == nullptr ? libflow::kCheckFailed : libflow::kOk;
}

int Explain(const Arguments& arguments) {
  Verb verb;
  verb.usage =
      "flowc explain FILE [--plan stream|batch|both] [--stop-after STAGE] [--format text|json|dot] "
      "[--analyze]";
  verb.about =
      "Shows what FILE compiles to: for every view its key, time column, whether it is append-only "
      "or updating, where its watermark comes from, and the steps of both plans. With --analyze "
      "both "
      "plans are run, without writing to sinks, and each step is shown with its rows, its own CPU "
      "time and its state.";
  verb.choices = {{"plan", {"stream", "batch", "both"}},
                  {"stop-after", {"ast", "bound", "logical", "optimized", "program", "ir"}},
                  {"format", {"text", "json", "dot"}}};
  verb.examples =
      "  flowc explain clicks.flow\n  flowc explain clicks.flow --plan batch\n"
      "  flowc explain clicks.flow --analyze\n"
      "  flowc explain clicks.flow --stop-after ast\n"
      "  flowc explain clicks.flow --format dot | dot -Tsvg > plan.svg\n";
  verb.options.add_options()("plan", po::value<std::string>()->default_value("both"),
                             "stream, batch or both")(
      "stop-after", po::value<std::string>()->default_value("program"),
      "ast, bound, logical, optimized, program, or ir")(
      "format", po::value<std::string>()->default_value("text"), "text, json or dot")(
      "optimized", "with --stop-after ir: after LLVM's optimizer")(
      "all-views", "plan views without a sink too")("analyze",
                                                    "run the plans and say what each step took")(
      "to", po::value<std::string>()->value_name("FRONTIER"),
      "analyze up to there, not to the end of the input")(
      "workers", po::value<int>()->default_value(0), "analyze with so many threads; 0: one a core")(
      "secrets", po::value<std::string>()->value_name("DIR"),
      "where SECRET('NAME') is a file NAME");
  AddCompileOptions(&verb.options);
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  libflow::ExplainOptions explain;
  explain.plan = (*values)["plan"].as<std::string>();
  explain.stage = (*values)["stop-after"].as<std::string>();
  explain.format = (*values)["format"].as<std::string>();
  explain.optimized_ir = values->count("optimized") > 0;
  std::string path = (*values)["file"].as<std::string>();
  auto text = ReadFile(path);
  if (!text) return libflow::kUsage;
  libflow::CompileOptions options;
  options.all_views = values->count("all-views") > 0;
  if (!CompileOptionsFrom(*values, &options)) return libflow::kUsage;
  if (values->count("analyze") > 0) return Analyze(*values, path, *text, options, explain);
  libflow::CompileResult diagnostics;
  std::string explained = libflow::Explain(path, *text, options, explain, &diagnostics);
  std::fputs(diagnostics.text.c_str(), stderr);
  std::fputs(explained.c_str(), stdout);
  if (!explained.empty()) return libflow::kOk;
  for (const libflow::Diagnostic& diagnostic : diagnostics.diagnostics) {
    if (diagnostic.is_error) return libflow::kCheckFailed;
  }
  return libflow::kOk;
}

int Datagen(const Arguments& arguments) {
  Verb verb;
  verb.usage =
      "flowc datagen FILE (--out PATH | --brokers HOST:PORT --topic TOPIC) [--source NAME]";
  verb.about =
      "Writes what a source of FILE holds (DATAGEN, NEXMARK, INLINE, or files) as JSON lines. "
      "Several "
      "partitions become PATH with .0, .1, ... before its extension, or the partitions of the "
      "topic.";
  verb.examples =
      "  flowc datagen nexmark.flow --out nexmark.jsonl\n"
      "  flowc datagen nexmark.flow --source events --out - --limit 10\n"
      "  flowc datagen nexmark.flow --brokers localhost:9092 --topic nexmark\n";
  verb.options.add_options()("out,o", po::value<std::string>(), "file to write; - is stdout")(
      "brokers", po::value<std::string>()->default_value("localhost:9092"), "of Kafka")(
      "topic", po::value<std::string>(), "topic to write to, with as many partitions")(
      "source", po::value<std::string>(), "which source, if FILE has several")(
      "limit", po::value<int64_t>()->default_value(-1), "records a partition")(
      "secrets", po::value<std::string>()->value_name("DIR"),
      "where SECRET('NAME') is a file NAME; else it is the environment variable NAME");
  AddCompileOptions(&verb.options);
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  libflow::DatagenOptions datagen;
  if (values->count("out") > 0) datagen.path = (*values)["out"].as<std::string>();
  if (values->count("topic") > 0) datagen.topic = (*values)["topic"].as<std::string>();
  if (values->count("source") > 0) datagen.source = (*values)["source"].as<std::string>();
  datagen.brokers = (*values)["brokers"].as<std::string>();
  datagen.limit = (*values)["limit"].as<int64_t>();
  if (values->count("secrets") > 0) datagen.secrets = (*values)["secrets"].as<std::string>();
  if (datagen.path.empty() == datagen.topic.empty()) {
    return Fail(libflow::kUsage, "say where to write: --out PATH or --topic TOPIC");
  }
  std::string path = (*values)["file"].as<std::string>();
  auto text = ReadFile(path);
  if (!text) return libflow::kUsage;
  libflow::CompileOptions options;
  options.kernels = false;
  options.all_views = true;
  if (!CompileOptionsFrom(*values, &options)) return libflow::kUsage;
  libflow::CompileResult compiled =
      libflow::Compile(path, *text, options, IsTerminal(STDERR_FILENO));
  std::fputs(compiled.text.c_str(), stderr);
  if (compiled.program == nullptr) return compiled.code;
  libflow::RunResult result = libflow::Datagen(*compiled.program, datagen);
  return result.code == libflow::kOk ? libflow::kOk : Fail(result.code, result.error, result.hint);
}

int Functions(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc functions [NAME] [--format text|json]";
  verb.about = "Lists the functions and aggregates with their types and a line of help.";
  verb.choices = {{"format", {"text", "json"}}};
  verb.examples = "  flowc functions\n  flowc functions split_part\n";
  verb.options.add_options()("format", po::value<std::string>()->default_value("text"),
                             "text or json");
  verb.positional = "name";
  verb.positional_required = false;
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  std::string name = values->count("name") > 0 ? (*values)["name"].as<std::string>() : "";
  std::string format = (*values)["format"].as<std::string>();
  std::string text = libflow::Functions(name, format == "json");
  if (text.empty()) {
    return Fail(libflow::kUsage, "there is no function `" + name + "`",
                "flowc functions lists them all");
  }
  std::fputs(text.c_str(), stdout);
  return libflow::kOk;
}

int Version(const Arguments&) {
  std::printf("flowc %s\n", libflow::Version().c_str());
  return libflow::kOk;
}

}  // namespace flowc
