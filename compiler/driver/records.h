// Reading some records of a source or of a place that no file describes yet: for `flowc peek` and
// `flowc new --from`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/status.h"
#include "runtime/connector/connector.h"

namespace flow {

// A source of undecoded records: a file, folder or glob, or kafka://BROKERS/TOPIC. A name that ends
// in .csv (before .gz, .zst) is CSV, whose header is a record like others.
Result<program::Source> SourceOfPlace(const std::string& place);

// Calls `use` with morsels of at most `limit` records in all (< 0: all there are now), an equal
// share of each partition where there are several. `use` gives how many of the records count.
Status ReadSome(SourceConnector& connector, int64_t limit,
                const std::function<Result<int64_t>(const Morsel&)>& use);

}  // namespace flow
