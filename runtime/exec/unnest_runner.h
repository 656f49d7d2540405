// A path with UNNESTs: each row becomes its elements, a batch at a time however many there are, and
// these pass the pipeline's kernel.
//
// A row has one fate, as it has without UNNEST: it is dead if one of its elements is (and gives
// nothing), else accepted if one is, else late if one is, else filtered; so it is without elements.
// Rows are taken in groups whose elements fit into one call of the kernel. What needs more than one
// call is run twice: first to find the fate of its rows, then for what they give.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/elements.h"
#include "runtime/exec/path_runner.h"

namespace flow {

class UnnestRunner {
 public:
  using DeadFn = PathRunner::DeadFn;
  using ConsumeFn = std::function<void(const PathOutput&)>;
  // By row of a batch; the latter two may be nullptr.
  struct Rows {
    const FlowColumn* columns;
    const int64_t* watermark;
    const int64_t* weights;
  };

  UnnestRunner(const program::Program& program, int pipeline, KernelCall* last);

  // As PathRunner::Run.
  void Run(const Rows& rows, int32_t first, int32_t count, PathCounts* counts, const DeadFn& dead,
           const ConsumeFn& consume);

 private:
  // One UNNEST: the call that yields the arrays, and the elements of some of them.
  struct Level {
    Level(const program::Program& program, const program::Unnest& spec);
    const program::Unnest* spec;
    KernelCall arrays;
    int32_t width;                    // columns so far
    Batch elements;                   // the carried columns, the element, its number
    std::vector<FlowColumn> columns;  // as what comes next sees them
    std::vector<int32_t> member;      // by element: the row of the group that it comes from
    std::vector<int64_t> watermark;   // by element, where there are any
    bool passed = false;              // the elements have been: what is appended begins anew
  };
  struct Fate {
    uint8_t dead = 0;  // the code of the first error
    bool accepted = false;
    bool late = false;
  };

  // Rows [begin, end) of the first level's arrays.
  void RunGroup(int32_t begin, int32_t end);
  // The elements of arrays [begin, end) of a level, from there to the pipeline's kernel.
  void Walk(size_t level, int32_t begin, int32_t end);
  void Append(size_t level, int32_t array, std::string_view part, int64_t number);
  void Pass(size_t level);
  void CallLast(Level* level);
  void Judge(Level* level, int32_t first, int32_t rows, int32_t produced);
  void FindLate(Level* level, int32_t first, int32_t rows);
  void Emit(Level* level, int32_t produced);
  int32_t SourceRow(int32_t member) const {
    return levels_[0]->arrays.out_row[static_cast<size_t>(group_begin_ + member)];
  }
  Fate& FateOf(int32_t member) { return fates_[static_cast<size_t>(member)]; }

  KernelCall* last_;
  std::vector<std::unique_ptr<Level>> levels_;
  ElementCell cell_;

  // Of one Run.
  Rows rows_{};
  PathCounts* counts_ = nullptr;
  const ConsumeFn* consume_ = nullptr;
  std::vector<int64_t> sizes_;  // of the first level's arrays

  // Of one group.
  int32_t group_begin_ = 0;
  std::vector<Fate> fates_;
  bool emitting_ = false;
  int calls_ = 0;             // of the last kernel
  int32_t produced_ = 0;      // by the last of them
  bool again_ = false;        // what the kernel has written is not the group's
  int32_t last_member_ = -1;  // of what was emitted
  std::vector<int32_t> source_row_;
};

// Gives the output rows the weights of their source rows, if these have any.
void SetWeights(const int64_t* weights, const int32_t* source_row, Batch* out, PathOutput* output);

}  // namespace flow
