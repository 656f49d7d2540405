// ShedReader: readers of what lies between the ranges, one after the other.
#include "runtime/exec/shed_reader.h"

#include <algorithm>

namespace flow {

Result<std::unique_ptr<ShedReader>> ShedReader::Open(SourceConnector* connector, int partition,
                                                     int64_t from, int64_t to, Ranges ranges) {
  std::unique_ptr<ShedReader> reader(
      new ShedReader(connector, partition, from, to, std::move(ranges)));
  // Those before `from` have been counted by who read up to there.
  while (reader->next_range_ < reader->ranges_.size() &&
         reader->ranges_[reader->next_range_].second <= from) {
    ++reader->next_range_;
  }
  FLOW_RETURN_IF_ERROR(reader->Reopen());
  return reader;
}

Status ShedReader::Reopen() {
  last_ = last_record();
  inner_.reset();
#ifndef FLOW_MUTANT_SHED_IGNORED
  while (next_range_ < ranges_.size() && ranges_[next_range_].first <= next_offset_) {
    int64_t end = ranges_[next_range_++].second;
    if (to_ >= 0) end = std::min(end, to_);
    shed_ += std::max<int64_t>(0, end - next_offset_);
    next_offset_ = std::max(next_offset_, end);
  }
#endif
  if (Finished()) return OkStatus();
  int64_t until = to_;
#ifndef FLOW_MUTANT_SHED_IGNORED
  if (next_range_ < ranges_.size() && (to_ < 0 || ranges_[next_range_].first < to_)) {
    until = ranges_[next_range_].first;
  }
#endif
  FLOW_TRY(inner_, connector_->Open(partition_, next_offset_, until));
  return OkStatus();
}

Result<ReadState> ShedReader::Read(int64_t max_records, int64_t max_bytes, Morsel* out) {
  while (inner_ != nullptr) {
    FLOW_TRY(const ReadState state, inner_->Read(max_records, max_bytes, out));
    next_offset_ = std::max(next_offset_, inner_->next_offset());
    if (state != ReadState::kEnd) return state;
    const bool before_range =
        next_range_ < ranges_.size() && (to_ < 0 || ranges_[next_range_].first < to_);
    if (!before_range) return state;
    // Offsets before the range that no record has are passed.
    next_offset_ = std::max(next_offset_, ranges_[next_range_].first);
    FLOW_RETURN_IF_ERROR(Reopen());
  }
  out->partition = partition_;
  out->Clear();
  out->begin_offset = out->next_offset = next_offset_;
  return ReadState::kEnd;
}

int64_t ShedReader::lag() const {
  if (inner_ == nullptr) return 0;
  return to_ >= 0 ? std::max<int64_t>(0, to_ - next_offset_) : inner_->lag();
}

std::optional<RecordFingerprint> ShedReader::last_record() const {
  if (inner_ != nullptr) {
    if (auto last = inner_->last_record()) return last;
  }
  return last_;
}

Status ShedReader::ShedTo(int64_t offset) {
  if (offset <= next_offset_) return OkStatus();
  shed_ += offset - next_offset_;
  next_offset_ = offset;
  return Reopen();
}

}  // namespace flow
