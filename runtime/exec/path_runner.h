// Runs one pipeline's kernel over rows of a batch. One a worker and pipeline.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/operator/aggregate_input.h"
#include "runtime/program/program.h"

namespace flow {

// Counters of one path, of one worker.
struct PathCounts {
  int64_t decoded = 0, accepted = 0, filtered = 0, late = 0, dead = 0, late_windows = 0;
  int64_t produced = 0;  // rows that came out: a row may be in several windows
  void Add(const PathCounts& other);
};

class PathRunner {
 public:
  // What one call of the kernel gave. Valid until the next call.
  struct Output {
    AggregateInput rows;        // columns, weights, window, skip, hash
    const int32_t* source_row;  // the input row of each output row, ascending
    const Batch* batch;         // the same columns and weights
  };
  using DeadFn = std::function<void(int32_t row, uint8_t code)>;

  PathRunner(const program::Pipeline* pipeline, uint64_t hash_mask);

  // Runs rows [first, first + count). `watermark`: W_p before each row of the batch (indexed by
  // row), or nullptr. `weights`: by row, or nullptr. Calls consume(const Output&) for output rows
  // and `dead` for dead rows. Counts decoded, filtered, late and dead; accepted is the consumer's.
  template <typename Consume>
  void Run(const FlowColumn* in, const int64_t* watermark, const int64_t* weights, int32_t first,
           int32_t count, PathCounts* counts, const DeadFn& dead, const Consume& consume) {
    for (int32_t done = 0; done < count; done += chunk_) {
      int32_t rows = count - done < chunk_ ? count - done : chunk_;
      Output output = Call(in, watermark, weights, first + done, rows, counts);
      for (int64_t i = 0; i < dead_rows_; ++i) {
        dead(dead_row_[static_cast<size_t>(i)], dead_code_[static_cast<size_t>(i)]);
      }
      if (output.rows.rows > 0) consume(output);
    }
  }

 private:
  Output Call(const FlowColumn* in, const int64_t* watermark, const int64_t* weights, int32_t first,
              int32_t rows, PathCounts* counts);

  const program::Pipeline* pipeline_;
  uint64_t hash_mask_;
  int32_t chunk_;  // input rows a call
  int64_t dead_rows_ = 0;
  Batch out_;
  std::vector<int32_t> out_row_;
  std::vector<int64_t> out_window_;
  std::vector<int32_t> out_skip_;
  std::vector<uint64_t> out_hash_;
  std::vector<int32_t> dead_row_;
  std::vector<uint8_t> dead_code_;
};

// How many input rows the output rows stand for (a row may be in several windows).
int64_t DistinctRows(const int32_t* source_row, int32_t rows);

}  // namespace flow
