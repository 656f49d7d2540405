// A source whose log is given: records in memory.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"
#include "runtime/program/log_record.h"

namespace flow {

// Reads `log` as the source's format says. Both must outlive it.
Result<std::unique_ptr<SourceConnector>> OpenMemorySource(const program::Source& source,
                                                          const program::Log& log);

}  // namespace flow
