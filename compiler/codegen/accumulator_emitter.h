// The accumulator of one aggregate call: empty, add, merge, result, free (layouts: program.h).
#pragma once

#include "compiler/codegen/module.h"
#include "runtime/program/program.h"

namespace flow::codegen {

class AccumulatorEmitter {
 public:
  AccumulatorEmitter(FunctionBuilder& builder, const program::AggregateCall& call,
                     const program::Accumulator& accumulator, bool updating)
      : b_(builder), m_(builder.m()), call_(call), at_(accumulator.offset), updating_(updating) {}

  void Clear(llvm::Value* entry);
  // Adds a row whose argument is the cell at `cell` (unused for COUNT(*)) with status `status`,
  // `weight` times.
  void Add(llvm::Value* entry, llvm::Value* cell, llvm::Value* status, llvm::Value* weight,
           llvm::Value* arena);
  void Merge(llvm::Value* entry, llvm::Value* from, llvm::Value* arena);
  // Writes the result's cell and status.
  void Finish(llvm::Value* entry, llvm::Value* cell, llvm::Value* status);
  bool OwnsMemory() const { return updating_ && IsExtreme(); }
  void Destroy(llvm::Value* entry);

 private:
  bool IsExtreme() const {
    return call_.fn == program::AggregateFn::kMin || call_.fn == program::AggregateFn::kMax;
  }
  llvm::Value* Count(llvm::Value* entry) { return b_.LoadField(m_.i64, entry, at_); }
  void AddToCount(llvm::Value* entry, llvm::Value* by) {
    b_.StoreField(b_.CreateAdd(Count(entry), by), entry, at_);
  }
  llvm::Value* Set(llvm::Value* entry) { return b_.LoadField(m_.ptr, entry, at_ + 8); }
  // Where the sum or the extreme stands.
  llvm::Value* Payload(llvm::Value* entry) { return b_.Field(entry, at_ + 16); }
  void AddToSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* weight);
  // Takes the value at `cell` if it is more extreme than what is there, or if `is_first`.
  void Offer(llvm::Value* entry, llvm::Value* cell, llvm::Value* is_first, llvm::Value* arena);
  llvm::Value* IsBetter(llvm::Value* candidate, llvm::Value* current);
  void FinishSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* status);
  void FinishAverage(llvm::Value* entry, llvm::Value* cell, llvm::Value* status);
  // Runs `body` in a block of its own where `condition` holds.
  template <typename Body>
  void When(llvm::Value* condition, Body body);

  FunctionBuilder& b_;
  ModuleBuilder& m_;
  const program::AggregateCall& call_;
  int64_t at_;
  bool updating_;
};

}  // namespace flow::codegen
