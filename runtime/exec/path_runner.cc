// PathRunner: buffers around a pipeline kernel.
#include "runtime/exec/path_runner.h"

#include <algorithm>

namespace flow {

void PathCounts::Add(const PathCounts& other) {
  decoded += other.decoded;
  accepted += other.accepted;
  filtered += other.filtered;
  late += other.late;
  dead += other.dead;
  produced += other.produced;
  late_windows += other.late_windows;
}

PathRunner::PathRunner(const program::Pipeline* pipeline, uint64_t hash_mask)
    : pipeline_(pipeline), hash_mask_(hash_mask) {
  int32_t windows = pipeline->max_output_rows_per_input();
  chunk_ = std::max(1, std::max(kBatchRows, windows) / windows);
  size_t capacity = static_cast<size_t>(chunk_) * static_cast<size_t>(windows);
  out_.Reset(pipeline->output, static_cast<int32_t>(capacity));
  out_row_.resize(capacity);
  out_window_.resize(capacity);
  out_skip_.resize(capacity);
  out_hash_.resize(capacity);
  dead_row_.resize(static_cast<size_t>(chunk_));
  dead_code_.resize(static_cast<size_t>(chunk_));
}

PathRunner::Output PathRunner::Call(const FlowColumn* in, const int64_t* watermark,
                                    const int64_t* weights, int32_t first, int32_t rows,
                                    PathCounts* counts) {
  out_.Clear();
  FlowPipelineArgs args{};
  args.first_row = first;
  args.rows = rows;
  args.in = in;
  args.watermark = pipeline_->judges_lateness ? watermark : nullptr;
  args.hash_mask = hash_mask_;
  args.out = out_.columns();
  args.out_row = out_row_.data();
  args.out_window = out_window_.data();
  args.out_skip = out_skip_.data();
  args.out_hash = out_hash_.data();
  args.dead_row = dead_row_.data();
  args.dead_code = dead_code_.data();
  args.arena = out_.arena().abi();
  const program::PipelineKernel* kernel = pipeline_->kernel->Load();
  int32_t produced = kernel->fn(kernel->self, &args);
  pipeline_->kernel->CountRows(kernel->tier, rows);
  dead_rows_ = args.dead;
  counts->decoded += rows;
  counts->filtered += args.filtered;
  counts->late += args.late;
  counts->late_windows += args.late_windows;
  counts->dead += args.dead;
  counts->produced += produced;

  Output output;
  output.rows.columns = out_.columns();
  output.rows.rows = produced;
  bool windowed = pipeline_->window.has_value();
  bool sliced = windowed && pipeline_->window->mode == program::WindowMode::kSlice;
  output.rows.window = windowed ? out_window_.data() : nullptr;
  output.rows.skip = sliced ? out_skip_.data() : nullptr;
  output.rows.hash = pipeline_->hashes ? out_hash_.data() : nullptr;
  output.source_row = out_row_.data();
  out_.rows = produced;
  output.batch = &out_;
  if (weights != nullptr) {
    out_.weights.resize(static_cast<size_t>(produced));
    for (int32_t i = 0; i < produced; ++i) {
      out_.weights[static_cast<size_t>(i)] = weights[out_row_[static_cast<size_t>(i)]];
    }
    output.rows.weights = out_.weights.data();
  }
  return output;
}

int64_t DistinctRows(const int32_t* source_row, int32_t rows) {
  int64_t distinct = rows > 0 ? 1 : 0;
  for (int32_t i = 1; i < rows; ++i) distinct += source_row[i] != source_row[i - 1] ? 1 : 0;
  return distinct;
}

}  // namespace flow
