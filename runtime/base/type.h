// The types of values. No column of a source or a view is a STRUCT: the compiler makes columns of
// its leaves. As an element of an ARRAY or a MAP, and inside expressions, it is a value as these
// are; how they look is in runtime/base/elements.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  kStruct,
  kBytes,
  kArray,
  kMap,  // of STRING
  kJson,
};

constexpr int kMaxDecimalDigits = 38;

struct Type;
struct StructField;

struct Type {
  TypeKind kind = TypeKind::kNull;
  uint8_t precision = 0;                                   // DECIMAL: 1..38
  uint8_t scale = 0;                                       // DECIMAL: 0..precision
  std::shared_ptr<const std::vector<StructField>> fields;  // STRUCT
  std::shared_ptr<const Type> element;                     // ARRAY, MAP: of the values in it

  Type() = default;
  Type(TypeKind k) : kind(k) {}  // NOLINT(google-explicit-constructor)
  static Type Decimal(int precision, int scale) {
    Type t(TypeKind::kDecimal);
    t.precision = static_cast<uint8_t>(precision);
    t.scale = static_cast<uint8_t>(scale);
    return t;
  }
  static Type Struct(std::vector<StructField> fields);
  static Type Array(Type element) { return Of(TypeKind::kArray, std::move(element)); }
  static Type Map(Type element) { return Of(TypeKind::kMap, std::move(element)); }
  // Reads what ToString writes; nullopt if it is something else.
  static std::optional<Type> Parse(std::string_view text);

  bool operator==(const Type& other) const;
  bool is(TypeKind k) const { return kind == k; }
  bool is_integer() const { return kind == TypeKind::kInt || kind == TypeKind::kBigint; }
  bool is_numeric() const {
    return is_integer() || kind == TypeKind::kDouble || kind == TypeKind::kDecimal;
  }
  // Its values are FlowStrings that are equal, and sort, by their bytes.
  bool is_variable() const {
    return kind == TypeKind::kString || kind == TypeKind::kBytes || kind == TypeKind::kArray ||
           kind == TypeKind::kMap || kind == TypeKind::kStruct || kind == TypeKind::kJson;
  }
  bool has_elements() const { return kind == TypeKind::kArray || kind == TypeKind::kMap; }
  // The kind whose cells look alike and sort alike.
  TypeKind storage() const { return is_variable() ? TypeKind::kString : kind; }
  // Bytes of one value in a column: 1, 4, 8 or 16. 0 for kNull.
  int width() const;
  // As it is written in a .flow file: "DECIMAL(12,2)".
  std::string ToString() const;

 private:
  static Type Of(TypeKind kind, Type element) {
    Type t(kind);
    t.element = std::make_shared<const Type>(std::move(element));
    return t;
  }
};

struct StructField {
  std::string name;
  Type type;

  // As its type's text has it: in quotes where it is no plain word.
  std::string NameText() const;
};

}  // namespace flow
