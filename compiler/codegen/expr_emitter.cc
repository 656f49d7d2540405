// The frame of ExprEmitter: dispatch, remembered results, statuses, joins.
#include "compiler/codegen/expr_emitter.h"

#include <unordered_set>

#include "runtime/abi/error_code.h"

namespace flow::codegen {

ExprEmitter::ExprEmitter(FunctionBuilder& builder, Numbering& numbering, llvm::Value* arena,
                         ColumnSource columns)
    : b_(builder), numbering_(numbering), arena_(arena), columns_(std::move(columns)) {
  OpenScope();
}

void ExprEmitter::CloseScope() {
  for (int number : scopes_.back()) known_.erase(number);
  scopes_.pop_back();
}

Value ExprEmitter::Emit(const BoundExpr& expr) {
  int number = numbering_.NumberOf(expr);
  if (auto at = known_.find(number); at != known_.end()) return at->second;
  Value value = EmitNew(expr);
  known_.emplace(number, value);
  scopes_.back().push_back(number);
  return value;
}

Value ExprEmitter::EmitNew(const BoundExpr& expr) {
  switch (expr.op) {
    case ExprOp::kColumn:
      return columns_(expr.column);
    case ExprOp::kLiteral:
      return Constant(expr.literal, expr.type);
    case ExprOp::kAdd:
    case ExprOp::kSub:
    case ExprOp::kMul:
    case ExprOp::kDiv:
    case ExprOp::kMod:
      return EmitArithmetic(expr);
    case ExprOp::kNeg:
      return EmitNegation(expr);
    case ExprOp::kEq:
    case ExprOp::kNe:
    case ExprOp::kLt:
    case ExprOp::kLe:
    case ExprOp::kGt:
    case ExprOp::kGe:
      return EmitComparison(expr);
    case ExprOp::kAnd:
    case ExprOp::kOr:
      return EmitConnective(expr);
    case ExprOp::kNot:
      return EmitNot(expr);
    case ExprOp::kIsNull:
      return EmitIsNull(expr);
    case ExprOp::kCase:
      return EmitCase(expr);
    case ExprOp::kCoalesce:
      return EmitCoalesce(expr);
    case ExprOp::kCast:
      return EmitCast(expr);
    case ExprOp::kCall:
      return EmitCall(expr);
  }
  llvm_unreachable("every operator is above");
}

Value ExprEmitter::Constant(const Datum& literal, const Type& type) {
  ModuleBuilder& m = b_.m();
  Value result;
  if (!literal.is_value()) {
    result.value = m.Zero(type);
    result.status = b_.Code(literal.status);
    result.may_null = literal.is_null();
    result.may_error = !literal.is_null();
    return result;
  }
  switch (type.kind) {
    case TypeKind::kDouble:
      result.value = llvm::ConstantFP::get(m.f64, literal.d);
      break;
    case TypeKind::kDecimal:
      result.value = llvm::ConstantInt::get(m.context(), ToApInt(literal.dec));
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      result.value = m.String(literal.s);
      break;
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      result.value =
          llvm::ConstantInt::get(m.SsaType(type), static_cast<uint64_t>(literal.i), true);
      break;
  }
  return result;
}

ExprEmitter::Operands ExprEmitter::EmitOperands(const BoundExpr& expr) {
  Operands operands;
  for (const BoundExprPtr& child : expr.children) operands.values.push_back(Emit(*child));
  for (const Value& value : operands.values) operands.strict = Strict(operands.strict, value);
  return operands;
}

// NULL if one of the two is NULL, else the first error: `b` decides where `a` is a value or `b`
// NULL.
Value ExprEmitter::Strict(const Value& a, const Value& b) {
  Value merged;
  merged.may_null = a.may_null || b.may_null;
  merged.may_error = a.may_error || b.may_error;
  if (a.certain() || b.certain()) {
    merged.status = a.certain() ? b.status : a.status;
  } else if (!merged.may_error) {
    merged.status = b_.CreateOr(a.status, b.status);
    static_assert(kFlowValue == 0 && kFlowNull == 1, "statuses without errors are bits");
  } else {
    llvm::Value* take_b = b_.CreateICmpEQ(a.status, b_.Code(kFlowValue));
    if (b.may_null) take_b = b_.CreateOr(take_b, IsNull(b));
    merged.status = b_.CreateSelect(take_b, b.status, a.status);
  }
  return merged;
}

llvm::Value* ExprEmitter::StatusOf(const Value& value) {
  return value.certain() ? b_.Code(kFlowValue) : value.status;
}

llvm::Value* ExprEmitter::IsValue(const Value& value) {
  return value.certain() ? b_.getTrue() : b_.CreateICmpEQ(value.status, b_.Code(kFlowValue));
}

llvm::Value* ExprEmitter::IsNull(const Value& value) {
  return value.may_null ? b_.CreateICmpEQ(value.status, b_.Code(kFlowNull)) : b_.getFalse();
}

llvm::Value* ExprEmitter::IsError(const Value& value) {
  return value.may_error ? b_.CreateICmpUGE(value.status, b_.Code(kFlowErrorFirst)) : b_.getFalse();
}

llvm::Value* ExprEmitter::FirstError(const std::vector<Value>& values) {
  std::vector<const Value*> distinct;
  std::unordered_set<llvm::Value*> seen;
  for (const Value& value : values) {
    if (value.may_error && seen.insert(value.status).second) distinct.push_back(&value);
  }
  llvm::Value* first = b_.Code(kFlowValue);
  for (auto value = distinct.rbegin(); value != distinct.rend(); ++value) {
    first = b_.CreateSelect(IsError(**value), (*value)->status, first);
  }
  return first;
}

llvm::Value* ExprEmitter::AnyNull(const std::vector<Value>& values) {
  llvm::Value* any = nullptr;
  std::unordered_set<llvm::Value*> seen;
  for (const Value& value : values) {
    if (!value.may_null || !seen.insert(value.status).second) continue;
    any = any == nullptr ? IsNull(value) : b_.CreateOr(any, IsNull(value));
  }
  return any;
}

llvm::Value* ExprEmitter::ErrorIf(llvm::Value* failed, uint8_t code) {
  return b_.CreateSelect(failed, b_.Code(code), b_.Code(kFlowValue));
}

Value ExprEmitter::WithStatus(llvm::Value* value, const Value& strict) {
  Value result = strict;
  result.value = value;
  return result;
}

Value ExprEmitter::WithError(llvm::Value* value, const Value& strict, llvm::Value* error) {
  Value result = WithStatus(value, strict);
  result.status = strict.certain() ? error : b_.CreateSelect(IsValue(strict), error, strict.status);
  result.may_error = true;
  return result;
}

Value ExprEmitter::Guarded(const Type& type, const Value& strict,
                           const std::function<Value()>& body) {
  if (strict.certain()) return body();
  llvm::BasicBlock* before = b_.GetInsertBlock();
  llvm::BasicBlock* inside = b_.NewBlock("value");
  llvm::BasicBlock* join = b_.NewBlock("join");
  b_.CreateCondBr(IsValue(strict), inside, join);
  b_.Enter(inside);
  Value computed = body();
  llvm::BasicBlock* end = b_.GetInsertBlock();
  b_.CreateBr(join);
  Value otherwise;
  otherwise.value = b_.m().Zero(type);
  if (!computed.certain()) {
    return Join(join, type, {{before, WithStatus(otherwise.value, strict)}, {end, computed}});
  }
  // What can not fail has the status of its operands, and they know it by that.
  Value joined = Join(join, type, {{before, otherwise}, {end, computed}});
  return WithStatus(joined.value, strict);
}

Value ExprEmitter::Join(llvm::BasicBlock* join, const Type& type,
                        const std::vector<Arrival>& arrivals) {
  b_.Enter(join);
  Value result;
  auto count = static_cast<unsigned>(arrivals.size());
  llvm::PHINode* value = b_.CreatePHI(b_.m().SsaType(type), count);
  for (const Arrival& arrival : arrivals) {
    value->addIncoming(arrival.value.value, arrival.from);
    result.may_null |= arrival.value.may_null;
    result.may_error |= arrival.value.may_error;
  }
  result.value = value;
  if (!result.may_null && !result.may_error) return result;
  llvm::PHINode* status = b_.CreatePHI(b_.getInt32Ty(), count);
  for (const Arrival& arrival : arrivals)
    status->addIncoming(StatusOf(arrival.value), arrival.from);
  result.status = status;
  return result;
}

llvm::Value* ExprEmitter::Argument(const Value& value, const Type& type) {
  if (type.is(TypeKind::kBoolean)) return b_.CreateZExt(value.value, b_.getInt8Ty());
  if (type.is(TypeKind::kDecimal)) return b_.Spill(value.value);
  return value.value;
}

Value ExprEmitter::CallStatus(llvm::FunctionCallee callee, std::vector<llvm::Value*> arguments,
                              const Type& type) {
  llvm::Value* out = b_.Local(b_.m().CellType(type));
  arguments.push_back(out);
  // A function that fails leaves `out` alone; what is under an error must still be initialised.
  b_.StoreCell(type, b_.m().Zero(type), out);
  Value result;
  result.status = b_.CreateZExt(b_.CreateCall(callee, arguments), b_.getInt32Ty());
  result.may_null = true;
  result.may_error = true;
  result.value = b_.LoadCell(type, out);
  return result;
}

Value ExprEmitter::EmitCall(const BoundExpr& expr) {
  Operands operands = EmitOperands(expr);
  return Guarded(expr.type, operands.strict, [&] {
    std::vector<llvm::Value*> arguments = {arena_};
    for (size_t i = 0; i < operands.values.size(); ++i) {
      arguments.push_back(Argument(operands.values[i], expr.children[i]->type));
    }
    return CallStatus(b_.m().Callee(expr.function->symbol), std::move(arguments), expr.type);
  });
}

}  // namespace flow::codegen
