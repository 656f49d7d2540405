// KernelCall: buffers around a kernel. PathRunner: the way of a path without UNNEST.
#include "runtime/exec/path_runner.h"

#include <algorithm>
#include <cstring>

#include "runtime/exec/unnest_runner.h"

namespace flow {

void PathCounts::Add(const PathCounts& other) {
  decoded += other.decoded;
  accepted += other.accepted;
  filtered += other.filtered;
  late += other.late;
  dead += other.dead;
  produced += other.produced;
  late_windows += other.late_windows;
  elements += other.elements;
  elements_accepted += other.elements_accepted;
  elements_filtered += other.elements_filtered;
  elements_late += other.elements_late;
  elements_dead += other.elements_dead;
}

void PathOutput::CountAccepted(PathCounts* counts) const {
  for (int32_t row = 0; row < rows.rows; ++row) {
    counts->accepted += begins_row(row) ? 1 : 0;
    counts->elements_accepted += begins_element(row) ? 1 : 0;
  }
}

KernelCall::KernelCall(const program::Pipeline* pipeline, uint64_t hash_mask)
    : pipeline_(pipeline), hash_mask_(hash_mask) {
  int32_t windows = pipeline->max_output_rows_per_input();
  chunk_ = std::max(1, std::max(kBatchRows, windows) / windows);
  size_t capacity = static_cast<size_t>(chunk_) * static_cast<size_t>(windows);
  out.Reset(pipeline->output, static_cast<int32_t>(capacity));
  out_row.resize(capacity);
  out_window_.resize(capacity);
  out_skip_.resize(capacity);
  out_hash_.resize(capacity);
  dead_row.resize(static_cast<size_t>(chunk_));
  dead_code.resize(static_cast<size_t>(chunk_));
}

int32_t KernelCall::Run(const FlowColumn* in, const int64_t* watermark, int32_t first,
                        int32_t rows) {
  out.Clear();
  args = {};
  args.first_row = first;
  args.rows = rows;
  args.in = in;
  args.watermark = pipeline_->judges_lateness ? watermark : nullptr;
  args.hash_mask = hash_mask_;
  args.out = out.columns();
  args.out_row = out_row.data();
  args.out_window = out_window_.data();
  args.out_skip = out_skip_.data();
  args.out_hash = out_hash_.data();
  args.dead_row = dead_row.data();
  args.dead_code = dead_code.data();
  args.arena = out.arena().abi();
  const program::PipelineKernel* kernel = pipeline_->kernel->Load();
  int32_t produced = kernel->fn(kernel->self, &args);
  pipeline_->kernel->CountRows(kernel->tier, rows);
  return produced;
}

int32_t KernelCall::Drop(int32_t rows, const std::function<bool(int32_t row)>& drop) {
  int32_t kept = 0;
  for (int32_t row = 0; row < rows; ++row) {
    if (drop(row)) continue;
    const auto from = static_cast<size_t>(row);
    const auto to = static_cast<size_t>(kept++);
    if (from == to) continue;
    for (int32_t c = 0; c < out.column_count(); ++c) {
      const auto width = static_cast<size_t>(out.types()[static_cast<size_t>(c)].width());
      char* values = out.values<char>(c);
      std::memcpy(values + to * width, values + from * width, width);
      out.column(c).status[to] = out.column(c).status[from];
    }
    out_row[to] = out_row[from];
    out_window_[to] = out_window_[from];
    out_skip_[to] = out_skip_[from];
    out_hash_[to] = out_hash_[from];
  }
  return kept;
}

PathOutput KernelCall::Output(int32_t rows) {
  PathOutput output;
  output.rows.columns = out.columns();
  output.rows.rows = rows;
  bool windowed = pipeline_->window.has_value();
  bool sliced = windowed && pipeline_->window->mode == program::WindowMode::kSlice;
  output.rows.window = windowed ? out_window_.data() : nullptr;
  output.rows.skip = sliced ? out_skip_.data() : nullptr;
  output.rows.hash = pipeline_->hashes ? out_hash_.data() : nullptr;
  output.source_row = out_row.data();
  out.rows = rows;
  output.batch = &out;
  return output;
}

PathRunner::PathRunner(const program::Program& program, int pipeline, uint64_t hash_mask)
    : kernel_(&program.pipelines[static_cast<size_t>(pipeline)], hash_mask) {
  if (program.pipelines[static_cast<size_t>(pipeline)].unnests.empty()) return;
  unnest_ = std::make_unique<UnnestRunner>(program, pipeline, &kernel_);
}

PathRunner::~PathRunner() = default;

PathRunner::Output PathRunner::Call(const FlowColumn* in, const int64_t* watermark,
                                    const int64_t* weights, int32_t first, int32_t rows,
                                    PathCounts* counts) {
  const int32_t produced = kernel_.Run(in, watermark, first, rows);
  counts->decoded += rows;
  counts->filtered += kernel_.args.filtered;
  counts->late += kernel_.args.late;
  counts->late_windows += kernel_.args.late_windows;
  counts->dead += kernel_.args.dead;
  counts->produced += produced;
  Output output = kernel_.Output(produced);
  SetWeights(weights, output.source_row, &kernel_.out, &output);
  return output;
}

void PathRunner::Unnest(const FlowColumn* in, const int64_t* watermark, const int64_t* weights,
                        int32_t first, int32_t count, PathCounts* counts, const DeadFn& dead,
                        const std::function<void(const Output&)>& consume) {
  unnest_->Run({in, watermark, weights}, first, count, counts, dead, consume);
}

void SetWeights(const int64_t* weights, const int32_t* source_row, Batch* out, PathOutput* output) {
  if (weights == nullptr) return;
  out->weights.resize(static_cast<size_t>(out->rows));
  for (int32_t i = 0; i < out->rows; ++i) {
    out->weights[static_cast<size_t>(i)] = weights[source_row[static_cast<size_t>(i)]];
  }
  output->rows.weights = out->weights.data();
}

}  // namespace flow
