// The standard library's bitcode, embedded in this library.
#pragma once

#include <string_view>

namespace flow::codegen {

std::string_view StandardBitcode();

}  // namespace flow::codegen
