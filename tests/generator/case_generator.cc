// Generate: sources with disorder, NULLs, ties and extreme values, then views over them, over views
// and over late rows.
#include "tests/generator/case_generator.h"

#include <algorithm>
#include <cstdio>

#include "tests/generator/generated_records.h"
#include "tests/generator/generator.h"

namespace flow::test {

namespace {

constexpr int64_t kBaseSeconds = 36000;  // 2026-01-01 10:00:00

std::string Timestamp(int64_t ms) {
  char text[64];
  int64_t seconds = kBaseSeconds + ms / 1000;
  std::snprintf(text, sizeof text, "'2026-01-01 %02d:%02d:%02d.%03d'",
                static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                static_cast<int>(seconds % 60), static_cast<int>(ms % 1000));
  return text;
}

}  // namespace

GeneratedCase Generator::Make() {
  case_.idle = random_.Chance(25);
  int sources = random_.Chance(30) ? 2 : 1;
  for (int i = 0; i < sources; ++i) Source("s" + std::to_string(i));
  int views = static_cast<int>(random_.Between(1, 4));
  for (int i = 0; i < views; ++i) View("v" + std::to_string(i));
  std::string functions;
  for (const auto& [name, function] : functions_) functions += function.text;
  case_.text = functions + case_.text;
  return std::move(case_);
}

std::string Generator::Value(Kind kind) {
  if (random_.Chance(12)) return "NULL";
  switch (kind) {
    case Kind::kInt:
      if (random_.Chance(4)) return random_.Chance(50) ? "2147483647" : "-2147483648";
      return std::to_string(random_.Between(-3, 12));
    case Kind::kBigint:
      if (random_.Chance(6)) {
        return random_.Chance(50) ? "9223372036854775807" : "-9223372036854775807";
      }
      return std::to_string(random_.Between(-1000, 1000));
    case Kind::kDouble:
      if (random_.Chance(5)) return "1e300";
      if (random_.Chance(5)) return "-1e300";
      if (random_.Chance(5)) return "1e-300";
      return std::to_string(random_.Between(-1000000, 1000000)) + "e-" +
             std::to_string(random_.Between(1, 9));
    case Kind::kDecimal:
      return std::to_string(random_.Between(-99999, 99999)) + "." +
             std::to_string(random_.Between(10, 99));
    case Kind::kString: {
      static const std::vector<std::string> words = {"''",
                                                     "'a'",
                                                     "'b'",
                                                     "'abc'",
                                                     "'a much longer string than twelve bytes'",
                                                     "'a much longer string than twelve bytes too'",
                                                     "'x1'",
                                                     "'17'"};
      return random_.Pick(words);
    }
    case Kind::kBoolean:
      return random_.Chance(50) ? "TRUE" : "FALSE";
  }
  return "NULL";
}

const char* Generator::TypeName(Kind kind) {
  switch (kind) {
    case Kind::kInt:
      return "INT";
    case Kind::kBigint:
      return "BIGINT";
    case Kind::kDouble:
      return "DOUBLE";
    case Kind::kDecimal:
      return "DECIMAL(12,2)";
    case Kind::kString:
      return "STRING";
    case Kind::kBoolean:
      return "BOOLEAN";
  }
  return "";
}

std::string Generator::Unique(const std::string& source) {
  Random random(case_.seed * 31 + static_cast<uint64_t>(source.back()));
  random.Next();
  if (!random.Chance(30)) return "";
  static const std::vector<std::string> keys = {"k", "k, g", "g", "o, k", "b / g", "f", "d, o"};
  case_.unique = true;
  return " UNIQUE BY " + random.Pick(keys) + " WITHIN " + std::to_string(random.Between(0, 30)) +
         "s" + (random.Chance(35) ? " PER PARTITION" : "");
}

void Generator::Source(const std::string& name) {
  Relation relation;
  relation.name = name;
  relation.timed = relation.straight = relation.append_only = true;
  relation.columns = {{"k", Kind::kString},  {"g", Kind::kInt},    {"b", Kind::kBigint},
                      {"d", Kind::kDecimal}, {"f", Kind::kDouble}, {"o", Kind::kBoolean}};
  relation.nested = {{"arr", "ARRAY<INT>"},
                     {"tags", "ARRAY<STRING>"},
                     {"raw", "BYTES"},
                     {"m", "MAP<STRING, INT>"},
                     {"j", "JSON"},
                     {"rec", "STRUCT<a INT, b STRING>"},
                     {"recs", "ARRAY<STRUCT<a INT, b STRING>>"},
                     {"span", "INTERVAL"}};
  std::string text = "SOURCE " + name + " (";
  for (const Column& column : relation.columns) {
    text += column.name + " " + TypeName(column.kind) + ", ";
  }
  for (const auto& [column, type] : relation.nested) text += column + " " + type + ", ";
  text += "ts TIMESTAMP)\nFROM ";
  const size_t from = text.size();
  text += "INLINE (";
  GeneratedSource generated;
  generated.name = name;
  int partitions = static_cast<int>(random_.Between(1, 4));
  case_.skewed = case_.skewed || partitions > 1;
  int64_t step = random_.Between(0, 4000);
  // Whole seconds meet the ends of windows exactly.
  const int64_t unit = random_.Chance(50) ? 1000 : 1;
  int64_t disorder = random_.Pick(std::vector<int64_t>{0, 2000, 20000, 90000});
  for (int p = 0; p < partitions; ++p) {
    int64_t rows = random_.Chance(10) ? 0 : random_.Between(1, 60);
    if (p > 0) text += "\n  PARTITION " + std::to_string(p) + " ";
    // A partition without rows can not be written; it gets one.
    if (rows == 0) rows = 1;
    generated.partition_rows.push_back(rows);
    text += "VALUES";
    int64_t now = random_.Between(0, 30000);  // partitions start apart
    int64_t previous = -1;
    for (int64_t r = 0; r < rows; ++r) {
      now += random_.Between(0, step);
      int64_t at =
          std::max<int64_t>(0, now - random_.Between(0, disorder) * (random_.Chance(40) ? 1 : 0));
      at -= at % unit;
      if (random_.Chance(15) && previous >= 0) at = previous;
      case_.tie = case_.tie || at == previous;
      previous = at;
      text += r == 0 ? " (" : ", (";
      for (const Column& column : relation.columns) {
        std::string value = Value(column.kind);
        case_.null_key = case_.null_key || (column.name == "k" && value == "NULL");
        text += value + ", ";
      }
      for (const auto& [column, type] : relation.nested) text += NestedValue(type) + ", ";
      text += random_.Chance(2) ? "NULL)" : Timestamp(at) + ")";
    }
  }
  if (const std::string made = GeneratedRecords(case_.seed, &generated); !made.empty()) {
    text.replace(from, std::string::npos, made);
  }
  text += ")\nEVENT TIME ts WATERMARK " + std::to_string(random_.Between(0, 10)) + "s";
  if (case_.idle) text += " IDLE 30s";
  text += Unique(generated.name);
  case_.text += text + ";\n\n";
  case_.sources.push_back(generated);
  relations_.push_back(relation);
}

GeneratedCase Generate(uint64_t seed) { return Generator(seed).Make(); }

}  // namespace flow::test
