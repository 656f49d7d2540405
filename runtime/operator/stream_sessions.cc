// StreamSessions: see the header for the states of a session.
#include "runtime/operator/stream_sessions.h"

#include <algorithm>

#include "runtime/operator/entry_codec.h"
#include "runtime/operator/rows.h"
#include "runtime/operator/table_key.h"
#include "runtime/time/windows.h"

namespace flow {

using program::AggregateKernels;

StreamSessions::StreamSessions(const program::Aggregate* spec, MemoryAccount* account)
    : spec_(spec), account_("aggregate " + spec->name, account), sessions_(spec, &account_) {
  input_widths_ = AggregateInputWidths(*spec);
  before_.Reset(spec->output, 64);
  after_.Reset(spec->output, 64);
  scratch_.Reset(spec->output, kBatchRows);
  out_.Reset(spec->output, kBatchRows);
}

bool StreamSessions::Visible(int64_t end) const {
  return !spec_->on_close || Passed(closed_, end, 0);
}

void StreamSessions::SetTimer(uint8_t* session, int64_t at) {
  sessions_.set_timer(session, at);
  timers_.push({at, session});
}

std::string StreamSessions::SavedKey(const uint8_t* session) const {
  std::string key = WindowPrefix(0);
  AppendEntryKey(*spec_, session, &key);
  return key;
}

void StreamSessions::Made(uint8_t* session) {
  GroupTable::Touch(session);
  dirty_.push_back({session, -1});
  if (tracking_ && sessions_.table().MarkChanged(session)) ++unsaved_;
  SetTimer(session, sessions_.end(session));
}

void StreamSessions::Changing(uint8_t* session) {
  if (tracking_ && sessions_.table().MarkChanged(session)) ++unsaved_;
  if (!GroupTable::Touch(session)) return;
  dirty_.push_back({session, -1});
  if (!Visible(sessions_.end(session))) return;
  dirty_.back().before = before_.rows;
  Finish(&session, 1);
  before_.AppendRow(scratch_, 0);
}

void StreamSessions::Moving(uint8_t* session) {
  if (tracking_) removed_.push_back(SavedKey(session));
}

void StreamSessions::Flush() {
  if (in_ == nullptr) return;
  const int32_t end = static_cast<int32_t>(joined_.size());
  if (waiting_ == end) return;
  ShiftColumns(in_->columns, input_widths_, waiting_, &shifted_);
  kernels_->update(kernels_->self, &joined_[static_cast<size_t>(waiting_)], shifted_.data(),
                   nullptr, end - waiting_, sessions_.table().arena().abi());
  waiting_ = end;
}

void StreamSessions::Process(const AggregateInput& in) {
  kernels_ = spec_->kernels->Load();
  in_ = &in;
  waiting_ = 0;
  joined_.clear();
  for (int32_t row = 0; row < in.rows; ++row) {
    const int64_t time = in.window[row] + spec_->window->size;
    joined_.push_back(sessions_.Join(*kernels_, in.columns, row, time, in.hash[row], this));
  }
  Flush();
  in_ = nullptr;
  updates_ += in.rows;
  spec_->kernels->CountRows(kernels_->tier, in.rows);
}

void StreamSessions::Merge(const PartialAggregate& partial, int owner, int owners) {
  kernels_ = spec_->kernels->Load();
  partial.sessions()->table().ForEach([&](const uint8_t* session) {
    if (KeyPartition(EntryHash(session), owners) == owner) sessions_.Add(*kernels_, session, this);
  });
}

void StreamSessions::Finish(const uint8_t* const* sessions, size_t count) {
  FinishSessions(*spec_->kernels->Load(), sessions_, sessions, count, &scratch_);
}

void StreamSessions::Push(const Batch& from, int32_t row, int64_t weight) {
  out_.AppendRow(from, row);
  out_.weights.resize(static_cast<size_t>(out_.rows), 1);
  out_.weights.back() = weight;
  if (out_.rows >= kBatchRows) PushAll();
}

void StreamSessions::PushAll() {
  if (out_.rows == 0) return;
  (*emit_)(out_);
  out_.Clear();
}

void StreamSessions::EmitDirty() {
  for (const Dirty& dirty : dirty_) {
    GroupTable::Untouch(dirty.session);
    const bool gone = sessions_.gone(dirty.session);
    const bool shown = !gone && Visible(sessions_.end(dirty.session));
    if (shown) Finish(&dirty.session, 1);
    if (shown && dirty.before >= 0 && RowsEqual(before_, dirty.before, scratch_, 0)) continue;
#ifndef FLOW_MUTANT_SESSION_STAYS
    if (dirty.before >= 0) Push(before_, dirty.before, -1);
#endif
#ifdef FLOW_MUTANT_MERGED_BEFORE_TAKEN_BACK
    if (shown) Push(scratch_, 0, 1);
#else
    if (shown) after_.AppendRow(scratch_, 0);
#endif
    if (gone) {
      sessions_.Erase(dirty.session);
      continue;
    }
    // One that was closed and has grown waits for its new end, not for the lateness of the old one.
    const int64_t end = sessions_.end(dirty.session);
    if (!shown && sessions_.timer(dirty.session) > end) SetTimer(dirty.session, end);
  }
  // All that is taken back comes before all that is new: one that others went into may have begun
  // where one of them did, and so have its key.
  for (int32_t row = 0; row < after_.rows; ++row) Push(after_, row, 1);
  dirty_.clear();
  before_.Clear();
  after_.Clear();
}

void StreamSessions::EmitSessions(const std::vector<uint8_t*>& sessions, int64_t weight) {
  for (size_t i = 0; i < sessions.size(); i += kBatchRows) {
    const size_t count = std::min<size_t>(kBatchRows, sessions.size() - i);
    Finish(&sessions[i], count);
    for (int32_t row = 0; row < scratch_.rows; ++row) Push(scratch_, row, weight);
  }
}

void StreamSessions::Forget(uint8_t* session) {
  if (tracking_) removed_.push_back(SavedKey(session));
  sessions_.Erase(session);
}

void StreamSessions::Close(int64_t watermark) {
  std::vector<uint8_t*> closing, due;
  while (!timers_.empty() && Passed(watermark, timers_.top().first, 0)) {
    auto [at, session] = timers_.top();
    timers_.pop();
    if (sessions_.timer(session) != at) continue;
    const int64_t end = sessions_.end(session);
    if (!Passed(watermark, end, 0)) {
      SetTimer(session, end);
      continue;
    }
    sessions_.set_timer(session, kMinTime);
    if (!Visible(end)) closing.push_back(session);
    due.push_back(session);
  }
  EmitSessions(closing, 1);
  for (uint8_t* session : due) {
    const int64_t end = sessions_.end(session);
#ifdef FLOW_MUTANT_SESSION_FREED_AT_CLOSE
    const bool final = true;
#else
    const bool final = Passed(watermark, end, spec_->state_lateness);
#endif
    if (!final) {
      SetTimer(session, SaturatingAdd(end, spec_->state_lateness));
    } else if (keep_until_left_) {
      leaving_.push({end, session});
    } else {
      Forget(session);
    }
  }
  closed_ = std::max(closed_, watermark);
}

void StreamSessions::Compact() {
  sessions_.Compact();
  timers_ = {};
  leaving_ = {};
  sessions_.table().ForEach([&](uint8_t* session) {
    const int64_t at = sessions_.timer(session);
    at == kMinTime ? leaving_.push({sessions_.end(session), session}) : timers_.push({at, session});
  });
}

void StreamSessions::EndTick(int64_t watermark, const Emit& emit) {
  emit_ = &emit;
  EmitDirty();
  if (watermark != kMinTime) Close(watermark);
  PushAll();
  emit_ = nullptr;
  if (sessions_.WantsCompact()) Compact();
}

void StreamSessions::Leave(int64_t watermark, const Emit& emit) {
  emit_ = &emit;
  std::vector<uint8_t*> left;
  while (!leaving_.empty() && watermark != kMinTime &&
         Passed(watermark, leaving_.top().first - 1, *spec_->retain)) {
    left.push_back(leaving_.top().second);
    leaving_.pop();
  }
  EmitSessions(left, -1);
  for (uint8_t* session : left) Forget(session);
  PushAll();
  emit_ = nullptr;
}

void StreamSessions::EmitAll(const Emit& emit) {
  emit_ = &emit;
  std::vector<uint8_t*> visible;
  sessions_.table().ForEach([&](uint8_t* session) {
    if (Visible(sessions_.end(session))) visible.push_back(session);
  });
  EmitSessions(visible, 1);
  PushAll();
  emit_ = nullptr;
}

void StreamSessions::SaveChanges(StateSink* out) {
#ifndef FLOW_MUTANT_SESSION_KEYS_NOT_REMOVED
  for (const std::string& key : removed_) out->Remove(key);
#endif
  removed_.clear();
  unsaved_ = 0;
  std::string value;
  sessions_.table().TakeChanged([&](const uint8_t* session) {
    value.clear();
    AppendEntryValue(*spec_, session, &value);
    out->Put(SavedKey(session), value);
  });
}

void StreamSessions::Place(uint8_t* session) { SetTimer(session, sessions_.end(session)); }

Status StreamSessions::Load(std::string_view key, std::string_view value) {
  const Saved record{0, key, value};
  return LoadNewestFirst(&record, 1);
}

Status StreamSessions::LoadNewestFirst(const Saved* records, size_t count) {
  GroupTable& table = sessions_.table();
  for (size_t i = 0; i < count; ++i) {
    std::optional<TableKey> at = ParseTableKey(records[i].key);
    if (!at || at->slice || records[i].key.size() < at->size + kEntryHashBytes) {
      return DataError("damaged state: a key of " + spec_->name + " can not be read");
    }
    const std::string_view key = records[i].key.substr(at->size);
    uint8_t* session = table.InsertSaved(EntryKeyHash(key), key);
    if (session == nullptr) continue;
    FLOW_RETURN_IF_ERROR(ReadEntry(*spec_, key, records[i].value, session, &table.arena(session)));
    Place(session);
  }
  return OkStatus();
}

}  // namespace flow
