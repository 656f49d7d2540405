// CanWiden, CommonType, CanCast, Arithmetic, CastTo: see types.h.
#include "compiler/bind/types.h"

#include <algorithm>

#include "runtime/abi/convert.h"

namespace flow {

namespace {

Type CappedDecimal(int integer_digits, int scale) {
  return Type::Decimal(std::clamp(integer_digits + scale, 1, kMaxDecimalDigits), scale);
}

int IntegerDigits(const Type& decimal) { return decimal.precision - decimal.scale; }

// A DECIMAL with `scale` that holds every value of `from` if 38 digits can.
Type Rescaled(const Type& from, int scale) { return CappedDecimal(IntegerDigits(from), scale); }

int NumericRank(const Type& t) {
  switch (t.kind) {
    case TypeKind::kInt:
      return 1;
    case TypeKind::kBigint:
      return 2;
    case TypeKind::kDecimal:
      return 3;
    case TypeKind::kDouble:
      return 4;
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return 0;
  }
  return 0;
}

bool IsNested(const Type& t) { return t.has_elements() || t.is(TypeKind::kStruct); }

bool IsTime(const Type& t) { return t.is(TypeKind::kTimestamp) || t.is(TypeKind::kDate); }

std::optional<ArithmeticTypes> TimeArithmetic(ExprOp op, const Type& left, const Type& right) {
  const Type timestamp(TypeKind::kTimestamp);
  const Type interval(TypeKind::kInterval);
  bool add = op == ExprOp::kAdd;
  bool sub = op == ExprOp::kSub;
  if (!add && !sub) return std::nullopt;
  if (IsTime(left) && right.is(TypeKind::kInterval)) {
    return ArithmeticTypes{timestamp, interval, timestamp};
  }
  if (add && left.is(TypeKind::kInterval) && IsTime(right)) {
    return ArithmeticTypes{interval, timestamp, timestamp};
  }
  if (sub && IsTime(left) && IsTime(right)) {
    return ArithmeticTypes{timestamp, timestamp, interval};
  }
  if (left.is(TypeKind::kInterval) && right.is(TypeKind::kInterval)) {
    return ArithmeticTypes{interval, interval, interval};
  }
  return std::nullopt;
}

std::optional<ArithmeticTypes> DecimalArithmetic(ExprOp op, const Type& left, const Type& right,
                                                 bool* scale_overflow) {
  int scale = std::max(left.scale, right.scale);
  int digits = std::max(IntegerDigits(left), IntegerDigits(right));
  if (op == ExprOp::kMul) {
    scale = left.scale + right.scale;
    if (scale > kMaxDecimalDigits) {
      *scale_overflow = true;
      return std::nullopt;
    }
    int precision = std::min(left.precision + right.precision, kMaxDecimalDigits);
    return ArithmeticTypes{left, right, Type::Decimal(precision, scale)};
  }
  if (op == ExprOp::kDiv) {
    scale = std::max<int>(6, left.scale);
    return ArithmeticTypes{left, right, CappedDecimal(IntegerDigits(left) + right.scale, scale)};
  }
  if (op != ExprOp::kMod) digits += 1;
  return ArithmeticTypes{Rescaled(left, scale), Rescaled(right, scale),
                         CappedDecimal(digits, scale)};
}

}  // namespace

bool WidensInPlace(const Type& from, const Type& to) {
  if (from == to || from.is(TypeKind::kNull)) return true;
  if (from.is(TypeKind::kStruct)) {
    return to.is(TypeKind::kStruct) &&
           std::equal(from.fields->begin(), from.fields->end(), to.fields->begin(),
                      to.fields->end(), [](const StructField& a, const StructField& b) {
                        return a.name == b.name && WidensInPlace(a.type, b.type);
                      });
  }
  if (from.is(TypeKind::kInt)) return to.is(TypeKind::kBigint);
  if (from.is(TypeKind::kDecimal) && to.is(TypeKind::kDecimal)) {
    return from.scale == to.scale && from.precision <= to.precision;
  }
  return from.has_elements() && from.is(to.kind) && WidensInPlace(*from.element, *to.element);
}

Type AsDecimal(const Type& t) {
  if (t.is(TypeKind::kInt)) return Type::Decimal(10, 0);
  if (t.is(TypeKind::kBigint)) return Type::Decimal(19, 0);
  return t;
}

bool CanWiden(const Type& from, const Type& to) {
  if (from == to || from.is(TypeKind::kNull)) return true;
  if (from.is(TypeKind::kDate) && to.is(TypeKind::kTimestamp)) return true;
  if (IsNested(from)) return WidensInPlace(from, to);
  int a = NumericRank(from);
  int b = NumericRank(to);
  if (a == 0 || b == 0 || a > b) return false;
  if (!to.is(TypeKind::kDecimal)) return true;
  Type decimal = AsDecimal(from);
  return decimal.scale <= to.scale && IntegerDigits(decimal) <= IntegerDigits(to);
}

std::optional<Type> CommonType(const Type& a, const Type& b) {
  if (a == b || b.is(TypeKind::kNull)) return a;
  if (a.is(TypeKind::kNull)) return b;
  if (IsTime(a) && IsTime(b)) return Type(TypeKind::kTimestamp);
  if (IsNested(a) && a.is(b.kind)) {
    if (WidensInPlace(a, b)) return b;
    return WidensInPlace(b, a) ? std::optional<Type>(a) : std::nullopt;
  }
  int rank = std::max(NumericRank(a), NumericRank(b));
  if (NumericRank(a) == 0 || NumericRank(b) == 0) return std::nullopt;
  if (rank == NumericRank(Type(TypeKind::kDouble))) return Type(TypeKind::kDouble);
  if (rank < 3) return Type(TypeKind::kBigint);
  Type x = AsDecimal(a);
  Type y = AsDecimal(b);
  return CappedDecimal(std::max(IntegerDigits(x), IntegerDigits(y)), std::max(x.scale, y.scale));
}

bool CanCast(const Type& from, const Type& to) {
  if (from == to || from.is(TypeKind::kNull)) return true;
  if (to.is(TypeKind::kNull)) return false;
  if (to.is(TypeKind::kInterval)) return from.is(TypeKind::kString);
  if (IsNested(from) && IsNested(to)) return WidensInPlace(from, to);
  if (to.is(TypeKind::kJson) || (from.is(TypeKind::kJson) && IsNested(to))) return true;
  if (to.is(TypeKind::kString)) return true;
  if (from.is(TypeKind::kString)) return true;
  if (from.is_numeric() && to.is_numeric()) return true;
  if (IsTime(from) && IsTime(to)) return true;
  return (from.is(TypeKind::kBoolean) && to.is(TypeKind::kInt)) ||
         (from.is(TypeKind::kInt) && to.is(TypeKind::kBoolean));
}

std::optional<ArithmeticTypes> Arithmetic(ExprOp op, const Type& left, const Type& right,
                                          bool* scale_overflow) {
  *scale_overflow = false;
  if (NumericRank(left) == 0 || NumericRank(right) == 0) return TimeArithmetic(op, left, right);
  int rank = std::max(NumericRank(left), NumericRank(right));
  if (rank == 3) return DecimalArithmetic(op, AsDecimal(left), AsDecimal(right), scale_overflow);
  Type type = rank == 4   ? Type(TypeKind::kDouble)
              : rank == 2 ? Type(TypeKind::kBigint)
                          : Type(TypeKind::kInt);
  return ArithmeticTypes{type, type, type};
}

BoundExprPtr CastTo(BoundExprPtr expr, const Type& type) {
  if (expr->type == type) return expr;
  if (expr->op == ExprOp::kLiteral) {
    const Datum& value = expr->literal;
    if (value.is_null()) return MakeLiteral(Datum::Null(type));
    if (value.is_value() && expr->type.is_integer()) {
      if (type.is(TypeKind::kBigint)) return MakeLiteral(Datum::Int(type, value.i));
      if (type.is(TypeKind::kDecimal) && CanWiden(expr->type, type)) {
        return MakeLiteral(Datum::Decimal(type, value.i * flow_pow10(type.scale)));
      }
    }
    if (value.is_value() && expr->type.is(TypeKind::kDecimal) && type.is(TypeKind::kDecimal) &&
        CanWiden(expr->type, type)) {
      FlowInt128 factor = flow_pow10(type.scale - expr->type.scale);
      return MakeLiteral(Datum::Decimal(type, value.dec * factor));
    }
  }
  return MakeCast(std::move(expr), type);
}

}  // namespace flow
