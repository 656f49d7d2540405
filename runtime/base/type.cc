// Type: widths, equality and the text form.
#include "runtime/base/type.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace flow {

namespace {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsPlain(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), IsWordByte);
}

// These take what they read from the beginning of `text`.
bool Take(std::string_view what, std::string_view* text) {
  if (!text->starts_with(what)) return false;
  text->remove_prefix(what.size());
  return true;
}

std::optional<std::string> ReadName(std::string_view* text) {
  std::string name;
  if (!Take("\"", text)) {
    while (!text->empty() && IsWordByte(text->front())) {
      name += text->front();
      text->remove_prefix(1);
    }
    return name.empty() ? std::nullopt : std::optional(name);
  }
  while (!text->empty()) {
    const char c = text->front();
    text->remove_prefix(1);
    if (c == '"' && !Take("\"", text)) return name;
    name += c;
  }
  return std::nullopt;
}

bool ReadNumber(std::string_view* text, int* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return error == std::errc();
}

std::optional<Type> ReadType(std::string_view* text) {
  if (Take("STRUCT<", text)) {
    std::vector<StructField> fields;
    do {
      std::optional<std::string> name = ReadName(text);
      if (!name || !Take(" ", text)) return std::nullopt;
      std::optional<Type> type = ReadType(text);
      if (!type) return std::nullopt;
      fields.push_back({std::move(*name), std::move(*type)});
    } while (Take(", ", text));
    return Take(">", text) ? std::optional(Type::Struct(std::move(fields))) : std::nullopt;
  }
  const bool array = Take("ARRAY<", text);
  if (array || Take("MAP<STRING, ", text)) {
    std::optional<Type> element = ReadType(text);
    if (!element || !Take(">", text)) return std::nullopt;
    return array ? Type::Array(std::move(*element)) : Type::Map(std::move(*element));
  }
  if (Take("DECIMAL(", text)) {
    int precision = 0, scale = 0;
    const bool whole = ReadNumber(text, &precision) && Take(",", text) &&
                       ReadNumber(text, &scale) && Take(")", text);
    return whole ? std::optional(Type::Decimal(precision, scale)) : std::nullopt;
  }
  const std::optional<std::string> word = ReadName(text);
  for (const TypeKind kind :
       {TypeKind::kNull, TypeKind::kBoolean, TypeKind::kInt, TypeKind::kBigint, TypeKind::kDouble,
        TypeKind::kString, TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kInterval,
        TypeKind::kBytes, TypeKind::kJson}) {
    if (word == Type(kind).ToString()) return Type(kind);
  }
  return std::nullopt;
}

}  // namespace

std::string StructField::NameText() const {
  if (IsPlain(name)) return name;
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

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
    case TypeKind::kStruct:
    case TypeKind::kJson:
      return 16;
    case TypeKind::kNull:
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
        text += (*fields)[i].NameText() + " " + (*fields)[i].type.ToString();
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
  std::optional<Type> type = ReadType(&text);
  return text.empty() ? type : std::nullopt;
}

}  // namespace flow
