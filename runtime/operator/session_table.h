// The sessions of a share of the keys: entries of one GroupTable, several a key, none of which
// touch. A session is [start, end), end being the time of its last row plus the gap; what comes
// between two of them, nearer than the gap to both, makes one of them. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/operator/group_table.h"
#include "runtime/time/windows.h"

namespace flow {

// Hears of what happens to sessions, before it does but for Made and Gone.
class SessionListener {
 public:
  virtual ~SessionListener() = default;
  virtual void Made(uint8_t* session) = 0;      // nothing is in it yet
  virtual void Changing(uint8_t* session) = 0;  // rows or bounds
  virtual void Moving(uint8_t* session) = 0;    // after Changing: its start
  virtual void Merging(uint8_t* session) = 0;   // after Moving: it goes into another one
  virtual void Gone(
      uint8_t* session) = 0;  // after Merging: it touches nothing any more; to be erased
};

class SessionTable {
 public:
  SessionTable(const program::Aggregate* spec, MemoryAccount* account)
      : spec_(spec), gap_(spec->window->size), table_(spec, account) {}

  // The session that a row belongs to, made or put together first: the caller adds the row.
  uint8_t* Join(const program::AggregateKernels& kernels, const FlowColumn* in, int32_t row,
                int64_t time, uint64_t hash, SessionListener* listener);
  // Adds a session of another table, with what is in it.
  uint8_t* Add(const program::AggregateKernels& kernels, const uint8_t* from,
               SessionListener* listener);
  void Erase(uint8_t* session);
  // Is it time to? Sessions move. See GroupTable::Compact.
  bool WantsCompact() const { return owns_strings() && erased_ > kFewErased + table_.size(); }
  void Compact();

  GroupTable& table() { return table_; }
  const GroupTable& table() const { return table_; }
  int64_t start(const uint8_t* session) const { return Get(session, 0); }
  int64_t end(const uint8_t* session) const { return Get(session, 8); }
  bool gone(const uint8_t* session) const { return end(session) == kMinTime; }
  // The operator's own; kMinTime in a new session, and in one that is gone.
  int64_t timer(const uint8_t* session) const { return Get(session, 16); }
  void set_timer(uint8_t* session, int64_t at) const { Set(session, 16, at); }

 private:
  static constexpr int64_t kFewErased = 1024;

  bool owns_strings() const;
  int64_t Get(const uint8_t* session, int32_t at) const {
    int64_t value;
    std::memcpy(&value, session + spec_->layout.session_offset + at, sizeof value);
    return value;
  }
  void Set(uint8_t* session, int32_t at, int64_t value) const {
    std::memcpy(session + spec_->layout.session_offset + at, &value, sizeof value);
  }
  void Begin(uint8_t* session, int64_t start, int64_t end) const;
  // Of found_: the session that [start, end) goes into, with all that it touches; null: none.
  uint8_t* Connect(const program::AggregateKernels& kernels, int64_t start, int64_t end,
                   SessionListener* listener);

  const program::Aggregate* spec_;
  int64_t gap_;
  GroupTable table_;
  std::vector<uint8_t*> found_;
  int64_t erased_ = 0;  // since Compact
};

// The rows of `count` (at most kBatchRows) sessions.
void FinishSessions(const program::AggregateKernels& kernels, const SessionTable& table,
                    const uint8_t* const* sessions, size_t count, Batch* out);

}  // namespace flow
