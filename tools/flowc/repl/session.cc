// Gives Session. A statement is compiled after those that were declared before it, which its
// diagnostics do not count.
#include "tools/flowc/repl/session.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "flow/language.h"
#include "flow/tools.h"
#include "tools/flowc/cli.h"

namespace flowc::repl {

namespace {

// The view that a query becomes. It can not be called so by accident.
constexpr char kQueryView[] = "flowc_query_";
constexpr char kQueryHead[] = "VIEW flowc_query_ AS\n";

bool IsQuery(const Heading& heading, const std::string& text) {
  if (heading.keyword == "SELECT" || heading.keyword == "WITH") return true;
  const std::vector<Token> tokens = Tokens(text);
  return !tokens.empty() && text[tokens[0].begin] == '(';
}

// Sinks and tests are kept and saved, but nothing is written or tested here.
bool OnlyKept(const Heading& heading) {
  return heading.keyword == "SINK" || heading.keyword == "TEST";
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string InQuotes(const std::string& name) { return "\"" + name + "\""; }

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void Tell(const libflow::CompileResult& result) { std::fputs(result.text.c_str(), stderr); }

}  // namespace

std::string Session::Prelude(size_t end) const {
  std::string text;
  for (size_t i = 0; i < end && i < statements_.size(); ++i) {
    if (!OnlyKept(statements_[i].heading)) text += statements_[i].text + "\n";
  }
  return text;
}

libflow::CompileResult Session::Compile(const Input& input, libflow::CompileOptions options) const {
  options.variables = settings_.variables;
  return libflow::Compile(
      input.name, std::string(input.lines, '\n') + std::string(input.bytes, ' ') + input.text,
      options, IsTerminal(STDERR_FILENO));
}

libflow::CompileOptions Session::QueryOptions() const {
  libflow::CompileOptions options;
  options.views = {kQueryView};
  options.prelude = Prelude(statements_.size()) + kQueryHead;
  return options;
}

bool Session::Execute(const Input& input) {
  if (Trimmed(input.text) == ";") return true;
  const Heading heading = HeadingOf(input.text);
  return IsQuery(heading, input.text) ? Query(input) : Declare(input, heading);
}

bool Session::Declare(const Input& input, const Heading& heading) {
  const bool kept = OnlyKept(heading);
  size_t place = 0;
  while (place < statements_.size() && (statements_[place].heading.name != heading.name ||
                                        OnlyKept(statements_[place].heading) != kept)) {
    ++place;
  }
  libflow::CompileOptions options;
  options.kernels = false;
  options.all_views = true;
  options.tests = heading.keyword == "TEST";
  options.prelude = Prelude(place);
  Input checked = input;
  // Somebody reads it, so that it is not said to be of no use.
  if (heading.keyword == "SOURCE") {
    checked.text += std::string("\n") + kQueryHead + "SELECT COUNT(*) AS n FROM " +
                    InQuotes(heading.name) + ";";
  }
  libflow::CompileResult compiled = Compile(checked, options);
  Tell(compiled);
  if (compiled.program == nullptr) return false;
  const Statement statement{heading, Trimmed(input.text)};
  if (place == statements_.size()) {
    statements_.push_back(statement);
    return true;
  }
  // Declared anew: what uses it must still mean something.
  std::vector<Statement> before = statements_;
  statements_[place] = statement;
  options.prelude.clear();
  Input all;
  all.name = input.name;
  for (const Statement& one : statements_) all.text += one.text + "\n";
  compiled = Compile(all, options);
  if (compiled.program != nullptr) return true;
  Tell(compiled);
  std::fprintf(stderr, "%s is still as it was: what is declared after it uses it\n",
               heading.name.c_str());
  statements_ = std::move(before);
  return false;
}

bool Session::DeclareFile(const std::string& path) {
  for (const Statement& statement : statements_) {
    if (statement.heading.name == path && !OnlyKept(statement.heading)) return true;
  }
  libflow::SkeletonOptions options;
  options.from = path;
  libflow::SkeletonResult made = libflow::MakeSkeleton(options);
  if (made.code != libflow::kOk) {
    Fail(made.code, made.error, made.hint);
    return false;
  }
  // The source of that text, by the name of the file.
  std::string text = made.text.substr(0, StatementEnd(made.text));
  const std::vector<Token> tokens = Tokens(text);
  if (tokens.size() < 2) return false;
  text = "SOURCE " + InQuotes(path) + text.substr(tokens[1].end);
  Input input;
  input.text = std::move(text);
  input.name = path;
  return Declare(input, {"SOURCE", path});
}

bool Session::NameFiles(Input* input) {
  for (const FileName& file : FilesIn(input->text)) {
    if (file.path.find_first_of("'\"") != std::string::npos) {
      Fail(libflow::kUsage, "a file whose name has quotes needs a SOURCE");
      return false;
    }
    if (!DeclareFile(file.path)) return false;
    input->text[file.begin] = input->text[file.end - 1] = '"';
  }
  return true;
}

bool Session::Query(Input input) {
  if (!NameFiles(&input)) return false;
  last_query_ = input;
  libflow::CompileResult compiled = Compile(input, QueryOptions());
  Tell(compiled);
  if (compiled.program == nullptr) return false;
  libflow::RunOptions run;
  run.mode = libflow::Mode::kBatch;
  run.use_sinks = false;
  run.print = true;
  run.digest = true;
  run.format = settings_.format;
  run.workers = settings_.workers;
  run.secrets = settings_.secrets;
  run.on_notice = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  libflow::RunResult result;
  {
    const StopOnSignal stop(compiled.program.get());
    result = libflow::Run(*compiled.program, run);
  }
  std::signal(SIGINT, settings_.interactive ? SIG_IGN : SIG_DFL);
  std::fflush(stdout);
  if (result.code != libflow::kOk) {
    Fail(result.code, result.error, result.hint);
    return false;
  }
  if (result.stopped) {
    std::fprintf(stderr, "interrupted: this is of the rows that had been read\n");
    return false;
  }
  if (settings_.interactive && !result.digests.empty()) {
    std::fprintf(stderr, "%lld rows, %.3f s\n", static_cast<long long>(result.digests[0].rows),
                 static_cast<double>(result.wall_us) / 1e6);
  }
  return true;
}

bool Session::Explain(Input input, bool analyze) {
  if (IsBlank(input.text)) input = last_query_;
  if (IsBlank(input.text)) {
    Fail(libflow::kUsage, "there is no query yet", ".explain SELECT ...;");
    return false;
  }
  if (!IsQuery(HeadingOf(input.text), input.text)) {
    Fail(libflow::kUsage, "only a query has plans", ".explain SELECT ...;");
    return false;
  }
  if (!NameFiles(&input)) return false;
  const std::string format = settings_.format == "json" ? "json" : "text";
  std::string explained;
  if (analyze) {
    libflow::CompileResult compiled = Compile(input, QueryOptions());
    Tell(compiled);
    if (compiled.program == nullptr) return false;
    libflow::RunOptions run;
    run.workers = settings_.workers;
    run.secrets = settings_.secrets;
    libflow::ExplainOptions explain;
    explain.format = format;
    libflow::RunResult result;
    {
      const StopOnSignal stop(compiled.program.get());
      result = libflow::Analyze(*compiled.program, run, explain, &explained);
    }
    std::signal(SIGINT, settings_.interactive ? SIG_IGN : SIG_DFL);
    if (result.code != libflow::kOk) {
      Fail(result.code, result.error, result.hint);
      return false;
    }
  } else {
    libflow::CompileOptions options = QueryOptions();
    options.variables = settings_.variables;
    libflow::ExplainOptions explain;
    explain.format = format;
    libflow::CompileResult diagnostics;
    explained = libflow::Explain(input.name, input.text, options, explain, &diagnostics);
    Tell(diagnostics);
  }
  std::fputs(explained.c_str(), stdout);
  std::fflush(stdout);
  return !explained.empty();
}

bool Session::Load(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text) return false;
  bool ok = true;
  for (size_t at = 0; !IsBlank(text->substr(at));) {
    const size_t size = StatementEnd(text->substr(at));
    Input input;
    input.text = text->substr(at, size);
    input.name = path;
    input.lines = static_cast<size_t>(
        std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    const size_t line = at == 0 ? std::string::npos : text->rfind('\n', at - 1);
    input.bytes = at - (line == std::string::npos ? 0 : line + 1);
    ok &= Execute(input);
    if (size == std::string::npos) break;
    at += size;
  }
  return ok;
}

bool Session::Save(const std::string& path) const {
  std::ofstream file(path, std::ios::binary);
  for (const Statement& statement : statements_) file << statement.text << "\n\n";
  file.close();
  if (file) return true;
  Fail(libflow::kRunFailed, "can not write " + path);
  return false;
}

void Session::ShowTables() const {
  for (const Statement& statement : statements_) {
    std::printf("%-8s %s\n", Lower(statement.heading.keyword).c_str(),
                statement.heading.name.c_str());
  }
  std::fflush(stdout);
}

bool Session::ShowSchema(const std::string& name) const {
  bool found = name.empty();
  for (const Statement& statement : statements_) {
    if (!name.empty() && statement.heading.name != name) continue;
    std::printf("%s\n", statement.text.c_str());
    found = true;
  }
  std::fflush(stdout);
  if (!found)
    Fail(libflow::kUsage, "nothing is called `" + name + "`", ".tables says what there is");
  return found;
}

Candidates Session::Complete(const std::string& statement) const {
  const bool query = IsQuery(HeadingOf(statement), statement);
  const std::string text = Prelude(statements_.size()) + (query ? kQueryHead : "") + statement;
  const libflow::language::Document document("input", text, settings_.variables);
  const libflow::language::Completion found =
      document.CompleteAt(static_cast<uint32_t>(text.size()));
  Candidates candidates;
  const std::string word = Lower(text.substr(std::min<size_t>(found.replaced.begin, text.size())));
  candidates.word_size = word.size();
  std::vector<std::string> all;
  for (const libflow::language::Item& item : found.items) all.push_back(item.insert);
  if (IsBlank(statement) || Tokens(statement).size() == 1) {
    for (const char* begin : {"SELECT", "WITH"}) all.emplace_back(begin);
  }
  for (const std::string& one : all) {
    const bool here = Lower(one).starts_with(word) && one.find('\n') == std::string::npos;
    if (here && std::find(candidates.words.begin(), candidates.words.end(), one) ==
                    candidates.words.end()) {
      candidates.words.push_back(one);
    }
  }
  return candidates;
}

}  // namespace flowc::repl
