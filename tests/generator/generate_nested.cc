// Values and expressions of ARRAY, MAP, STRUCT, BYTES, JSON and INTERVAL.
#include "tests/generator/generator.h"

namespace flow::test {

namespace {

constexpr const char* kRecord = "STRUCT<a INT, b STRING>";
constexpr const char* kRecords = "ARRAY<STRUCT<a INT, b STRING>>";

}  // namespace

std::string Generator::NestedValue(const std::string& type) {
  if (nested_.Chance(15)) return "NULL";
  static const std::vector<std::string> ints = {
      "ARRAY[]",           "ARRAY[NULL]",           "ARRAY[1]",   "ARRAY[1, NULL]",
      "ARRAY[1, 2, 3, 4]", "ARRAY[-1, 2147483647]", "ARRAY[2, 1]"};
  static const std::vector<std::string> texts = {
      "ARRAY[]",         "ARRAY['']",   "ARRAY[NULL]",
      "ARRAY['a', 'b']", "ARRAY['ab']", "ARRAY['a text of more than twelve bytes', NULL]",
      "ARRAY['a', '']"};
  static const std::vector<std::string> bytes = {"X''", "X'00'", "X'0001'", "X'61'",
                                                 "X'ff00ff00ff00ff00ff00ff00ff00ff00'"};
  static const std::vector<std::string> maps = {"'{}'", "'{\"a\":1}'", "'{\"b\":2,\"a\":null}'",
                                                "'{\"\":7,\"key of some length\":8}'"};
  static const std::vector<std::string> documents = {"'1'", "'\"a\"'",
                                                     "'{\"b\": 1, \"a\": [true, 2.50]}'",
                                                     "'{\"a\":[true,2.50],\"b\":1}'", "'[]'"};
  static const std::vector<std::string> records = {
      "'{}'", "'{\"a\": 1, \"b\": \"a\"}'", "'{\"b\":\"a\",\"a\":1}'", "'{\"a\":2,\"b\":\"\"}'",
      "'{\"a\":-1,\"b\":\"a text of more than twelve bytes\",\"c\":[]}'"};
  static const std::vector<std::string> lists = {
      "'[]'", "'[null]'", "'[{\"a\":1,\"b\":\"a\"},null,{}]'",
      "'[{\"a\":2},{\"b\":\"b\"},{\"a\":2}]'", "'[{\"b\":\"a\",\"a\":7}]'"};
  static const std::vector<std::string> spans = {"'0 s'",    "'10s'",           "'-1 day'",
                                                 "'90 min'", "'1 day 2 hours'", "'-500ms'"};
  if (type == kRecord) return nested_.Pick(records);
  if (type == kRecords) return nested_.Pick(lists);
  if (type == "INTERVAL") return nested_.Pick(spans);
  if (type == "ARRAY<INT>") return nested_.Pick(ints);
  if (type == "ARRAY<STRING>") return nested_.Pick(texts);
  if (type == "BYTES") return nested_.Pick(bytes);
  return nested_.Pick(type == "JSON" ? documents : maps);
}

std::string Generator::NestedLeaf(const Relation& relation, const std::string& type) {
  for (const auto& [column, own] : relation.nested) {
    if (own == type && nested_.Chance(80)) return column;
  }
  const std::string value = NestedValue(type);
  return "CAST(" + (value == "ARRAY[NULL]" || value == "ARRAY[]" ? "'[]'" : value) + " AS " + type +
         ")";
}

std::string Generator::PlainColumn(const Relation& relation, Kind kind) {
  for (const Column& column : relation.columns) {
    if (column.kind == kind && !column.name.empty()) return column.name;
  }
  return kind == Kind::kInt ? "3" : "'a'";
}

std::string Generator::NestedExpr(const Relation& relation, const std::string& type) {
  const std::string e = NestedLeaf(relation, type);
  if (nested_.Chance(40)) return e;
  const std::string n = PlainColumn(relation, Kind::kInt);
  const std::string s = PlainColumn(relation, Kind::kString);
  if (type == "ARRAY<INT>" || type == "ARRAY<STRING>") {
    const std::string one = type == "ARRAY<INT>" ? n : s;
    const std::vector<std::string> forms = {
        "array_append(" + e + ", " + one + ")",
        "array_sort(" + e + ")",
        "array_slice(" + e + ", 1, 2)",
        "array_distinct(" + e + ")",
        "(" + e + " || ARRAY[" + one + "])",
        "COALESCE(" + e + ", ARRAY[" + one + "])",
        "array_reverse(" + e + ")",
        type == "ARRAY<INT>" ? "map_values(" + NestedLeaf(relation, "MAP<STRING, INT>") + ")"
                             : "string_split(" + s + ", ' ')"};
    return nested_.Pick(forms);
  }
  const std::string made = "STRUCT(CAST(" + n + " AS INT) AS a, " + s + " AS b)";
  if (type == kRecord) {
    const std::string all = NestedLeaf(relation, kRecords);
    const std::vector<std::string> forms = {
        made, "COALESCE(" + e + ", " + made + ")", "array_max(" + all + ")", all + "[" + n + "]",
        "CASE WHEN " + n + " > 3 THEN " + e + " ELSE " + made + " END"};
    return nested_.Pick(forms);
  }
  if (type == kRecords) {
    const std::string one = NestedLeaf(relation, kRecord);
    const std::vector<std::string> forms = {"array_append(" + e + ", " + made + ")",
                                            "array_sort(" + e + ")",
                                            "array_distinct(" + e + ")",
                                            "(" + e + " || [" + one + ", " + made + "])",
                                            "array_slice(" + e + ", 2, 3)",
                                            "[" + one + "]"};
    return nested_.Pick(forms);
  }
  if (type == "INTERVAL") {
    const std::vector<std::string> forms = {"(" + e + " + 5s)", "-" + e,
                                            "CASE WHEN " + n + " > 3 THEN " + e + " END",
                                            "(" + e + " - " + NestedLeaf(relation, type) + ")"};
    return nested_.Pick(forms);
  }
  if (type == "BYTES") {
    const std::vector<std::string> forms = {"(" + e + " || X'00')", "substring(" + e + ", 2)",
                                            "encode(" + s + ")"};
    return nested_.Pick(forms);
  }
  if (type == "JSON") return "to_json(" + NestedLeaf(relation, "ARRAY<INT>") + ")";
  return "CASE WHEN " + n + " > 3 THEN " + e + " END";
}

std::string Generator::OfNested(const Relation& relation) {
  const std::vector<std::string> forms = {
      "array_length(" + NestedExpr(relation, "ARRAY<INT>") + ")",
      NestedLeaf(relation, "ARRAY<INT>") + "[2]",
      "array_contains(" + NestedExpr(relation, "ARRAY<STRING>") + ", 'a')",
      "array_position(" + NestedExpr(relation, "ARRAY<INT>") + ", 1)",
      "array_max(" + NestedExpr(relation, "ARRAY<STRING>") + ")",
      "array_to_string(" + NestedExpr(relation, "ARRAY<INT>") + ", '-')",
      NestedLeaf(relation, "MAP<STRING, INT>") + "['a']",
      "octet_length(" + NestedExpr(relation, "BYTES") + ")",
      NestedExpr(relation, "BYTES") + " < " + NestedExpr(relation, "BYTES"),
      "(" + NestedExpr(relation, kRecord) + ").a",
      NestedLeaf(relation, kRecords) + "[1].b",
      NestedExpr(relation, kRecord) + " = " + NestedExpr(relation, kRecord),
      NestedExpr(relation, kRecord) + " < " + NestedExpr(relation, kRecord),
      NestedExpr(relation, kRecord) + " IS NOT NULL",
      "array_contains(" + NestedExpr(relation, kRecords) + ", " + NestedExpr(relation, kRecord) +
          ")",
      NestedExpr(relation, "INTERVAL") + " > " + NestedExpr(relation, "INTERVAL"),
      NestedExpr(relation, "ARRAY<INT>") + " >= " + NestedExpr(relation, "ARRAY<INT>"),
      NestedExpr(relation, "ARRAY<INT>") + " = " + NestedExpr(relation, "ARRAY<INT>")};
  return nested_.Pick(forms);
}

std::string Generator::NestedType() {
  static const std::vector<std::string> types = {
      "ARRAY<INT>", "ARRAY<INT>", "ARRAY<STRING>", "BYTES",  "MAP<STRING, INT>",
      "JSON",       kRecord,      kRecord,         kRecords, "INTERVAL"};
  return nested_.Pick(types);
}

std::string Generator::NestedOutput(const Relation& relation,
                                    std::vector<std::pair<std::string, std::string>>* columns) {
  if (!nested_.Chance(40)) return "";
  if (nested_.Chance(30)) return ", " + OfNested(relation) + " AS of_nested";
  const std::string type = NestedType();
  columns->emplace_back("nested", type);
  return ", " + NestedExpr(relation, type) + " AS nested";
}

std::string Generator::NestedAggregate(const Relation& relation,
                                       std::vector<std::pair<std::string, std::string>>* columns) {
  if (!nested_.Chance(40)) return "";
  const std::string type = NestedType();
  const std::string e = NestedExpr(relation, type);
  const std::string n = PlainColumn(relation, Kind::kInt);
  switch (nested_.Between(0, 5)) {
    case 0:
      columns->emplace_back("nested", type);
      return ", MIN(" + e + ") AS nested";
    case 1:
      return ", COUNT(DISTINCT " + e + ") AS of_nested";
    case 2:
      columns->emplace_back("nested", type);
      return ", ARG_MAX(" + e + ", " + n + ") AS nested";
    case 3:
      return ", ARRAY_AGG(" + e + ") AS collected";
    case 4:
      columns->emplace_back("nested", "ARRAY<INT>");
      return ", ARRAY_AGG(CAST(" + n + " AS INT) ORDER BY " + NestedLeaf(relation, type) +
             " DESC) AS nested";
    default:
      columns->emplace_back("nested", "ARRAY<STRING>");
      return ", ARRAY_AGG(DISTINCT " + PlainColumn(relation, Kind::kString) + ") FILTER (WHERE " +
             n + " > 1) AS nested";
  }
}

}  // namespace flow::test
