// EXPLAIN: the printers of the stages, chosen by name.
#pragma once

#include <string>

#include "compiler/driver/compile.h"
#include "runtime/exec/options.h"

namespace flow {

struct ExplainOptions {
  std::string plan;    // stream, batch, both
  std::string stage;   // ast, bound, logical, optimized, program, ir
  std::string format;  // text, json, dot
  bool optimized_ir = false;
};

// What runs of it gave, with RunOptions::profile: the plans are then shown with what each node
// took.
struct AnalyzedRuns {
  const RunReport* stream = nullptr;
  const RunReport* batch = nullptr;
};

Result<std::string> ExplainText(const Compilation& compilation, const ExplainOptions& options,
                                const AnalyzedRuns& runs = {});

}  // namespace flow
