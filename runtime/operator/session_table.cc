// SessionTable and FinishSessions.
#include "runtime/operator/session_table.h"

#include <algorithm>

#include "runtime/operator/entry_codec.h"
#include "runtime/operator/rows.h"

namespace flow {

using program::AggregateKernels;

bool SessionTable::owns_strings() const {
  for (const program::Cell& key : spec_->layout.keys) {
    if (key.type.is_variable()) return true;
  }
  return AccumulatorsUseArena(*spec_);
}

void SessionTable::Begin(uint8_t* session, int64_t start, int64_t end) const {
  Set(session, 0, start);
  Set(session, 8, end);
  set_timer(session, kMinTime);
}

uint8_t* SessionTable::Connect(const AggregateKernels& kernels, int64_t start, int64_t end,
                               SessionListener* listener) {
  uint8_t* into = nullptr;
  for (uint8_t* session : found_) {
    // An event exactly the gap after the last begins a new session.
    if (this->start(session) >= end || start >= this->end(session)) continue;
#ifdef FLOW_MUTANT_SESSION_NOT_BRIDGED
    if (into != nullptr) break;
#endif
    listener->Changing(session);
    if (into == nullptr) {
      into = session;
      continue;
    }
    if (this->start(session) < this->start(into)) {
      listener->Moving(into);
      Set(into, 0, this->start(session));
    }
    Set(into, 8, std::max(this->end(into), this->end(session)));
    listener->Moving(session);
    listener->Merging(session);
    kernels.merge(kernels.self, into, session, table_.arena(into).abi());
    Begin(session, kMinTime, kMinTime);
    listener->Gone(session);
  }
  if (into == nullptr) return nullptr;
  if (start < this->start(into)) {
    listener->Moving(into);
    Set(into, 0, start);
  }
  Set(into, 8, std::max(this->end(into), end));
  return into;
}

uint8_t* SessionTable::Join(const AggregateKernels& kernels, const FlowColumn* in, int32_t row,
                            int64_t time, uint64_t hash, SessionListener* listener) {
  const int64_t end = SaturatingAdd(time, gap_);
  found_.clear();
  table_.FindAll(kernels, in, row, hash, &found_);
  if (uint8_t* session = Connect(kernels, time, end, listener)) return session;
  uint8_t* session = table_.InsertNew(hash);
  kernels.insert(kernels.self, session, in, row, table_.arena(session).abi());
  Begin(session, time, end);
  listener->Made(session);
  return session;
}

uint8_t* SessionTable::Add(const AggregateKernels& kernels, const uint8_t* from,
                           SessionListener* listener) {
  found_.clear();
  table_.FindAllEntries(kernels, from, &found_);
  uint8_t* session = Connect(kernels, start(from), end(from), listener);
  if (session == nullptr) {
    session = table_.InsertNew(EntryHash(from));
    kernels.insert_entry(kernels.self, session, from, table_.arena(session).abi());
    Begin(session, start(from), end(from));
    listener->Made(session);
  }
  kernels.merge(kernels.self, session, from, table_.arena(session).abi());
  return session;
}

void SessionTable::Erase(uint8_t* session) {
  set_timer(session, kMinTime);
  table_.Erase(session);
  ++erased_;
}

void FinishSessions(const AggregateKernels& kernels, const SessionTable& table,
                    const uint8_t* const* sessions, size_t count, Batch* out) {
  out->Clear();
  out->rows = static_cast<int32_t>(count);
  kernels.finish(kernels.self, sessions, out->rows, out->columns(), out->arena().abi());
  const int32_t start = out->column_count() - 2;
  for (size_t i = 0; i < count; ++i) {
    out->values<int64_t>(start)[i] = table.start(sessions[i]);
    out->values<int64_t>(start + 1)[i] = table.end(sessions[i]);
    out->column(start).status[i] = kFlowValue;
    out->column(start + 1).status[i] = kFlowValue;
  }
}

void SessionTable::Compact() {
  table_.Compact();
  erased_ = 0;
}

}  // namespace flow
