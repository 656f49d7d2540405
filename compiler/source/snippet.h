// One source line as a terminal can show it, and where the carets stand under it.
#pragma once

#include <string>
#include <string_view>

#include "compiler/source/diagnostic.h"

namespace flow {

struct Snippet {
  std::string line;  // tabs expanded, control characters replaced, long lines cut
  int indent = 0;    // terminal columns before the first caret
  int width = 1;     // carets
};

// The first line of the span; carets reach to its end if the span goes on.
Snippet MakeSnippet(const SourceFile& file, Span span);

// The text in one line, with what would disturb a terminal replaced by U+FFFD.
std::string Printable(std::string_view text);

}  // namespace flow
