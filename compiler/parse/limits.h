// The limits of parse.h on nesting and chains, watched while tokens go by.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"

namespace flow::parse {

// One a statement.
class LimitGuard {
 public:
  LimitGuard() : open_(1) {}

  // Looks at the next token; reports the first that goes beyond a limit and gives true.
  bool ReportExcess(size_t type, Span span, std::string_view text, Diagnostics& out);

 private:
  // What is open, outermost first; the statement itself is at the bottom.
  struct Level {
    size_t opened_by = 0;
    int ands = 0;
    int ors = 0;
  };
  std::vector<Level> open_;
  bool after_generic_ = false;  // STRUCT, ARRAY or MAP: a `<` opens here
};

}  // namespace flow::parse
