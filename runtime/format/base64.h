// Base64 of RFC 4648, with padding.
#pragma once

#include <optional>
#include <string>

namespace flow {

std::string Base64(const std::string& bytes);
// nullopt: it is none.
std::optional<std::string> FromBase64(const std::string& text);

}  // namespace flow
