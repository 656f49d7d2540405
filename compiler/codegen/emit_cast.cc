// Casts. What is short is emitted, the rest are functions of stdlib/support.
#include "compiler/codegen/expr_emitter.h"
#include "runtime/abi/error_code.h"
#include "stdlib/support/support.h"

namespace flow::codegen {

namespace {

constexpr int64_t kMicrosecondsPerDay = 86400000000;

// Digits before the point that a value of this integer or decimal type can have.
int IntegerDigits(const Type& type) {
  if (type.is(TypeKind::kBoolean)) return 1;
  if (type.is(TypeKind::kInt)) return 10;
  if (type.is(TypeKind::kBigint)) return 19;
  return type.precision - type.scale;
}

const char* ParserOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return "flow_op_parse_boolean";
    case TypeKind::kInt:
      return "flow_op_parse_int";
    case TypeKind::kBigint:
      return "flow_op_parse_bigint";
    case TypeKind::kDouble:
      return "flow_op_parse_double";
    case TypeKind::kDecimal:
      return "flow_op_parse_decimal";
    case TypeKind::kDate:
      return "flow_op_parse_date";
    case TypeKind::kTimestamp:
      return "flow_op_parse_timestamp";
    case TypeKind::kNull:
    case TypeKind::kString:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return nullptr;
}

}  // namespace

Value ExprEmitter::EmitCast(const BoundExpr& expr) {
  const BoundExpr& child = *expr.children[0];
  Value from = Emit(child);
  Value strict = from;
  strict.value = nullptr;
  if (child.type.is_variable() && expr.type.is_variable()) return from;  // the same bytes
  if (child.type.is(TypeKind::kNull)) return WithStatus(b_.m().Zero(expr.type), strict);
  Value certain;
  certain.value = from.value;
  // Strings are read and functions called only for values; the rest is done in any case.
  bool guard = child.type.is(TypeKind::kString) || expr.type.is(TypeKind::kString) ||
               child.type.is(TypeKind::kDecimal) || expr.type.is(TypeKind::kDecimal) ||
               child.type.is(TypeKind::kDouble);
  auto convert = [&] {
    Value to = CastValue(certain, child.type, expr.type);
    if (expr.try_cast && to.may_error) {
      to.status = b_.CreateZExt(IsError(to), b_.getInt32Ty());
      static_assert(kFlowNull == 1, "a failure becomes NULL by widening a bit");
      to.may_null = true;
      to.may_error = false;
    }
    return to;
  };
  if (child.type == expr.type) return from;
  if (guard) return Guarded(expr.type, strict, convert);
  Value to = convert();
  if (to.certain()) return WithStatus(to.value, strict);
  Value merged = WithError(to.value, strict, to.status);
  merged.may_error = strict.may_error || to.may_error;
  merged.may_null = strict.may_null || to.may_null;
  return merged;
}

// `from` is a value. The result may be in error, never NULL.
Value ExprEmitter::CastValue(const Value& from, const Type& from_type, const Type& to) {
  ModuleBuilder& m = b_.m();
  llvm::Value* x = from.value;
  Value result;
  auto fallible = [&](const char* function, std::vector<llvm::Value*> arguments) {
    Value v = CallStatus(m.Callee(function), std::move(arguments), to);
    v.may_null = false;
    return v;
  };
  auto number = [&](int n) { return b_.getInt32(static_cast<uint32_t>(n)); };
  // Text made by a function that can not fail.
  auto text = [&](const char* function, std::vector<llvm::Value*> arguments) {
    llvm::Value* out = b_.Local(m.cell16);
    arguments.push_back(out);
    b_.CreateCall(m.Callee(function), arguments);
    result.value = out;
    return result;
  };
  auto rescale = [&](llvm::Value* unscaled, int from_scale, int integer_digits) {
    // Scaling up needs no check where every value of the source type fits.
    if (to.scale >= from_scale && integer_digits + to.scale <= to.precision) {
      llvm::Value* factor = llvm::ConstantInt::get(
          b_.getContext(), llvm::APInt(128, "1" + std::string(to.scale - from_scale, '0'), 10));
      result.value = b_.CreateMul(unscaled, factor);
      return result;
    }
    return fallible("flow_op_decimal_rescale", {b_.Spill(unscaled), number(from_scale),
                                                number(to.scale), number(to.precision)});
  };

  switch (from_type.kind) {
    case TypeKind::kBoolean:
      if (to.is(TypeKind::kString)) {
        return text("flow_op_format_boolean", {b_.CreateZExt(x, m.i8)});
      }
      if (to.is(TypeKind::kDecimal)) return rescale(b_.CreateZExt(x, m.i128), 0, 1);
      result.value =
          to.is(TypeKind::kDouble) ? b_.CreateUIToFP(x, m.f64) : b_.CreateZExt(x, m.SsaType(to));
      return result;

    case TypeKind::kInt:
    case TypeKind::kBigint:
      switch (to.kind) {
        case TypeKind::kBoolean:
          result.value = b_.CreateICmpNE(x, llvm::ConstantInt::get(x->getType(), 0));
          return result;
        case TypeKind::kBigint:
          result.value = b_.CreateSExt(x, m.i64);
          return result;
        case TypeKind::kInt: {
          result.value = b_.CreateTrunc(x, m.i32);
          llvm::Value* changed = b_.CreateICmpNE(b_.CreateSExt(result.value, m.i64), x);
          return WithError(result.value, Value(), ErrorIf(changed, kFlowErrOutOfRange));
        }
        case TypeKind::kDouble:
          result.value = b_.CreateSIToFP(x, m.f64);
          return result;
        case TypeKind::kDecimal:
          return rescale(b_.CreateSExt(x, m.i128), 0, IntegerDigits(from_type));
        case TypeKind::kString:
          return text("flow_op_format_bigint", {arena_, b_.CreateSExt(x, m.i64)});
        case TypeKind::kNull:
        case TypeKind::kDate:
        case TypeKind::kTimestamp:
        case TypeKind::kInterval:
        case TypeKind::kStruct:
        case TypeKind::kBytes:
        case TypeKind::kArray:
        case TypeKind::kMap:
        case TypeKind::kJson:
          break;
      }
      break;

    case TypeKind::kDouble:
      switch (to.kind) {
        case TypeKind::kBoolean:
          result.value = b_.CreateFCmpUNE(x, llvm::ConstantFP::get(m.f64, 0));
          return result;
        case TypeKind::kInt:
          return fallible("flow_op_double_to_int", {x});
        case TypeKind::kBigint:
          return fallible("flow_op_double_to_bigint", {x});
        case TypeKind::kDecimal:
          return fallible("flow_op_double_to_decimal", {x, number(to.precision), number(to.scale)});
        case TypeKind::kString:
          return text("flow_op_format_double", {arena_, x});
        case TypeKind::kNull:
        case TypeKind::kDouble:
        case TypeKind::kDate:
        case TypeKind::kTimestamp:
        case TypeKind::kInterval:
        case TypeKind::kStruct:
        case TypeKind::kBytes:
        case TypeKind::kArray:
        case TypeKind::kMap:
        case TypeKind::kJson:
          break;
      }
      break;

    case TypeKind::kDecimal:
      switch (to.kind) {
        case TypeKind::kBoolean:
          result.value = b_.CreateICmpNE(x, llvm::ConstantInt::get(m.i128, 0));
          return result;
        case TypeKind::kInt:
          return fallible("flow_op_decimal_to_int", {b_.Spill(x), number(from_type.scale)});
        case TypeKind::kBigint:
          return fallible("flow_op_decimal_to_bigint", {b_.Spill(x), number(from_type.scale)});
        case TypeKind::kDouble:
          result.value = b_.CreateCall(m.Callee("flow_op_decimal_to_double"),
                                       {b_.Spill(x), number(from_type.scale)});
          return result;
        case TypeKind::kDecimal:
          return rescale(x, from_type.scale, IntegerDigits(from_type));
        case TypeKind::kString:
          return text("flow_op_format_decimal", {arena_, b_.Spill(x), number(from_type.scale)});
        case TypeKind::kNull:
        case TypeKind::kDate:
        case TypeKind::kTimestamp:
        case TypeKind::kInterval:
        case TypeKind::kStruct:
        case TypeKind::kBytes:
        case TypeKind::kArray:
        case TypeKind::kMap:
        case TypeKind::kJson:
          break;
      }
      break;

    case TypeKind::kString:
      if (to.is(TypeKind::kDecimal)) {
        return fallible(ParserOf(to.kind), {x, number(to.precision), number(to.scale)});
      }
      if (ParserOf(to.kind) != nullptr) return fallible(ParserOf(to.kind), {x});
      break;

    case TypeKind::kDate:
      if (to.is(TypeKind::kString)) return text("flow_op_format_date", {arena_, x});
      if (to.is(TypeKind::kTimestamp)) {
        result.value = b_.CreateMul(b_.CreateSExt(x, m.i64), b_.getInt64(kMicrosecondsPerDay));
        return result;
      }
      break;

    case TypeKind::kTimestamp:
      if (to.is(TypeKind::kString)) return text("flow_op_format_timestamp", {arena_, x});
      if (to.is(TypeKind::kDate)) {
        llvm::Value* day = b_.getInt64(kMicrosecondsPerDay);
        llvm::Value* quotient = b_.CreateSDiv(x, day);
        llvm::Value* before = b_.CreateICmpSLT(b_.CreateSRem(x, day), b_.getInt64(0));
        result.value = b_.CreateTrunc(b_.CreateSub(quotient, b_.CreateZExt(before, m.i64)), m.i32);
        return result;
      }
      break;

    case TypeKind::kInterval:
      if (to.is(TypeKind::kString)) return text("flow_op_format_interval", {arena_, x});
      break;

    case TypeKind::kNull:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  // The binder refuses every other pair; whoever gets here anyway sees an error, not a wrong value.
  return WithError(m.Zero(to), Value(), b_.Code(kFlowErrCast));
}

}  // namespace flow::codegen
