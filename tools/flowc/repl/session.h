// What `flowc repl` keeps: the statements that were declared, as the script that they are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "tools/flowc/repl/line_reader.h"
#include "tools/flowc/repl/statements.h"

namespace flowc::repl {

struct Settings {
  std::map<std::string, std::string> variables;
  std::string secrets;
  int workers = 0;
  std::string format = "table";
  bool interactive = false;
};

// A statement and where it was read, for its diagnostics: `name` is what they call the text, and
// before the statement stand so many lines, and bytes of its own line.
struct Input {
  std::string text;
  std::string name;
  size_t lines = 0;
  size_t bytes = 0;
};

class Session {
 public:
  explicit Session(Settings settings) : settings_(std::move(settings)) {}

  // A declaration is kept, a query answered. False after an error, which was told.
  bool Execute(const Input& input);
  // The plans of a query; with `analyze` it is run by both. An empty one: of the last.
  bool Explain(Input input, bool analyze);
  bool Load(const std::string& path);
  bool Save(const std::string& path) const;
  void ShowTables() const;
  // The declaration of one name, or all.
  bool ShowSchema(const std::string& name) const;
  // What could stand at the end of a statement's text.
  Candidates Complete(const std::string& statement) const;
  Settings& settings() { return settings_; }

 private:
  struct Statement {
    Heading heading;
    std::string text;
  };

  bool Declare(const Input& input, const Heading& heading);
  bool Query(Input input);
  // Makes sources of the files that a query reads, and names of their quoted paths.
  bool NameFiles(Input* input);
  bool DeclareFile(const std::string& path);
  // The declarations that queries can use, but for those from `end` on.
  std::string Prelude(size_t end) const;
  libflow::CompileResult Compile(const Input& input, libflow::CompileOptions options) const;
  libflow::CompileOptions QueryOptions() const;

  Settings settings_;
  std::vector<Statement> statements_;
  Input last_query_;
};

}  // namespace flowc::repl
