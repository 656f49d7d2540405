// What UNIQUE BY remembers: the keys of the records that it kept, until no record can be their
// duplicate any more. docs/semantics.md has the rule.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/base/status.h"
#include "runtime/operator/state_sink.h"

namespace flow {

// The 128-bit hash of a key, which stands for it. Among 10^12 keys the chance that two share one is
// 10^-15.
using KeyIdentity = unsigned __int128;

// One thread at a time.
class KeptKeys {
 public:
  // `within`: us. `account`: what the memory counts for.
  KeptKeys(int64_t within, MemoryAccount* account) : within_(within), account_(account) {}

  // Clocks (us) never go back. True: no record with this key that was kept has a clock of at least
  // clock - within, so this one is kept.
  bool Keep(int64_t clock, KeyIdentity key);

  int64_t size() const { return static_cast<int64_t>(order_.size()); }

  // What changed since the last call. Keys of records begin with `prefix`; `tag` grows from call to
  // call over the life of a state.
  void SaveChanges(std::string_view prefix, int64_t tag, StateSink* sink);
  // A record that SaveChanges wrote, without the prefix; in any order, all before FinishLoad.
  Status Load(std::string_view key, std::string_view value);
  void FinishLoad();

 private:
  struct Entry {
    int64_t clock;
    uint64_t high, low;
  };
  static constexpr int64_t kFree = INT64_MIN;  // a clock: nobody is here

  size_t Home(uint64_t low) const { return static_cast<size_t>(low) & (slots_.size() - 1); }
  Entry* Find(uint64_t high, uint64_t low);
  void Insert(const Entry& entry);
  void Erase(Entry* slot);
  void Grow();
  void Charge();
  int64_t BucketOf(int64_t clock) const;

  const int64_t within_;
  MemoryAccount* account_;
  MemoryCharge charge_;
  int64_t charged_ = 0;
  std::vector<Entry> slots_;  // open addressing; a power of two
  int64_t used_ = 0;
  std::deque<Entry> order_;  // the same entries by clock
  size_t unsaved_ = 0;       // how many at the end of `order_`
  // Those with records in the state: a bucket is dropped when nothing in it counts any more.
  std::set<int64_t> saved_buckets_;
};

}  // namespace flow
