// WriteSorted: places of records, sorted by owner and key.
#include "runtime/checkpoint/delta_sort.h"

#include <algorithm>
#include <cstring>

namespace flow {

namespace {

// A record by the place of its key in a frame, so that sorting takes little beside the frames.
using Record = const char*;

StateRecord RecordAt(Record key) {
  constexpr size_t kHeader = 1 + 2 + 4 + 4;  // op, owner, sizes of key and value
  StateRecord record;
  uint32_t key_size, value_size;
  record.op = static_cast<StateOp>(key[-static_cast<ptrdiff_t>(kHeader)]);
  std::memcpy(&record.owner, key - kHeader + 1, 2);
  std::memcpy(&key_size, key - kHeader + 3, 4);
  std::memcpy(&value_size, key - kHeader + 7, 4);
  record.key = {key, key_size};
  record.value = {key + key_size, value_size};
  return record;
}

bool Before(Record a, Record b) {
  const StateRecord x = RecordAt(a), y = RecordAt(b);
  return x.owner != y.owner ? x.owner < y.owner : x.key < y.key;
}

bool SameKey(Record a, Record b) { return !Before(a, b) && !Before(b, a); }

class RunWriter {
 public:
  explicit RunWriter(SegmentWriter* out) : out_(out) {}
  Status Add(const StateRecord& record) {
    ++records_;
    switch (record.op) {
      case StateOp::kPut:
        writer_.Put(record.owner, record.key, record.value);
        break;
      case StateOp::kRemove:
        writer_.Remove(record.owner, record.key);
        break;
      case StateOp::kDrop:
        writer_.Drop(record.owner, record.key);
        break;
    }
    return writer_.frames().size() > 1 ? Flush() : OkStatus();
  }
  Status Flush() {
    for (const std::string& frame : writer_.frames()) FLOW_RETURN_IF_ERROR(out_->Frame(frame));
    writer_.Clear();
    return OkStatus();
  }
  int64_t records() const { return records_; }

 private:
  SegmentWriter* out_;
  StateWriter writer_;
  int64_t records_ = 0;
};

}  // namespace

Result<int64_t> WriteSorted(const std::vector<StateWriter>& deltas, SegmentWriter* out) {
  std::vector<Record> places;
  size_t count = 0;
  for (const StateWriter& delta : deltas) count += static_cast<size_t>(delta.records());
  places.reserve(count);
  for (const StateWriter& delta : deltas) {
    for (const std::string& frame : delta.frames()) {
      FLOW_RETURN_IF_ERROR(ForEachRecord(frame, [&](const StateRecord& record) {
        places.push_back(record.key.data());
        return OkStatus();
      }));
    }
  }
  std::stable_sort(places.begin(), places.end(), Before);
  RunWriter writer(out);
  for (size_t begin = 0; begin < places.size();) {
    size_t end = begin + 1;
    while (end < places.size() && SameKey(places[begin], places[end])) ++end;
    // A drop is about earlier segments, never about these: it is told beside what comes last.
    Record drop = nullptr, last = nullptr;
    for (size_t i = begin; i < end; ++i) {
      (RecordAt(places[i]).op == StateOp::kDrop ? drop : last) = places[i];
    }
    if (drop != nullptr) FLOW_RETURN_IF_ERROR(writer.Add(RecordAt(drop)));
    if (last != nullptr) FLOW_RETURN_IF_ERROR(writer.Add(RecordAt(last)));
    begin = end;
  }
  FLOW_RETURN_IF_ERROR(writer.Flush());
  return writer.records();
}

}  // namespace flow
