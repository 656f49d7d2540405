// Comparisons, AND, OR, NOT, IS NULL, CASE and COALESCE.
#include "compiler/codegen/expr_emitter.h"
#include "runtime/abi/error_code.h"

namespace flow::codegen {

namespace {

using Predicate = llvm::CmpInst::Predicate;

Predicate IntegerPredicate(ExprOp op, bool is_signed) {
  switch (op) {
    case ExprOp::kEq:
      return Predicate::ICMP_EQ;
    case ExprOp::kNe:
      return Predicate::ICMP_NE;
    case ExprOp::kLt:
      return is_signed ? Predicate::ICMP_SLT : Predicate::ICMP_ULT;
    case ExprOp::kLe:
      return is_signed ? Predicate::ICMP_SLE : Predicate::ICMP_ULE;
    case ExprOp::kGt:
      return is_signed ? Predicate::ICMP_SGT : Predicate::ICMP_UGT;
    default:
      return is_signed ? Predicate::ICMP_SGE : Predicate::ICMP_UGE;
  }
}

}  // namespace

// NaN equals NaN and is greater than all others.
llvm::Value* ExprEmitter::CompareDoubles(ExprOp op, llvm::Value* a, llvm::Value* b) {
  llvm::Value* a_nan = b_.CreateFCmpUNO(a, a);
  llvm::Value* b_nan = b_.CreateFCmpUNO(b, b);
  switch (op) {
    case ExprOp::kEq:
      return b_.CreateOr(b_.CreateFCmpOEQ(a, b), b_.CreateAnd(a_nan, b_nan));
    case ExprOp::kNe:
      return b_.CreateNot(CompareDoubles(ExprOp::kEq, a, b));
    case ExprOp::kLt:
      return b_.CreateOr(b_.CreateFCmpOLT(a, b), b_.CreateAnd(b_.CreateNot(a_nan), b_nan));
    case ExprOp::kLe:
      return b_.CreateNot(CompareDoubles(ExprOp::kLt, b, a));
    case ExprOp::kGt:
      return CompareDoubles(ExprOp::kLt, b, a);
    default:
      return b_.CreateNot(CompareDoubles(ExprOp::kLt, a, b));
  }
}

Value ExprEmitter::EmitComparison(const BoundExpr& expr) {
  Operands operands = EmitOperands(expr);
  const Type& type = expr.children[0]->type;
  llvm::Value* x = operands.values[0].value;
  llvm::Value* y = operands.values[1].value;
  if (type.is(TypeKind::kString)) {
    return Guarded(TypeKind::kBoolean, operands.strict, [&] {
      Value result;
      if (expr.op == ExprOp::kEq || expr.op == ExprOp::kNe) {
        llvm::Value* equal = b_.CreateCall(b_.m().Callee("flow_op_string_equal"), {x, y});
        result.value = expr.op == ExprOp::kEq ? b_.CreateICmpNE(equal, b_.Byte(0))
                                              : b_.CreateICmpEQ(equal, b_.Byte(0));
      } else {
        llvm::Value* order = b_.CreateCall(b_.m().Callee("flow_op_string_compare"), {x, y});
        result.value = b_.CreateICmp(IntegerPredicate(expr.op, true), order, b_.getInt32(0));
      }
      return result;
    });
  }
  if (type.is(TypeKind::kDouble)) {
    return WithStatus(CompareDoubles(expr.op, x, y), operands.strict);
  }
  bool is_signed = !type.is(TypeKind::kBoolean);
  return WithStatus(b_.CreateICmp(IntegerPredicate(expr.op, is_signed), x, y), operands.strict);
}

// The deciding value first, then NULL, then the first error. Cheap operands are evaluated in any
// case; the others one after the other, until one decides.
Value ExprEmitter::EmitConnective(const BoundExpr& expr) {
  const bool is_and = expr.op == ExprOp::kAnd;
  const Type boolean(TypeKind::kBoolean);
  llvm::BasicBlock* join = nullptr;
  std::vector<Arrival> arrivals;
  Value decided;
  decided.value = b_.getInt1(!is_and);

  auto decides = [&](const Value& v) {
    return b_.CreateAnd(IsValue(v), is_and ? b_.CreateNot(v.value) : v.value);
  };
  auto leave_if = [&](llvm::Value* condition) {
    if (join == nullptr) join = b_.NewBlock("decided");
    llvm::BasicBlock* next = b_.NewBlock("next");
    arrivals.push_back({b_.GetInsertBlock(), decided});
    b_.CreateCondBr(condition, join, next);
    b_.Enter(next);
  };

  std::vector<Value> values(expr.children.size());
  std::vector<size_t> costly;
  llvm::Value* any_decides = nullptr;
  for (size_t i = 0; i < expr.children.size(); ++i) {
    // The first costly operand is evaluated in any case too, unless a cheap one can spare it.
    if (!IsCheap(*expr.children[i])) {
      costly.push_back(i);
      continue;
    }
    values[i] = Emit(*expr.children[i]);
    llvm::Value* now = decides(values[i]);
    any_decides = any_decides == nullptr ? now : b_.CreateOr(any_decides, now);
  }
  int scopes = 0;
  for (size_t i : costly) {
    if (any_decides != nullptr) {
      leave_if(any_decides);
      OpenScope();
      ++scopes;
    }
    values[i] = Emit(*expr.children[i]);
    any_decides = decides(values[i]);
  }
  while (scopes-- > 0) CloseScope();

  Value rest;
  rest.value = b_.getInt1(is_and);
  llvm::Value* is_null = nullptr;
  for (const Value& value : values) {
    rest.may_error |= value.may_error;
    if (!value.may_null) continue;
    rest.may_null = true;
    llvm::Value* null = IsNull(value);
    is_null = is_null == nullptr ? null : b_.CreateOr(is_null, null);
  }
  if (rest.may_error) rest.status = FirstError(values);
  if (is_null != nullptr) {
    rest.status = b_.CreateSelect(is_null, b_.Byte(kFlowNull),
                                  rest.status == nullptr ? b_.Byte(kFlowValue) : rest.status);
  }
  // What the operands that were not left for say last.
  if (any_decides != nullptr) {
    rest.value = b_.CreateXor(any_decides, rest.value);
    if (!rest.certain()) {
      rest.status = b_.CreateSelect(any_decides, b_.Byte(kFlowValue), rest.status);
    }
  }
  if (join == nullptr) return rest;
  arrivals.push_back({b_.GetInsertBlock(), rest});
  b_.CreateBr(join);
  return Join(join, boolean, arrivals);
}

Value ExprEmitter::EmitNot(const BoundExpr& expr) {
  Value value = Emit(*expr.children[0]);
  value.value = b_.CreateNot(value.value);
  return value;
}

Value ExprEmitter::EmitIsNull(const BoundExpr& expr) {
  Value operand = Emit(*expr.children[0]);
  Value result;
  result.value = IsNull(operand);
  if (operand.may_error) {
    result.may_error = true;
    result.status = b_.CreateSelect(result.value, b_.Byte(kFlowValue), operand.status);
  }
  return result;
}

Value ExprEmitter::EmitCase(const BoundExpr& expr) {
  llvm::BasicBlock* join = b_.NewBlock("end_case");
  std::vector<Arrival> arrivals;
  int scopes = 0;
  auto arrive = [&](const Value& value) {
    arrivals.push_back({b_.GetInsertBlock(), value});
    b_.CreateBr(join);
  };
  for (size_t i = 0; i + 1 < expr.children.size(); i += 2) {
    Value when = Emit(*expr.children[i]);
    if (when.may_error) {
      llvm::BasicBlock* fine = b_.NewBlock("when");
      arrivals.push_back(
          {b_.GetInsertBlock(), Value{b_.m().Zero(expr.type), when.status, false, true}});
      b_.CreateCondBr(IsError(when), join, fine);
      b_.Enter(fine);
    }
    llvm::BasicBlock* then = b_.NewBlock("then");
    llvm::BasicBlock* next = b_.NewBlock("else");
    b_.CreateCondBr(b_.CreateAnd(IsValue(when), when.value), then, next);
    b_.Enter(then);
    OpenScope();
    arrive(Emit(*expr.children[i + 1]));
    CloseScope();
    b_.Enter(next);
    OpenScope();
    ++scopes;
  }
  arrive(Emit(*expr.children.back()));
  while (scopes-- > 0) CloseScope();
  return Join(join, expr.type, arrivals);
}

Value ExprEmitter::EmitCoalesce(const BoundExpr& expr) {
  llvm::BasicBlock* join = b_.NewBlock("end_coalesce");
  std::vector<Arrival> arrivals;
  int scopes = 0;
  for (size_t i = 0; i < expr.children.size(); ++i) {
    Value value = Emit(*expr.children[i]);
    if (i + 1 == expr.children.size() || !value.may_null) {
      arrivals.push_back({b_.GetInsertBlock(), value});
      b_.CreateBr(join);
      break;
    }
    llvm::BasicBlock* next = b_.NewBlock("next");
    llvm::Value* is_null = IsNull(value);
    value.may_null = false;  // where it arrives
    if (!value.may_error) value.status = nullptr;
    arrivals.push_back({b_.GetInsertBlock(), value});
    b_.CreateCondBr(is_null, next, join);
    b_.Enter(next);
    OpenScope();
    ++scopes;
  }
  while (scopes-- > 0) CloseScope();
  return Join(join, expr.type, arrivals);
}

}  // namespace flow::codegen
