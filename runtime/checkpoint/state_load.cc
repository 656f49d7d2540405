// LoadSegments.
#include "runtime/checkpoint/state_load.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <unordered_set>
#include <utility>

#include "runtime/checkpoint/state_drops.h"

namespace flow {

namespace {

constexpr size_t kBatch = 1024;  // records handed to a target

class Loader {
 public:
  Loader(const LoadWorkers& workers, StateTarget* target)
      : workers_(workers), target_(target), rest_(&drops_) {
    for (int w = 0; w < workers.count; ++w) takers_.push_back(std::make_unique<Taker>(&drops_));
  }

  Status Load(Files* files, const std::string& root, const std::vector<StateSegment>& segments) {
    for (const StateSegment& segment : segments) {
      FLOW_TRY(std::unique_ptr<SegmentFrames> frames,
               SegmentFrames::Open(files, root, segment.info));
      segments_.push_back(std::move(frames));
    }
    // In a delta a later record replaces an earlier one, so that is read backwards too.
    size_t bytes = 0;
    for (size_t left = segments_.size(); left-- > 0;) {
#ifdef FLOW_MUTANT_LOAD_OLDEST
      const size_t s = segments_.size() - 1 - left;
#else
      const size_t s = left;
#endif
      for (size_t f = segments_[s]->count(); f-- > 0;) {
        const size_t size = segments_[s]->size(f);
        if (bytes > 0 && bytes + size > workers_.round_bytes) {
          FLOW_RETURN_IF_ERROR(Round(bytes));
          bytes = 0;
        }
        AddFrame(s, f, bytes);
        bytes += size;
      }
    }
    if (bytes > 0) FLOW_RETURN_IF_ERROR(Round(bytes));
    for (const auto& [key, value] : values_) {
      FLOW_RETURN_IF_ERROR(target_->LoadRest({0, key.first, key.second, value}));
    }
    return OkStatus();
  }

 private:
  // A record of a frame, from its header on.
  struct Ref {
    uint64_t hash;
    const char* record;
  };
  struct Frame {
    size_t segment = 0, frame = 0;
    size_t at = 0;                         // in memory_
    std::vector<std::vector<Ref>> shares;  // by worker, as they stand in the frame
    std::vector<Ref> rest, drops;
    Status status;
  };
  // Keys that are gone, whatever older segments say.
  class Removed {
   public:
    void Add(const StateRecord& record) { keys_.insert(Key(record)); }
    bool Has(const StateRecord& record) const {
      return !keys_.empty() && keys_.contains(Key(record));
    }

   private:
    static std::string Key(const StateRecord& record) {
      std::string key(reinterpret_cast<const char*>(&record.owner), sizeof record.owner);
      return key.append(record.key);
    }
    std::unordered_set<std::string> keys_;
  };
  // What a thread needs to take records.
  struct Taker {
    explicit Taker(const StateDrops* drops) : asker(drops) {}
    StateDrops::Asker asker;
    Removed removed;
    std::vector<LoadedRecord> batch;
    Status status;
  };

  void AddFrame(size_t segment, size_t frame, size_t at) {
    if (frames_ == round_.size()) round_.emplace_back().shares.resize(takers_.size());
    Frame& added = round_[frames_++];
    added.segment = segment;
    added.frame = frame;
    added.at = at;
  }

  StateRecord RecordAt(const Frame& frame, const Ref& ref) const {
    const char* end = memory_.get() + frame.at + segments_[frame.segment]->size(frame.frame);
    StateRecord record;
    size_t at = 0;
    ReadRecord({ref.record, static_cast<size_t>(end - ref.record)}, &at, &record);
    return record;
  }

  Status Round(size_t bytes) {
    if (bytes > memory_bytes_) {
      memory_ = std::make_unique_for_overwrite<char[]>(bytes);
      memory_bytes_ = bytes;
    }
    next_.store(0);
    workers_.run([&](int) {
      for (size_t f = next_++; f < frames_; f = next_++) {
        round_[f].status = ReadFrame(&round_[f]);
      }
    });
    for (size_t f = 0; f < frames_; ++f) {
      FLOW_RETURN_IF_ERROR(std::move(round_[f].status));
      for (const Ref& ref : round_[f].drops) {
        const StateRecord record = RecordAt(round_[f], ref);
        drops_.Add(record.owner, record.key, round_[f].segment);
      }
    }
    workers_.run([&](int worker) {
      Taker& taker = *takers_[static_cast<size_t>(worker)];
      taker.status = Take(worker, &taker);
    });
    for (auto& taker : takers_) FLOW_RETURN_IF_ERROR(std::move(taker->status));
    TakeRest();
    frames_ = 0;
    return OkStatus();
  }

  Status ReadFrame(Frame* frame) {
    for (auto& share : frame->shares) share.clear();
    frame->rest.clear();
    frame->drops.clear();
    const SegmentFrames& segment = *segments_[frame->segment];
    char* to = memory_.get() + frame->at;
    FLOW_RETURN_IF_ERROR(segment.Read(frame->frame, to));
    const std::string_view bytes(to, segment.size(frame->frame));
    StateRecord record;
    for (size_t at = 0; at < bytes.size();) {
      Ref ref{0, to + at};
      if (!ReadRecord(bytes, &at, &record)) return CutShort();
      if (record.op == StateOp::kDrop) {
        frame->drops.push_back(ref);
        continue;
      }
      FLOW_TRY(int worker, target_->Route(record.owner, record.key, &ref.hash));
      if (worker >= 0) frame->shares[static_cast<size_t>(worker)].push_back(ref);
      if (worker == StateTarget::kRest) frame->rest.push_back(ref);
    }
    return OkStatus();
  }

  // Does a put count, as far as removes and drops say? Remembers removes.
  static bool Counts(const StateRecord& record, size_t segment, Taker* taker) {
#ifndef FLOW_MUTANT_LOAD_KEEPS_HIDDEN
    if (taker->asker.Hides(record.owner, record.key, segment)) return false;
#endif
    if (record.op == StateOp::kRemove) {
#ifndef FLOW_MUTANT_LOAD_LOSES_REMOVES
      taker->removed.Add(record);
#endif
      return false;
    }
    return !taker->removed.Has(record);
  }

  Status Take(int worker, Taker* taker) {
    std::vector<LoadedRecord>& batch = taker->batch;
    auto flush = [&] {
      Status status = target_->Load(worker, batch.data(), batch.size());
      batch.clear();
      return status;
    };
    for (size_t f = 0; f < frames_; ++f) {
      const std::vector<Ref>& refs = round_[f].shares[static_cast<size_t>(worker)];
      for (size_t i = refs.size(); i-- > 0;) {
        const StateRecord record = RecordAt(round_[f], refs[i]);
        if (!Counts(record, round_[f].segment, taker)) continue;
        batch.push_back({refs[i].hash, record.owner, record.key, record.value});
        if (batch.size() == kBatch) FLOW_RETURN_IF_ERROR(flush());
      }
    }
    return batch.empty() ? OkStatus() : flush();
  }

  void TakeRest() {
    for (size_t f = 0; f < frames_; ++f) {
      const std::vector<Ref>& refs = round_[f].rest;
      for (size_t i = refs.size(); i-- > 0;) {
        const StateRecord record = RecordAt(round_[f], refs[i]);
        if (!Counts(record, round_[f].segment, &rest_)) continue;
        values_.try_emplace({record.owner, std::string(record.key)}, record.value);
      }
    }
  }

  const LoadWorkers& workers_;
  StateTarget* target_;
  std::vector<std::unique_ptr<SegmentFrames>> segments_;
  StateDrops drops_;
  std::vector<std::unique_ptr<Taker>> takers_;  // by worker
  Taker rest_;
  std::map<std::pair<uint16_t, std::string>, std::string> values_;  // of the rest

  // The current round, newest first; of round_ the first frames_.
  std::vector<Frame> round_;
  size_t frames_ = 0;
  std::atomic<size_t> next_{0};
  std::unique_ptr<char[]> memory_;
  size_t memory_bytes_ = 0;
};

}  // namespace

Status LoadSegments(Files* files, const std::string& root,
                    const std::vector<StateSegment>& segments, const LoadWorkers& workers,
                    StateTarget* target) {
  return Loader(workers, target).Load(files, root, segments);
}

}  // namespace flow
