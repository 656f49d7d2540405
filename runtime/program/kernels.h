// The slots that the compiler's engines (JIT or interpreter) fill with code.
//
// A slot's version may be replaced while a job runs (tier 0 by tier 1): readers load it once a
// batch. Functions take `self` first: the interpreter's object; generated code ignores it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "runtime/abi/abi.h"

namespace flow::program {

// Who made a kernel; also the index into KernelSlot::rows.
enum class Tier : uint8_t { kInterpreter = 0, kBaseline = 1, kOptimized = 2 };

// Runs a pipeline over args->rows rows; returns the number of output rows written.
using PipelineFn = int32_t (*)(void* self, FlowPipelineArgs* args);

struct PipelineKernel {
  PipelineFn fn = nullptr;
  void* self = nullptr;
  Tier tier = Tier::kInterpreter;
  std::shared_ptr<void> owner;  // keeps code and `self` alive
};

// The functions of one aggregate. `in` are the output columns of the pipeline that feeds it: the
// keys first, then one column an aggregate call that has an argument. An entry begins with
// FlowEntryHeader (the caller's to write, but for its bits of NULLs) and has
// AggregateLayout::entry_size bytes, 8-aligned.
struct AggregateKernels {
  void* self = nullptr;
  Tier tier = Tier::kInterpreter;
  std::shared_ptr<void> owner;
  // Has `entry` the key of input row `row`? NULL equals NULL; doubles compare canonically.
  bool (*equal)(void* self, const uint8_t* entry, const FlowColumn* in, int32_t row) = nullptr;
  // Have two entries the same key?
  bool (*equal_entries)(void* self, const uint8_t* a, const uint8_t* b) = nullptr;
  // Copies the key of row `row` (strings into `arena`) and sets the accumulators to empty.
  void (*insert)(void* self, uint8_t* entry, const FlowColumn* in, int32_t row,
                 FlowArena* arena) = nullptr;
  // Copies the key of `from` (another entry) and sets the accumulators to empty.
  void (*insert_entry)(void* self, uint8_t* entry, const uint8_t* from, FlowArena* arena) = nullptr;
  // Adds row i of `in` with weights[i] (NULL: +1) into entries[i], for i in [0, rows). Negative
  // weights retract; only called with them if the aggregate was planned over updating input.
  void (*update)(void* self, uint8_t* const* entries, const FlowColumn* in, const int64_t* weights,
                 int32_t rows, FlowArena* arena) = nullptr;
  // Adds the accumulators of `from` into `entry`. `from` stays as it is.
  void (*merge)(void* self, uint8_t* entry, const uint8_t* from, FlowArena* arena) = nullptr;
  // Writes one output row an entry: the keys, then the results. Errors (an overflowing sum) are
  // statuses of the cells. Strings may point into state; they are valid until the next update.
  void (*finish)(void* self, const uint8_t* const* entries, int32_t rows, FlowColumn* out,
                 FlowArena* arena) = nullptr;
  // How many rows the group has, by weight: 0 means that the group is gone. Only planned over
  // updating input; else NULL.
  int64_t (*live)(void* self, const uint8_t* entry) = nullptr;
  // Frees what the accumulators own outside the arena; NULL if nothing ever is.
  void (*destroy)(void* self, uint8_t* entry) = nullptr;
};

// A kernel that can be replaced at a batch boundary.
template <typename Kernel>
class KernelSlot {
 public:
  const Kernel* Load() const { return current_.load(std::memory_order_acquire); }
  // Old versions stay alive as long as the slot.
  void Store(Kernel kernel) {
    auto next = std::make_shared<Version>();
    next->kernel = std::move(kernel);
    next->previous = version_;
    version_ = next;
    current_.store(&version_->kernel, std::memory_order_release);
  }
  void CountRows(Tier tier, int64_t n) {
    rows_[static_cast<int>(tier)].fetch_add(n, std::memory_order_relaxed);
  }
  int64_t rows(Tier tier) const {
    return rows_[static_cast<int>(tier)].load(std::memory_order_relaxed);
  }

 private:
  struct Version {
    Kernel kernel;
    std::shared_ptr<Version> previous;
  };
  std::shared_ptr<Version> version_;  // writers only: one at a time
  std::atomic<const Kernel*> current_{nullptr};
  std::atomic<int64_t> rows_[3] = {0, 0, 0};
};

}  // namespace flow::program
