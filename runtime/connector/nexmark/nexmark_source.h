// NEXMARK (...): the events of the NEXMark benchmark, made on the spot.
#pragma once

#include <memory>

#include "runtime/connector/connector.h"

namespace flow {

// Options: events (none: endless), rate, partitions, seed, base_time, and the ratios of
// nexmark::Config. Columns are found by their paths: event_type, dateTime, person.*, auction.*,
// bid.*. `source` must outlive it. Offsets count events.
Result<std::unique_ptr<SourceConnector>> OpenNexmarkSource(const program::Source& source);

}  // namespace flow
