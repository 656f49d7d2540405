// What a live stream decides by the wall clock, between ticks, and writes down: who is out of the
// watermark, from when on it is back in, and what is left out under overload. docs/semantics.md.
#include <algorithm>

#include "runtime/exec/stream_job.h"
#include "runtime/time/windows.h"

namespace flow {

void StreamJob::ComeBack(PartitionState* partition, int64_t offset) {
  partition->out = false;
  int64_t event_time = come_back_[static_cast<size_t>(partition->source)];
  if (event_time == kMinTime) return;
  partition->raises.emplace_back(offset, event_time);
  Decision decision;
  decision.kind = Decision::Kind::kBack;
  decision.partition = {program_.sources[static_cast<size_t>(partition->source)].name,
                        partition->partition};
  decision.offset = offset;
  decision.event_time = event_time;
  std::lock_guard lock(decisions_mutex_);
  new_decisions_.push_back(std::move(decision));
}

void StreamJob::CountShed(PartitionState* partition, Worker* worker) {
  const int64_t shed = partition->reader->TakeShed();
  if (shed == 0) return;
  // Counted and passed: an epoch has both.
  partition->next_offset = std::max(partition->next_offset, partition->reader->next_offset());
  SourceLedger& ledger = worker->counts.sources[static_cast<size_t>(partition->source)];
  ledger.read += shed;
  ledger.shed += shed;
}

// Up to where; -1: nothing.
Result<int64_t> StreamJob::ShedEnd(size_t index) {
  PartitionState* partition = sources_->partitions()[index].get();
  if (options_.schedule.shed) {
    const int64_t records = options_.schedule.shed(static_cast<int>(index), ticks_);
    if (records == 0) return int64_t{-1};
    FLOW_TRY(auto reader, sources_->OpenReader(*partition, partition->next_offset, partition->to));
    Morsel skipped;
    FLOW_TRY(const ReadState state, reader->Read(records, kMorselBytes, &skipped));
    return state == ReadState::kData ? skipped.next_offset : -1;
  }
  const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
  if (source.overload != program::Overload::kShed || bounded_) return int64_t{-1};
  const int64_t now = NowUs();
  const int64_t lag = partition->reader->lag();
  auto look_again = [&](int64_t end) {
    partition->seen_end = end;
    partition->seen_end_us = now;
  };
  if (partition->next_offset >= partition->seen_end) {
    look_again(lag < 0 ? -1 : partition->next_offset + lag);
    return int64_t{-1};
  }
  if (now - partition->seen_end_us <= source.shed_after) return int64_t{-1};
  Result<int64_t> end = sources_->connector(partition->source).End(partition->partition);
  look_again(-1);
  // Brokers that are away are the readers' to judge.
  return end.ok() ? end : Result<int64_t>(int64_t{-1});
}

Status StreamJob::Shed(size_t index) {
  PartitionState* partition = sources_->partitions()[index].get();
  // One that is out comes in with a record that is read: it is its event time that counts.
  if (partition->out || partition->ended) return OkStatus();
  FLOW_TRY(const int64_t end, ShedEnd(index));
  // Offsets that no record has may have been passed since the last record.
  partition->next_offset = std::max(partition->next_offset, partition->reader->next_offset());
  if (end <= partition->next_offset) return OkStatus();
  const int64_t begin = partition->next_offset;
  const std::string& name = program_.sources[static_cast<size_t>(partition->source)].name;
  Decision decision;
  decision.kind = Decision::Kind::kShed;
  decision.partition = {name, partition->partition};
  decision.offset = begin;
  decision.end = end;
  new_decisions_.push_back(std::move(decision));
  FLOW_RETURN_IF_ERROR(partition->reader->ShedTo(end));
  CountShed(partition, workers_[0].get());
  if (options_.on_notice && !options_.schedule.shed) {
    options_.on_notice("overload: source " + name + " partition " + partition->name +
                       " leaves out the offsets from " + std::to_string(begin) + " to before " +
                       std::to_string(end));
  }
  partition->next_offset = end;
  return OkStatus();
}

Status StreamJob::Decide() {
  if (decides_) {
    for (size_t i = 0; i < sources_->partitions().size(); ++i) FLOW_RETURN_IF_ERROR(Shed(i));
    int64_t now = NowUs();
    for (size_t i = 0; i < sources_->partitions().size(); ++i) {
      PartitionState* partition = sources_->partitions()[i].get();
      const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
      if (!source.idle || partition->out || partition->ended) continue;
      bool silent = options_.schedule.silent ? options_.schedule.silent(static_cast<int>(i), ticks_)
                                             : partition->silent_since_us != 0 &&
                                                   now - partition->silent_since_us >= *source.idle;
      if (!silent) continue;
      partition->out = true;
      Decision decision;
      decision.kind = Decision::Kind::kOut;
      decision.partition = {source.name, partition->partition};
      decision.cut = sources_->Offsets();
      new_decisions_.push_back(std::move(decision));
    }
  }
  for (const Decision& decision : new_decisions_) {
    if (epochs_ != nullptr) decided_.push_back(DecisionJson(decision));
    if (decision_file_.is_open()) decision_file_ << DecisionJson(decision) << '\n';
  }
  if (!new_decisions_.empty() && decision_file_.is_open() && !decision_file_.flush()) {
    return ExternalError("can not write the decision log " + options_.decisions);
  }
  new_decisions_.clear();
  return OkStatus();
}

}  // namespace flow
