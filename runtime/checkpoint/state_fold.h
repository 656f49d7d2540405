// The fold of segments in the order of keys: what a run is written from, and who needs a state
// sorted reads. Who only wants it in memory again: state_load.h.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/checkpoint/state_record.h"

namespace flow {

// Each key once, with its last value. One thread.
class StateFold {
 public:
  // `segments`: oldest first. `removed`: also records of what is gone (removes and drops), for a
  // fold that is not of the whole state. Once `*stop` is true it gives up with an error.
  static Result<StateFold> Open(Files* files, const std::string& root,
                                const std::vector<StateSegment>& segments, bool removed,
                                const std::atomic<bool>* stop = nullptr);
  StateFold(StateFold&&) noexcept;
  ~StateFold();

  // The next record, valid until the next call; null at the end, or after an error.
  const StateRecord* Next();
  const Status& status() const;

 private:
  class Merge;
  explicit StateFold(std::unique_ptr<Merge> merge);
  std::unique_ptr<Merge> merge_;
};

// The same with a function.
Status FoldSegments(Files* files, const std::string& root,
                    const std::vector<StateSegment>& segments, bool removed,
                    const std::function<Status(const StateRecord&)>& f);

}  // namespace flow
