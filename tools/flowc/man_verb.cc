// flowc man: the manual page as roff, from what the verbs say of themselves.
#include <cstdio>

#include "cli.h"

namespace flowc {

namespace {

// Text that roff takes for nothing but text; a line of it never begins with a request.
std::string RoffText(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '~' || c == '^' || c == '`') {
      out += c == '~' ? "\\(ti" : c == '^' ? "\\(ha" : "\\(ga";
    } else {
      if (c == '.' && (out.empty() || out.back() == '\n')) out += "\\&";
      out += c;
    }
  }
  return out;
}

std::string Section(const Described& described) {
  const Verb& verb = described.verb;
  std::string out = ".SS flowc " + described.words + "\n.B " + RoffText(verb.usage) + "\n.PP\n" +
                    RoffText(verb.about) + "\n";
  for (const auto& option : verb.options.options()) {
    out += ".TP\n.B \\-\\-" + RoffText(option->long_name());
    const std::string parameter = option->format_parameter();
    if (!parameter.empty()) out += " " + RoffText(parameter);
    out += "\n" + RoffText(option->description()) + "\n";
  }
  if (!verb.examples.empty())
    out += ".PP\nExamples:\n.PP\n.nf\n" + RoffText(verb.examples) + ".fi\n";
  return out;
}

constexpr const char* kEnd = R"(.SH EXIT STATUS
.TP
.B 0
ok, also with late or dead rows
.TP
.B 1
the file does not compile, or a check failed
.TP
.B 2
the command line is wrong
.TP
.B 3
failed while running
.TP
.B 4
the state does not fit the program
.SH ENVIRONMENT
.TP
.I NAME
the value of ${NAME} in string literals, where \-\-set does not give it, and of SECRET(\(aqNAME\(aq)
.TP
.B FLOW_SECRETS_DIR
a folder where SECRET(\(aqNAME\(aq) is a file NAME
.TP
.B FLOW_CACHE_DIR
the folder that keeps machine code for the next start, in place of ~/.cache/flowc; empty: none
.TP
.B FLOW_JIT_SYMBOLS
if set, names of generated functions are shown to perf (/tmp/perf\-PID.map) and gdb
.SH FILES
.TP
.I .flow/NAME/stream, .flow/NAME/batch, .flow/NAME/replay
the state of runs of NAME.flow, where \-\-state names no other folder
)";

}  // namespace

int Man(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc man";
  verb.about = "Prints the manual page of flowc and its verbs.";
  verb.examples = "  flowc man | man -l -\n";
  verb.positional = "";
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  std::string page = ".TH FLOWC 1 \"\" \"flowc " + libflow::Version() +
                     "\"\n.SH NAME\nflowc \\- compiles and runs .flow files\n.SH SYNOPSIS\n"
                     ".B flowc\n.I VERB\n[arguments]\n.SH DESCRIPTION\n"
                     "Compiles a .flow file into a stream graph and a batch plan, and runs either: "
                     "at one frontier\nof the log both give the same result, bit for bit.\n"
                     ".SH VERBS\n";
  for (const Described& described : DescribeAll()) page += Section(described);
  std::fputs((page + kEnd).c_str(), stdout);
  return libflow::kOk;
}

}  // namespace flowc
