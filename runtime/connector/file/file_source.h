// FILE (path = ...): JSON lines and CSV from files and standard input.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// Options: path, partitions = 'file' (each file is a partition; else all are one, in name order),
// compression, max_record_bytes.
Result<std::unique_ptr<SourceConnector>> OpenFileSource(const program::Source& source);

}  // namespace flow
