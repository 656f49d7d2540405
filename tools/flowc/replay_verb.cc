// flowc dlq replay: dead letters through a file, each once.
#include <unistd.h>

#include <cstdio>

#include "cli.h"

namespace flowc {

int Replay(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc dlq replay FILE --letters FROM [options]";
  verb.about =
      "Runs the records in dead letters through FILE, which has mended what they died of, into its "
      "sinks, and ends. Each source of FILE reads the letters of the source of its name; a letter "
      "goes to the view on the way to which it died, one that could not be decoded to all. What "
      "has been replayed is in the replay's state: the next run replays what came since, and the "
      "sinks get each row as often as they promise, once. FILE may only select: views that "
      "aggregate would see the dead letters alone.";
  verb.choices = {{"format", {"table", "json", "csv"}}};
  verb.examples =
      "  flowc dlq replay mended.flow --letters .flow/clicks/stream\n"
      "  flowc dlq replay mended.flow --letters dead.jsonl\n"
      "  flowc dlq replay mended.flow --letters kafka://localhost:9092/clicks.dead\n"
      "  flowc dlq replay to_topic.flow --letters dead.jsonl --view page_metrics\n";
  verb.options.add_options()(
      "letters", po::value<std::string>()->value_name("FROM")->required(),
      "where the dead letters are: the state directory of a stream or batch, a file that DEAD "
      "LETTER TO FILE wrote, or kafka://BROKERS/TOPIC")(
      "view", po::value<std::string>()->value_name("NAME")->default_value(""),
      "only letters that died on the way to this view or could not be decoded; they go to all "
      "views of FILE")("state", po::value<std::string>()->value_name("DIR"),
                       "what has been replayed; default .flow/NAME/replay")(
      "reset-state", "forget what has been replayed")("workers", po::value<int>()->default_value(0),
                                                      "threads; 0: one a core")(
      "set", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
      "value of ${NAME} in string literals (before the environment's)")(
      "secrets", po::value<std::string>()->value_name("DIR"),
      "where SECRET('NAME') is a file NAME")(
      "format", po::value<std::string>(),
      "rows on stdout: table, json or csv; json also makes the ledger JSON")("quiet,q",
                                                                             "print no ledger");
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  const std::string path = (*values)["file"].as<std::string>();
  auto text = ReadFile(path);
  if (!text) return libflow::kUsage;
  libflow::CompileOptions compile;
  if (!ReadVariables(*values, &compile.variables)) return libflow::kUsage;
  libflow::RunOptions run;
  run.letters = (*values)["letters"].as<std::string>();
  run.letters_of = (*values)["view"].as<std::string>();
  run.until_end = true;
  run.state = values->count("state") > 0 ? (*values)["state"].as<std::string>()
                                         : DefaultState(path, "replay");
  run.reset_state = values->count("reset-state") > 0;
  run.workers = (*values)["workers"].as<int>();
  if (run.workers < 0 || run.workers > 256) {
    return Fail(libflow::kUsage, "--workers must be from 0 to 256");
  }
  if (values->count("secrets") > 0) run.secrets = (*values)["secrets"].as<std::string>();
  if (values->count("format") > 0) run.format = (*values)["format"].as<std::string>();
  const bool json = run.format == "json";
  run.on_notice = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };

  libflow::CompileResult compiled =
      libflow::Compile(path, *text, compile, IsTerminal(STDERR_FILENO));
  std::fputs(json ? compiled.json.c_str() : compiled.text.c_str(), stderr);
  if (compiled.program == nullptr) return compiled.code;
  const StopOnSignal stop(compiled.program.get());
  libflow::RunResult result = libflow::Run(*compiled.program, run);
  std::fflush(stdout);
  if (result.code != libflow::kOk) return Fail(result.code, result.error, result.hint);
  if (values->count("quiet") == 0) {
    std::fprintf(stderr, "%s%s", json ? result.ledger_json.c_str() : result.ledger_text.c_str(),
                 json ? "\n" : "");
  }
  return libflow::kOk;
}

}  // namespace flowc
