// Gives AccumulatorEmitter: see accumulator_emitter.h.
#include "compiler/codegen/accumulator_emitter.h"

#include "runtime/abi/abi.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/exact_sum.h"

namespace flow::codegen {

using program::AggregateFn;

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

void AccumulatorEmitter::Clear(llvm::Value* entry) {
  b_.StoreField(b_.getInt64(0), entry, at_);
  switch (call_.fn) {
    case AggregateFn::kCountRows:
    case AggregateFn::kCount:
      return;
    case AggregateFn::kSum:
    case AggregateFn::kAvg:
      if (call_.argument_type.is(TypeKind::kDouble)) {
        b_.CreateCall(m_.Callee("flow_exact_sum_init"), {Payload(entry)});
        return;
      }
      b_.StoreField(llvm::ConstantInt::get(m_.i128, 0), entry, at_ + 16);
      if (call_.argument_type.is(TypeKind::kDecimal)) {
        b_.StoreField(llvm::ConstantInt::get(m_.i128, 0), entry, at_ + 32);
      }
      return;
    case AggregateFn::kMin:
    case AggregateFn::kMax:
      if (updating_) {
        auto kind = b_.getInt32(static_cast<uint32_t>(call_.argument_type.kind));
        b_.StoreField(b_.CreateCall(m_.Callee("flow_multiset_new"), {kind}), entry, at_ + 8);
        return;
      }
      b_.StoreCell(call_.argument_type, m_.Zero(call_.argument_type), Payload(entry));
      return;
  }
}

void AccumulatorEmitter::Add(llvm::Value* entry, llvm::Value* cell, llvm::Value* status,
                             llvm::Value* weight, llvm::Value* arena) {
  if (call_.fn == AggregateFn::kCountRows) {
    AddToCount(entry, weight);
    return;
  }
  llvm::Value* is_value = b_.CreateICmpEQ(status, b_.Byte(kFlowValue));
  if (call_.fn == AggregateFn::kCount) {
    AddToCount(entry, b_.CreateSelect(is_value, weight, b_.getInt64(0)));
    return;
  }
  if (!IsOne(weight)) {
    is_value = b_.CreateAnd(is_value, b_.CreateICmpNE(weight, b_.getInt64(0)));
  }
  When(is_value, [&] {
    if (!IsExtreme()) {
      AddToCount(entry, weight);
      AddToSum(entry, cell, weight);
      return;
    }
    llvm::Value* before = Count(entry);
    AddToCount(entry, weight);
    if (updating_) {
      b_.CreateCall(m_.Callee("flow_multiset_add"), {Set(entry), cell, weight});
    } else {
      Offer(entry, cell, b_.CreateICmpSLE(before, b_.getInt64(0)), arena);
    }
  });
}

void AccumulatorEmitter::AddToSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* weight) {
  const Type& type = call_.argument_type;
  if (type.is(TypeKind::kDouble)) {
    b_.CreateCall(m_.Callee("flow_exact_sum_add"),
                  {Payload(entry), b_.LoadCell(type, cell), weight});
    return;
  }
  llvm::Value* value = b_.LoadCell(type, cell);
  if (!type.is(TypeKind::kDecimal)) {
    llvm::Value* wide = b_.CreateSExt(value, m_.i128);
    if (!IsOne(weight)) wide = b_.CreateMul(wide, b_.CreateSExt(weight, m_.i128));
    llvm::Value* sum = b_.CreateAdd(b_.LoadField(m_.i128, entry, at_ + 16), wide);
    b_.StoreField(sum, entry, at_ + 16);
    return;
  }
  if (IsOne(weight)) {
    llvm::Value* sum = b_.LoadField(m_.i256, entry, at_ + 16);
    b_.StoreField(b_.CreateAdd(sum, b_.CreateSExt(value, m_.i256)), entry, at_ + 16);
    return;
  }
  b_.CreateCall(m_.Callee("flow_op_sum256_add"), {Payload(entry), b_.Spill(value), weight});
}

// NaN is the greatest DOUBLE; of equal values the one that is there stays.
llvm::Value* AccumulatorEmitter::IsBetter(llvm::Value* candidate, llvm::Value* current) {
  const bool is_min = call_.fn == AggregateFn::kMin;
  llvm::Value* less = is_min ? candidate : current;
  llvm::Value* more = is_min ? current : candidate;
  switch (call_.argument_type.kind) {
    case TypeKind::kString: {
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
    case TypeKind::kStruct:
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
    if (type.is(TypeKind::kString)) {
      b_.CreateCall(m_.Callee("flow_state_string_assign"), {Payload(entry), value, arena});
    } else {
      b_.StoreCell(type, value, Payload(entry));
    }
  });
}

void AccumulatorEmitter::Merge(llvm::Value* entry, llvm::Value* from, llvm::Value* arena) {
  llvm::Value* before = Count(entry);
  llvm::Value* added = Count(from);
  AddToCount(entry, added);
  switch (call_.fn) {
    case AggregateFn::kCountRows:
    case AggregateFn::kCount:
      return;
    case AggregateFn::kSum:
    case AggregateFn::kAvg: {
      if (call_.argument_type.is(TypeKind::kDouble)) {
        b_.CreateCall(m_.Callee("flow_exact_sum_merge"), {Payload(entry), Payload(from)});
        return;
      }
      llvm::Type* type = call_.argument_type.is(TypeKind::kDecimal) ? m_.i256 : m_.i128;
      llvm::Value* sum =
          b_.CreateAdd(b_.LoadField(type, entry, at_ + 16), b_.LoadField(type, from, at_ + 16));
      b_.StoreField(sum, entry, at_ + 16);
      return;
    }
    case AggregateFn::kMin:
    case AggregateFn::kMax:
      if (updating_) {
        b_.CreateCall(m_.Callee("flow_multiset_merge"), {Set(entry), Set(from)});
        return;
      }
      When(b_.CreateICmpNE(added, b_.getInt64(0)),
           [&] { Offer(entry, Payload(from), b_.CreateICmpEQ(before, b_.getInt64(0)), arena); });
      return;
  }
}

void AccumulatorEmitter::Finish(llvm::Value* entry, llvm::Value* cell, llvm::Value* status) {
  if (call_.fn == AggregateFn::kCountRows || call_.fn == AggregateFn::kCount) {
    b_.StoreField(Count(entry), cell, 0);
    b_.StoreField(b_.Byte(kFlowValue), status, 0);
    return;
  }
  b_.StoreCell(call_.result_type, m_.Zero(call_.result_type), cell);
  b_.StoreField(b_.Byte(kFlowNull), status, 0);
  if (IsExtreme() && updating_) {
    const char* function =
        call_.fn == AggregateFn::kMin ? "flow_multiset_min" : "flow_multiset_max";
    llvm::Value* found = b_.CreateCall(m_.Callee(function), {Set(entry), cell});
    llvm::Value* none = b_.CreateICmpEQ(found, b_.getInt32(0));
    b_.StoreField(b_.CreateZExt(none, m_.i8), status, 0);
    return;
  }
  When(b_.CreateICmpSGT(Count(entry), b_.getInt64(0)), [&] {
    if (IsExtreme()) {
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

void AccumulatorEmitter::FinishSum(llvm::Value* entry, llvm::Value* cell, llvm::Value* status) {
  if (call_.argument_type.is(TypeKind::kDouble)) {
    llvm::Value* code =
        b_.CreateCall(m_.Callee("flow_op_exact_sum_finish"), {Payload(entry), cell});
    b_.StoreField(code, status, 0);
    return;
  }
  if (call_.argument_type.is(TypeKind::kDecimal)) {
    llvm::Value* out = b_.Spill(llvm::ConstantInt::get(m_.i128, 0));
    llvm::Value* code = b_.CreateCall(m_.Callee("flow_op_sum256_finish"), {Payload(entry), out});
    b_.StoreField(b_.LoadField(m_.i128, out, 0), cell, 0);
    b_.StoreField(code, status, 0);
    return;
  }
  llvm::Value* sum = b_.LoadField(m_.i128, entry, at_ + 16);
  llvm::Value* narrow = b_.CreateTrunc(sum, m_.i64);
  llvm::Value* lost = b_.CreateICmpNE(b_.CreateSExt(narrow, m_.i128), sum);
  b_.StoreField(narrow, cell, 0);
  b_.StoreField(b_.CreateSelect(lost, b_.Byte(kFlowErrOverflow), b_.Byte(kFlowValue)), status, 0);
}

void AccumulatorEmitter::FinishAverage(llvm::Value* entry, llvm::Value* cell, llvm::Value* status) {
  llvm::Value* count = Count(entry);
  if (call_.argument_type.is(TypeKind::kDouble)) {
    llvm::Value* out = b_.Spill(llvm::ConstantFP::get(m_.f64, 0));
    llvm::Value* code = b_.CreateCall(m_.Callee("flow_op_exact_sum_finish"), {Payload(entry), out});
    llvm::Value* sum = b_.LoadField(m_.f64, out, 0);
    b_.StoreField(b_.CreateFDiv(sum, b_.CreateSIToFP(count, m_.f64)), cell, 0);
    b_.StoreField(code, status, 0);
    return;
  }
  const char* function = call_.argument_type.is(TypeKind::kDecimal) ? "flow_op_sum256_average"
                                                                    : "flow_op_sum128_average";
  int shift = call_.result_type.scale - call_.argument_type.scale;
  llvm::Value* out = b_.Spill(llvm::ConstantInt::get(m_.i128, 0));
  llvm::Value* code = b_.CreateCall(
      m_.Callee(function), {Payload(entry), count, b_.getInt32(static_cast<uint32_t>(shift)), out});
  b_.StoreField(b_.LoadField(m_.i128, out, 0), cell, 0);
  b_.StoreField(code, status, 0);
}

void AccumulatorEmitter::Destroy(llvm::Value* entry) {
  if (!OwnsMemory()) return;
  b_.CreateCall(m_.Callee("flow_multiset_free"), {Set(entry)});
}

}  // namespace flow::codegen
