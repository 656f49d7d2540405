// Is a text UTF-8?
#pragma once

#include <cstddef>

namespace flow {

// Strictly: no overlong forms, no surrogates, nothing past U+10FFFF.
bool IsUtf8(const char* data, size_t size);

}  // namespace flow
