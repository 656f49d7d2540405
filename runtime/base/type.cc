// Type: widths, equality and the text form.
#include "runtime/base/type.h"

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
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
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
  }
  return "?";
}

}  // namespace flow
