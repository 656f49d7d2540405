// Runs one path over rows of a batch: the kernels of a pipeline and of the UNNESTs before it. One a
// worker and path.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/operator/aggregate_input.h"
#include "runtime/program/program.h"

namespace flow {

// Counters of one path, of one worker.
struct PathCounts {
  int64_t decoded = 0, accepted = 0, filtered = 0, late = 0, dead = 0, late_windows = 0;
  int64_t produced = 0;  // rows that came out: a row may be in several windows
  // Elements of the last UNNEST: those of the arrays, and what became of them.
  int64_t elements = 0;
  int64_t elements_accepted = 0, elements_filtered = 0, elements_late = 0, elements_dead = 0;
  void Add(const PathCounts& other);
};

// What one call of a pipeline's kernel gave. Valid until the next call.
struct PathOutput {
  AggregateInput rows;  // columns, weights, window, skip, hash
  // The input row of each output row, ascending.
  const int32_t* source_row = nullptr;
  const int32_t* element = nullptr;  // UNNEST: its element, ascending; else nullptr
  // The first row's input row is that of the output before too.
  bool continues = false;
  const Batch* batch = nullptr;  // the same columns and weights

  bool begins_row(int32_t row) const {
    return row == 0 ? !continues : source_row[row] != source_row[row - 1];
  }
  bool begins_element(int32_t row) const {
    return element != nullptr && (row == 0 || element[row] != element[row - 1]);
  }
  // What the consumer of all of it counts.
  void CountAccepted(PathCounts* counts) const;
};

// A kernel with what it writes into.
class KernelCall {
 public:
  KernelCall(const program::Pipeline* pipeline, uint64_t hash_mask);

  // Input rows a call.
  int32_t chunk() const { return chunk_; }
  // Runs rows [first, first + rows); returns the number of output rows. `args` has the counts.
  int32_t Run(const FlowColumn* in, const int64_t* watermark, int32_t first, int32_t rows);
  // Leaves out the output rows [0, rows) for which `drop` holds; returns how many are left.
  int32_t Drop(int32_t rows, const std::function<bool(int32_t row)>& drop);
  // The first `rows` output rows, with source_row as the kernel says.
  PathOutput Output(int32_t rows);

  FlowPipelineArgs args{};
  Batch out;
  std::vector<int32_t> out_row;
  std::vector<int32_t> dead_row;
  std::vector<uint8_t> dead_code;

 private:
  const program::Pipeline* pipeline_;
  uint64_t hash_mask_;
  int32_t chunk_;
  std::vector<int64_t> out_window_;
  std::vector<int32_t> out_skip_;
  std::vector<uint64_t> out_hash_;
};

class UnnestRunner;

class PathRunner {
 public:
  using Output = PathOutput;
  using DeadFn = std::function<void(int32_t row, uint8_t code)>;

  PathRunner(const program::Program& program, int pipeline, uint64_t hash_mask);
  ~PathRunner();

  // Runs rows [first, first + count). `watermark`: W_p before each row of the batch (indexed by
  // row), or nullptr. `weights`: by row, or nullptr. Calls consume(const Output&) for output rows
  // and `dead` for dead rows. Counts decoded, filtered, late and dead; accepted is the consumer's.
  template <typename Consume>
  void Run(const FlowColumn* in, const int64_t* watermark, const int64_t* weights, int32_t first,
           int32_t count, PathCounts* counts, const DeadFn& dead, const Consume& consume) {
    if (unnest_ != nullptr) {
      return Unnest(in, watermark, weights, first, count, counts, dead, consume);
    }
    for (int32_t done = 0; done < count; done += kernel_.chunk()) {
      int32_t rows = count - done < kernel_.chunk() ? count - done : kernel_.chunk();
      Output output = Call(in, watermark, weights, first + done, rows, counts);
      for (int64_t i = 0; i < kernel_.args.dead; ++i) {
        dead(kernel_.dead_row[static_cast<size_t>(i)], kernel_.dead_code[static_cast<size_t>(i)]);
      }
      if (output.rows.rows > 0) consume(output);
    }
  }

 private:
  Output Call(const FlowColumn* in, const int64_t* watermark, const int64_t* weights, int32_t first,
              int32_t rows, PathCounts* counts);
  void Unnest(const FlowColumn* in, const int64_t* watermark, const int64_t* weights, int32_t first,
              int32_t count, PathCounts* counts, const DeadFn& dead,
              const std::function<void(const Output&)>& consume);

  KernelCall kernel_;
  std::unique_ptr<UnnestRunner> unnest_;  // of a pipeline with UNNESTs
};

}  // namespace flow
