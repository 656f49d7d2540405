// The pipeline kernel: filter -> late-only -> window -> window filter -> outputs, row by row.
#include "compiler/interpret/engine.h"
#include "compiler/interpret/evaluate.h"
#include "compiler/interpret/windows.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/hash.h"

namespace flow::interpret {

namespace {

uint64_t HashCell(uint64_t hash, const Type& type, const Value& value) {
  if (!value.is_value()) return flow_hash_null(hash);
  if (type.is(TypeKind::kDouble)) return flow_hash_double(hash, value.d);
  if (type.is(TypeKind::kDecimal)) return flow_hash_i128(hash, value.dec);
  if (type.is_variable()) return flow_hash_string(hash, &value.s);
  return flow_hash_u64(hash, static_cast<uint64_t>(value.i));
}

// What became of an input row.
struct Fate {
  enum Kind { kAccepted, kFiltered, kLate, kDead } kind = kAccepted;
  uint8_t code = 0;  // kDead

  static Fate Dead(uint8_t code) { return {kDead, code}; }
};

class PipelineObject {
 public:
  PipelineObject(const program::Pipeline& pipeline, const PipelineSpec& spec)
      : input_count_(static_cast<int>(pipeline.input.size())),
        types_(pipeline.output),
        late_of_(pipeline.late_of),
        window_(pipeline.window),
        judges_lateness_(pipeline.judges_lateness && !pipeline.late_of),
        hashes_(pipeline.hashes),
        key_count_(pipeline.key_count),
        checked_(pipeline.checked) {
    checked_.resize(types_.size(), false);
    filter_ = table_.Add(spec.filter);
    late_time_ = table_.Add(spec.late_time);
    time_ = table_.Add(spec.time);
    window_filter_ = table_.Add(spec.window_filter);
    for (const BoundExprPtr& output : spec.outputs) outputs_.push_back(table_.Add(output));
  }

  int32_t Run(FlowPipelineArgs* args) const {
    Evaluator evaluator(table_, args->arena, window_ ? input_count_ : INT32_MAX);
    int32_t written = 0;
    int32_t dead = 0;
    for (int32_t i = 0; i < args->rows; ++i) {
      const int32_t row = args->first_row + i;
      evaluator.SetRow(args->in, row);
      const int32_t before = written;
      const Fate fate = RunRow(&evaluator, args, row, &written);
      if (fate.kind != Fate::kAccepted) written = before;
      switch (fate.kind) {
        case Fate::kAccepted:
          break;
        case Fate::kFiltered:
          ++args->filtered;
          break;
        case Fate::kLate:
          ++args->late;
          break;
        case Fate::kDead:
          args->dead_row[dead] = row;
          args->dead_code[dead] = fate.code;
          ++dead;
          break;
      }
    }
    args->dead += dead;
    return written;
  }

 private:
  Fate RunRow(Evaluator* evaluator, FlowPipelineArgs* args, int32_t row, int32_t* written) const {
    if (filter_ >= 0) {
      const Value keep = evaluator->Eval(filter_);
#ifndef FLOW_MUTANT_ERROR_IS_FILTERED
      if (keep.is_error()) return Fate::Dead(keep.status);
#endif
      if (!keep.is_value() || keep.i == 0) return {Fate::kFiltered};
    }
    if (late_of_) {
      const Value time = Time(evaluator, late_time_);
      if (time.is_error()) return Fate::Dead(time.status);
      if (!IsLateForAll(*late_of_, time.i, args, row)) return {Fate::kFiltered};
    }
    if (!window_) {
      if (!PassesWindowFilter(evaluator)) return WindowFilterFate(evaluator);
      return Write(evaluator, args, row, written);
    }
    const Value time = Time(evaluator, time_);
    if (time.is_error()) return Fate::Dead(time.status);
    return window_->mode == program::WindowMode::kExpand
               ? Expand(evaluator, args, row, time.i, written)
               : Slice(evaluator, args, row, time.i, written);
  }

  static Value Time(Evaluator* evaluator, int node) {
    const Value time = evaluator->Eval(node);
    return time.is_null() ? Value::Error(kFlowErrNoEventTime) : time;
  }

  static bool IsLateForAll(const program::Window& window, int64_t time,
                           const FlowPipelineArgs* args, int32_t row) {
    if (args->watermark == nullptr) return false;
    const std::vector<int64_t> windows = WindowsOf(window, time);
    return !windows.empty() && std::all_of(windows.begin(), windows.end(), [&](int64_t start) {
      return IsLate(window, start, args->watermark[row]);
    });
  }

  // How many of the ascending windows the row is late for: they are the first ones, since a later
  // window ends later.
  size_t CountLate(const std::vector<int64_t>& windows, const FlowPipelineArgs* args,
                   int32_t row) const {
    if (!judges_lateness_ || args->watermark == nullptr) return 0;
    return static_cast<size_t>(std::count_if(windows.begin(), windows.end(), [&](int64_t start) {
      return IsLate(*window_, start, args->watermark[row]);
    }));
  }

  // One output row for each window that accepts the row.
  Fate Expand(Evaluator* evaluator, FlowPipelineArgs* args, int32_t row, int64_t time,
              int32_t* written) const {
    const std::vector<int64_t> windows = WindowsOf(*window_, time);
    if (windows.empty()) return {Fate::kFiltered};
    const size_t late = CountLate(windows, args, row);
    if (late == windows.size()) return {Fate::kLate};
    args->late_windows += static_cast<int64_t>(late);

    bool accepted = false;
    uint8_t filter_error = 0;
    for (size_t i = late; i < windows.size(); ++i) {
      evaluator->SetWindow(StartOf(*window_, windows[i]), windows[i] + window_->size);
      if (!PassesWindowFilter(evaluator)) {
        const Fate fate = WindowFilterFate(evaluator);
        if (fate.kind == Fate::kDead && filter_error == 0) filter_error = fate.code;
        continue;
      }
      args->out_window[*written] = windows[i];
      const Fate fate = Write(evaluator, args, row, written);
      if (fate.kind == Fate::kDead) return fate;
      accepted = true;
    }
    if (accepted) return {Fate::kAccepted};
    return filter_error != 0 ? Fate::Dead(filter_error) : Fate{Fate::kFiltered};
  }

  // One output row for the slice; the windows that accept it are those from out_skip on.
  Fate Slice(Evaluator* evaluator, FlowPipelineArgs* args, int32_t row, int64_t time,
             int32_t* written) const {
    const int64_t size = SliceSize(*window_);
    const int64_t start = FloorTo(time, size, window_->offset);
    const std::vector<int64_t> windows = WindowsOver(*window_, start, start + size);
    if (windows.empty()) return {Fate::kFiltered};
    const size_t late = CountLate(windows, args, row);
    if (late == windows.size()) return {Fate::kLate};
    args->late_windows += static_cast<int64_t>(late);

    if (!PassesWindowFilter(evaluator)) return WindowFilterFate(evaluator);
    args->out_window[*written] = start;
    args->out_skip[*written] = static_cast<int32_t>(late);
    return Write(evaluator, args, row, written);
  }

  bool PassesWindowFilter(Evaluator* evaluator) const {
    if (window_filter_ < 0) return true;
    const Value keep = evaluator->Eval(window_filter_);
    return keep.is_value() && keep.i != 0;
  }
  Fate WindowFilterFate(Evaluator* evaluator) const {
    const Value keep = evaluator->Eval(window_filter_);
    return keep.is_error() ? Fate::Dead(keep.status) : Fate{Fate::kFiltered};
  }

  // Writes one output row, unless a checked output is in error.
  Fate Write(Evaluator* evaluator, FlowPipelineArgs* args, int32_t row, int32_t* written) const {
    uint64_t hash = FLOW_HASH_SEED;
    for (size_t c = 0; c < outputs_.size(); ++c) {
      const Value value = evaluator->Eval(outputs_[c]);
      if (checked_[c] && value.is_error()) return Fate::Dead(value.status);
      WriteColumn(args->out[c], types_[c], *written, value);
      if (static_cast<int>(c) < key_count_) hash = HashCell(hash, types_[c], value);
    }
    if (hashes_) args->out_hash[*written] = hash & args->hash_mask;
    args->out_row[*written] = row;
    ++*written;
    return {Fate::kAccepted};
  }

  const int input_count_;
  const std::vector<Type> types_;
  const std::optional<program::Window> late_of_;
  const std::optional<program::Window> window_;
  const bool judges_lateness_;
  const bool hashes_;
  const int key_count_;
  std::vector<bool> checked_;
  ExprTable table_;
  int filter_;
  int late_time_;
  int time_;
  int window_filter_;
  std::vector<int> outputs_;
};

}  // namespace

program::PipelineKernel MakePipeline(const program::Pipeline& pipeline, const PipelineSpec& spec) {
  auto object = std::make_shared<PipelineObject>(pipeline, spec);
  program::PipelineKernel kernel;
  kernel.fn = [](void* self, FlowPipelineArgs* args) {
    return static_cast<const PipelineObject*>(self)->Run(args);
  };
  kernel.self = object.get();
  kernel.tier = program::Tier::kInterpreter;
  kernel.owner = std::move(object);
  return kernel;
}

}  // namespace flow::interpret
