// Gives Secrets: the one place where values of secrets are read.
#include "runtime/connector/secrets.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace flow {

namespace {

constexpr size_t kMaxBytes = 1 << 20;  // a chain of certificates is far smaller
constexpr size_t kLeastHidden = 4;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Secrets::Secrets(std::string folder) : folder_(std::move(folder)) {
  const char* variable = std::getenv("FLOW_SECRETS_DIR");
  if (folder_.empty() && variable != nullptr) folder_ = variable;
}

Result<std::string> Secrets::Find(const std::string& who, const std::string& name) const {
  if (!folder_.empty()) {
    struct stat info{};
    if (stat(folder_.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return UserError(who + ": secret " + name + ": the folder of secrets, " + folder_ +
                       ", is not there");
    }
    const std::string path = folder_ + "/" + name;
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    if (file != nullptr) {
      std::string value(kMaxBytes + 1, '\0');
      value.resize(std::fread(value.data(), 1, value.size(), file.get()));
      if (std::ferror(file.get()) != 0) {
        return ExternalError(who + ": can not read secret " + name + " from " + path);
      }
      if (value.size() > kMaxBytes) {
        return UserError(who + ": secret " + name + " in " + path + " is over 1 MB");
      }
      if (value.ends_with('\n')) value.pop_back();
      if (value.ends_with('\r')) value.pop_back();
      return value;
    }
    if (errno != ENOENT) {
      return ExternalError(who + ": can not read secret " + name + " from " + path + ": " +
                           std::strerror(errno));
    }
  }
  const char* variable = std::getenv(name.c_str());
  if (variable != nullptr) return std::string(variable);
  return UserError(who + ": there is no secret " + name,
                   folder_.empty()
                       ? "set the environment variable " + name +
                             ", or say with --secrets DIR where the file " + name + " is"
                       : "it is neither a file in " + folder_ + " nor an environment variable");
}

Status Secrets::Resolve(const std::string& who, const program::Options& secrets,
                        program::Options* options) {
  for (const auto& [option, name] : secrets) {
    auto known = found_.find(name);
    if (known == found_.end()) {
      FLOW_TRY(std::string value, Find(who, name));
      known = found_.emplace(name, std::move(value)).first;
    }
    (*options)[option] = known->second;
  }
  return OkStatus();
}

Result<program::Program> Secrets::Resolve(const program::Program& program, bool writes) {
  program::Program copy = program;
  for (program::Source& source : copy.sources) {
    FLOW_RETURN_IF_ERROR(Resolve("source " + source.name, source.secrets, &source.options));
    if (!source.dead_letter || !writes) continue;
    FLOW_RETURN_IF_ERROR(Resolve("dead letters of " + source.name, source.dead_letter->secrets,
                                 &source.dead_letter->options));
  }
  for (program::Sink& sink : copy.sinks) {
    if (!writes) continue;
    FLOW_RETURN_IF_ERROR(Resolve("sink " + sink.name, sink.secrets, &sink.options));
  }
  return copy;
}

std::string Secrets::Hide(std::string text) const {
  for (const auto& [name, value] : found_) {
    if (value.size() < kLeastHidden) continue;
    const std::string shown = "SECRET('" + name + "')";
    for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
      text.replace(at, value.size(), shown);
      at += shown.size();
    }
  }
  return text;
}

Error Secrets::Hide(Error error) const {
  error.message = Hide(std::move(error.message));
  error.hint = Hide(std::move(error.hint));
  return error;
}

}  // namespace flow
