// GROUP BY over sessions, as a stream: one share of the keys.
//
// A session is *visible* when its row is part of the output: from its first row on, or from its
// close on (EMIT ON CLOSE). What happens to visible sessions is collected by tick: the row before
// the tick's first touch is kept, the row after is read at the tick's end. A session that went into
// another one has only the row before.
//
// Each session has one valid timer: its end, as far as it was known when the timer was set, then
// its end + lateness. Timers of sessions that have grown or are gone since are left where they are,
// and passed over.
//
// Invariant: a row that is not late finds the sessions that it connects, because these are dropped
// only when W has passed end + lateness, and no partition's own watermark, which has not passed the
// row's time + lateness, is behind W.
#pragma once

#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "runtime/operator/session_table.h"
#include "runtime/operator/stream_operator.h"

namespace flow {

class StreamSessions : public StreamOperator, private SessionListener {
 public:
  StreamSessions(const program::Aggregate* spec, MemoryAccount* account);

  void Process(const AggregateInput& in) override;
  void Merge(const PartialAggregate& partial, int owner, int owners) override;
  void EndTick(int64_t watermark, const Emit& emit) override;
  void TrackChanges() override { tracking_ = true; }
  void SaveChanges(StateSink* out) override;
  void Restore(int64_t watermark) override { closed_ = watermark; }
  Status Load(std::string_view key, std::string_view value) override;
  Status LoadNewestFirst(const Saved* records, size_t count) override;
  void KeepUntilLeft() override { keep_until_left_ = true; }
  void Leave(int64_t watermark, const Emit& emit) override;
  void EmitAll(const Emit& emit) override;
  const Status& status() const override { return status_; }
  void Evict(int64_t) override {}  // a session can only be found by looking at all of its key
  int64_t bytes() const override { return account_.used(); }
  bool changed() const override { return !removed_.empty() || sessions_.table().changed(); }
  int64_t unsaved_bytes() const override {
    return unsaved_ * (spec_->layout.entry_size + kSavedBytes);
  }
  int64_t groups() const override { return sessions_.table().size(); }
  int64_t cold_groups() const override { return 0; }
  int64_t updates() const override { return updates_; }

 private:
  struct Dirty {
    uint8_t* session;
    int32_t before;  // row of before_; -1: it was not visible
  };
  using Timer = std::pair<int64_t, uint8_t*>;
  using Timers = std::priority_queue<Timer, std::vector<Timer>, std::greater<>>;

  void Made(uint8_t* session) override;
  void Changing(uint8_t* session) override;
  void Moving(uint8_t* session) override;
  void Merging(uint8_t*) override { Flush(); }
  void Gone(uint8_t*) override {}  // erased when the tick ends

  bool Visible(int64_t end) const;
  void SetTimer(uint8_t* session, int64_t at);
  void Place(uint8_t* session);  // a session that was loaded
  void Forget(uint8_t* session);
  std::string SavedKey(const uint8_t* session) const;
  // Updates sessions with the rows that wait for it.
  void Flush();
  // Rows of `count` sessions into scratch_.
  void Finish(const uint8_t* const* sessions, size_t count);
  void EmitDirty();
  // Emits the rows of many sessions.
  void EmitSessions(const std::vector<uint8_t*>& sessions, int64_t weight);
  void Push(const Batch& from, int32_t row, int64_t weight);
  void PushAll();
  void Close(int64_t watermark);
  void Compact();

  const program::Aggregate* spec_;
  MemoryAccount account_;
  SessionTable sessions_;
  Status status_;
  Timers timers_;
  Timers leaving_;              // by end: they can change no more, and stay for RETAIN
  int64_t closed_ = INT64_MIN;  // sessions with end <= closed_ are closed
  bool keep_until_left_ = false;
  int64_t updates_ = 0;
  bool tracking_ = false;
  int64_t unsaved_ = 0;               // sessions
  std::vector<std::string> removed_;  // saved keys that are gone

  // Of the current call or tick.
  const program::AggregateKernels* kernels_ = nullptr;
  const AggregateInput* in_ = nullptr;
  int32_t waiting_ = 0;           // the first row of in_ that its session does not have yet
  std::vector<uint8_t*> joined_;  // by row of in_
  std::vector<Dirty> dirty_;
  Batch before_;
  Batch after_;  // what takes its place
  Batch scratch_;
  Batch out_;
  const Emit* emit_ = nullptr;
  std::vector<int> input_widths_;
  std::vector<FlowColumn> shifted_;
};

}  // namespace flow
