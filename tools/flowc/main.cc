// flowc VERB ...
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

#include "cli.h"

namespace {

constexpr const char* kHelp =
    "usage: flowc VERB [arguments]\n"
    "\n"
    "Compiles a .flow file into a stream graph and a batch plan, and runs either: at one frontier\n"
    "of the log both give the same result, bit for bit.\n"
    "\n"
    "Verbs:\n"
    "  run FILE          run a file as a stream (default) or as a batch\n"
    "  check FILE        say what is wrong with a file\n"
    "  fmt FILE...       write files in their canonical layout\n"
    "  explain FILE      show the plans that a file compiles to\n"
    "  status DIR        say how far a stream is, and what it waits for, from its state\n"
    "  state             list, inspect and compare what a state directory holds\n"
    "  dlq               list, show and replay dead letters\n"
    "  datagen FILE      write what a NEXMARK or INLINE source holds to files or a topic\n"
    "  functions [NAME]  list the scalar functions\n"
    "  completion SHELL  print a completion script for bash, zsh or fish\n"
    "  man               print the manual page\n"
    "  version           print the version\n"
    "\n"
    "`flowc VERB --help` says more. Exit codes: 0 ok (also with late or dead rows), 1 the file "
    "does\n"
    "not compile or a check failed, 2 usage, 3 failed while running, 4 state does not fit the "
    "program.\n";

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc < 2) {
    std::fputs(kHelp, stderr);
    return libflow::kUsage;
  }
  std::string verb = argv[1];
  flowc::Arguments arguments(argv + 2, argv + argc);
  const std::pair<const char*, int (*)(const flowc::Arguments&)> verbs[] = {
      {"run", flowc::Run},           {"check", flowc::Check},
      {"explain", flowc::Explain},   {"status", flowc::Status},
      {"state", flowc::State},       {"dlq", flowc::DeadLetters},
      {"datagen", flowc::Datagen},   {"functions", flowc::Functions},
      {"fmt", flowc::FormatFiles},   {"completion", flowc::Completion},
      {"man", flowc::Man},           {"version", flowc::Version},
      {"--version", flowc::Version},
  };
  for (const auto& [name, function] : verbs) {
    if (verb == name) return function(arguments);
  }
  if (verb == "help" || verb == "--help" || verb == "-h") {
    std::fputs(kHelp, stdout);
    return libflow::kOk;
  }
  return flowc::Fail(
      libflow::kUsage, "there is no verb `" + verb + "`",
      "run, check, fmt, explain, status, state, dlq, datagen, functions, completion, man, version");
}
