// Shared parts of the command line.
#include "cli.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace flowc {

namespace {

std::atomic<libflow::Program*> g_running{nullptr};
// Set while Describe asks a verb for its command line.
std::optional<Verb>* g_described = nullptr;

// "": every value is in its set.
std::string WrongChoice(const Verb& verb, const po::variables_map& values) {
  for (const auto& [option, allowed] : verb.choices) {
    if (values.count(option) == 0) continue;
    const std::string& value = values[option].as<std::string>();
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) continue;
    std::string list;
    for (const std::string& one : allowed) list += (list.empty() ? "" : ", ") + one;
    return "--" + option + " " + value + " is not one of " + list;
  }
  return "";
}

// First signal: drain and end. Second: the default action.
void OnSignal(int signal) {
  libflow::Program* program = g_running.load();
  if (program != nullptr) libflow::Stop(*program);
  std::signal(signal, SIG_DFL);
}

}  // namespace

StopOnSignal::StopOnSignal(libflow::Program* program) {
  g_running.store(program);
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
}
StopOnSignal::~StopOnSignal() { g_running.store(nullptr); }

std::string DefaultState(const std::string& path, const std::string& what) {
  std::string stem = std::filesystem::path(path).stem().string();
  return ".flow/" + (path == "-" || stem.empty() ? "stdin" : stem) + "/" + what;
}

bool IsTerminal(int fd) { return ::isatty(fd) != 0; }

int Fail(int code, const std::string& message, const std::string& hint) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  if (!hint.empty()) std::fprintf(stderr, "  = hint: %s\n", hint.c_str());
  return code;
}

Verb Describe(int (*verb)(const Arguments&), const Arguments& words) {
  std::optional<Verb> described;
  g_described = &described;
  verb(words);
  g_described = nullptr;
  return *described;
}

std::optional<po::variables_map> Parse(Verb& verb, const Arguments& arguments, int* code) {
  verb.options.add_options()("help,h", "print this help");
  if (g_described != nullptr) {
    g_described->emplace(verb);
    *code = libflow::kOk;
    return std::nullopt;
  }
  po::options_description all;
  all.add(verb.options);
  po::options_description hidden;
  po::positional_options_description positional;
  if (!verb.positional.empty()) {
    if (verb.positional_many) {
      hidden.add_options()(verb.positional.c_str(), po::value<Arguments>());
    } else {
      hidden.add_options()(verb.positional.c_str(), po::value<std::string>());
    }
    positional.add(verb.positional.c_str(), verb.positional_many ? -1 : 1);
    all.add(hidden);
  }
  auto usage_error = [&](const std::string& message) {
    *code = Fail(libflow::kUsage, message, "usage: " + verb.usage + " (--help says more)");
  };
  try {
    po::variables_map values;
    po::store(
        po::command_line_parser(arguments)
            .options(all)
            .positional(positional)
            .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
            .run(),
        values);
    if (values.count("help") > 0) {
      std::ostringstream help;
      help << "usage: " << verb.usage << "\n\n" << verb.about << "\n\n" << verb.options;
      if (!verb.examples.empty()) help << "\nExamples:\n" << verb.examples;
      std::fputs(help.str().c_str(), stdout);
      *code = libflow::kOk;
      return std::nullopt;
    }
    po::notify(values);
    if (!verb.positional.empty() && verb.positional_required &&
        values.count(verb.positional) == 0) {
      usage_error("a " + verb.positional + " is missing");
      return std::nullopt;
    }
    if (std::string wrong = WrongChoice(verb, values); !wrong.empty()) {
      *code = Fail(libflow::kUsage, wrong);
      return std::nullopt;
    }
    return values;
  } catch (const po::error& error) {
    usage_error(error.what());
    return std::nullopt;
  }
}

std::optional<std::string> ReadFile(const std::string& path) {
  if (path == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  if (std::filesystem::is_directory(path)) {
    Fail(libflow::kUsage, path + " is a folder, not a .flow file");
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) {
    Fail(libflow::kUsage, "can not read " + path);
    return std::nullopt;
  }
  return text;
}

bool ReadVariables(const po::variables_map& values, std::map<std::string, std::string>* out) {
  if (values.count("set") == 0) return true;
  for (const std::string& pair : values["set"].as<std::vector<std::string>>()) {
    size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      Fail(libflow::kUsage, "--set " + pair + " is not NAME=VALUE");
      return false;
    }
    (*out)[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return true;
}

}  // namespace flowc
