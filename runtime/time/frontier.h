// A frontier as text: NAME:P=OFFSET,... (after it P=OFFSET of the same NAME) or
// FILEBASENAME=BYTES,...
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace flow {

// One term of a frontier, not yet resolved against the sources.
struct FrontierTerm {
  std::string name;       // source, topic, or a file's base name
  std::string partition;  // "" for FILEBASENAME=BYTES
  int64_t offset = 0;     // the next offset: what begins before it is in
};

// User errors name the term that is wrong.
Result<std::vector<FrontierTerm>> ParseFrontier(const std::string& text);

// Does the text look like a point in time (2026-01-01 ...) rather than a frontier?
bool LooksLikeTime(const std::string& text);

}  // namespace flow
