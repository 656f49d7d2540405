// Names, strings, types and durations as they are written in a .flow file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/type.h"

namespace flow::ast {

// In double quotes where the plain name would not be read as one.
std::string SqlName(std::string_view name);
std::string SqlString(std::string_view text);
std::string SqlType(const Type& type);
// In the largest unit that divides it: 5m, 90s. Part of a millisecond or a negative length has no
// literal: INTERVAL '-0.0015' SECOND.
std::string SqlDuration(int64_t us);

}  // namespace flow::ast
