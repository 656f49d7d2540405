// The accumulator of one aggregate call: empty, add, merge, result, free (layouts: program.h).
#pragma once

#include "compiler/codegen/module.h"
#include "runtime/program/program.h"

namespace flow::codegen {

class AccumulatorEmitter {
 public:
  AccumulatorEmitter(FunctionBuilder& builder, const program::AggregateCall& call,
                     const program::Accumulator& accumulator)
      : b_(builder), m_(builder.m()), call_(call), place_(accumulator) {}

  // All but the bit of a NULL.
  void Clear(llvm::Value* entry, llvm::Value* arena);
  // Adds a row whose argument is the cell at `cell` (unused for COUNT(*)) with status `status`,
  // `weight` times.
  void Add(llvm::Value* entry, llvm::Value* cell, llvm::Value* status, llvm::Value* weight,
           llvm::Value* arena);
  void Merge(llvm::Value* entry, llvm::Value* from, llvm::Value* arena);
  // Writes the result's cell and status.
  void Finish(llvm::Value* entry, llvm::Value* cell, llvm::Value* status, llvm::Value* arena);
  void Destroy(llvm::Value* entry);

 private:
  bool IsObject() const { return place_.keeps >= program::Keeps::kMultiset; }
  bool IsDouble() const { return call_.argument_type.is(TypeKind::kDouble); }
  bool IsDistinct() const { return place_.distinct >= 0; }
  bool HasCount() const { return place_.count >= 0; }
  llvm::Value* Count(llvm::Value* entry) { return b_.LoadField(m_.i64, entry, place_.count); }
  void AddToCount(llvm::Value* entry, llvm::Value* by) {
    b_.StoreField(b_.CreateAdd(Count(entry), by), entry, place_.count);
  }
  // Where the sum, the extreme or the address of an object stands.
  llvm::Value* Payload(llvm::Value* entry) { return b_.Field(entry, place_.offset); }
  llvm::Value* Object(llvm::Value* entry) { return b_.LoadField(m_.ptr, entry, place_.offset); }
  // The function of this kind of object: flow_multiset_..., flow_moments_...
  llvm::FunctionCallee ObjectFunction(const std::string& name);
  llvm::Value* IsNull(llvm::Value* entry);
  llvm::Value* Distinct(llvm::Value* entry) { return b_.LoadField(m_.ptr, entry, place_.distinct); }
  // Adds a value; DISTINCT: one that came or went.
  void AddValue(llvm::Value* entry, llvm::Value* cell, llvm::Value* weight, llvm::Value* arena);
  void MergeDistinct(llvm::Value* entry, llvm::Value* from, llvm::Value* arena);
  // Is there a sum at all?
  llvm::Value* HasValue(llvm::Value* entry);
  // The function of this kind of sum: flow_op_sum64_..., flow_op_sum128_...
  llvm::FunctionCallee SumFunction(const std::string& name);
  // The integer that a cell of whole numbers holds while the sum is small, and what else it may be
  // (runtime/abi/compact_sum.h).
  llvm::IntegerType* SumWord() {
    return llvm::IntegerType::get(m_.context(), static_cast<unsigned>(place_.size) * 8);
  }
  llvm::Value* IsNotSmall(llvm::Value* held);
  llvm::Value* IsNone(llvm::Value* held);
  void AddToSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* weight, llvm::Value* arena);
  void MergeSum(llvm::Value* entry, llvm::Value* from, llvm::Value* arena);
  // Adds `term`, a SumWord; where it is `bad` or the sum does not stay small, does so `slowly`.
  template <typename Slowly>
  void AddTerm(llvm::Value* entry, llvm::Value* term, llvm::Value* bad, Slowly slowly);
  // Takes the value at `cell` if it is more extreme than what is there, or if `is_first`.
  void Offer(llvm::Value* entry, llvm::Value* cell, llvm::Value* is_first, llvm::Value* arena);
  llvm::Value* IsBetter(llvm::Value* candidate, llvm::Value* current);
  void FinishSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* status);
  void FinishObject(llvm::Value* entry, llvm::Value* cell, llvm::Value* status, llvm::Value* arena);
  // How many sort keys a ranking keeps.
  uint64_t Most() const { return static_cast<uint64_t>(call_.parameter.i); }
  // Of a call that gives 0 where there is no value.
  void StoreFound(llvm::Value* found, llvm::Value* status);
  bool IsArg() const {
    return call_.fn == program::AggregateFn::kArgMin || call_.fn == program::AggregateFn::kArgMax;
  }
  bool WantsLeast() const {
    return call_.fn == program::AggregateFn::kMin || call_.fn == program::AggregateFn::kArgMin;
  }
  // Writes what the sort key at `key` ends with.
  void FinishArg(llvm::Value* key, llvm::Value* cell, llvm::Value* status, llvm::Value* arena);
  void FinishAverage(llvm::Value* entry, llvm::Value* cell, llvm::Value* status);
  // Runs `body` in a block of its own where `condition` holds.
  template <typename Body>
  void When(llvm::Value* condition, Body body);

  FunctionBuilder& b_;
  ModuleBuilder& m_;
  const program::AggregateCall& call_;
  const program::Accumulator& place_;
};

}  // namespace flow::codegen
