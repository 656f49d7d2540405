// EXPLAIN: the printers of the stages, chosen by name.
#pragma once

#include <string>

#include "compiler/driver/compile.h"

namespace flow {

struct ExplainOptions {
  std::string plan;    // stream, batch, both
  std::string stage;   // ast, bound, logical, optimized, program, ir
  std::string format;  // text, json, dot
  bool optimized_ir = false;
};

Result<std::string> ExplainText(const Compilation& compilation, const ExplainOptions& options);

}  // namespace flow
