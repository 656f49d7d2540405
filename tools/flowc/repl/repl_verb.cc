// flowc repl: statements and queries, typed or piped.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tools/flowc/cli.h"
#include "tools/flowc/repl/session.h"

namespace flowc {

namespace {

using repl::Candidates;
using repl::Got;
using repl::Input;
using repl::Session;

struct Command {
  const char* name;
  const char* arguments;
  const char* help;
};

constexpr Command kCommands[] = {
    {".explain", "[--analyze] [QUERY;]",
     "both plans of a query, or of the last one; --analyze runs them"},
    {".format", "table|json|csv", "how rows are shown"},
    {".help", "", "this"},
    {".load", "FILE", "execute the statements of a file"},
    {".quit", "", "leave; so does Ctrl-D"},
    {".save", "FILE", "write what was declared as a .flow file"},
    {".schema", "[NAME]", "how something was declared, or everything"},
    {".tables", "", "what was declared"},
};

void ShowHelp() {
  std::printf(
      "Statements end in `;` and may take several lines. SOURCE, VIEW and FUNCTION are kept, and\n"
      "a query is answered by the batch plan, over all that its sources hold now:\n\n"
      "  SELECT page, COUNT(*) AS views FROM 'clicks.jsonl' GROUP BY page;\n\n"
      "Tab completes, Ctrl-C drops what is typed or stops the query that runs.\n\n");
  for (const Command& command : kCommands) {
    const std::string head = std::string(command.name) + " " + command.arguments;
    std::printf("  %-30s %s\n", head.c_str(), command.help);
  }
  std::fflush(stdout);
}

std::string HistoryFile() {
  if (const char* file = std::getenv("FLOWC_HISTORY")) return file;
  if (const char* state = std::getenv("XDG_STATE_HOME")) {
    return std::string(state) + "/flowc/history";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.local/state/flowc/history";
}

// The word, and what is behind it.
std::pair<std::string, std::string> Split(const std::string& line) {
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  const size_t rest = line.find_first_not_of(" \t", end);
  std::string behind = rest == std::string::npos ? "" : line.substr(rest);
  while (!behind.empty() && (behind.back() == ' ' || behind.back() == '\t')) behind.pop_back();
  return {line.substr(0, end), behind};
}

Candidates CompletePath(const std::string& begin) {
  namespace fs = std::filesystem;
  Candidates found;
  found.word_size = begin.size();
  const size_t slash = begin.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : begin.substr(0, slash + 1);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    const std::string path = folder + entry.path().filename().string();
    if (path.starts_with(begin)) found.words.push_back(path);
  }
  std::sort(found.words.begin(), found.words.end());
  return found;
}

class Repl {
 public:
  explicit Repl(Session* session) : session_(session) {}

  // False: something was wrong on the way.
  bool Run(repl::LineReader* lines) {
    lines_ = lines;
    while (!quit_) {
      std::string line;
      const bool fresh = repl::IsBlank(buffer_) && explain_.empty();
      if (fresh) Forget();
      const Got got = lines->Read(fresh ? "flowc> " : "  ...> ", &line);
      if (got == Got::kInterrupt) {
        Forget();
        continue;
      }
      if (got == Got::kEnd) break;
      ++line_;
      const size_t first = line.find_first_not_of(" \t");
      if (fresh && first != std::string::npos && line[first] == '.') {
        Do(line.substr(first));
        continue;
      }
      Take(line + "\n");
    }
    // A last statement may lack its `;`, as in echo "SELECT ..." | flowc repl.
    if (!lines->interactive() && !quit_ && !repl::IsBlank(buffer_)) Take(";");
    return ok_;
  }

  Candidates Complete(const std::string& line) const {
    if (!repl::IsBlank(buffer_) || !line.starts_with('.'))
      return session_->Complete(buffer_ + line);
    const auto [word, rest] = Split(line);
    if (line.find(' ') == std::string::npos) {
      Candidates found;
      found.word_size = line.size();
      for (const Command& command : kCommands) {
        if (std::string(command.name).starts_with(line)) found.words.emplace_back(command.name);
      }
      return found;
    }
    if (word == ".explain") return session_->Complete(rest);
    return CompletePath(rest);
  }

 private:
  void Forget() {
    buffer_.clear();
    explain_.clear();
    begin_line_ = line_;
    begin_bytes_ = 0;
  }

  void Take(const std::string& text) {
    buffer_ += text;
    for (size_t end; (end = repl::StatementEnd(buffer_)) != std::string::npos;) {
      Input input;
      input.text = buffer_.substr(0, end);
      input.name = lines_->interactive() ? "input" : "stdin";
      if (!lines_->interactive()) {
        input.lines = begin_line_;
        input.bytes = begin_bytes_;
      }
      buffer_.erase(0, end);
      const size_t newline = input.text.rfind('\n');
      begin_bytes_ = newline == std::string::npos ? begin_bytes_ + end : end - newline - 1;
      begin_line_ += static_cast<size_t>(std::count(input.text.begin(), input.text.end(), '\n'));
      const std::string explain = std::exchange(explain_, "");
      ok_ &= explain.empty() ? session_->Execute(input)
                             : session_->Explain(input, explain == "analyze");
    }
  }

  void Do(const std::string& line) {
    const auto [word, rest] = Split(line);
    if (word == ".quit" || word == ".exit") {
      quit_ = true;
    } else if (word == ".help") {
      ShowHelp();
    } else if (word == ".tables") {
      session_->ShowTables();
    } else if (word == ".schema") {
      ok_ &= session_->ShowSchema(rest);
    } else if (word == ".load" || word == ".save") {
      if (rest.empty()) {
        ok_ = false;
        Fail(libflow::kUsage, word + " needs the name of a file");
      } else {
        ok_ &= word == ".load" ? session_->Load(rest) : session_->Save(rest);
      }
    } else if (word == ".format") {
      SetFormat(rest);
    } else if (word == ".explain") {
      const auto [first, behind] = Split(rest);
      const bool analyze = first == "--analyze";
      const std::string& query = analyze ? behind : rest;
      if (query.empty()) {
        ok_ &= session_->Explain({}, analyze);
        return;
      }
      explain_ = analyze ? "analyze" : "plans";
      begin_line_ = line_ - 1;
      Take(query + "\n");
    } else {
      ok_ = false;
      Fail(libflow::kUsage, "there is no command `" + word + "`", ".help lists them");
    }
  }

  void SetFormat(const std::string& format) {
    if (format == "table" || format == "json" || format == "csv") {
      session_->settings().format = format;
      return;
    }
    ok_ = false;
    Fail(libflow::kUsage, "`" + format + "` is no format", ".format table, json or csv");
  }

  Session* const session_;
  repl::LineReader* lines_ = nullptr;
  std::string buffer_;                       // of a statement that goes on
  std::string explain_;                      // "plans", "analyze": what it is for
  size_t line_ = 0;                          // lines that were read
  size_t begin_line_ = 0, begin_bytes_ = 0;  // before the statement in the buffer
  bool quit_ = false;
  bool ok_ = true;
};

}  // namespace

int ReadEvalPrint(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc repl [FILE] [options]";
  verb.about =
      "Answers queries over files, topics and declared sources by the batch plan. FILE's "
      "statements "
      "are loaded first. SOURCE, VIEW and FUNCTION statements are kept; a SELECT is answered at "
      "once. FROM may name a file, whose columns are inferred: SELECT * FROM 'clicks.jsonl'. "
      "Statements end in `;`; .help lists commands. Without a terminal on stdin there is no "
      "prompt, "
      "and the exit code is 1 if a statement failed.";
  verb.examples =
      "  flowc repl\n"
      "  flowc repl clicks.flow\n"
      "  flowc repl --command \"SELECT page, COUNT(*) AS views FROM 'clicks.jsonl' GROUP BY "
      "page\"\n"
      "  flowc repl --format csv < questions.sql\n";
  verb.choices = {{"format", {"table", "json", "csv"}}};
  verb.options.add_options()("command,c", po::value<std::string>()->value_name("STATEMENTS"),
                             "execute these and end")(
      "format", po::value<std::string>()->default_value("table"), "of rows: table, json or csv")(
      "workers", po::value<int>()->default_value(0), "threads; 0: one a core")(
      "set", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
      "value of ${NAME} in string literals (before the environment's)")(
      "secrets", po::value<std::string>()->value_name("DIR"),
      "where SECRET('NAME') is a file NAME");
  verb.positional_required = false;
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  repl::Settings settings;
  if (!ReadVariables(*values, &settings.variables)) return libflow::kUsage;
  settings.format = (*values)["format"].as<std::string>();
  settings.workers = (*values)["workers"].as<int>();
  if (settings.workers < 0 || settings.workers > 256) {
    return Fail(libflow::kUsage, "--workers must be from 0 to 256");
  }
  if (values->count("secrets") > 0) settings.secrets = (*values)["secrets"].as<std::string>();
  const bool command = values->count("command") > 0;
  settings.interactive = !command && IsTerminal(0);
  Session session(std::move(settings));
  bool ok = true;
  if (values->count("file") > 0) ok = session.Load((*values)["file"].as<std::string>());
  if (!ok && !session.settings().interactive) return libflow::kCheckFailed;
  Repl loop(&session);
  if (command) {
    repl::GivenLines lines((*values)["command"].as<std::string>());
    return loop.Run(&lines) ? libflow::kOk : libflow::kCheckFailed;
  }
  auto lines = repl::OpenLines(HistoryFile(),
                               [&loop](const std::string& line) { return loop.Complete(line); });
  if (lines->interactive()) {
    std::signal(SIGINT, SIG_IGN);
    std::printf("flowc %s. Statements end in `;`, .help lists commands.\n",
                libflow::Version().c_str());
  }
  ok = loop.Run(lines.get());
  return ok || lines->interactive() ? libflow::kOk : libflow::kCheckFailed;
}

}  // namespace flowc
