// A source whose log is part of the program: the records of program::Source::log.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// `source`, which has a log, must outlive it. Offsets count records.
Result<std::unique_ptr<SourceConnector>> OpenMemorySource(const program::Source& source);

}  // namespace flow
