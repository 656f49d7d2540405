// One value with its type: literals, INLINE rows, and what tests and diagnostics print.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/abi/abi.h"
#include "runtime/base/type.h"

namespace flow {

struct Datum {
  Type type;
  uint8_t status = kFlowNull;  // kFlowValue, kFlowNull or an error code
  int64_t i = 0;               // BOOLEAN, INT, BIGINT, DATE, TIMESTAMP, INTERVAL
  double d = 0;                // DOUBLE
  FlowInt128 dec = 0;          // DECIMAL, unscaled
  std::string s;               // STRING, BYTES, ARRAY, MAP, JSON

  bool is_value() const { return status == kFlowValue; }
  bool is_null() const { return status == kFlowNull; }

  static Datum Null(Type t) {
    Datum v;
    v.type = std::move(t);
    return v;
  }
  static Datum Error(Type t, uint8_t code) {
    Datum v = Null(std::move(t));
    v.status = code;
    return v;
  }
  static Datum Int(Type t, int64_t value) {
    Datum v = Null(std::move(t));
    v.status = kFlowValue;
    v.i = value;
    return v;
  }
  static Datum Bool(bool value) { return Int(TypeKind::kBoolean, value ? 1 : 0); }
  static Datum Double(double value) {
    Datum v = Null(TypeKind::kDouble);
    v.status = kFlowValue;
    v.d = value;
    return v;
  }
  static Datum Decimal(Type t, FlowInt128 unscaled) {
    Datum v = Null(std::move(t));
    v.status = kFlowValue;
    v.dec = unscaled;
    return v;
  }
  static Datum String(std::string value) {
    Datum v = Null(TypeKind::kString);
    v.status = kFlowValue;
    v.s = std::move(value);
    return v;
  }
  // Of any type whose values are strings of bytes.
  static Datum Variable(Type t, std::string value) {
    Datum v = String(std::move(value));
    v.type = std::move(t);
    return v;
  }
};

// Reads cell `row` of a column of type `type`. Strings are copied.
Datum ReadCell(const FlowColumn& column, const Type& type, int32_t row);

// Writes a datum into cell `row`; its type must be the column's. Strings go into `arena`.
void WriteCell(const FlowColumn& column, int32_t row, const Datum& value, FlowArena* arena);

// As SQL text: 'it''s', 12.50, TIMESTAMP '2026-01-01 00:00:00', NULL, <division by zero>.
std::string ToSql(const Datum& value);

}  // namespace flow
