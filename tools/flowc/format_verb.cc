// flowc fmt: files in their canonical layout.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli.h"

namespace flowc {

namespace {

// A file is replaced as a whole, with its permissions; a link stays one.
bool Replace(const std::string& path, const std::string& text) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  if (error) return false;
  const std::filesystem::path temporary =
      target.string() + ".flowc-fmt-" + std::to_string(::getpid());
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  if (file) {
    auto status = std::filesystem::status(target, error);
    if (!error) std::filesystem::permissions(temporary, status.permissions(), error);
    if (!error) std::filesystem::rename(temporary, target, error);
    if (!error) return true;
  }
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  return false;
}

}  // namespace

static Verb FormatVerb() {
  Verb verb;
  verb.usage = "flowc fmt FILE... [--check] [--stdout]";
  verb.about =
      "Writes .flow files in their canonical layout: keywords in upper case, a clause a line, "
      "lines "
      "of at most 100 columns. Comments, strings, names and numbers stay as they are, and where a "
      "list was broken into lines it stays broken. A file with syntax errors is left as it is. - "
      "is stdin, laid out on stdout.";
  verb.examples =
      "  flowc fmt clicks.flow\n  flowc fmt --check examples/*/pipeline.flow\n"
      "  flowc fmt - < clicks.flow\n";
  verb.options.add_options()("check", "write nothing; name the files that differ, exit code 1")(
      "stdout", "write the layout to stdout, not to the file");
  verb.positional_many = true;
  return verb;
}

int FormatFiles(const Arguments& arguments) {
  Verb verb = FormatVerb();
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  const bool check = values->count("check") > 0;
  const bool to_stdout = values->count("stdout") > 0;
  if (check && to_stdout) {
    return Fail(libflow::kUsage, "--check and --stdout exclude each other");
  }
  for (const std::string& path : (*values)["file"].as<Arguments>()) {
    auto worse = [&](int found) { code = std::max(code, found); };
    auto text = ReadFile(path);
    if (!text) {
      worse(libflow::kUsage);
      continue;
    }
    libflow::FormatResult result = libflow::Format(path, *text, IsTerminal(STDERR_FILENO));
    if (result.code != libflow::kOk) {
      std::fputs(result.errors.c_str(), stderr);
      worse(result.error.empty() ? result.code : Fail(result.code, result.error));
      continue;
    }
    if (check) {
      if (result.text == *text) continue;
      std::printf("%s\n", path.c_str());
      worse(libflow::kCheckFailed);
    } else if (to_stdout || path == "-") {
      std::fputs(result.text.c_str(), stdout);
    } else if (result.text != *text && !Replace(path, result.text)) {
      worse(Fail(libflow::kRunFailed, "can not write " + path));
    }
  }
  return code;
}

}  // namespace flowc
