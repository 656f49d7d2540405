// String literals: quotes and variables.
#pragma once

#include <string>

#include "compiler/parse/parse.h"

namespace flow::parse {

// The text of the literal at `span` (with its quotes): '' is one quote, ${NAME}, ${NAME:-default}
// and ${NAME:?message} are replaced, $${ stands for ${ itself. Reports what is wrong and gives
// false.
bool ReadString(const SourceFile& file, Span span, const ParseOptions& options, Diagnostics& out,
                std::string* text);

}  // namespace flow::parse
