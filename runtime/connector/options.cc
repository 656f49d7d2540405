// Gives CheckOptions, WithSecrets and the readers of single options.
#include "runtime/connector/options.h"

#include <algorithm>
#include <cstdlib>

#include "runtime/abi/abi.h"
#include "runtime/abi/convert.h"
#include "runtime/program/duration_text.h"

namespace flow {

Status CheckOptions(const std::string& who, const program::Options& options,
                    std::initializer_list<const char*> known) {
  for (const auto& [name, value] : options) {
    const bool found =
        std::any_of(known.begin(), known.end(), [&](const char* k) { return name == k; });
    if (found) continue;
    std::string list;
    for (const char* k : known) list += (list.empty() ? "" : ", ") + std::string(k);
    return UserError(who + " has no option '" + name + "'", "its options are " + list);
  }
  return OkStatus();
}

Result<std::string> RequiredOption(const std::string& who, const program::Options& options,
                                   const std::string& name) {
  auto it = options.find(name);
  if (it == options.end() || it->second.empty()) {
    return UserError(who + " needs the option " + name, "add " + name + " = '...'");
  }
  return it->second;
}

std::string OptionOr(const program::Options& options, const std::string& name,
                     const std::string& otherwise) {
  auto it = options.find(name);
  return it == options.end() ? otherwise : it->second;
}

Result<program::Options> WithSecrets(const std::string& who, program::Options options,
                                     const program::Options& secrets) {
  for (const auto& [option, name] : secrets) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return UserError(who + ": " + option + " = SECRET('" + name +
                           "'): the environment has no variable " + name,
                       "set it for flowc: its value is printed nowhere");
    }
    options[option] = value;
  }
  return options;
}

Result<int64_t> IntegerOption(const std::string& who, const program::Options& options,
                              const std::string& name, int64_t otherwise, int64_t least,
                              int64_t greatest) {
  auto it = options.find(name);
  if (it == options.end()) return otherwise;
  int64_t value = 0;
  const bool integer =
      flow_parse_bigint(it->second.data(), it->second.size(), &value) == kFlowValue;
  if (!integer || value < least || value > greatest) {
    return UserError(who + ": " + name + " = '" + it->second + "' is not a number from " +
                     std::to_string(least) + " to " + std::to_string(greatest));
  }
  return value;
}

Result<bool> BooleanOption(const std::string& who, const program::Options& options,
                           const std::string& name, bool otherwise) {
  auto it = options.find(name);
  if (it == options.end()) return otherwise;
  if (it->second == "true") return true;
  if (it->second == "false") return false;
  return UserError(who + ": " + name + " = '" + it->second + "' is neither 'true' nor 'false'");
}

Result<std::string> ChoiceOption(const std::string& who, const program::Options& options,
                                 const std::string& name,
                                 std::initializer_list<const char*> choices) {
  auto it = options.find(name);
  if (it == options.end()) return std::string(*choices.begin());
  std::string list;
  for (const char* choice : choices) {
    if (it->second == choice) return it->second;
    list += (list.empty() ? "'" : " or '") + std::string(choice) + "'";
  }
  return UserError(who + ": " + name + " = '" + it->second + "' is not " + list);
}

Result<int64_t> DurationOption(const std::string& who, const program::Options& options,
                               const std::string& name, int64_t otherwise, int64_t least,
                               int64_t greatest) {
  auto it = options.find(name);
  if (it == options.end()) return otherwise;
  const std::optional<int64_t> value = program::ParseDuration(it->second);
  if (value.has_value() && *value >= least && *value <= greatest) return *value;
  return UserError(
      who + ": " + name + " = '" + it->second + "' is not a length of time that is possible here",
      "write 500ms, 10s, 5m, 1h or 7d");
}

}  // namespace flow
