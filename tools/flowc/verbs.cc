// The verbs of flowc: what is dispatched, listed by --help, completed and described by the manual
// page.
#include "cli.h"

namespace flowc {

const std::vector<NamedVerb>& Verbs() {
  static const std::vector<NamedVerb> verbs = {
      {"run", "FILE", "run a file as a stream (default) or as a batch", Run},
      {"check", "FILE", "say what is wrong with a file", Check},
      {"test", "FILE...", "run the TESTs of files, each in many ways", Test},
      {"fmt", "FILE...", "write files in their canonical layout", FormatFiles},
      {"new", "NAME|FOLDER", "write a first .flow file, also from records that are there", New},
      {"peek", "FILE|TOPIC", "show records as they are, or as a source of a .flow file reads them",
       Peek},
      {"repl", "[FILE]", "answer queries as they are typed", ReadEvalPrint},
      {"explain", "FILE", "show the plans that a file compiles to", Explain},
      {"status", "DIR", "say how far a stream is, and what it waits for, from its state", Status},
      {"state",
       "",
       "list, inspect and compare what a state directory holds",
       State,
       {"ls", "inspect", "diff"}},
      {"dlq", "", "list, show and replay dead letters", DeadLetters, {"ls", "show", "replay"}},
      {"datagen", "FILE",
       "write what a DATAGEN, NEXMARK or INLINE source holds to files or a topic", Datagen},
      {"functions", "[NAME]", "list the functions and aggregates", Functions},
      {"lsp", "", "serve editors: the Language Server Protocol on stdin and stdout",
       LanguageServer},
      {"completion", "SHELL", "print a completion script for bash, zsh or fish", Completion},
      {"man", "", "print the manual page", Man},
      {"version", "", "print the version", Version, {}, /*has_options=*/false},
  };
  return verbs;
}

std::vector<Described> DescribeAll() {
  std::vector<Described> all;
  for (const NamedVerb& verb : Verbs()) {
    if (verb.has_options && verb.words.empty()) all.push_back({verb.name, Describe(verb.run, {})});
  }
  for (const NamedVerb& verb : Verbs()) {
    for (const std::string& word : verb.words) {
      all.push_back({verb.name + " " + word, Describe(verb.run, {word})});
    }
  }
  return all;
}

std::string Joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace flowc
