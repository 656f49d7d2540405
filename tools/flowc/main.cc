// flowc VERB ...
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "cli.h"

namespace {

constexpr const char* kHelp =
    "usage: flowc VERB [arguments]\n"
    "\n"
    "Compiles a .flow file into a stream graph and a batch plan, and runs either: at one frontier\n"
    "of the log both give the same result, bit for bit.\n"
    "\n"
    "Verbs:\n";
constexpr const char* kMore =
    "\n"
    "`flowc VERB --help` says more. Exit codes: 0 ok (also with late or dead rows), 1 the file "
    "does\n"
    "not compile or a check failed, 2 usage, 3 failed while running, 4 state does not fit the "
    "program.\n";

std::string Help() {
  std::string text = kHelp;
  for (const flowc::NamedVerb& verb : flowc::Verbs()) {
    std::string words = verb.name + (verb.arguments.empty() ? "" : " ") + verb.arguments;
    words.resize(std::max<size_t>(words.size() + 2, 18), ' ');
    text += "  " + words + verb.summary + "\n";
  }
  return text + kMore;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc < 2) {
    std::fputs(Help().c_str(), stderr);
    return libflow::kUsage;
  }
  std::string verb = argv[1];
  flowc::Arguments arguments(argv + 2, argv + argc);
  if (verb == "--version") return flowc::Version(arguments);
  std::vector<std::string> names;
  for (const flowc::NamedVerb& known : flowc::Verbs()) {
    if (verb == known.name) return known.run(arguments);
    names.push_back(known.name);
  }
  if (verb == "help" || verb == "--help" || verb == "-h") {
    std::fputs(Help().c_str(), stdout);
    return libflow::kOk;
  }
  return flowc::Fail(libflow::kUsage, "there is no verb `" + verb + "`",
                     flowc::Joined(names, ", "));
}
