// Base64 of RFC 4648, with padding.
#pragma once

#include <string>

namespace flow {

std::string Base64(const std::string& bytes);

}  // namespace flow
