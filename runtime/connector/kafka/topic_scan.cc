// Gives Scan.
#include "runtime/connector/kafka/topic_scan.h"

#include <chrono>
#include <thread>

namespace flow::kafka {

Status Scan(const std::shared_ptr<Topic>& topic, int partition, int64_t from, int64_t to,
            const std::function<Status(const RawRecord&)>& each) {
  FLOW_TRY(const std::unique_ptr<Reader> reader, Reader::Open(topic, partition, from, to));
  int64_t moved_ms = SteadyMillis();
  int64_t position = from;
  for (;;) {
    Morsel morsel;
    FLOW_TRY(const ReadState state, reader->Read(10000, int64_t{4} << 20, &morsel));
    for (const RawRecord& record : morsel.records) FLOW_RETURN_IF_ERROR(each(record));
    if (state == ReadState::kEnd) return OkStatus();
    if (reader->next_offset() != position) {
      position = reader->next_offset();
      moved_ms = SteadyMillis();
      continue;
    }
    if (SteadyMillis() - moved_ms > kScanPatienceMs) {
      return ExternalError(topic->questions().who() + ": topic " + topic->name() +
                           ": no answer at offset " + std::to_string(position) + " of " +
                           std::to_string(to));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace flow::kafka
