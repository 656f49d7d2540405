// Checked arithmetic on values (scalar.h).
#include <cmath>
#include <limits>

#include "compiler/interpret/scalar.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"

namespace flow::interpret {

namespace {

// The value, or the error, if it is not in [least, greatest].
Value Within(int64_t value, int64_t least, int64_t greatest, uint8_t code) {
  return value < least || value > greatest ? Value::Error(code) : Value::Int(value);
}

// INT and BIGINT; the type's bounds are given.
Value IntegerArithmetic(ExprOp op, int64_t a, int64_t b, int64_t least, int64_t greatest) {
  int64_t result = 0;
  bool overflow = false;
  switch (op) {
    case ExprOp::kAdd:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case ExprOp::kSub:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case ExprOp::kMul:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case ExprOp::kDiv:
      if (b == 0) return Value::Error(kFlowErrDivisionByZero);
      if (b == -1) return IntegerArithmetic(ExprOp::kSub, 0, a, least, greatest);
      result = a / b;
      break;
    case ExprOp::kMod:
      if (b == 0) return Value::Error(kFlowErrDivisionByZero);
      result = b == -1 ? 0 : a % b;  // the processor traps at the least value % -1
      break;
    default:
      return Value::Error(kFlowErrArgument);
  }
  if (overflow) return Value::Error(kFlowErrOverflow);
  return Within(result, least, greatest, kFlowErrOverflow);
}

Value DoubleArithmetic(ExprOp op, double a, double b) {
  double result = 0;
  switch (op) {
    case ExprOp::kAdd:
      result = a + b;
      break;
    case ExprOp::kSub:
      result = a - b;
      break;
    case ExprOp::kMul:
      result = a * b;
      break;
    case ExprOp::kDiv:
      if (b == 0) return Value::Error(kFlowErrDivisionByZero);
      result = a / b;
      break;
    case ExprOp::kMod:
      if (b == 0) return Value::Error(kFlowErrDivisionByZero);
      result = std::fmod(a, b);
      break;
    default:
      return Value::Error(kFlowErrArgument);
  }
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) {
    return Value::Error(kFlowErrOverflow);
  }
  return Value::Double(result);
}

// A result of at most 38 digits, whatever precision the type names.
Value Digits38(FlowInt128 value) {
#ifdef FLOW_MUTANT_WRAPPED_DECIMAL
  return Value::Decimal(value % flow_pow10(11));
#endif
  const FlowInt128 bound = flow_pow10(38);
  if (value >= bound || value <= -bound) return Value::Error(kFlowErrOverflow);
  return Value::Decimal(value);
}

// a * 10^exponent / b, rounded half away from zero, by long division: the quotient so far, then one
// more digit at a time.
Value DivideDecimal(FlowInt128 a, FlowInt128 b, int exponent) {
  if (b == 0) return Value::Error(kFlowErrDivisionByZero);
  const bool negative = (a < 0) != (b < 0);
  const FlowUInt128 divisor = static_cast<FlowUInt128>(b < 0 ? -b : b);
  const FlowUInt128 dividend = static_cast<FlowUInt128>(a < 0 ? -a : a);
  const FlowUInt128 bound = static_cast<FlowUInt128>(flow_pow10(38));
  FlowUInt128 quotient = dividend / divisor;
  FlowUInt128 rest = dividend % divisor;
  for (int i = 0; i < exponent; ++i) {
    // rest * 10 may pass 128 bits: add it up, taking the divisor (below 10^38) off as it goes.
    FlowUInt128 next = 0;
    unsigned digit = 0;
    for (int k = 0; k < 10; ++k) {
      next += rest;
      if (next >= divisor) {
        next -= divisor;
        ++digit;
      }
    }
    rest = next;
    if (quotient >= bound / 10) return Value::Error(kFlowErrOverflow);
    quotient = quotient * 10 + digit;
  }
  if (rest >= divisor - rest) ++quotient;
  const FlowInt128 result = static_cast<FlowInt128>(quotient);
  return Digits38(negative ? -result : result);
}

Value DecimalArithmetic(const BoundExpr& expr, FlowInt128 a, FlowInt128 b) {
  FlowInt128 result = 0;
  bool overflow = false;
  switch (expr.op) {
    case ExprOp::kAdd:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case ExprOp::kSub:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case ExprOp::kMul:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case ExprOp::kDiv:
      // The type's scale is at least that of the dividend, so the exponent is not negative.
      return DivideDecimal(
          a, b, expr.type.scale - expr.children[0]->type.scale + expr.children[1]->type.scale);
    case ExprOp::kMod:
      if (b == 0) return Value::Error(kFlowErrDivisionByZero);
      result = a % b;
      break;
    default:
      return Value::Error(kFlowErrArgument);
  }
  return overflow ? Value::Error(kFlowErrOverflow) : Digits38(result);
}

// TIMESTAMP +- INTERVAL, TIMESTAMP - TIMESTAMP, INTERVAL +- INTERVAL: all are microseconds.
Value TimeArithmetic(const BoundExpr& expr, int64_t a, int64_t b) {
  int64_t result = 0;
  const bool overflow = expr.op == ExprOp::kAdd ? __builtin_add_overflow(a, b, &result)
                                                : __builtin_sub_overflow(a, b, &result);
  if (expr.type.is(TypeKind::kInterval)) {
    return overflow ? Value::Error(kFlowErrOverflow) : Value::Int(result);
  }
  if (overflow) return Value::Error(kFlowErrOutOfRange);
  return Within(result, FLOW_TIMESTAMP_MIN, FLOW_TIMESTAMP_MAX, kFlowErrOutOfRange);
}

}  // namespace

Value Arithmetic(const BoundExpr& expr, const Value& a, const Value& b) {
  switch (expr.type.kind) {
    case TypeKind::kInt:
      return IntegerArithmetic(expr.op, a.i, b.i, std::numeric_limits<int32_t>::min(),
                               std::numeric_limits<int32_t>::max());
    case TypeKind::kBigint:
      return IntegerArithmetic(expr.op, a.i, b.i, std::numeric_limits<int64_t>::min(),
                               std::numeric_limits<int64_t>::max());
    case TypeKind::kDouble:
      return DoubleArithmetic(expr.op, a.d, b.d);
    case TypeKind::kDecimal:
      return DecimalArithmetic(expr, a.dec, b.dec);
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return TimeArithmetic(expr, a.i, b.i);
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return Value::Error(kFlowErrArgument);
  }
  return Value::Error(kFlowErrArgument);
}

Value Negate(const Type& type, const Value& a) {
  if (type.is(TypeKind::kDouble)) return Value::Double(-a.d);
  if (type.is(TypeKind::kDecimal)) return Value::Decimal(-a.dec);
  const int64_t least = type.is(TypeKind::kInt) ? std::numeric_limits<int32_t>::min()
                                                : std::numeric_limits<int64_t>::min();
  return a.i == least ? Value::Error(kFlowErrOverflow) : Value::Int(-a.i);
}

}  // namespace flow::interpret
