// The canonical layout of a .flow file.
#pragma once

#include <string>

#include "compiler/source/diagnostic.h"
#include "runtime/base/status.h"

namespace flow {

inline constexpr int kFormatWidth = 100;

// The file's text laid out anew: keywords in upper case, a clause a line, kFormatWidth columns.
// Comments, strings, names and numbers stay as they are written, in their order. Formatting the
// result changes nothing. A text with syntax errors has no layout: they are reported, and the
// result is empty. An Error is a fault of the formatter: it compares what it read with what it
// wrote.
Result<std::string> Format(const SourceFile& file, Diagnostics& out);

}  // namespace flow
