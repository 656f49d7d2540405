// NumberLiteral, TextAs, Negated, ConstantAs, DurationText: see literal.h.
#include "compiler/bind/literal.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>

#include "compiler/bind/expr_binder.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/convert_interval.h"
#include "runtime/abi/error_code.h"
#include "runtime/base/elements.h"
#include "runtime/format/nested.h"

namespace flow {

namespace {

Error NotA(const std::string& text, const Type& type, uint8_t code) {
  std::string shown = text.size() > 40 ? text.substr(0, 40) + "..." : text;
  std::string why = code == kFlowErrCast ? "" : std::string(" (") + FlowErrorText(code) + ")";
  return UserError("'" + shown + "' cannot be read as " + type.ToString() + why);
}

Datum IntegerDatum(int64_t value) {
  bool fits =
      value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
  return Datum::Int(fits ? TypeKind::kInt : TypeKind::kBigint, value);
}

}  // namespace

Result<Datum> NumberLiteral(const std::string& text) {
  if (text.find_first_of("eE") != std::string::npos) {
    double value = 0;
    uint8_t status = flow_parse_double(text.data(), text.size(), &value);
    if (status != kFlowValue) return NotA(text, TypeKind::kDouble, status);
    return Datum::Double(value);
  }
  size_t point = text.find('.');
  std::string whole = text.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  size_t zeros = whole.find_first_not_of('0');
  int digits = zeros == std::string::npos ? 0 : static_cast<int>(whole.size() - zeros);
  if (point == std::string::npos && digits <= 19) {
    int64_t value = 0;
    if (flow_parse_bigint(text.data(), text.size(), &value) == kFlowValue) {
      return IntegerDatum(value);
    }
  }
  if (static_cast<size_t>(digits) + fraction.size() > static_cast<size_t>(kMaxDecimalDigits)) {
    return UserError("a number has at most 38 digits");
  }
  int scale = static_cast<int>(fraction.size());
  Type type = Type::Decimal(std::max(digits + scale, 1), scale);
  FlowInt128 unscaled = 0;
  for (char c : whole + fraction) unscaled = unscaled * 10 + (c - '0');
  return Datum::Decimal(type, unscaled);
}

Result<Datum> TextAs(const std::string& text, const Type& type) {
  uint8_t status = kFlowErrCast;
  const char* data = text.data();
  switch (type.kind) {
    case TypeKind::kString:
      return Datum::String(text);
    case TypeKind::kBoolean: {
      uint8_t value = 0;
      status = flow_parse_boolean(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Bool(value != 0);
      break;
    }
    case TypeKind::kInt: {
      int32_t value = 0;
      status = flow_parse_int(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Int(type, value);
      break;
    }
    case TypeKind::kBigint: {
      int64_t value = 0;
      status = flow_parse_bigint(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Int(type, value);
      break;
    }
    case TypeKind::kDouble: {
      double value = 0;
      status = flow_parse_double(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Double(value);
      break;
    }
    case TypeKind::kDecimal: {
      FlowInt128 value = 0;
      status = flow_parse_decimal(data, text.size(), type.precision, type.scale, &value);
      if (status == kFlowValue) return Datum::Decimal(type, value);
      break;
    }
    case TypeKind::kDate: {
      int32_t value = 0;
      status = flow_parse_date(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Int(type, value);
      break;
    }
    case TypeKind::kTimestamp: {
      int64_t value = 0;
      status = flow_parse_timestamp(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Int(type, value);
      break;
    }
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      std::string value;
      if (ReadNested(type, TimestampUnit::kMillis, text, false, &value)) {
        return Datum::Variable(type, std::move(value));
      }
      break;
    }
    case TypeKind::kInterval: {
      int64_t value = 0;
      status = flow_parse_interval(data, text.size(), &value);
      if (status == kFlowValue) return Datum::Int(type, value);
      break;
    }
    case TypeKind::kNull:
      break;
  }
  return NotA(text, type, status);
}

Datum Negated(const Datum& value) {
  Datum result = value;
  switch (value.type.kind) {
    case TypeKind::kInt:
      return IntegerDatum(-value.i);
    case TypeKind::kBigint:
      // -9223372036854775808 was read as a DECIMAL; every BIGINT literal is positive.
      return IntegerDatum(-value.i);
    case TypeKind::kDouble:
      result.d = -value.d;
      return result;
    case TypeKind::kDecimal:
      result.dec = -value.dec;
      if (value.type.scale == 0 && result.dec == std::numeric_limits<int64_t>::min()) {
        return Datum::Int(TypeKind::kBigint, std::numeric_limits<int64_t>::min());
      }
      return result;
    case TypeKind::kInterval:
      result.i = -value.i;
      return result;
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return result;
  }
  return result;
}

bool IsStructLiteral(const ast::Expr& expr) {
  return expr.kind == ast::ExprKind::kCall && expr.path.size() == expr.children.size() + 1 &&
         LowerCase(expr.path[0].text) == "struct";
}

bool IsArrayLiteral(const ast::Expr& expr) {
  return expr.kind == ast::ExprKind::kCall && expr.path[0].text == "array";
}

namespace {

std::optional<Result<Datum>> ArrayAs(const ast::Expr& expr, const Type& type) {
  if (!type.is(TypeKind::kArray)) {
    return Error(UserError("an ARRAY where " + type.ToString() + " is expected"));
  }
  std::string value;
  for (const ast::ExprPtr& child : expr.children) {
    std::optional<Result<Datum>> element = ConstantAs(*child, *type.element);
    if (!element.has_value() || !element->ok()) return element;
    AppendPart(element->value(), &value);
  }
  return Datum::Variable(type, std::move(value));
}

std::optional<Result<Datum>> StructAs(const ast::Expr& expr, const Type& type) {
  if (!type.is(TypeKind::kStruct)) {
    return Error(UserError("a STRUCT where " + type.ToString() + " is expected"));
  }
  std::string value;
  for (size_t i = 0; i < type.fields->size(); ++i) {
    const StructField& field = (*type.fields)[i];
    if (i >= expr.children.size() || expr.path[i + 1].text != field.name) {
      return Error(UserError("not the fields of " + type.ToString()));
    }
    std::optional<Result<Datum>> constant = ConstantAs(*expr.children[i], field.type);
    if (!constant.has_value() || !constant->ok()) return constant;
    AppendPart(constant->value(), &value);
  }
  if (expr.children.size() > type.fields->size()) {
    return Error(UserError("not the fields of " + type.ToString()));
  }
  return Datum::Variable(type, std::move(value));
}

// MAP(ARRAY[keys], ARRAY[values]), as rows of tests are shown.
bool IsMapLiteral(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kCall || expr.path.size() != 1 || expr.children.size() != 2) {
    return false;
  }
  const std::string& name = expr.path[0].text;
  return (name == "map" || name == "MAP") && IsArrayLiteral(*expr.children[0]) &&
         IsArrayLiteral(*expr.children[1]);
}

std::optional<Result<Datum>> MapAs(const ast::Expr& expr, const Type& type) {
  if (!type.is(TypeKind::kMap)) {
    return Error(UserError("a MAP where " + type.ToString() + " is expected"));
  }
  const auto& keys = expr.children[0]->children;
  const auto& values = expr.children[1]->children;
  if (keys.size() != values.size()) {
    return Error(UserError("a MAP of " + std::to_string(keys.size()) + " keys and " +
                           std::to_string(values.size()) + " values"));
  }
  std::map<std::string, std::string> entries;
  for (size_t i = 0; i < keys.size(); ++i) {
    std::optional<Result<Datum>> key = ConstantAs(*keys[i], TypeKind::kString);
    if (!key.has_value() || !key->ok()) return key;
    if (!key->value().is_value()) return Error(UserError("a key of a MAP is not NULL"));
    std::optional<Result<Datum>> value = ConstantAs(*values[i], *type.element);
    if (!value.has_value() || !value->ok()) return value;
    std::string parts;
    AppendStringPart(key->value().s, &parts);
    AppendPart(value->value(), &parts);
    if (!entries.emplace(key->value().s, std::move(parts)).second) {
      return Error(UserError("a key of a MAP is there once"));
    }
  }
  std::string bytes;
  for (const auto& [key, parts] : entries) bytes += parts;
  return Datum::Variable(type, std::move(bytes));
}

}  // namespace

std::optional<Result<Datum>> ConstantAs(const ast::Expr& expr, const Type& type) {
  const ast::Expr* e = &expr;
  std::string sign;
  while (e->kind == ast::ExprKind::kUnary && (e->op == "-" || e->op == "+") &&
         e->children[0]->kind != ast::ExprKind::kString) {
    if (e->op == "-") sign = sign.empty() ? "-" : "";
    e = e->children[0].get();
  }
  switch (e->kind) {
    case ast::ExprKind::kNull:
      return Datum::Null(type);
    case ast::ExprKind::kBool:
      if (!type.is(TypeKind::kBoolean)) {
        return Error(UserError("a BOOLEAN where " + type.ToString() + " is expected"));
      }
      return Datum::Bool(e->bool_value);
    case ast::ExprKind::kNumber:
      if (!type.is_numeric()) {
        return Error(UserError("a number where " + type.ToString() + " is expected"));
      }
      return TextAs(sign + e->text, type);
    case ast::ExprKind::kString:
      return TextAs(e->text, type);
    case ast::ExprKind::kCall:
      if (IsMapLiteral(*e)) return MapAs(*e, type);
      if (IsStructLiteral(*e)) return StructAs(*e, type);
      return IsArrayLiteral(*e) ? ArrayAs(*e, type) : std::nullopt;
    case ast::ExprKind::kTyped:
      if (!(e->type == type) && !(e->type.is(TypeKind::kDate) && type.is(TypeKind::kTimestamp))) {
        return Error(
            UserError("a " + e->type.ToString() + " where " + type.ToString() + " is expected"));
      }
      return TextAs(e->text, type);
    case ast::ExprKind::kDuration:
      if (!type.is(TypeKind::kInterval)) {
        return Error(UserError("an INTERVAL where " + type.ToString() + " is expected"));
      }
      return Datum::Int(type, sign.empty() ? e->number : -e->number);
    case ast::ExprKind::kColumn:
    case ast::ExprKind::kField:
    case ast::ExprKind::kStar:
    case ast::ExprKind::kUnary:
    case ast::ExprKind::kBinary:
    case ast::ExprKind::kAnd:
    case ast::ExprKind::kOr:
    case ast::ExprKind::kIsNull:
    case ast::ExprKind::kIsTruth:
    case ast::ExprKind::kIsDistinct:
    case ast::ExprKind::kIn:
    case ast::ExprKind::kBetween:
    case ast::ExprKind::kLike:
    case ast::ExprKind::kCase:
    case ast::ExprKind::kCast:
    case ast::ExprKind::kOrder:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string DurationText(int64_t us) {
  static constexpr struct {
    int64_t us;
    const char* unit;
  } kUnits[] = {{86400000000, "d"}, {3600000000, "h"}, {60000000, "m"},
                {1000000, "s"},     {1000, "ms"},      {1, "us"}};
  if (us == 0) return "0s";
  for (const auto& unit : kUnits) {
    if (us % unit.us == 0) return std::to_string(us / unit.us) + unit.unit;
  }
  return "";
}

}  // namespace flow
