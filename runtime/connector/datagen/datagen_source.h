// DATAGEN (...): records that are made on the spot, with what goes wrong in real logs.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// Options: see program::ReadDatagen. `source` must outlive it. Offsets count records. Records have
// log timestamps.
Result<std::unique_ptr<SourceConnector>> OpenDatagenSource(const program::Source& source);

}  // namespace flow
