// Arithmetic: checked integers, doubles that may not overflow, decimals of 38 digits, times.
#include "compiler/codegen/expr_emitter.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"

namespace flow::codegen {

namespace {

llvm::Intrinsic::ID CheckedIntrinsic(ExprOp op) {
  return op == ExprOp::kAdd   ? llvm::Intrinsic::sadd_with_overflow
         : op == ExprOp::kSub ? llvm::Intrinsic::ssub_with_overflow
                              : llvm::Intrinsic::smul_with_overflow;
}

// The widest value a decimal operation can reach has this many digits at most.
int ResultDigits(ExprOp op, const Type& a, const Type& b) {
  if (op == ExprOp::kMul) return a.precision + b.precision;
  return std::max(a.precision, b.precision) + 1;
}

}  // namespace

Value ExprEmitter::EmitArithmetic(const BoundExpr& expr) {
  Operands operands = EmitOperands(expr);
  switch (expr.type.kind) {
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return EmitInteger(expr, operands);
    case TypeKind::kDouble:
      return EmitDouble(expr, operands);
    case TypeKind::kDecimal:
      return EmitDecimal(expr, operands);
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return EmitTime(expr, operands);
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return WithStatus(b_.m().Zero(expr.type), operands.strict);
}

Value ExprEmitter::EmitInteger(const BoundExpr& expr, const Operands& operands) {
  llvm::Value* x = operands.values[0].value;
  llvm::Value* y = operands.values[1].value;
  if (expr.op == ExprOp::kAdd || expr.op == ExprOp::kSub || expr.op == ExprOp::kMul) {
    llvm::Value* pair = b_.CreateBinaryIntrinsic(CheckedIntrinsic(expr.op), x, y);
    return WithError(b_.CreateExtractValue(pair, 0), operands.strict,
                     ErrorIf(b_.CreateExtractValue(pair, 1), kFlowErrOverflow));
  }
  // Division traps on 0 and on the least value over -1, so the divisor is replaced there.
  llvm::Type* type = x->getType();
  llvm::Value* zero = llvm::ConstantInt::get(type, 0);
  llvm::Value* one = llvm::ConstantInt::get(type, 1);
  llvm::Value* minus_one = llvm::ConstantInt::getSigned(type, -1);
  llvm::Value* by_zero = b_.CreateICmpEQ(y, zero);
  llvm::Value* by_minus_one = b_.CreateICmpEQ(y, minus_one);
  llvm::Value* error = ErrorIf(by_zero, kFlowErrDivisionByZero);
  if (expr.op == ExprOp::kMod) {
    // Whatever is divided by -1 leaves nothing.
    llvm::Value* divisor = b_.CreateSelect(b_.CreateOr(by_zero, by_minus_one), one, y);
    return WithError(b_.CreateSRem(x, divisor), operands.strict, error);
  }
  llvm::Value* least =
      llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
  llvm::Value* overflow = b_.CreateAnd(by_minus_one, b_.CreateICmpEQ(x, least));
  error = b_.CreateSelect(overflow, b_.Code(kFlowErrOverflow), error);
  llvm::Value* divisor = b_.CreateSelect(b_.CreateOr(by_zero, overflow), one, y);
  return WithError(b_.CreateSDiv(x, divisor), operands.strict, error);
}

Value ExprEmitter::EmitDouble(const BoundExpr& expr, const Operands& operands) {
  llvm::Value* x = operands.values[0].value;
  llvm::Value* y = operands.values[1].value;
  llvm::Value* zero = llvm::ConstantFP::get(x->getType(), 0);
  if (expr.op == ExprOp::kMod) {
    return Guarded(expr.type, operands.strict, [&] {
      llvm::Value* result = b_.CreateCall(b_.m().Callee("fmod"), {x, y});
      Value none;
      return WithError(result, none, ErrorIf(b_.CreateFCmpOEQ(y, zero), kFlowErrDivisionByZero));
    });
  }
  llvm::Value* result = nullptr;
  switch (expr.op) {
    case ExprOp::kAdd:
      result = b_.CreateFAdd(x, y);
      break;
    case ExprOp::kSub:
      result = b_.CreateFSub(x, y);
      break;
    case ExprOp::kMul:
      result = b_.CreateFMul(x, y);
      break;
    default:
      result = b_.CreateFDiv(x, y);
      break;
  }
  // By the bits of the exponent: no NaN can come from finite operands (0 / 0 is caught below).
  constexpr uint64_t kExponent = 0x7FF0000000000000;
  auto not_finite = [&](llvm::Value* v) {
    llvm::Value* bits = b_.CreateBitCast(v, b_.getInt64Ty());
    llvm::Value* exponent = b_.CreateAnd(bits, b_.getInt64(kExponent));
    return b_.CreateICmpEQ(exponent, b_.getInt64(kExponent));
  };
  llvm::Value* before = b_.CreateOr(not_finite(x), not_finite(y));
  llvm::Value* overflow = b_.CreateAnd(not_finite(result), b_.CreateNot(before));
  llvm::Value* error = ErrorIf(overflow, kFlowErrOverflow);
  if (expr.op == ExprOp::kDiv) {
    error = b_.CreateSelect(b_.CreateFCmpOEQ(y, zero), b_.Code(kFlowErrDivisionByZero), error);
  }
  return WithError(result, operands.strict, error);
}

Value ExprEmitter::EmitDecimal(const BoundExpr& expr, const Operands& operands) {
  const Type& left = expr.children[0]->type;
  const Type& right = expr.children[1]->type;
  const Value& x = operands.values[0];
  const Value& y = operands.values[1];
  bool fits = ResultDigits(expr.op, left, right) <= 38;
  switch (expr.op) {
    case ExprOp::kAdd:
    case ExprOp::kSub: {
      llvm::Value* pair = b_.CreateBinaryIntrinsic(CheckedIntrinsic(expr.op), x.value, y.value);
      llvm::Value* result = b_.CreateExtractValue(pair, 0);
      if (fits) return WithStatus(result, operands.strict);
      llvm::Value* limit = llvm::ConstantInt::get(b_.getContext(), ToApInt(flow_pow10(38)));
      llvm::Value* over = b_.CreateOr(b_.CreateICmpSGE(result, limit),
                                      b_.CreateICmpSLE(result, b_.CreateNeg(limit)));
      over = b_.CreateOr(over, b_.CreateExtractValue(pair, 1));
      return WithError(result, operands.strict, ErrorIf(over, kFlowErrOverflow));
    }
    case ExprOp::kMul:
      if (fits) return WithStatus(b_.CreateMul(x.value, y.value), operands.strict);
      return Guarded(expr.type, operands.strict, [&] {
        return CallStatus(b_.m().Callee("flow_op_decimal_mul"),
                          {Argument(x, left), Argument(y, right)}, expr.type);
      });
    case ExprOp::kDiv: {
      int shift = expr.type.scale - left.scale + right.scale;
      return Guarded(expr.type, operands.strict, [&] {
        return CallStatus(
            b_.m().Callee("flow_op_decimal_div"),
            {Argument(x, left), Argument(y, right), b_.getInt32(static_cast<uint32_t>(shift))},
            expr.type);
      });
    }
    default:
      return Guarded(expr.type, operands.strict, [&] {
        return CallStatus(b_.m().Callee("flow_op_decimal_mod"),
                          {Argument(x, left), Argument(y, right)}, expr.type);
      });
  }
}

Value ExprEmitter::EmitTime(const BoundExpr& expr, const Operands& operands) {
  llvm::Value* pair = b_.CreateBinaryIntrinsic(CheckedIntrinsic(expr.op), operands.values[0].value,
                                               operands.values[1].value);
  llvm::Value* result = b_.CreateExtractValue(pair, 0);
  llvm::Value* failed = b_.CreateExtractValue(pair, 1);
  if (expr.type.is(TypeKind::kInterval)) {
    return WithError(result, operands.strict, ErrorIf(failed, kFlowErrOverflow));
  }
  llvm::Value* outside =
      b_.CreateOr(b_.CreateICmpSLT(result, b_.getInt64(static_cast<uint64_t>(FLOW_TIMESTAMP_MIN))),
                  b_.CreateICmpSGT(result, b_.getInt64(FLOW_TIMESTAMP_MAX)));
  return WithError(result, operands.strict,
                   ErrorIf(b_.CreateOr(failed, outside), kFlowErrOutOfRange));
}

Value ExprEmitter::EmitNegation(const BoundExpr& expr) {
  Operands operands = EmitOperands(expr);
  llvm::Value* x = operands.values[0].value;
  switch (expr.type.kind) {
    case TypeKind::kDouble:
      return WithStatus(b_.CreateFNeg(x), operands.strict);
    case TypeKind::kDecimal:
      return WithStatus(b_.CreateNeg(x), operands.strict);
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kInterval: {
      llvm::Value* pair = b_.CreateBinaryIntrinsic(llvm::Intrinsic::ssub_with_overflow,
                                                   llvm::ConstantInt::get(x->getType(), 0), x);
      return WithError(b_.CreateExtractValue(pair, 0), operands.strict,
                       ErrorIf(b_.CreateExtractValue(pair, 1), kFlowErrOverflow));
    }
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return WithStatus(x, operands.strict);
}

}  // namespace flow::codegen
