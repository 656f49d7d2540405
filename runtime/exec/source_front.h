// From a morsel to decoded rows with their own watermarks: the part of a source's work that is the
// same in both plans. Decode needs nothing but the morsel; Judge needs the partition's M before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/connector/connector.h"
#include "runtime/exec/path_runner.h"
#include "runtime/program/program.h"

namespace flow {

// Runs of rows: (first, count), ascending.
using RowRuns = std::vector<std::pair<int32_t, int32_t>>;

// A decoded morsel. Reused from morsel to morsel.
struct SourceRows {
  Morsel morsel;
  DecodedRows decoded;
  std::vector<int64_t> event_time;  // by row, us; only where alive
  std::vector<int64_t> watermark;   // W_p before the row; kMinTime: none yet
  RowRuns alive;                    // rows that are not dead
  int64_t alive_rows = 0;
  int64_t dead_rows = 0;
  // Decisions that take effect in this morsel: (offset, event time), ascending.
  std::vector<std::pair<int64_t, int64_t>> raises;
  int64_t greatest = INT64_MIN;  // event time, over alive rows and raises
  // UNIQUE BY, by row where alive: M_p with the row itself, what its key is known by, and
  // kFlowValue, kFlowNull (a part of the key is) or an error.
  std::vector<int64_t> clock;
  std::vector<unsigned __int128> unique_key;
  std::vector<uint8_t> unique_status;

  // Calls f(first, count) for those of `runs` that go this way: all of them, unless they are dead
  // letters of other paths.
  template <typename F>
  void ForEachRun(const RowRuns& runs, const std::string& path, F f) const {
    for (auto [first, count] : runs) {
      if (morsel.origins == nullptr) {
        f(first, count);
        continue;
      }
      for (int32_t row = first; row < first + count; ++row) {
        const std::string& only = (*morsel.origins)[static_cast<size_t>(row)].path;
        if (only.empty() || only == path) f(row, 1);
      }
    }
  }
};

class SourceFront {
 public:
  using DeadFn = std::function<void(int32_t row, uint8_t code)>;

  SourceFront(const program::Program* program, int source, const Decoder* decoder);

  // Fills all but `watermark` and `clock`. `dead` is called for records that end here: malformed,
  // without event time, too far ahead.
  void Decode(SourceRows* rows, const DeadFn& dead);
  // Fills `watermark` and `clock`, given M_p before the morsel; returns M_p after it.
  int64_t Judge(int64_t max_event_time, SourceRows* rows) const;

  // UNIQUE BY, after Judge: ends the records whose key is an error.
  static void DropBadKeys(SourceRows* rows, const DeadFn& dead);

 private:
  void UniqueKeys(SourceRows* rows);
  void EventTimes(SourceRows* rows, std::vector<uint8_t>* status);
  void DecodeLate(SourceRows* rows);

  const program::Source* source_;
  const Decoder* decoder_;
  std::unique_ptr<PathRunner> event_time_runner_;
  std::unique_ptr<PathRunner> late_runner_;  // the filter of late columns
  std::unique_ptr<PathRunner> unique_runner_;
  std::vector<int32_t> late_rows_;
  int whole_morsels_ = 0;  // how many more to decode in one step
  int until_tried_;        // how many there are the next time
  std::vector<uint8_t> status_;
};

}  // namespace flow
