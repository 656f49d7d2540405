// test: runs the TESTs of .flow files, each in many ways.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <regex>

#include "cli.h"

namespace flowc {

namespace {

std::atomic<bool> g_stop{false};

// The first signal ends the tests after the run that is going on, the second is the system's.
void StopTests(int signal) {
  g_stop.store(true);
  std::signal(signal, SIG_DFL);
}

// What was tested of a file.
struct Tested {
  std::string path;
  libflow::TestsResult result;
};

double Seconds(int64_t us) { return static_cast<double>(us) / 1e6; }

std::string XmlText(const std::string& text) {
  std::string out;
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n') {
      out += "&#10;";
    } else if (byte < 0x20 && c != '\t') {
      out += '?';  // XML has no such character
    } else {
      out += c;
    }
  }
  return out;
}

std::string JUnit(const std::vector<Tested>& files) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const Tested& file : files) {
    const std::string name = XmlText(file.path);
    int64_t failed = 0, wall_us = 0;
    for (const libflow::TestResult& test : file.result.results) {
      failed += test.passed ? 0 : 1;
      wall_us += test.wall_us;
    }
    const bool broken = file.result.code != libflow::kOk && failed == 0;
    text += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n",
        name, file.result.results.size() + (broken ? 1 : 0), failed, broken ? 1 : 0,
        Seconds(wall_us));
    if (broken) {
      text += fmt::format(
          "    <testcase name=\"compile\" classname=\"{}\">\n      <error message=\"does not "
          "compile\">{}</error>\n    </testcase>\n",
          name, XmlText(file.result.diagnostics.text));
    }
    for (const libflow::TestResult& test : file.result.results) {
      text += fmt::format("    <testcase name=\"{}\" classname=\"{}\" time=\"{:.3f}\"",
                          XmlText(test.name), name, Seconds(test.wall_us));
      text += test.passed ? "/>\n"
                          : fmt::format(
                                ">\n      <failure message=\"not as expected\">{}</failure>"
                                "\n    </testcase>\n",
                                XmlText(test.failure));
    }
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

// A name as it stands in a regular expression, in single quotes for a shell.
std::string Exactly(const std::string& name) {
  std::string pattern;
  for (char c : name) {
    if (std::string("\\^$.|?*+()[]{}").find(c) != std::string::npos) pattern += '\\';
    pattern += c == '\'' ? "." : std::string(1, c);
  }
  return "'^" + pattern + "$'";
}

void Print(const std::string& path, const libflow::TestResult& test) {
  if (test.passed) {
    std::printf("ok      %s (%d runs, %.2f s)\n", test.name.c_str(), test.runs,
                Seconds(test.wall_us));
  } else {
    std::printf("FAILED  %s (%s:%d)\n%s", test.name.c_str(), path.c_str(), test.line,
                test.failure.c_str());
    if (test.seeded) {
      std::printf("  again: flowc test %s --filter %s --seed %llu\n", path.c_str(),
                  Exactly(test.name).c_str(), static_cast<unsigned long long>(test.seed));
    }
  }
  std::fflush(stdout);
}

Verb TestVerb() {
  Verb verb;
  verb.usage =
      "flowc test FILE... [--filter REGEX] [--seed N] [--runs N] [--format text|json] "
      "[--junit PATH]";
  verb.about =
      "Runs the TESTs of .flow files without what is outside: sources have the rows that a test "
      "gives "
      "them, nothing is written. Each test is run as a batch and as a stream, with 1 and 4 "
      "workers, "
      "small and large batches, both engines, partitions interleaved, records shuffled as far as "
      "lateness allows, and with crashes and restores; all have to give the rows and the counts "
      "that it "
      "expects. Exit code 1 if a test fails or a file does not compile.";
  verb.examples =
      "  flowc test clicks.flow\n  flowc test clicks.flow --filter late --runs 500\n"
      "  flowc test pipelines/*.flow --junit report.xml\n"
      "  flowc test clicks.flow --filter '^totals$' --seed 17    a failure again\n";
  verb.choices = {{"format", {"text", "json"}}};
  verb.positional_many = true;
  verb.options.add_options()("filter", po::value<std::string>()->value_name("REGEX"),
                             "only tests whose names contain a match")(
      "seed", po::value<uint64_t>()->default_value(1),
      "of the first random run; each has the next")("runs", po::value<int>()->default_value(20),
                                                    "random runs a test, after the fixed ones")(
      "format", po::value<std::string>()->default_value("text"),
      "text, or json (one object a test)")("junit", po::value<std::string>()->value_name("PATH"),
                                           "also write a JUnit report")(
      "set", po::value<Arguments>()->value_name("NAME=VALUE"),
      "value of ${NAME} in string literals (before the environment's)");
  return verb;
}

}  // namespace

int Test(const Arguments& arguments) {
  Verb verb = TestVerb();
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  libflow::CompileOptions compile;
  if (!ReadVariables(*values, &compile.variables)) return libflow::kUsage;
  libflow::TestOptions options;
  options.seed = (*values)["seed"].as<uint64_t>();
  options.runs = (*values)["runs"].as<int>();
  if (options.runs < 0) return Fail(libflow::kUsage, "--runs is a number of runs");
  options.stop = &g_stop;
  if (values->count("filter") > 0) {
    const std::string pattern = (*values)["filter"].as<std::string>();
    try {
      options.wanted = [regex = std::regex(pattern)](const std::string& name) {
        return std::regex_search(name, regex);
      };
    } catch (const std::regex_error&) {
      return Fail(libflow::kUsage, "--filter " + pattern + " is no regular expression");
    }
  }
  const bool json = (*values)["format"].as<std::string>() == "json";
  std::signal(SIGINT, StopTests);
  std::signal(SIGTERM, StopTests);
  std::vector<Tested> files;
  int passed = 0, failed = 0, broken = 0, declared = 0;
  for (const std::string& path : (*values)["file"].as<Arguments>()) {
    auto text = ReadFile(path);
    if (!text) return libflow::kUsage;
    files.push_back({path, libflow::Test(
                               path, *text, compile, options,
                               [&](const libflow::TestResult& test) {
                                 (test.passed ? passed : failed) += 1;
                                 if (json) {
                                   std::printf("%s\n", test.json.c_str());
                                 } else {
                                   Print(path, test);
                                 }
                               },
                               IsTerminal(STDERR_FILENO))});
    const libflow::TestsResult& result = files.back().result;
    declared += result.declared;
    if (result.code == libflow::kOk && result.declared == 0) {
      std::fprintf(stderr, "note: %s has no TEST\n", path.c_str());
    } else if (result.code != libflow::kOk && result.results.empty()) {
      std::fputs(result.diagnostics.text.c_str(), stderr);
      ++broken;
    }
    if (result.code != libflow::kOk) code = std::max<int>(code, result.code);
    if (g_stop.load()) break;
  }
  if (json) {
    std::printf("{\"passed\":%d,\"failed\":%d,\"broken_files\":%d}\n", passed, failed, broken);
  } else {
    std::printf("%d passed, %d failed%s\n", passed, failed,
                broken == 0
                    ? ""
                    : fmt::format("; {} file{} not compile", broken, broken == 1 ? " does" : "s do")
                          .c_str());
  }
  if (values->count("junit") > 0) {
    const std::string path = (*values)["junit"].as<std::string>();
    std::ofstream report(path, std::ios::binary);
    report << JUnit(files);
    report.close();
    if (!report) return Fail(libflow::kRunFailed, "can not write " + path);
  }
  if (declared > 0 && passed + failed == 0 && code == libflow::kOk && options.wanted) {
    return Fail(libflow::kUsage, "no test matches --filter");
  }
  return code;
}

}  // namespace flowc
