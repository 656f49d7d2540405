// Gives AccumulatorEmitter: see accumulator_emitter.h.
#include "compiler/codegen/accumulator_emitter.h"

#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/MDBuilder.h>

#include "runtime/abi/abi.h"
#include "runtime/abi/compact_sum.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/abi/multiset.h"

namespace flow::codegen {

using program::AggregateFn;
using program::Keeps;

namespace {

bool IsOne(llvm::Value* weight) {
  auto* constant = llvm::dyn_cast<llvm::ConstantInt>(weight);
  return constant != nullptr && constant->isOne();
}

}  // namespace

template <typename Body>
void AccumulatorEmitter::When(llvm::Value* condition, Body body) {
  llvm::BasicBlock* inside = b_.NewBlock("when");
  llvm::BasicBlock* after = b_.NewBlock("after");
  b_.CreateCondBr(condition, inside, after);
  b_.Enter(inside);
  body();
  b_.CreateBr(after);
  b_.Enter(after);
}

llvm::Value* AccumulatorEmitter::IsNull(llvm::Value* entry) {
  llvm::Value* bits = b_.LoadField(m_.i8, entry, place_.null.offset);
  return b_.CreateICmpNE(b_.CreateAnd(bits, b_.Byte(place_.null.mask)), b_.Byte(0));
}

llvm::Value* AccumulatorEmitter::HasValue(llvm::Value* entry) {
  if (HasCount()) return b_.CreateICmpSGT(Count(entry), b_.getInt64(0));
  if (IsDouble()) {  // the low 16 bits
    llvm::Value* form = b_.CreateTrunc(b_.LoadField(m_.i64, entry, place_.offset), b_.getInt16Ty());
    return b_.CreateICmpNE(form, b_.getInt16(0));
  }
  llvm::Value* last = b_.LoadField(m_.i64, entry, place_.offset + place_.size - 8);
  return b_.CreateICmpNE(last, b_.getInt64(FLOW_SUM_NONE));
}

llvm::FunctionCallee AccumulatorEmitter::SumFunction(const std::string& name) {
  return m_.Callee((place_.size == 8 ? "flow_op_sum64_" : "flow_op_sum128_") + name);
}

llvm::FunctionCallee AccumulatorEmitter::ObjectFunction(const std::string& name) {
  const char* object = place_.keeps == Keeps::kMoments  ? "flow_moments_"
                       : place_.keeps == Keeps::kSketch ? "flow_sketch_"
                                                        : "flow_multiset_";
  return m_.Callee(object + name);
}

void AccumulatorEmitter::Clear(llvm::Value* entry, llvm::Value* arena) {
  if (place_.shared) return;
  if (HasCount()) b_.StoreField(b_.getInt64(0), entry, place_.count);
  llvm::Value* kind = b_.getInt32(static_cast<uint32_t>(call_.argument_type.storage()));
  if (IsDistinct()) {
    b_.StoreField(b_.CreateCall(m_.Callee("flow_multiset_new_distinct"), {kind, arena}), entry,
                  place_.distinct);
  }
  switch (place_.keeps) {
    case Keeps::kCount:
      return;
    case Keeps::kSum: {
      const uint64_t last = HasCount() || IsDouble() ? 0 : FLOW_SUM_NONE;
      b_.StoreField(b_.getInt64(last), entry, place_.offset + place_.size - 8);
      if (place_.size == 16) b_.StoreField(b_.getInt64(0), entry, place_.offset);
      return;
    }
    case Keeps::kValue:
      b_.StoreCell(call_.argument_type, m_.Zero(call_.argument_type), Payload(entry));
      return;
    case Keeps::kBounded:
      b_.StoreField(b_.CreateCall(ObjectFunction("new_bounded"), {kind, arena}), entry,
                    place_.offset);
      return;
    case Keeps::kLeast:
      b_.StoreField(b_.CreateCall(ObjectFunction("new_least"), {b_.getInt64(Most()), arena}), entry,
                    place_.offset);
      return;
    case Keeps::kMultiset:
    case Keeps::kMoments:
    case Keeps::kSketch:
      b_.StoreField(b_.CreateCall(ObjectFunction("new"), {kind, arena}), entry, place_.offset);
      return;
  }
}

void AccumulatorEmitter::Add(llvm::Value* entry, llvm::Value* cell, llvm::Value* status,
                             llvm::Value* weight, llvm::Value* arena) {
  if (place_.shared) return;
  if (call_.fn == AggregateFn::kCountRows) {
    AddToCount(entry, weight);
    return;
  }
  llvm::Value* is_value = b_.CreateICmpEQ(status, b_.Byte(kFlowValue));
  if (call_.fn == AggregateFn::kCount && !IsDistinct()) {
    AddToCount(entry, b_.CreateSelect(is_value, weight, b_.getInt64(0)));
    return;
  }
  if (!IsOne(weight)) {
    is_value = b_.CreateAnd(is_value, b_.CreateICmpNE(weight, b_.getInt64(0)));
  }
  When(is_value, [&] {
    if (!IsDistinct()) {
      AddValue(entry, cell, weight, arena);
      return;
    }
    llvm::Value* change =
        b_.CreateCall(m_.Callee("flow_multiset_add"), {Distinct(entry), cell, weight});
    When(b_.CreateICmpNE(change, b_.getInt64(0)), [&] { AddValue(entry, cell, change, arena); });
  });
}

void AccumulatorEmitter::AddValue(llvm::Value* entry, llvm::Value* cell, llvm::Value* weight,
                                  llvm::Value* arena) {
  if (HasCount()) AddToCount(entry, weight);
  switch (place_.keeps) {
    case Keeps::kCount:
      return;
    case Keeps::kSum:
      AddToSum(entry, cell, weight, arena);
      return;
    case Keeps::kValue:
      Offer(entry, cell, IsNull(entry), arena);
      return;
    case Keeps::kMultiset:
    case Keeps::kBounded:
    case Keeps::kLeast:
    case Keeps::kMoments:
    case Keeps::kSketch:
      b_.CreateCall(ObjectFunction("add"), {Object(entry), cell, weight});
      return;
  }
}

// What `from` made of its values does not count: only those that are new here do. A function of its
// own adds one; it gets the entry and the arena.
void AccumulatorEmitter::MergeDistinct(llvm::Value* entry, llvm::Value* from, llvm::Value* arena) {
  constexpr int64_t kEntry = 0, kArena = 8;
  llvm::Type* none = llvm::Type::getVoidTy(m_.context());
  llvm::Function* add =
      m_.NewKernel(b_.function()->getName().str() + "_distinct" + std::to_string(place_.distinct),
                   none, {m_.ptr, m_.ptr, m_.i64});
  FunctionBuilder body(m_, add);
  AccumulatorEmitter accumulator(body, call_, place_);
  accumulator.AddValue(body.LoadField(m_.ptr, add->getArg(0), kEntry), add->getArg(1),
                       add->getArg(2), body.LoadField(m_.ptr, add->getArg(0), kArena));
  body.CreateRetVoid();
  llvm::Value* target = b_.Local(m_.cell16);
  b_.StoreField(entry, target, kEntry);
  b_.StoreField(arena, target, kArena);
  b_.CreateCall(m_.Callee("flow_multiset_merge_distinct"),
                {Distinct(entry), Distinct(from), add, target});
}

void AccumulatorEmitter::AddToSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* weight,
                                  llvm::Value* arena) {
  const Type& type = call_.argument_type;
  if (IsDouble()) {
    b_.CreateCall(m_.Callee("flow_double_sum_add"),
                  {Payload(entry), b_.LoadCell(type, cell), weight, arena});
    return;
  }
  llvm::Value* value = b_.LoadCell(type, cell);
  // A term that its type promises not to have goes the slow way.
  llvm::Value* bad = b_.getFalse();
  llvm::Value* term = b_.CreateSExtOrTrunc(value, SumWord());
  if (value->getType()->getIntegerBitWidth() > SumWord()->getIntegerBitWidth()) {
    bad = b_.CreateICmpNE(b_.CreateSExt(term, value->getType()), value);
  }
  if (!IsOne(weight)) {
    llvm::Value* product = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smul_with_overflow, term,
                                                    b_.CreateSExt(weight, SumWord()));
    bad = b_.CreateOr(bad, b_.CreateExtractValue(product, 1));
    term = b_.CreateExtractValue(product, 0);
  }
  AddTerm(entry, term, bad, [&] {
    llvm::Value* wide = b_.Spill(b_.CreateSExt(value, m_.i128));
    b_.CreateCall(SumFunction("add"), {Payload(entry), wide, weight, arena});
  });
}

llvm::Value* AccumulatorEmitter::IsNotSmall(llvm::Value* held) {
  // The two top bits of a small sum are the same.
  return b_.CreateICmpSLT(b_.CreateXor(held, b_.CreateShl(held, 1)),
                          llvm::ConstantInt::get(SumWord(), 0));
}

llvm::Value* AccumulatorEmitter::IsNone(llvm::Value* held) {
  const unsigned bits = SumWord()->getIntegerBitWidth();
  return b_.CreateICmpEQ(
      held, llvm::ConstantInt::get(SumWord(), llvm::APInt::getOneBitSet(bits, bits - 1)));
}

template <typename Slowly>
void AccumulatorEmitter::AddTerm(llvm::Value* entry, llvm::Value* term, llvm::Value* bad,
                                 Slowly slowly) {
  llvm::Value* before = b_.LoadField(SumWord(), entry, place_.offset);
  if (!HasCount()) {
    before = b_.CreateSelect(IsNone(before), llvm::ConstantInt::get(SumWord(), 0), before);
  }
  // If the old sum is small, whatever the term is, the new bits say whether the new one is: a sum
  // of the two that passes the range of the word is in its other half, where no small one is.
  llvm::Value* after = b_.CreateAdd(before, term);
  bad = b_.CreateOr(bad, b_.CreateOr(IsNotSmall(before), IsNotSmall(after)));
  llvm::BasicBlock* fits = b_.NewBlock("fits");
  llvm::BasicBlock* spills = b_.NewBlock("spills");
  llvm::BasicBlock* added = b_.NewBlock("added");
  llvm::MDBuilder weights(m_.context());
  b_.CreateCondBr(bad, spills, fits, weights.createBranchWeights(1, 1 << 20));
  b_.Enter(spills);
  slowly();
  b_.CreateBr(added);
  b_.Enter(fits);
  b_.StoreField(after, entry, place_.offset);
  b_.CreateBr(added);
  b_.Enter(added);
}

// NaN is the greatest DOUBLE; of equal values the one that is there stays.
llvm::Value* AccumulatorEmitter::IsBetter(llvm::Value* candidate, llvm::Value* current) {
  llvm::Value* less = WantsLeast() ? candidate : current;
  llvm::Value* more = WantsLeast() ? current : candidate;
  switch (call_.argument_type.kind) {
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      llvm::Value* order = b_.CreateCall(m_.Callee("flow_op_string_compare"), {less, more});
      return b_.CreateICmpSLT(order, b_.getInt32(0));
    }
    case TypeKind::kDouble:
      return b_.CreateOr(b_.CreateFCmpOLT(less, more),
                         b_.CreateAnd(b_.CreateFCmpORD(less, less), b_.CreateFCmpUNO(more, more)));
    case TypeKind::kBoolean:
      return b_.CreateICmpULT(less, more);
    case TypeKind::kNull:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDecimal:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      break;
  }
  return b_.CreateICmpSLT(less, more);
}

void AccumulatorEmitter::Offer(llvm::Value* entry, llvm::Value* cell, llvm::Value* is_first,
                               llvm::Value* arena) {
  const Type& type = call_.argument_type;
  llvm::Value* value = b_.LoadCell(type, cell);
  if (type.is(TypeKind::kDouble)) value = b_.CanonicalDouble(value);
  llvm::Value* better = IsBetter(value, b_.LoadCell(type, Payload(entry)));
  When(b_.CreateOr(is_first, better), [&] {
    llvm::Value* bits = b_.LoadField(m_.i8, entry, place_.null.offset);
    b_.StoreField(b_.CreateAnd(bits, b_.Byte(static_cast<uint8_t>(~place_.null.mask))), entry,
                  place_.null.offset);
    if (type.is_variable()) {
      b_.CreateCall(m_.Callee("flow_state_string_assign"), {Payload(entry), value, arena});
    } else {
      b_.StoreCell(type, value, Payload(entry));
    }
  });
}

void AccumulatorEmitter::Merge(llvm::Value* entry, llvm::Value* from, llvm::Value* arena) {
  if (place_.shared) return;
  if (IsDistinct()) {
    MergeDistinct(entry, from, arena);
    return;
  }
  if (HasCount()) AddToCount(entry, Count(from));
  switch (place_.keeps) {
    case Keeps::kCount:
      return;
    case Keeps::kSum:
      if (IsDouble()) {
        b_.CreateCall(m_.Callee("flow_double_sum_merge"), {Payload(entry), Payload(from), arena});
      } else {
        MergeSum(entry, from, arena);
      }
      return;
    case Keeps::kMultiset:
    case Keeps::kBounded:
    case Keeps::kLeast:
    case Keeps::kMoments:
    case Keeps::kSketch:
      b_.CreateCall(ObjectFunction("merge"), {Object(entry), Object(from)});
      return;
    case Keeps::kValue:
      When(b_.CreateNot(IsNull(from)), [&] { Offer(entry, Payload(from), IsNull(entry), arena); });
      return;
  }
}

void AccumulatorEmitter::MergeSum(llvm::Value* entry, llvm::Value* from, llvm::Value* arena) {
  llvm::Value* term = b_.LoadField(SumWord(), from, place_.offset);
  auto merge = [&] {
    AddTerm(entry, term, IsNotSmall(term),
            [&] { b_.CreateCall(SumFunction("merge"), {Payload(entry), Payload(from), arena}); });
  };
  if (HasCount()) {
    merge();
  } else {
    When(b_.CreateNot(IsNone(term)), merge);
  }
}

void AccumulatorEmitter::Finish(llvm::Value* entry, llvm::Value* cell, llvm::Value* status,
                                llvm::Value* arena) {
  if (call_.fn == AggregateFn::kCountRows || call_.fn == AggregateFn::kCount) {
    b_.StoreField(Count(entry), cell, 0);
    b_.StoreField(b_.Byte(kFlowValue), status, 0);
    return;
  }
  b_.StoreCell(call_.result_type, m_.Zero(call_.result_type), cell);
  b_.StoreField(b_.Byte(kFlowNull), status, 0);
  if (IsObject()) {
    FinishObject(entry, cell, status, arena);
    return;
  }
  const bool is_value = place_.keeps == Keeps::kValue;
  When(is_value ? b_.CreateNot(IsNull(entry)) : HasValue(entry), [&] {
    if (IsArg()) {
      FinishArg(Payload(entry), cell, status, arena);
    } else if (is_value) {
      const Type& type = call_.argument_type;
      b_.StoreCell(type, b_.LoadCell(type, Payload(entry)), cell);
      b_.StoreField(b_.Byte(kFlowValue), status, 0);
    } else if (call_.fn == AggregateFn::kSum) {
      FinishSum(entry, cell, status);
    } else {
      FinishAverage(entry, cell, status);
    }
  });
}

void AccumulatorEmitter::StoreFound(llvm::Value* found, llvm::Value* status) {
  static_assert(kFlowValue == 0 && kFlowNull == 1);
  llvm::Value* none = b_.CreateICmpEQ(found, b_.getInt32(0));
  b_.StoreField(b_.CreateZExt(none, m_.i8), status, 0);
}

void AccumulatorEmitter::FinishArg(llvm::Value* key, llvm::Value* cell, llvm::Value* status,
                                   llvm::Value* arena) {
  llvm::Value* kind = b_.getInt32(static_cast<uint32_t>(call_.result_type.storage()));
  StoreFound(b_.CreateCall(m_.Callee("flow_sort_key_last"), {key, kind, cell, arena}), status);
}

void AccumulatorEmitter::FinishObject(llvm::Value* entry, llvm::Value* cell, llvm::Value* status,
                                      llvm::Value* arena) {
  if (place_.keeps == Keeps::kSketch) {
    b_.StoreField(b_.CreateCall(ObjectFunction("finish"), {Object(entry)}), cell, 0);
    b_.StoreField(b_.Byte(kFlowValue), status, 0);
    return;
  }
  if (call_.fn == AggregateFn::kStringAgg) {
    const int how =
        (call_.distinct ? kFlowJoinOnce : 0) | (call_.sort_keys ? kFlowJoinSortKeys : 0);
    llvm::Value* code = b_.CreateCall(ObjectFunction("join"),
                                      {Object(entry), m_.String(call_.parameter.s),
                                       b_.getInt32(static_cast<uint32_t>(how)), cell, arena});
    b_.StoreField(code, status, 0);
    return;
  }
  if (call_.fn == AggregateFn::kQuantile) {
    llvm::Value* fraction = llvm::ConstantFP::get(m_.f64, call_.parameter.d);
    StoreFound(b_.CreateCall(ObjectFunction("quantile"), {Object(entry), fraction, cell}), status);
    return;
  }
  if (call_.fn == AggregateFn::kBest) {
    b_.StoreField(
        b_.CreateCall(ObjectFunction("best"), {Object(entry), b_.getInt64(Most()), cell, arena}),
        status, 0);
    return;
  }
  if (place_.keeps == Keeps::kMoments) {
    const Type& type = call_.argument_type;
    llvm::Value* scale = b_.getInt32(type.is(TypeKind::kDecimal) ? type.scale : 0);
    llvm::Value* sample = b_.getInt32(call_.fn == AggregateFn::kVarSamp ? 1 : 0);
    b_.StoreField(b_.CreateCall(ObjectFunction("finish"), {Object(entry), scale, sample, cell}),
                  status, 0);
    return;
  }
  llvm::Value* key = IsArg() ? b_.Local(m_.cell16) : cell;
  StoreFound(b_.CreateCall(ObjectFunction(WantsLeast() ? "min" : "max"), {Object(entry), key}),
             status);
  if (!IsArg()) return;
  When(b_.CreateICmpEQ(b_.LoadField(m_.i8, status, 0), b_.Byte(kFlowValue)),
       [&] { FinishArg(key, cell, status, arena); });
}

void AccumulatorEmitter::FinishSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* status) {
  if (IsDouble()) {
    llvm::Value* code =
        b_.CreateCall(m_.Callee("flow_op_double_sum_finish"), {Payload(entry), cell});
    b_.StoreField(code, status, 0);
    return;
  }
  // A small sum is below 10^38.
  llvm::Value* held = b_.LoadField(SumWord(), entry, place_.offset);
  llvm::Value* out = b_.Spill(b_.CreateSExt(held, m_.i128));
  llvm::Value* code_out = b_.Spill(b_.Byte(kFlowValue));
  When(IsNotSmall(held), [&] {
    b_.StoreField(b_.CreateCall(SumFunction("finish"), {Payload(entry), out}), code_out, 0);
  });
  llvm::Value* code = b_.LoadField(m_.i8, code_out, 0);
  llvm::Value* sum = b_.LoadField(m_.i128, out, 0);
  if (!call_.argument_type.is(TypeKind::kDecimal)) {
    llvm::Value* narrow = b_.CreateTrunc(sum, m_.i64);
    llvm::Value* lost = b_.CreateICmpNE(b_.CreateSExt(narrow, m_.i128), sum);
    code = b_.CreateSelect(lost, b_.Byte(kFlowErrOverflow), code);
    sum = narrow;
  }
  b_.StoreField(sum, cell, 0);
  b_.StoreField(code, status, 0);
}

void AccumulatorEmitter::FinishAverage(llvm::Value* entry, llvm::Value* cell, llvm::Value* status) {
  llvm::Value* count = Count(entry);
  if (IsDouble()) {
    llvm::Value* out = b_.Spill(llvm::ConstantFP::get(m_.f64, 0));
    llvm::Value* code =
        b_.CreateCall(m_.Callee("flow_op_double_sum_finish"), {Payload(entry), out});
    llvm::Value* sum = b_.LoadField(m_.f64, out, 0);
    b_.StoreField(b_.CreateFDiv(sum, b_.CreateSIToFP(count, m_.f64)), cell, 0);
    b_.StoreField(code, status, 0);
    return;
  }
  int shift = call_.result_type.scale - call_.argument_type.scale;
  llvm::Value* out = b_.Spill(llvm::ConstantInt::get(m_.i128, 0));
  llvm::Value* code =
      b_.CreateCall(SumFunction("average"),
                    {Payload(entry), count, b_.getInt32(static_cast<uint32_t>(shift)), out});
  b_.StoreField(b_.LoadField(m_.i128, out, 0), cell, 0);
  b_.StoreField(code, status, 0);
}

void AccumulatorEmitter::Destroy(llvm::Value* entry) {
  if (IsDistinct()) b_.CreateCall(m_.Callee("flow_multiset_free"), {Distinct(entry)});
  if (IsObject()) b_.CreateCall(ObjectFunction("free"), {Object(entry)});
  if (place_.keeps != Keeps::kSum) return;
  b_.CreateCall(IsDouble() ? m_.Callee("flow_double_sum_free") : SumFunction("free"),
                {Payload(entry)});
}

}  // namespace flow::codegen
