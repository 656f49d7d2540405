// Random strings.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/connector/draw.h"

namespace flow::nexmark {

// Appends a string of 3 to `limit` - 1 characters: one in thirteen is `special`, the rest are
// letters. Blanks at its ends are trimmed.
void AppendString(uint64_t seed, int tag, int64_t limit, char special, std::string* out);

}  // namespace flow::nexmark
