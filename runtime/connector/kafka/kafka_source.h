// FROM KAFKA (brokers = ..., topic = ...).
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// Reads with offsets of its own, committed records only, and never jumps: a range that is gone is
// an error. `source` must outlive it.
Result<std::unique_ptr<SourceConnector>> OpenKafkaSource(const program::Source& source);

}  // namespace flow
