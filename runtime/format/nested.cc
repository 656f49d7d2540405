// Gives what nested.h declares.
#include "runtime/format/nested.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/base/elements.h"
#include "runtime/base/hex.h"
#include "runtime/format/base64.h"
#include "runtime/format/encode.h"
#include "runtime/format/json_scan.h"

namespace flow {

namespace {

const Type kText(TypeKind::kString);

bool IsContainer(const Type& type) { return type.has_elements() || type.is(TypeKind::kStruct); }

const Type& ElementOf(const Type& type) { return type.element == nullptr ? kText : *type.element; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// \x00ff, as PostgreSQL writes bytes.
bool ReadBytes(std::string_view text, bool base64, std::string* out) {
  if (!text.starts_with("\\x")) {
    if (!base64) return false;
    std::optional<std::string> bytes = FromBase64(std::string(text));
    if (bytes.has_value()) *out = std::move(*bytes);
    return bytes.has_value();
  }
  text.remove_prefix(2);
  if (text.size() % 2 != 0) return false;
  out->clear();
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *out += static_cast<char>(high << 4 | low);
  }
  return true;
}

// Walks a JSON value that SkipValue has accepted.
class JsonReader {
 public:
  JsonReader(std::string_view text, TimestampUnit unit)
      : begin_(text.data()), p_(text.data()), end_(text.data() + text.size()), unit_(unit) {}

  // The whole text is one value.
  bool IsWhole() const {
    const char* p = json::SkipBlanks(begin_, end_);
    if (p == end_) return false;
    p = json::SkipValue(p, text(), 0);
    return p != nullptr && json::SkipBlanks(p, end_) == end_;
  }

  void Canonical(std::string* out) {
    switch (Next()) {
      case '"':
        AppendQuoted(String(), out);
        return;
      case '{': {
        std::vector<std::pair<std::string, std::string>> fields;
        for (bool more = Open('}'); more; more = Comma('}')) {
          auto& [key, value] = fields.emplace_back(Key(), "");
          Canonical(&value);
        }
        std::stable_sort(fields.begin(), fields.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        fields.erase(std::unique(fields.begin(), fields.end(),
                                 [](const auto& a, const auto& b) { return a.first == b.first; }),
                     fields.end());
        *out += '{';
        for (size_t i = 0; i < fields.size(); ++i) {
          if (i > 0) *out += ',';
          AppendQuoted(fields[i].first, out);
          *out += ':';
          *out += fields[i].second;
        }
        *out += '}';
        return;
      }
      case '[': {
        *out += '[';
        bool first = true;
        for (bool more = Open(']'); more; more = Comma(']')) {
          if (!first) *out += ',';
          first = false;
          Canonical(out);
        }
        *out += ']';
        return;
      }
      default:
        *out += Skip();
    }
  }

  // The bytes of an ARRAY, a MAP or a STRUCT.
  bool Nested(const Type& type, std::string* out) {
    if (type.is(TypeKind::kArray)) {
      if (Next() != '[') return false;
      for (bool more = Open(']'); more; more = Comma(']')) {
        if (!Element(ElementOf(type), out)) return false;
      }
      return true;
    }
    if (Next() != '{') return false;
    if (type.is(TypeKind::kStruct)) return Fields(*type.fields, out);
    std::map<std::string, std::string> entries;
    for (bool more = Open('}'); more; more = Comma('}')) {
      std::string key = Key();
      std::string part;
      if (!Element(ElementOf(type), &part)) return false;
      entries.emplace(std::move(key), std::move(part));  // of equal keys the first
    }
    for (const auto& [key, part] : entries) {
      AppendStringPart(key, out);
      *out += part;
    }
    return true;
  }

 private:
  json::Text text() const { return {begin_, end_, end_}; }
  char Next() {
    p_ = json::SkipBlanks(p_, end_);
    return *p_;
  }
  std::string_view Skip() {
    const char* start = p_;
    p_ = json::SkipValue(p_, text(), 0);
    return {start, static_cast<size_t>(p_ - start)};
  }
  // Steps into a container; false: it is empty, and left.
  bool Open(char close) {
    ++p_;
    if (Next() != close) return true;
    ++p_;
    return false;
  }
  bool Comma(char close) {
    const char c = Next();
    ++p_;
    return c != close;
  }
  std::string String() {
    bool escaped = false;
    const char* start = p_ + 1;
    p_ = json::ScanString(start, text(), &escaped);
    std::string text(start, static_cast<size_t>(p_ - start));
    ++p_;
    if (escaped) text.resize(json::Unescape(text.data(), text.size(), text.data()));
    return text;
  }
  std::string Key() {
    Next();
    std::string key = String();
    Next();
    ++p_;  // the colon
    return key;
  }
  static void AppendQuoted(const std::string& text, std::string* out) {
    AppendJsonString(text.data(), text.size(), out);
  }

  // As a column of each field would be read: what is not there is NULL, of equal keys the first
  // counts, others are passed over.
  bool Fields(const std::vector<StructField>& fields, std::string* out) {
    std::vector<std::string> parts(fields.size());
    for (bool more = Open('}'); more; more = Comma('}')) {
      const std::string key = Key();
      size_t i = 0;
      while (i < fields.size() && fields[i].name != key) ++i;
      if (i == fields.size() || !parts[i].empty()) {
        Skip();
      } else if (!Element(fields[i].type, &parts[i])) {
        return false;
      }
    }
    for (const std::string& part : parts) *out += part.empty() ? "~" : part;
    return true;
  }

  // Appends the part of one value, which is read as a column's field would be.
  bool Element(const Type& type, std::string* out) {
    const char first = Next();
    if (first == 'n') {
      Skip();
#ifdef FLOW_MUTANT_NULL_ELEMENT_IS_EMPTY
      AppendStringPart("", out);
#else
      *out += '~';
#endif
      return true;
    }
    if (type.is_variable() && !type.is(TypeKind::kString)) {
      std::string value;
      bool ok = true;
      if (type.is(TypeKind::kJson)) {
        Canonical(&value);
      } else if (first == '"') {
        ok = ReadNested(type, unit_, String(), true, &value);
      } else {
        ok = IsContainer(type) && Nested(type, &value);
      }
      if (ok) AppendStringPart(value, out);
      return ok;
    }
    alignas(16) char value[16] = {};
    uint8_t status = kFlowNull;
    FlowColumn cell{value, &status};
    const FieldTarget target{0, type, unit_};
    std::string text;
    if (first == '"') {
      text = String();
      StoreText(target, text.data(), text.size(), &cell, 0, nullptr);
    } else {
      text = Skip();
      if (first == 't' || first == 'f') {
        StoreBoolean(target, first == 't', &cell, 0, nullptr);
      } else if (first == '{' || first == '[') {
        StoreNested(target, text.data(), text.size(), &cell, 0, nullptr);
      } else {
        StoreNumber(target, text.data(), text.size(), &cell, 0, nullptr);
      }
    }
    if (status != kFlowValue) return false;
    AppendPart(cell, type, 0, out);
    return true;
  }

  const char* const begin_;
  const char* p_;
  const char* const end_;
  const TimestampUnit unit_;
};

}  // namespace

void AppendPartJson(const Type& type, std::string_view part, std::string* out) {
  ElementCell cell;
  cell.Load(part, type);
  AppendJsonCell(cell.column(), type, 0, out);
}

void AppendNestedJson(const Type& type, std::string_view value, std::string* out) {
  Parts parts(value);
  std::string_view part;
  bool first = true;
  if (type.is(TypeKind::kBytes)) {
    *out += "\"\\\\x";
    AppendHex(value, out);
    *out += '"';
  } else if (type.is(TypeKind::kArray)) {
    *out += '[';
    while (parts.Next(&part)) {
      if (!first) *out += ',';
      first = false;
      AppendPartJson(ElementOf(type), part, out);
    }
    *out += ']';
  } else if (type.is(TypeKind::kMap)) {
    *out += '{';
    while (parts.Next(&part)) {
      if (!first) *out += ',';
      first = false;
      AppendPartJson(kText, part, out);
      *out += ':';
      if (parts.Next(&part)) AppendPartJson(ElementOf(type), part, out);
    }
    *out += '}';
  } else if (type.is(TypeKind::kStruct)) {
    *out += '{';
    for (const StructField& field : *type.fields) {
      if (!first) *out += ',';
      first = false;
      AppendJsonString(field.name.data(), field.name.size(), out);
      *out += ':';
      if (parts.Next(&part)) AppendPartJson(field.type, part, out);
    }
    *out += '}';
  } else {
    *out += value;
  }
}

void AppendNestedText(const Type& type, std::string_view value, std::string* out) {
  if (type.is(TypeKind::kBytes)) {
    *out += "\\x";
    AppendHex(value, out);
  } else {
    AppendNestedJson(type, value, out);
  }
}

void AppendJoined(const Type& array, std::string_view value, std::string_view separator,
                  std::string* out) {
  Parts parts(value);
  ElementCell cell;
  std::string_view part;
  bool first = true;
  while (parts.Next(&part)) {
    if (IsNullPart(part)) continue;
    if (!first) *out += separator;
    first = false;
    cell.Load(part, ElementOf(array));
    *out += CellText(cell.column(), ElementOf(array), 0);
  }
}

bool ReadNested(const Type& type, TimestampUnit unit, std::string_view text, bool base64,
                std::string* value) {
  value->clear();
  if (type.is(TypeKind::kBytes)) return ReadBytes(text, base64, value);
  JsonReader reader(text, unit);
  if (!reader.IsWhole()) return false;
  if (IsContainer(type)) return reader.Nested(type, value);
  reader.Canonical(value);
  return true;
}

bool CanonicalJson(std::string_view text, std::string* out) {
  return ReadNested(TypeKind::kJson, TimestampUnit::kMillis, text, false, out);
}

}  // namespace flow
