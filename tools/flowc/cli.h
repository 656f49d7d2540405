// What the verbs of flowc share.
#pragma once

#include <boost/program_options.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/flow.h"

namespace flowc {

namespace po = boost::program_options;
using Arguments = std::vector<std::string>;

// Every verb returns the exit code.
int Check(const Arguments& arguments);
int Explain(const Arguments& arguments);
int Run(const Arguments& arguments);
int Test(const Arguments& arguments);
int Datagen(const Arguments& arguments);
int Status(const Arguments& arguments);
int State(const Arguments& arguments);
int DeadLetters(const Arguments& arguments);
int Replay(const Arguments& arguments);
int FormatFiles(const Arguments& arguments);
int Man(const Arguments& arguments);
int Completion(const Arguments& arguments);
int Functions(const Arguments& arguments);
int Peek(const Arguments& arguments);
int New(const Arguments& arguments);
int LanguageServer(const Arguments& arguments);
int ReadEvalPrint(const Arguments& arguments);
int Version(const Arguments& arguments);

// One verb's command line: its options, usage line, text and examples.
struct Verb {
  std::string usage;     // "flowc check FILE [options]"
  std::string about;     // a sentence or two
  std::string examples;  // lines
  po::options_description options{"Options"};
  std::string positional = "file";  // name of the positional argument; "": none
  bool positional_required = true;
  bool positional_many = false;  // the value is Arguments
  // Options whose values are a closed set; Parse refuses others.
  std::map<std::string, std::vector<std::string>> choices;
};

// What a verb's own function hands to Parse; `words`: of a verb with verbs of its own.
Verb Describe(int (*verb)(const Arguments&), const Arguments& words);

struct NamedVerb {
  std::string name, arguments;  // "run", "FILE"
  std::string summary;          // a line of flowc --help
  int (*run)(const Arguments&);
  std::vector<std::string> words = {};  // verbs of its own: "ls"
  bool has_options = true;
};
// All there are, in the order of --help.
const std::vector<NamedVerb>& Verbs();

struct Described {
  std::string words;  // "run", "state ls"
  Verb verb;
};
// All that have options; those with verbs of their own last.
std::vector<Described> DescribeAll();

std::string Joined(const std::vector<std::string>& words, const char* between = " ");

// Parses; prints help or a usage error itself. The result is empty when the verb should return
// `*code` at once.
std::optional<po::variables_map> Parse(Verb& verb, const Arguments& arguments, int* code);

// "error: ..." and a hint on stderr; returns the code.
int Fail(int code, const std::string& message, const std::string& hint = "");

// The whole of a file; "-" is stdin. nullopt: said why on stderr.
std::optional<std::string> ReadFile(const std::string& path);

bool IsTerminal(int fd);

// While it lives, the first SIGINT or SIGTERM drains and ends what runs, the second is the
// system's.
class StopOnSignal {
 public:
  explicit StopOnSignal(libflow::Program* program);
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
};

// Where a run of this file keeps its state if nothing else is said: .flow/NAME/`what`.
std::string DefaultState(const std::string& path, const std::string& what);

// --set NAME=VALUE pairs; false: said why.
bool ReadVariables(const po::variables_map& values, std::map<std::string, std::string>* out);

}  // namespace flowc
