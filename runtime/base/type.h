// The types of values. STRUCT exists only while compiling: its leaves become columns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace flow {

enum class TypeKind : uint8_t {
  kNull,  // the type of a bare NULL literal; never a column's
  kBoolean,
  kInt,
  kBigint,
  kDouble,
  kDecimal,
  kString,
  kDate,
  kTimestamp,
  kInterval,  // microseconds; expressions only
  kStruct,    // while compiling only
};

constexpr int kMaxDecimalDigits = 38;

struct Type;
struct StructField;

struct Type {
  TypeKind kind = TypeKind::kNull;
  uint8_t precision = 0;                                   // DECIMAL: 1..38
  uint8_t scale = 0;                                       // DECIMAL: 0..precision
  std::shared_ptr<const std::vector<StructField>> fields;  // STRUCT

  Type() = default;
  Type(TypeKind k) : kind(k) {}  // NOLINT(google-explicit-constructor)
  static Type Decimal(int precision, int scale) {
    Type t(TypeKind::kDecimal);
    t.precision = static_cast<uint8_t>(precision);
    t.scale = static_cast<uint8_t>(scale);
    return t;
  }
  static Type Struct(std::vector<StructField> fields);

  bool operator==(const Type& other) const;
  bool is(TypeKind k) const { return kind == k; }
  bool is_integer() const { return kind == TypeKind::kInt || kind == TypeKind::kBigint; }
  bool is_numeric() const {
    return is_integer() || kind == TypeKind::kDouble || kind == TypeKind::kDecimal;
  }
  // Bytes of one value in a column: 1, 4, 8 or 16. 0 for kNull and kStruct.
  int width() const;
  // As it is written in a .flow file: "DECIMAL(12,2)".
  std::string ToString() const;
};

struct StructField {
  std::string name;
  Type type;
};

}  // namespace flow
