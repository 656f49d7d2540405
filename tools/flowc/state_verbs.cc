// flowc status, state, dlq: what a state directory holds, on stdout.
#include <cstdio>

#include "cli.h"

namespace flowc {

namespace {

using What = libflow::StateQuery::What;

int Ask(const libflow::StateQuery& query) {
  libflow::RunResult result = libflow::QueryState(
      query, [](const std::string& line) { std::printf("%s\n", line.c_str()); });
  std::fflush(stdout);
  if (!result.error.empty()) return Fail(result.code, result.error, result.hint);
  return result.code;
}

void AddFormat(Verb* verb) {
  verb->choices["format"] = {"text", "json"};
  verb->options.add_options()("format", po::value<std::string>()->default_value("text"),
                              "text or json");
}

// 0, or the exit code after saying what is wrong.
int ReadFormat(const po::variables_map& values, libflow::StateQuery* query) {
  const std::string& format = values["format"].as<std::string>();
  query->json = format == "json";
  if (query->json || format == "text") return 0;
  return Fail(libflow::kUsage, "--format " + format + " is not one of text, json");
}

// Takes the word after the verb; empty: said what there is.
std::string TakeWord(const std::string& verb, const std::vector<std::string>& words,
                     Arguments* arguments, int* code) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  const std::string given = arguments->empty() ? "" : arguments->front();
  for (const std::string& word : words) {
    if (given != word) continue;
    arguments->erase(arguments->begin());
    return word;
  }
  if (given == "--help" || given == "-h") {
    std::printf("usage: flowc %s %s ...\n\n`flowc %s WORD --help` says more.\n", verb.c_str(),
                list.c_str(), verb.c_str());
    *code = libflow::kOk;
    return "";
  }
  *code = Fail(libflow::kUsage,
               given.empty() ? "flowc " + verb + " needs one of: " + list
                             : "flowc " + verb + " has no `" + given + "`",
               given.empty() ? "" : "there is: " + list);
  return "";
}

}  // namespace

int Status(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc status DIR [options]";
  verb.about =
      "Says what the state directory of a stream knows: the last epoch, how far each partition has "
      "been read and how far behind it is, who holds the watermark, what each sink has and what it "
      "waits for, the ledger. A stream may be running on it.";
  verb.examples = "  flowc status .flow/clicks/stream\n  flowc status state --format json\n";
  verb.positional = "dir";
  AddFormat(&verb);
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  libflow::StateQuery query;
  query.state = (*values)["dir"].as<std::string>();
  if (int wrong = ReadFormat(*values, &query)) return wrong;
  return Ask(query);
}

int State(const Arguments& given) {
  Arguments arguments = given;
  int code = 0;
  const std::string word = TakeWord("state", {"ls", "inspect", "diff"}, &arguments, &code);
  if (word.empty()) return code;
  Verb verb;
  verb.positional = "dir";
  libflow::StateQuery query;
  if (word == "ls") {
    query.what = What::kList;
    verb.usage = "flowc state ls DIR [options]";
    verb.about = "Lists the operators that have state, with their entries and bytes.";
    verb.examples = "  flowc state ls .flow/clicks/stream\n";
    AddFormat(&verb);
  } else if (word == "inspect") {
    query.what = What::kInspect;
    verb.usage = "flowc state inspect DIR [options]";
    verb.about = "Shows entries of state: key, window and accumulators, a line each.";
    verb.examples =
        "  flowc state inspect .flow/clicks/stream --match \"page='/home'\"\n"
        "  flowc state inspect state --operator page_metrics --limit 5\n";
    verb.options.add_options()("operator", po::value<std::string>()->default_value(""),
                               "only this one's, as flowc state ls names it")(
        "match", po::value<std::string>()->default_value(""),
        "only entries whose line contains this text")(
        "limit", po::value<int64_t>()->default_value(100), "at most so many");
  } else {
    query.what = What::kDiff;
    verb.usage = "flowc state diff DIR --with DIR2 [options]";
    verb.about = "Compares the entries of two state directories; exit code 1 if they differ.";
    verb.examples = "  flowc state diff a/stream --with b/stream\n";
    verb.options.add_options()("with", po::value<std::string>()->required(), "the other directory")(
        "limit", po::value<int64_t>()->default_value(100), "show at most so many");
  }
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  query.state = (*values)["dir"].as<std::string>();
  if (word == "ls") {
    if (int wrong = ReadFormat(*values, &query)) return wrong;
  } else {
    query.limit = (*values)["limit"].as<int64_t>();
  }
  if (word == "inspect") {
    query.name = (*values)["operator"].as<std::string>();
    query.match = (*values)["match"].as<std::string>();
  }
  if (word == "diff") query.other = (*values)["with"].as<std::string>();
  return Ask(query);
}

int DeadLetters(const Arguments& given) {
  Arguments arguments = given;
  int code = 0;
  const std::string word = TakeWord("dlq", {"ls", "show", "replay"}, &arguments, &code);
  if (word.empty()) return code;
  if (word == "replay") return Replay(arguments);
  Verb verb;
  verb.positional = "dir";
  libflow::StateQuery query;
  if (word == "ls") {
    query.what = What::kDeadList;
    verb.usage = "flowc dlq ls DIR [options]";
    verb.about =
        "Counts the dead letters that the state keeps, by source: those of sources without a DEAD "
        "LETTER clause.";
    verb.examples = "  flowc dlq ls .flow/clicks/stream\n";
    AddFormat(&verb);
  } else {
    query.what = What::kDeadShow;
    verb.usage = "flowc dlq show DIR [options]";
    verb.about =
        "Shows the dead letters that the state keeps, a JSON object a line: source, partition, "
        "offset, the view it died on the way to, the error, and the record.";
    verb.examples = "  flowc dlq show .flow/clicks/stream --source clicks --limit 10\n";
    verb.options.add_options()("source", po::value<std::string>()->default_value(""),
                               "only of this source")(
        "limit", po::value<int64_t>()->default_value(100), "at most so many");
  }
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  query.state = (*values)["dir"].as<std::string>();
  if (word == "ls") {
    if (int wrong = ReadFormat(*values, &query)) return wrong;
  } else {
    query.name = (*values)["source"].as<std::string>();
    query.limit = (*values)["limit"].as<int64_t>();
  }
  return Ask(query);
}

}  // namespace flowc
