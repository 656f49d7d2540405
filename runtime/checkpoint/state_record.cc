// StateWriter, reading records, and the fold of segments.
#include "runtime/checkpoint/state_record.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

namespace flow {

namespace {

constexpr size_t kFrameBytes = 256 << 10;
constexpr size_t kHeader = 1 + 2 + 4 + 4;
constexpr size_t kFanIn = 8;
constexpr int64_t kFirstTier = 64 << 10;

// Sorted records of one segment.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // The current record; null at the end.
  const StateRecord* current() const { return done_ ? nullptr : &record_; }
  virtual Status Advance() = 0;

 protected:
  StateRecord record_;
  bool done_ = false;
};

Result<size_t> ReadRecord(std::string_view frame, size_t at, StateRecord* record) {
  uint32_t key_size, value_size;
  if (frame.size() - at < kHeader) return DataError("a record of state is cut short");
  record->op = static_cast<StateOp>(frame[at]);
  std::memcpy(&record->owner, frame.data() + at + 1, 2);
  std::memcpy(&key_size, frame.data() + at + 3, 4);
  std::memcpy(&value_size, frame.data() + at + 7, 4);
  at += kHeader;
  if (record->op < StateOp::kPut || record->op > StateOp::kDrop ||
      frame.size() - at < static_cast<uint64_t>(key_size) + value_size) {
    return DataError("a record of state is cut short");
  }
  record->key = frame.substr(at, key_size);
  record->value = frame.substr(at + key_size, value_size);
  return at + key_size + value_size;
}

bool KeyLess(const StateRecord& a, const StateRecord& b) {
  if (a.owner != b.owner) return a.owner < b.owner;
  return a.key < b.key;
}
bool SameKey(const StateRecord& a, const StateRecord& b) {
  return a.owner == b.owner && a.key == b.key;
}

// A run: sorted in its file.
class RunCursor : public Cursor {
 public:
  explicit RunCursor(std::unique_ptr<SegmentReader> reader) : reader_(std::move(reader)) {}
  Status Advance() override {
    while (at_ >= frame_.size()) {
      FLOW_TRY(frame_, reader_->Next());
      at_ = 0;
      if (frame_.empty()) {
        done_ = true;
        return OkStatus();
      }
    }
    FLOW_TRY(at_, ReadRecord(frame_, at_, &record_));
    return OkStatus();
  }

 private:
  std::unique_ptr<SegmentReader> reader_;
  std::string_view frame_;
  size_t at_ = 0;
};

// A delta: read whole and sorted here.
class DeltaCursor : public Cursor {
 public:
  Status Load(SegmentReader* reader) {
    while (true) {
      FLOW_TRY(std::string_view frame, reader->Next());
      if (frame.empty()) break;
      frames_.push_back(std::make_unique<std::string>(frame));
      FLOW_RETURN_IF_ERROR(ForEachRecord(*frames_.back(), [&](const StateRecord& record) {
        records_.push_back(record);
        return OkStatus();
      }));
    }
    std::stable_sort(records_.begin(), records_.end(), KeyLess);
    // Of equal keys the last one counts. A drop is about earlier segments, never about these.
    size_t kept = 0;
    for (size_t i = 0; i < records_.size(); ++i) {
      bool drop = records_[i].op == StateOp::kDrop;
      if (kept > 0 && SameKey(records_[kept - 1], records_[i]) &&
          drop == (records_[kept - 1].op == StateOp::kDrop)) {
        records_[kept - 1] = records_[i];
      } else {
        records_[kept++] = records_[i];
      }
    }
    records_.resize(kept);
    return OkStatus();
  }
  Status Advance() override {
    if (next_ == records_.size()) {
      done_ = true;
    } else {
      record_ = records_[next_++];
    }
    return OkStatus();
  }

 private:
  std::vector<std::unique_ptr<std::string>> frames_;
  std::vector<StateRecord> records_;
  size_t next_ = 0;
};

// Prefixes that are gone, each with the newest segment that says so.
class Drops {
 public:
  void Add(const StateRecord& drop, size_t segment) {
    auto& newest = prefixes_[{drop.owner, std::string(drop.key)}];
    newest = std::max(newest, segment + 1);
    size_t length = drop.key.size();
    if (std::find(lengths_.begin(), lengths_.end(), length) == lengths_.end()) {
      lengths_.push_back(length);
    }
    last_.reset();
  }
  // Is a record of `segment` hidden?
  bool Hides(const StateRecord& record, size_t segment) {
    if (prefixes_.empty()) return false;
    // Keys come sorted: neighbours mostly share their prefixes.
    size_t longest = *std::max_element(lengths_.begin(), lengths_.end());
    std::string_view head = record.key.substr(0, longest);
    if (!last_ || last_->first != record.owner || last_->second != head) {
      last_ = {record.owner, std::string(head)};
      hidden_below_ = 0;
      for (size_t length : lengths_) {
        if (length > record.key.size()) continue;
        auto found = prefixes_.find({record.owner, std::string(record.key.substr(0, length))});
        if (found != prefixes_.end()) hidden_below_ = std::max(hidden_below_, found->second);
      }
    }
#ifdef FLOW_MUTANT_FOLD_KEEPS_HIDDEN
    return false;
#endif
    return segment + 1 < hidden_below_;
  }

 private:
  std::map<std::pair<uint16_t, std::string>, size_t> prefixes_;  // -> segment + 1
  std::vector<size_t> lengths_;
  std::optional<std::pair<uint16_t, std::string>> last_;
  size_t hidden_below_ = 0;
};

}  // namespace

void StateWriter::Add(StateOp op, uint16_t owner, std::string_view key, std::string_view value) {
  size_t size = kHeader + key.size() + value.size();
  if (frames_.empty() || frames_.back().size() + size > kFrameBytes) {
    frames_.emplace_back();
    frames_.back().reserve(std::max(size, frames_.size() == 1 ? size_t{4096} : kFrameBytes));
  }
  std::string& frame = frames_.back();
  uint32_t key_size = static_cast<uint32_t>(key.size());
  uint32_t value_size = static_cast<uint32_t>(value.size());
  char header[kHeader];
  header[0] = static_cast<char>(op);
  std::memcpy(header + 1, &owner, 2);
  std::memcpy(header + 3, &key_size, 4);
  std::memcpy(header + 7, &value_size, 4);
  frame.append(header, kHeader);
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

Status ForEachRecord(std::string_view frame, const std::function<Status(const StateRecord&)>& f) {
  size_t at = 0;
  StateRecord record;
  while (at < frame.size()) {
    FLOW_TRY(at, ReadRecord(frame, at, &record));
    FLOW_RETURN_IF_ERROR(f(record));
  }
  return OkStatus();
}

Status FoldSegments(Files* files, const std::string& root,
                    const std::vector<StateSegment>& segments, bool removed,
                    const std::function<Status(const StateRecord&)>& f) {
  std::vector<std::unique_ptr<Cursor>> cursors;
  for (const StateSegment& segment : segments) {
    FLOW_TRY(std::unique_ptr<SegmentReader> reader, SegmentReader::Open(files, root, segment.info));
    if (segment.sorted) {
      cursors.push_back(std::make_unique<RunCursor>(std::move(reader)));
    } else {
      auto delta = std::make_unique<DeltaCursor>();
      FLOW_RETURN_IF_ERROR(delta->Load(reader.get()));
      cursors.push_back(std::move(delta));
    }
    FLOW_RETURN_IF_ERROR(cursors.back()->Advance());
  }
  Drops drops;
  while (true) {
    // Few cursors: a scan beats a heap. Of equal keys the newest segment comes last here.
    size_t least = cursors.size();
    for (size_t i = 0; i < cursors.size(); ++i) {
      const StateRecord* record = cursors[i]->current();
      if (record == nullptr) continue;
      if (least == cursors.size() || KeyLess(*record, *cursors[least]->current())) least = i;
    }
    if (least == cursors.size()) return OkStatus();
    // A prefix sorts before what it hides, so every drop is known in time; the record of the same
    // key may be a drop and a value at once, in different segments.
    size_t newest = least;
    for (size_t i = least; i < cursors.size(); ++i) {
      const StateRecord* record = cursors[i]->current();
      if (record != nullptr && SameKey(*record, *cursors[least]->current())) newest = i;
    }
    const StateRecord key = *cursors[least]->current();
    const std::string key_bytes(key.key);
    StateRecord found;
    bool has_value = false;
    bool has_drop = false;
    std::string value;
    size_t value_segment = 0;
    for (size_t i = least; i <= newest; ++i) {
      while (cursors[i]->current() != nullptr && cursors[i]->current()->owner == key.owner &&
             cursors[i]->current()->key == key_bytes) {
        const StateRecord& record = *cursors[i]->current();
        if (record.op == StateOp::kDrop) {
          drops.Add({StateOp::kDrop, key.owner, key_bytes, {}}, i);
          has_drop = true;
          has_value = has_value && value_segment == i;  // it hides what is older
#ifdef FLOW_MUTANT_FOLD_OLDEST
        } else if (!has_value) {
#else
        } else if (!drops.Hides(record, i)) {
#endif
          found.op = record.op;
          value.assign(record.value);
          has_value = true;
          value_segment = i;
        }
        FLOW_RETURN_IF_ERROR(cursors[i]->Advance());
      }
    }
#ifdef FLOW_MUTANT_FOLD_LOSES_DROPS
    has_drop = false;
#endif
    if (has_drop && removed) {
      FLOW_RETURN_IF_ERROR(f({StateOp::kDrop, key.owner, key_bytes, {}}));
    }
#ifdef FLOW_MUTANT_FOLD_LOSES_REMOVES
    if (found.op == StateOp::kRemove) continue;
#endif
    if (has_value && (found.op == StateOp::kPut || removed)) {
      FLOW_RETURN_IF_ERROR(f({found.op, key.owner, key_bytes, value}));
    }
  }
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
  FLOW_RETURN_IF_ERROR(
      FoldSegments(files, root, segments, !whole_state, [&](const StateRecord& record) -> Status {
        if (stop != nullptr && stop->load(std::memory_order_relaxed)) {
          return InternalError("folding was stopped");
        }
        switch (record.op) {
          case StateOp::kPut:
            records.Put(record.owner, record.key, record.value);
            break;
          case StateOp::kRemove:
            records.Remove(record.owner, record.key);
            break;
          case StateOp::kDrop:
            records.Drop(record.owner, record.key);
            break;
        }
        return flush(false);
      }));
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
