// Reading a stretch of a topic from one end to the other: markers, keys, a record to compare.
#pragma once

#include <functional>
#include <memory>

#include "runtime/connector/connector.h"
#include "runtime/connector/kafka/kafka_reader.h"

namespace flow::kafka {

// Calls `each` with every committed record in [from, to) of a partition, in order; what it is given
// is valid during the call. Blocks; an external error if nothing comes for kScanPatienceMs.
Status Scan(const std::shared_ptr<Topic>& topic, int partition, int64_t from, int64_t to,
            const std::function<Status(const RawRecord&)>& each);

inline constexpr int64_t kScanPatienceMs = 10000;

}  // namespace flow::kafka
