// One cell while an expression is walked.
#pragma once

#include "runtime/abi/abi.h"
#include "runtime/base/datum.h"
#include "runtime/base/type.h"

namespace flow::interpret {

// Strings borrow: from the input, from a literal of the tree, or from the arena of the call.
struct Value {
  uint8_t status = kFlowNull;
  union {
    int64_t i;  // BOOLEAN, INT, BIGINT, DATE, TIMESTAMP, INTERVAL
    double d;
    FlowInt128 dec = 0;
    FlowString s;
  };

  bool is_value() const { return status == kFlowValue; }
  bool is_null() const { return status == kFlowNull; }
  bool is_error() const { return status >= kFlowErrorFirst; }

  static Value Null() { return Value(); }
  static Value Error(uint8_t code) {
    Value v;
    v.status = code;
    return v;
  }
  static Value Int(int64_t i) {
    Value v;
    v.status = kFlowValue;
    v.i = i;
    return v;
  }
  static Value Bool(bool b) { return Int(b ? 1 : 0); }
  static Value Double(double d) {
    Value v;
    v.status = kFlowValue;
    v.d = d;
    return v;
  }
  static Value Decimal(FlowInt128 unscaled) {
    Value v;
    v.status = kFlowValue;
    v.dec = unscaled;
    return v;
  }
  static Value String(const FlowString& s) {
    Value v;
    v.status = kFlowValue;
    v.s = s;
    return v;
  }
};

// A cell of `type` in memory, whose status is known to be kFlowValue.
Value LoadValue(const Type& type, const void* cell);
// Writes the bytes of a value (zero bytes for NULL and errors).
void StoreValue(const Type& type, const Value& value, void* cell);

Value ReadColumn(const FlowColumn& column, const Type& type, int32_t row);
void WriteColumn(const FlowColumn& column, const Type& type, int32_t row, const Value& value);

// The value borrows the datum's string.
Value FromDatum(const Datum& datum);
Datum ToDatum(const Value& value, const Type& type);

// <0, 0, >0. DOUBLE: NaN equals NaN and is greater than all others, -0 equals 0; STRING by bytes.
int Compare(const Type& type, const Value& a, const Value& b);

}  // namespace flow::interpret
