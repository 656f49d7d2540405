// Dead letters run through a program, once: its sources give what their dead letters hold.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"
#include "runtime/exec/options.h"
#include "runtime/program/program.h"

namespace flow {

// Why these dead letters can not be replayed through this program; else the program as it runs.
Result<program::Program> ForReplay(const program::Program& program, const RunOptions& options);
// The letters of one source: from a state directory, a file or a topic. `program` is ForReplay's.
Result<std::unique_ptr<SourceConnector>> OpenLetters(const program::Program& program, int source,
                                                     const RunOptions& options);

}  // namespace flow
