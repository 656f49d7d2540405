// A log that is given as text, in the place of what a connector has.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flow::program {

struct LogRecord {
  std::string value;
  std::optional<std::string> key;
  std::optional<int64_t> timestamp;  // us
};
using Log = std::vector<std::vector<LogRecord>>;  // by partition; offsets count records
using Logs = std::map<std::string, Log>;          // by source

}  // namespace flow::program
