// Cells in memory to values and back, and their order.
#include "compiler/interpret/value.h"

#include <cmath>

namespace flow::interpret {

namespace {

template <typename T>
T Load(const void* cell) {
  T value;
  memcpy(&value, cell, sizeof value);
  return value;
}

template <typename T>
void Store(T value, void* cell) {
  memcpy(cell, &value, sizeof value);
}

template <typename T>
int Order(T a, T b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

Value LoadValue(const Type& type, const void* cell) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Value::Int(Load<uint8_t>(cell));
    case TypeKind::kInt:
    case TypeKind::kDate:
      return Value::Int(Load<int32_t>(cell));
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return Value::Int(Load<int64_t>(cell));
    case TypeKind::kDouble:
      return Value::Double(Load<double>(cell));
    case TypeKind::kDecimal:
      return Value::Decimal(Load<FlowInt128>(cell));
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return Value::String(Load<FlowString>(cell));
    case TypeKind::kNull:
      return Value::Null();
  }
  return Value::Null();
}

void StoreValue(const Type& type, const Value& value, void* cell) {
  if (!value.is_value()) {
    memset(cell, 0, static_cast<size_t>(type.width()));
    return;
  }
  switch (type.kind) {
    case TypeKind::kBoolean:
      Store(static_cast<uint8_t>(value.i), cell);
      break;
    case TypeKind::kInt:
    case TypeKind::kDate:
      Store(static_cast<int32_t>(value.i), cell);
      break;
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      Store(value.i, cell);
      break;
    case TypeKind::kDouble:
      Store(value.d, cell);
      break;
    case TypeKind::kDecimal:
      Store(value.dec, cell);
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      Store(value.s, cell);
      break;
    case TypeKind::kNull:
      break;
  }
}

Value ReadColumn(const FlowColumn& column, const Type& type, int32_t row) {
  const uint8_t status = column.status[row];
  if (status != kFlowValue) return Value::Error(status);  // or NULL: the same thing here
  const auto at = static_cast<size_t>(row) * static_cast<size_t>(type.width());
  return LoadValue(type, static_cast<const char*>(column.values) + at);
}

void WriteColumn(const FlowColumn& column, const Type& type, int32_t row, const Value& value) {
  const auto at = static_cast<size_t>(row) * static_cast<size_t>(type.width());
  StoreValue(type, value, static_cast<char*>(column.values) + at);
  column.status[row] = value.status;
}

Value FromDatum(const Datum& datum) {
  if (!datum.is_value()) return Value::Error(datum.status);
  switch (datum.type.kind) {
    case TypeKind::kDouble:
      return Value::Double(datum.d);
    case TypeKind::kDecimal:
      return Value::Decimal(datum.dec);
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson: {
      FlowString s;
      flow_string_set(&s, datum.s.data(), static_cast<uint32_t>(datum.s.size()));
      return Value::String(s);
    }
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return Value::Int(datum.i);
    case TypeKind::kNull:
      return Value::Null();
  }
  return Value::Null();
}

Datum ToDatum(const Value& value, const Type& type) {
  Datum datum = Datum::Null(type);
  datum.status = value.status;
  if (!value.is_value()) return datum;
  switch (type.kind) {
    case TypeKind::kDouble:
      datum.d = value.d;
      break;
    case TypeKind::kDecimal:
      datum.dec = value.dec;
      break;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      datum.s.assign(flow_string_data(&value.s), value.s.size);
      break;
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      datum.i = value.i;
      break;
    case TypeKind::kNull:
      break;
  }
  return datum;
}

int Compare(const Type& type, const Value& a, const Value& b) {
  switch (type.kind) {
    case TypeKind::kDouble:
      if (std::isnan(a.d) || std::isnan(b.d)) return Order(std::isnan(a.d), std::isnan(b.d));
      return Order(a.d, b.d);
    case TypeKind::kDecimal:
      return Order(a.dec, b.dec);
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return flow_string_compare(&a.s, &b.s);
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return Order(a.i, b.i);
    case TypeKind::kNull:
      return 0;
  }
  return 0;
}

}  // namespace flow::interpret
