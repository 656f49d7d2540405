// Type: widths, equality and the text form.
#include "runtime/base/type.h"

#include <charconv>

namespace flow {

Type Type::Struct(std::vector<StructField> fields) {
  Type t(TypeKind::kStruct);
  t.fields = std::make_shared<const std::vector<StructField>>(std::move(fields));
  return t;
}

bool Type::operator==(const Type& other) const {
  if (kind != other.kind) return false;
  switch (kind) {
    case TypeKind::kDecimal:
      return precision == other.precision && scale == other.scale;
    case TypeKind::kStruct: {
      if (fields->size() != other.fields->size()) return false;
      for (size_t i = 0; i < fields->size(); ++i) {
        if ((*fields)[i].name != (*other.fields)[i].name) return false;
        if (!((*fields)[i].type == (*other.fields)[i].type)) return false;
      }
      return true;
    }
    case TypeKind::kArray:
    case TypeKind::kMap:
      if (element == nullptr || other.element == nullptr) return element == other.element;
      return *element == *other.element;
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
    case TypeKind::kBytes:
    case TypeKind::kJson:
      return true;
  }
  return false;
}

int Type::width() const {
  switch (kind) {
    case TypeKind::kBoolean:
      return 1;
    case TypeKind::kInt:
    case TypeKind::kDate:
      return 4;
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return 8;
    case TypeKind::kDecimal:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return 16;
    case TypeKind::kNull:
    case TypeKind::kStruct:
      return 0;
  }
  return 0;
}

std::string Type::ToString() const {
  switch (kind) {
    case TypeKind::kNull:
      return "NULL";
    case TypeKind::kBoolean:
      return "BOOLEAN";
    case TypeKind::kInt:
      return "INT";
    case TypeKind::kBigint:
      return "BIGINT";
    case TypeKind::kDouble:
      return "DOUBLE";
    case TypeKind::kDecimal:
      return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
    case TypeKind::kString:
      return "STRING";
    case TypeKind::kDate:
      return "DATE";
    case TypeKind::kTimestamp:
      return "TIMESTAMP";
    case TypeKind::kInterval:
      return "INTERVAL";
    case TypeKind::kStruct: {
      std::string text = "STRUCT<";
      for (size_t i = 0; i < fields->size(); ++i) {
        if (i > 0) text += ", ";
        text += (*fields)[i].name + " " + (*fields)[i].type.ToString();
      }
      return text + ">";
    }
    case TypeKind::kBytes:
      return "BYTES";
    case TypeKind::kArray:
      return element == nullptr ? "ARRAY" : "ARRAY<" + element->ToString() + ">";
    case TypeKind::kMap:
      return element == nullptr ? "MAP" : "MAP<STRING, " + element->ToString() + ">";
    case TypeKind::kJson:
      return "JSON";
  }
  return "?";
}

std::optional<Type> Type::Parse(std::string_view text) {
  const auto inside = [&](std::string_view begin) {
    return text.starts_with(begin) && text.ends_with('>');
  };
  for (const std::string_view begin :
       {std::string_view("ARRAY<"), std::string_view("MAP<STRING, ")}) {
    if (!inside(begin)) continue;
    const std::optional<Type> inner =
        Parse(text.substr(begin.size(), text.size() - begin.size() - 1));
    if (!inner.has_value()) return std::nullopt;
    return begin[0] == 'A' ? Array(*inner) : Map(*inner);
  }
  int precision = 0, scale = 0;
  if (text.starts_with("DECIMAL(")) {
    const char* end = text.data() + text.size();
    const auto whole = std::from_chars(text.data() + 8, end, precision);
    if (whole.ec != std::errc() || whole.ptr == end) return std::nullopt;
    std::from_chars(whole.ptr + 1, end, scale);
    return Decimal(precision, scale);
  }
  for (const TypeKind kind :
       {TypeKind::kNull, TypeKind::kBoolean, TypeKind::kInt, TypeKind::kBigint, TypeKind::kDouble,
        TypeKind::kString, TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kInterval,
        TypeKind::kBytes, TypeKind::kJson}) {
    if (text == Type(kind).ToString()) return Type(kind);
  }
  return std::nullopt;
}

}  // namespace flow
