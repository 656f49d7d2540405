// SqlName, SqlString, SqlType, SqlDuration.
#include "compiler/ast/sql_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace flow::ast {

namespace {

// The reserved words of grammar/Flow.g4; a unit test compares.
constexpr std::array<std::string_view, 38> kReserved = {
    "ALL",   "AND",    "AS",     "BETWEEN", "CASE",   "CAST",   "DISTINCT", "ELSE",
    "END",   "EXISTS", "FALSE",  "FROM",    "GROUP",  "HAVING", "IN",       "INTERVAL",
    "INTO",  "IS",     "JOIN",   "LIKE",    "LIMIT",  "NOT",    "NULL",     "ON",
    "OR",    "ORDER",  "OVER",   "QUALIFY", "SELECT", "THEN",   "TRUE",     "TRY_CAST",
    "UNION", "UNNEST", "VALUES", "WHEN",    "WHERE",  "WITH"};

bool IsReserved(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return std::find(kReserved.begin(), kReserved.end(), upper) != kReserved.end();
}

bool IsPlain(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80) != 0;
  });
}

std::string Doubled(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::string SqlName(std::string_view name) {
  return IsPlain(name) && !IsReserved(name) ? std::string(name) : Doubled(name, '"');
}

std::string SqlString(std::string_view text) {
  // Variables are replaced already; what still looks like one is not one.
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return Doubled(escaped, '\'');
}

std::string SqlType(const Type& type) {
  if (type.is(TypeKind::kArray)) return "ARRAY<" + SqlType(*type.element) + ">";
  if (type.is(TypeKind::kMap)) return "MAP<STRING, " + SqlType(*type.element) + ">";
  if (!type.is(TypeKind::kStruct)) return type.ToString();
  std::string text = "STRUCT<";
  for (size_t i = 0; i < type.fields->size(); ++i) {
    const StructField& field = (*type.fields)[i];
    text += (i > 0 ? ", " : "") + SqlName(field.name) + " " + SqlType(field.type);
  }
  return text + ">";
}

std::string SqlDuration(int64_t us) {
  constexpr std::array<std::pair<int64_t, std::string_view>, 5> kUnits = {{{86'400'000'000, "d"},
                                                                           {3'600'000'000, "h"},
                                                                           {60'000'000, "m"},
                                                                           {1'000'000, "s"},
                                                                           {1000, "ms"}}};
  if (us == 0) return "0s";
  for (const auto& [length, unit] : kUnits) {
    if (us > 0 && us % length == 0) return std::to_string(us / length) + std::string(unit);
  }
  // Unsigned: the least INT64 has no positive counterpart.
  uint64_t size = us < 0 ? 0 - static_cast<uint64_t>(us) : static_cast<uint64_t>(us);
  std::string fraction = std::to_string(size % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::string("INTERVAL '") + (us < 0 ? "-" : "") + std::to_string(size / 1'000'000) + "." +
         fraction + "' SECOND";
}

}  // namespace flow::ast
