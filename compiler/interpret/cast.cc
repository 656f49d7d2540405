// CAST on values (scalar.h). What can fail says so by its code; TRY_CAST is the caller's.
#include <cmath>
#include <limits>
#include <string_view>

#include "compiler/interpret/scalar.h"
#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"

namespace flow::interpret {

namespace {

constexpr int64_t kDay = 86'400'000'000;

Value Checked(uint8_t code, const Value& value) {
  return code == kFlowValue ? value : Value::Error(code);
}

Value ToInteger(const Type& to, int64_t value) {
  if (to.is(TypeKind::kInt) && value != static_cast<int32_t>(value)) {
    return Value::Error(kFlowErrOutOfRange);
  }
  return Value::Int(value);
}

Value IntegerTo(const Type& to, int64_t value) {
  switch (to.kind) {
    case TypeKind::kBoolean:
      return Value::Bool(value != 0);
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return ToInteger(to, value);
    case TypeKind::kDouble:
      return Value::Double(static_cast<double>(value));
    case TypeKind::kDecimal: {
      FlowInt128 unscaled = 0;
      const uint8_t code = flow_decimal_rescale(value, 0, to.precision, to.scale, &unscaled);
      return Checked(code, Value::Decimal(unscaled));
    }
    default:
      return Value::Error(kFlowErrCast);
  }
}

// To the nearest integer, halves to even, as PostgreSQL does for doubles.
Value DoubleToInteger(const Type& to, double value) {
  const double rounded = std::nearbyint(value);
  // 2^63 is a double, the greatest BIGINT is not. NaN fails the comparison.
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return Value::Error(kFlowErrOutOfRange);
  return ToInteger(to, static_cast<int64_t>(rounded));
}

Value DoubleTo(const Type& to, double value) {
  if (to.is_integer()) return DoubleToInteger(to, value);
  if (to.is(TypeKind::kDecimal)) {
    FlowInt128 unscaled = 0;
    const uint8_t code = flow_decimal_from_double(value, to.precision, to.scale, &unscaled);
    return Checked(code, Value::Decimal(unscaled));
  }
  return Value::Error(kFlowErrCast);
}

Value DecimalTo(const Type& from, const Type& to, FlowInt128 value) {
  FlowInt128 unscaled = 0;
  if (to.is(TypeKind::kDecimal)) {
    const uint8_t code = flow_decimal_rescale(value, from.scale, to.precision, to.scale, &unscaled);
    return Checked(code, Value::Decimal(unscaled));
  }
  if (to.is(TypeKind::kDouble)) return Value::Double(flow_decimal_to_double(value, from.scale));
  if (to.is_integer()) {
    // Rounded to a whole number this has at most 38 digits.
    flow_decimal_rescale(value, from.scale, 38, 0, &unscaled);
    if (unscaled != static_cast<int64_t>(unscaled)) return Value::Error(kFlowErrOutOfRange);
    return ToInteger(to, static_cast<int64_t>(unscaled));
  }
  return Value::Error(kFlowErrCast);
}

Value StringTo(const Type& to, const FlowString& s) {
  const char* text = flow_string_data(&s);
  switch (to.kind) {
    case TypeKind::kBoolean: {
      uint8_t out = 0;
      const uint8_t code = flow_parse_boolean(text, s.size, &out);
      return Checked(code, Value::Bool(out != 0));
    }
    case TypeKind::kInt: {
      int32_t out = 0;
      const uint8_t code = flow_parse_int(text, s.size, &out);
      return Checked(code, Value::Int(out));
    }
    case TypeKind::kBigint: {
      int64_t out = 0;
      const uint8_t code = flow_parse_bigint(text, s.size, &out);
      return Checked(code, Value::Int(out));
    }
    case TypeKind::kDouble: {
      double out = 0;
      const uint8_t code = flow_parse_double(text, s.size, &out);
      return Checked(code, Value::Double(out));
    }
    case TypeKind::kDecimal: {
      FlowInt128 out = 0;
      const uint8_t code = flow_parse_decimal(text, s.size, to.precision, to.scale, &out);
      return Checked(code, Value::Decimal(out));
    }
    case TypeKind::kDate: {
      int32_t out = 0;
      const uint8_t code = flow_parse_date(text, s.size, &out);
      return Checked(code, Value::Int(out));
    }
    case TypeKind::kTimestamp: {
      int64_t out = 0;
      const uint8_t code = flow_parse_timestamp(text, s.size, &out);
      return Checked(code, Value::Int(out));
    }
    default:
      return Value::Error(kFlowErrCast);
  }
}

Value ToText(const Type& from, const Value& value, FlowArena* arena) {
  char text[kFlowTextMax];
  size_t size = 0;
  switch (from.kind) {
    case TypeKind::kBoolean: {
      const std::string_view word = value.i != 0 ? "true" : "false";
      size = word.copy(text, sizeof text);
      break;
    }
    case TypeKind::kInt:
    case TypeKind::kBigint:
      size = flow_format_bigint(value.i, text);
      break;
    case TypeKind::kDouble:
      size = flow_format_double(value.d, text);
      break;
    case TypeKind::kDecimal:
      size = flow_format_decimal(value.dec, from.scale, text);
      break;
    case TypeKind::kDate:
      size = flow_format_date(static_cast<int32_t>(value.i), text);
      break;
    case TypeKind::kTimestamp:
      size = flow_format_timestamp(value.i, text);
      break;
    case TypeKind::kInterval:
      size = flow_format_interval(value.i, text);
      break;
    case TypeKind::kString:
      return value;
    case TypeKind::kNull:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return Value::Error(kFlowErrCast);
  }
  FlowString s;
  flow_string_copy(&s, text, static_cast<uint32_t>(size), arena);
  return Value::String(s);
}

int64_t FloorDays(int64_t us) { return us / kDay - (us % kDay < 0 ? 1 : 0); }

}  // namespace

Value Cast(const Type& from, const Type& to, const Value& value, FlowArena* arena) {
  if (from == to || (from.is_variable() && to.is_variable())) return value;
  if (to.is(TypeKind::kString)) return ToText(from, value, arena);
  switch (from.kind) {
    case TypeKind::kBoolean:
      return to.is_integer() ? value : Value::Error(kFlowErrCast);
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return IntegerTo(to, value.i);
    case TypeKind::kDouble:
      return DoubleTo(to, value.d);
    case TypeKind::kDecimal:
      return DecimalTo(from, to, value.dec);
    case TypeKind::kString:
      return StringTo(to, value.s);
    case TypeKind::kDate:
      return to.is(TypeKind::kTimestamp) ? Value::Int(value.i * kDay) : Value::Error(kFlowErrCast);
    case TypeKind::kTimestamp:
      return to.is(TypeKind::kDate) ? Value::Int(FloorDays(value.i)) : Value::Error(kFlowErrCast);
    case TypeKind::kNull:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return Value::Error(kFlowErrCast);
  }
  return Value::Error(kFlowErrCast);
}

}  // namespace flow::interpret
