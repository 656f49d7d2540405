// flowc peek: what a file, a topic or a source holds.
#include <flow/tools.h>
#include <unistd.h>

#include <cstdio>

#include "cli.h"

namespace flowc {

namespace {

void Print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

int Finish(const libflow::PeekResult& result, bool decoded) {
  std::fflush(stdout);
  if (result.code != libflow::kOk) return Fail(result.code, result.error, result.hint);
  if (decoded) {
    std::fprintf(stderr, "%lld records, %lld with errors, %lld dead\n",
                 static_cast<long long>(result.records), static_cast<long long>(result.with_errors),
                 static_cast<long long>(result.dead));
  }
  return libflow::kOk;
}

}  // namespace

int Peek(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc peek FILE|TOPIC|PIPELINE.flow [SOURCE] [options]";
  verb.about =
      "Shows some records. Of a file (also .gz and .zst, a folder or a glob) or a topic "
      "(kafka://BROKERS/TOPIC) as they are. Of a .flow file's SOURCE as it reads them: decoded, "
      "with partition and offset, and of what is in error the column, the value and why. Nothing "
      "is written, and no state is touched.";
  verb.choices = {{"format", {"text", "json"}}};
  verb.examples =
      "  flowc peek clicks.jsonl.gz\n"
      "  flowc peek kafka://localhost:9092/clicks --limit 3 --format json\n"
      "  flowc peek pipeline.flow clicks\n"
      "  flowc peek pipeline.flow --errors --limit -1\n";
  verb.positional = "place";
  verb.positional_many = true;
  verb.options.add_options()("limit,n", po::value<int64_t>()->default_value(10),
                             "at most so many records, an equal share of each partition; -1: all")(
      "format", po::value<std::string>()->default_value("text"),
      "text, or json with partition and offset")("errors", "of a source: only records in error")(
      "set", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
      "value of ${NAME} in string literals (before the environment's)")(
      "secrets", po::value<std::string>()->value_name("DIR"),
      "where SECRET('NAME') is a file NAME");
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  const Arguments places = (*values)["place"].as<Arguments>();
  const std::string& place = places[0];
  libflow::PeekOptions options;
  options.limit = (*values)["limit"].as<int64_t>();
  options.json = (*values)["format"].as<std::string>() == "json";
  options.only_errors = values->count("errors") > 0;
  if (values->count("secrets") > 0) options.secrets = (*values)["secrets"].as<std::string>();
  if (!place.ends_with(".flow")) {
    if (places.size() > 1) {
      return Fail(libflow::kUsage, place + " has no sources",
                  "a file whose name ends in .flow has; quote a glob: '*.jsonl'");
    }
    if (options.only_errors) {
      return Fail(libflow::kUsage, "--errors goes with a .flow file",
                  "records alone are not in error");
    }
    options.what = place;
    return Finish(libflow::PeekRecords(options, Print), false);
  }
  if (places.size() > 2) return Fail(libflow::kUsage, "one source at a time");
  if (places.size() == 2) options.what = places[1];
  auto text = ReadFile(place);
  if (!text) return libflow::kUsage;
  libflow::CompileOptions compile;
  compile.kernels = false;
  compile.all_views = true;
  if (!ReadVariables(*values, &compile.variables)) return libflow::kUsage;
  libflow::CompileResult compiled =
      libflow::Compile(place, *text, compile, IsTerminal(STDERR_FILENO));
  if (compiled.program == nullptr) {
    std::fputs(compiled.text.c_str(), stderr);
    return compiled.code;
  }
  return Finish(libflow::PeekSource(*compiled.program, options, Print), true);
}

}  // namespace flowc
