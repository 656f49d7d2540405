// StateWriter, reading records, writing folded runs and choosing them.
#include "runtime/checkpoint/state_record.h"

#include <algorithm>
#include <cstring>

#include "runtime/checkpoint/state_fold.h"

namespace flow {

namespace {

constexpr size_t kFrameBytes = 256 << 10;
constexpr size_t kRecordHeader = 1 + 2 + 4 + 4;
constexpr size_t kFanIn = 8;
constexpr int64_t kFirstTier = 64 << 10;

}  // namespace

void StateWriter::Add(StateOp op, uint16_t owner, std::string_view key, std::string_view value) {
  size_t size = kRecordHeader + key.size() + value.size();
  if (frames_.empty() || frames_.back().size() + size > kFrameBytes) {
    frames_.emplace_back();
    frames_.back().reserve(std::max(size, frames_.size() == 1 ? size_t{4096} : kFrameBytes));
  }
  std::string& frame = frames_.back();
  uint32_t key_size = static_cast<uint32_t>(key.size());
  uint32_t value_size = static_cast<uint32_t>(value.size());
  char header[kRecordHeader];
  header[0] = static_cast<char>(op);
  std::memcpy(header + 1, &owner, 2);
  std::memcpy(header + 3, &key_size, 4);
  std::memcpy(header + 7, &value_size, 4);
  frame.append(header, kRecordHeader);
  frame.append(key);
  frame.append(value);
  bytes_ += static_cast<int64_t>(size);
  ++records_;
}

void StateWriter::Clear() {
  frames_.clear();
  bytes_ = 0;
  records_ = 0;
}

Error CutShort() { return DataError("a record of state is cut short"); }

Status ForEachRecord(std::string_view frame, const std::function<Status(const StateRecord&)>& f) {
  size_t at = 0;
  StateRecord record;
  while (at < frame.size()) {
    if (!ReadRecord(frame, &at, &record)) return CutShort();
    FLOW_RETURN_IF_ERROR(f(record));
  }
  return OkStatus();
}

Result<StateSegment> WriteRun(Files* files, const std::string& root,
                              const std::vector<StateSegment>& segments, bool whole_state,
                              const std::string& file, const std::atomic<bool>* stop) {
  StateSegment run;
  run.sorted = true;
  run.info.file = file;
  run.first_epoch = segments.front().first_epoch;
  run.last_epoch = segments.back().last_epoch;
  FLOW_TRY(std::unique_ptr<OutputFile> output, files->Create(root + "/" + file));
  SegmentWriter writer(output.get());
  StateWriter records;
  auto flush = [&](bool all) -> Status {
    if (!all && records.frames().size() < 2) return OkStatus();
    for (const std::string& frame : records.frames()) FLOW_RETURN_IF_ERROR(writer.Frame(frame));
    run.records += records.records();
    records.Clear();
    return OkStatus();
  };
  FLOW_TRY(StateFold fold, StateFold::Open(files, root, segments, !whole_state, stop));
  while (const StateRecord* record = fold.Next()) {
    records.Add(*record);
    FLOW_RETURN_IF_ERROR(flush(false));
  }
  FLOW_RETURN_IF_ERROR(Status(fold.status()));
  FLOW_RETURN_IF_ERROR(flush(true));
  FLOW_RETURN_IF_ERROR(writer.Finish(&run.info));
  return run;
}

std::pair<size_t, size_t> ChooseFold(const std::vector<StateSegment>& segments) {
  auto tier = [](const StateSegment& segment) {
    int tier = 0;
    for (int64_t size = segment.info.size; size > kFirstTier;
         size /= static_cast<int64_t>(kFanIn)) {
      ++tier;
    }
    return tier;
  };
  // The newest segments of a tier and below it are folded when the tier is full.
  int highest = 0;
  for (const StateSegment& segment : segments) highest = std::max(highest, tier(segment));
  std::pair<size_t, size_t> chosen{0, 0};
  for (int t = 0; t <= highest; ++t) {
    size_t begin = segments.size();
    size_t full = 0;
    while (begin > 0 && tier(segments[begin - 1]) <= t) {
      --begin;
      full += tier(segments[begin]) == t ? 1 : 0;
    }
    if (full >= kFanIn) chosen = {begin, segments.size()};
  }
  return chosen;
}

}  // namespace flow
