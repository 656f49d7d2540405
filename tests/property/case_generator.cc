// Generate: sources with disorder, NULLs, ties and extreme values; views of every kind of this
// language, over sources, over views and over late rows.
#include "case_generator.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "generated_records.h"

namespace flow::test {

namespace {

enum class Kind { kInt, kBigint, kDouble, kDecimal, kString, kBoolean };

struct Column {
  std::string name;
  Kind kind;
};

// A relation that views can read.
struct Relation {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::pair<std::string, std::string>> nested;  // names and types of other columns
  bool timed = false;                                       // can stand in a window call
  bool straight = false;  // rows come from a source: windows judge them
  bool append_only = false;
  int64_t lateness = 0;  // seconds that its rows can change after their time
};

constexpr int64_t kBaseSeconds = 36000;  // 2026-01-01 10:00:00

std::string Timestamp(int64_t ms) {
  char text[64];
  int64_t seconds = kBaseSeconds + ms / 1000;
  std::snprintf(text, sizeof text, "'2026-01-01 %02d:%02d:%02d.%03d'",
                static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                static_cast<int>(seconds % 60), static_cast<int>(ms % 1000));
  return text;
}

class Generator {
 public:
  explicit Generator(uint64_t seed)
      : random_(seed),
        calls_(seed + 1000003),
        nested_(seed * 2654435761 + 17),
        ranks_(seed + 2000003) {
    case_.seed = seed;
  }

  GeneratedCase Make() {
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

 private:
  // --- Sources ---------------------------------------------------------------------------------
  std::string Value(Kind kind) {
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
        static const std::vector<std::string> words = {
            "''",
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

  static const char* TypeName(Kind kind) {
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

  // --- ARRAY, MAP, BYTES, JSON ------------------------------------------------------------------
  std::string NestedValue(const std::string& type) {
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
    if (type == "ARRAY<INT>") return nested_.Pick(ints);
    if (type == "ARRAY<STRING>") return nested_.Pick(texts);
    if (type == "BYTES") return nested_.Pick(bytes);
    return nested_.Pick(type == "JSON" ? documents : maps);
  }

  std::string NestedLeaf(const Relation& relation, const std::string& type) {
    for (const auto& [column, own] : relation.nested) {
      if (own == type && nested_.Chance(80)) return column;
    }
    const std::string value = NestedValue(type);
    return "CAST(" + (value == "ARRAY[NULL]" || value == "ARRAY[]" ? "'[]'" : value) + " AS " +
           type + ")";
  }

  std::string PlainColumn(const Relation& relation, Kind kind) {
    for (const Column& column : relation.columns) {
      if (column.kind == kind && !column.name.empty()) return column.name;
    }
    return kind == Kind::kInt ? "3" : "'a'";
  }

  std::string NestedExpr(const Relation& relation, const std::string& type) {
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
    if (type == "BYTES") {
      const std::vector<std::string> forms = {"(" + e + " || X'00')", "substring(" + e + ", 2)",
                                              "encode(" + s + ")"};
      return nested_.Pick(forms);
    }
    if (type == "JSON") return "to_json(" + NestedLeaf(relation, "ARRAY<INT>") + ")";
    return "CASE WHEN " + n + " > 3 THEN " + e + " END";
  }

  // A value that is not nested, of one that is.
  std::string OfNested(const Relation& relation) {
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
        NestedExpr(relation, "ARRAY<INT>") + " >= " + NestedExpr(relation, "ARRAY<INT>"),
        NestedExpr(relation, "ARRAY<INT>") + " = " + NestedExpr(relation, "ARRAY<INT>")};
    return nested_.Pick(forms);
  }

  std::string NestedType() {
    static const std::vector<std::string> types = {
        "ARRAY<INT>", "ARRAY<INT>", "ARRAY<STRING>", "BYTES", "MAP<STRING, INT>", "JSON"};
    return nested_.Pick(types);
  }

  // ", expression AS name" for a view to have one column more.
  std::string NestedOutput(const Relation& relation,
                           std::vector<std::pair<std::string, std::string>>* columns) {
    if (!nested_.Chance(40)) return "";
    if (nested_.Chance(30)) return ", " + OfNested(relation) + " AS of_nested";
    const std::string type = NestedType();
    columns->emplace_back("nested", type);
    return ", " + NestedExpr(relation, type) + " AS nested";
  }

  std::string NestedAggregate(const Relation& relation,
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

  // Keys are few, so many rows have duplicates; an expression can fail.
  std::string Unique(const std::string& source) {
    Random random(case_.seed * 31 + static_cast<uint64_t>(source.back()));
    random.Next();
    if (!random.Chance(30)) return "";
    static const std::vector<std::string> keys = {"k", "k, g", "g", "o, k", "b / g", "f", "d, o"};
    case_.unique = true;
    return " UNIQUE BY " + random.Pick(keys) + " WITHIN " + std::to_string(random.Between(0, 30)) +
           "s" + (random.Chance(35) ? " PER PARTITION" : "");
  }

  void Source(const std::string& name) {
    Relation relation;
    relation.name = name;
    relation.timed = relation.straight = relation.append_only = true;
    relation.columns = {{"k", Kind::kString},  {"g", Kind::kInt},    {"b", Kind::kBigint},
                        {"d", Kind::kDecimal}, {"f", Kind::kDouble}, {"o", Kind::kBoolean}};
    relation.nested = {{"arr", "ARRAY<INT>"},
                       {"tags", "ARRAY<STRING>"},
                       {"raw", "BYTES"},
                       {"m", "MAP<STRING, INT>"},
                       {"j", "JSON"}};
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

  // --- Expressions -----------------------------------------------------------------------------
  std::string ColumnOf(const Relation& relation, Kind kind) {
    std::vector<std::string> names;
    for (const Column& column : relation.columns) {
      if (column.kind == kind) names.push_back(column.name);
    }
    if (names.empty()) return "";
    return random_.Pick(names);
  }

  std::string Leaf(const Relation& relation, Kind kind) {
    std::string column = ColumnOf(relation, kind);
    if (!column.empty() && random_.Chance(75)) return column;
    switch (kind) {
      case Kind::kInt:
        return std::to_string(random_.Between(0, 5));
      case Kind::kBigint:
        return "CAST(" + std::to_string(random_.Between(0, 100)) + " AS BIGINT)";
      case Kind::kDouble:
        return std::to_string(random_.Between(0, 50)) + "e-1";
      case Kind::kDecimal:
        return "CAST(" + std::to_string(random_.Between(0, 99)) + ".25 AS DECIMAL(12,2))";
      case Kind::kString:
        return random_.Chance(50) ? "'a'" : "'abc'";
      case Kind::kBoolean:
        return random_.Chance(50) ? "TRUE" : "FALSE";
    }
    return "NULL";
  }

  std::string Condition(const Relation& relation, int depth) {
    static const std::vector<std::string> compare = {"=", "<>", "<", "<=", ">", ">="};
    static const std::vector<Kind> kinds = {Kind::kInt, Kind::kBigint, Kind::kDouble,
                                            Kind::kDecimal, Kind::kString};
    if (depth > 0 && random_.Chance(35)) {
      return "(" + Condition(relation, depth - 1) + (random_.Chance(50) ? " AND " : " OR ") +
             Condition(relation, depth - 1) + ")";
    }
    Kind kind = random_.Pick(kinds);
    switch (random_.Between(0, 6)) {
      case 0:
        return "NOT (" + Condition(relation, 0) + ")";
      case 1:
        return Expr(relation, kind, depth) + " IS " + (random_.Chance(50) ? "NOT " : "") + "NULL";
      case 2:
        return Expr(relation, kind, depth) + " IN (" + Leaf(relation, kind) + ", " +
               Leaf(relation, kind) + ")";
      case 3:
        return Expr(relation, kind, depth) + " BETWEEN " + Leaf(relation, kind) + " AND " +
               Leaf(relation, kind);
      case 4:
        return Leaf(relation, Kind::kBoolean);
      default:
        return Expr(relation, kind, depth) + " " + random_.Pick(compare) + " " +
               Expr(relation, kind, depth);
    }
  }

  // a op b, now and then as a call of a FUNCTION, which may use an argument twice or never.
  std::string Operation(Kind kind, const std::string& op, const std::string& a,
                        const std::string& b) {
    auto infix = [&](const std::string& x, const std::string& y) {
      const std::string text = "(" + x + " " + op + " " + y + ")";
      return kind == Kind::kDecimal ? "CAST(" + text + " AS DECIMAL(12,2))" : text;
    };
    if (!calls_.Chance(25)) return infix(a, b);
    const std::string name = "f" + std::to_string(calls_.Between(0, 9));
    auto [found, fresh] = functions_.try_emplace(name, Function{kind, ""});
    if (fresh) {
      const std::string type = TypeName(kind);
      std::string body = infix("x", "y");
      // Now and then of one that stands before it.
      const auto inner = std::find_if(functions_.begin(), found,
                                      [&](const auto& other) { return other.second.kind == kind; });
      if (inner != found && calls_.Chance(50)) body = inner->first + "(" + body + ", x)";
      switch (calls_.Between(0, 4)) {
        case 0:
          body = "CASE WHEN x = y THEN x WHEN y IS NULL THEN y ELSE " + body + " END";
          break;
        case 1:
          body = "COALESCE(x, " + body + ")";
          break;
        case 2:
          body = "x";
          break;
        default:
          break;
      }
      found->second.text = "FUNCTION " + name + "(x " + type + ", y " + type + ") RETURNS " + type +
                           " AS " + body + ";\n";
    }
    if (found->second.kind != kind) return infix(a, b);
    ++case_.calls;
    return name + "(" + a + ", " + b + ")";
  }

  std::string Expr(const Relation& relation, Kind kind, int depth) {
    if (depth <= 0 || random_.Chance(35)) return Leaf(relation, kind);
    --depth;
    switch (random_.Between(0, 3)) {
      case 0:
        return "CASE WHEN " + Condition(relation, depth) + " THEN " + Expr(relation, kind, depth) +
               (random_.Chance(70) ? " ELSE " + Expr(relation, kind, depth) : "") + " END";
      case 1:
        return "COALESCE(" + Expr(relation, kind, depth) + ", " + Leaf(relation, kind) + ")";
      default:
        break;
    }
    std::string a = Expr(relation, kind, depth);
    std::string b = Expr(relation, kind, depth);
    switch (kind) {
      case Kind::kInt:
      case Kind::kBigint: {
        static const std::vector<std::string> ops = {"+", "-", "*", "/", "%"};
        return Operation(kind, random_.Pick(ops), a, b);
      }
      case Kind::kDouble: {
        static const std::vector<std::string> ops = {"+", "-", "*", "/"};
        return Operation(kind, random_.Pick(ops), a, b);
      }
      case Kind::kDecimal: {
        static const std::vector<std::string> ops = {"+", "-", "*", "/"};
        return Operation(kind, random_.Pick(ops), a, b);
      }
      case Kind::kString:
        return random_.Chance(50) ? "upper(" + a + ")" : "concat(" + a + ", " + b + ")";
      case Kind::kBoolean:
        return "(" + Condition(relation, depth) + ")";
    }
    return a;
  }

  // --- Views -----------------------------------------------------------------------------------
  struct Aggregates {
    std::string text;  // ", COUNT(*) AS a0, ..."
    std::vector<Column> columns;
    std::vector<std::pair<std::string, std::string>> nested;
  };

  Aggregates SomeAggregates(const Relation& relation) {
    static const std::vector<Kind> numeric = {Kind::kInt, Kind::kBigint, Kind::kDouble,
                                              Kind::kDecimal};
    static const std::vector<Kind> all = {Kind::kInt,     Kind::kBigint, Kind::kDouble,
                                          Kind::kDecimal, Kind::kString, Kind::kBoolean};
    Aggregates out;
    out.text = NestedAggregate(relation, &out.nested);
    int count = static_cast<int>(random_.Between(1, 3));
    for (int i = 0; i < count; ++i) {
      std::string name = "a" + std::to_string(i);
      std::string filter =
          random_.Chance(20) ? " FILTER (WHERE " + Condition(relation, 1) + ")" : "";
      Column column{name, Kind::kBigint};
      std::string call;
      switch (random_.Between(0, 11)) {
        case 0:
          call = "COUNT(*)";
          break;
        case 1:
          call = "COUNT(" + Expr(relation, random_.Pick(all), 1) + ")";
          break;
        case 2: {
          Kind kind = random_.Pick(numeric);
          call = "SUM(" + Expr(relation, kind, 1) + ")";
          column.kind = kind == Kind::kInt ? Kind::kBigint : kind;
          if (kind == Kind::kDecimal) column.name.clear();  // a wide DECIMAL: not read further
          break;
        }
        case 3: {
          Kind kind = random_.Pick(numeric);
          call = "AVG(" + Expr(relation, kind, 1) + ")";
          column.kind = kind;
          if (kind != Kind::kDouble) column.name.clear();
          break;
        }
        case 4:
          call = std::string(random_.Chance(50) ? "BOOL_AND(" : "BOOL_OR(") +
                 Condition(relation, 1) + ")";
          column.kind = Kind::kBoolean;
          break;
        case 5: {
          static const std::vector<std::string> spreads = {"VAR_POP", "VAR_SAMP", "STDDEV_POP",
                                                           "STDDEV"};
          call = random_.Pick(spreads) + "(" + Expr(relation, random_.Pick(numeric), 1) + ")";
          column.kind = Kind::kDouble;
          break;
        }
        case 6:
          call = "COUNT(DISTINCT " + Expr(relation, random_.Pick(all), 1) + ")";
          break;
        case 7: {
          Kind kind = random_.Pick(numeric);
          call = std::string(random_.Chance(50) ? "SUM" : "VAR_POP") + "(DISTINCT " +
                 Expr(relation, kind, 1) + ")";
          column.kind = kind == Kind::kInt ? Kind::kBigint : kind;
          if (kind == Kind::kDecimal || call[0] == 'V') column.name.clear();
          break;
        }
        case 8: {
          Kind kind = random_.Pick(all);
          const bool timed = relation.name[0] == 's' && random_.Chance(50);  // a source
          const std::string value = Expr(relation, kind, 1);
          call = timed                ? random_.Chance(50) ? "FIRST(" : "LAST("
                 : random_.Chance(50) ? "ARG_MIN("
                                      : "ARG_MAX(";
          call += value + (timed ? ")" : ", " + Expr(relation, random_.Pick(all), 1) + ")");
          column.kind = kind;
          if (kind == Kind::kDecimal) column.name.clear();
          break;
        }
        case 9:
          call = std::string("STRING_AGG(") + (random_.Chance(30) ? "DISTINCT " : "");
          call += Expr(relation, Kind::kString, 1) + ", ', '";
          if (call.find("DISTINCT") == std::string::npos && random_.Chance(50)) {
            call += " ORDER BY " + Expr(relation, random_.Pick(all), 0);
            if (random_.Chance(50)) call += " DESC";
            if (random_.Chance(30)) call += " NULLS FIRST";
          }
          call += ")";
          column.kind = Kind::kString;
          break;
        case 10: {
          const std::string p = ", 0." + std::to_string(random_.Between(0, 9)) + ")";
          if (random_.Chance(50)) {
            call = "APPROX_PERCENTILE(" + Expr(relation, random_.Pick(numeric), 1) + p;
            column.kind = Kind::kDouble;
          } else {
            column.kind = random_.Pick(all);
            call = "QUANTILE_DISC(" + Expr(relation, column.kind, 1) + p;
            if (column.kind == Kind::kDecimal) column.name.clear();
          }
          break;
        }
        case 11:
          if (relation.straight) {
            call = "APPROX_COUNT_DISTINCT(" + Expr(relation, random_.Pick(all), 1) + ")";
            break;
          }
          [[fallthrough]];
        default: {
          Kind kind = random_.Pick(all);
          if (kind == Kind::kBoolean) kind = Kind::kInt;
          call = std::string(random_.Chance(50) ? "MIN(" : "MAX(") + Expr(relation, kind, 1) + ")";
          column.kind = kind;
          break;
        }
      }
      out.text += ", " + call + filter + " AS " + name;
      if (!column.name.empty()) out.columns.push_back(column);
    }
    return out;
  }

  std::string Key(const Relation& relation, Kind* kind) {
    static const std::vector<Kind> kinds = {Kind::kString, Kind::kString,  Kind::kInt,
                                            Kind::kInt,    Kind::kBoolean, Kind::kDouble};
    *kind = random_.Pick(kinds);
    return Expr(relation, *kind, random_.Chance(70) ? 0 : 1);
  }

  void View(const std::string& name) {
    const Relation relation = random_.Pick(relations_);
    if (ranks_.Chance(15)) {
      Ranked(name, relation);
      return;
    }
    switch (random_.Between(0, 9)) {
      case 0:
      case 1:
        Stateless(name, relation);
        return;
      case 2:
        Distinct(name, relation);
        return;
      case 3:
        Union(name);
        return;
      case 4:
      case 5:
        Grouped(name, relation);
        return;
      default:
        if (relation.timed) {
          Windowed(name, relation);
        } else {
          Grouped(name, relation);
        }
        return;
    }
  }

  std::string Where(const Relation& relation) {
    return random_.Chance(55) ? "\nWHERE " + Condition(relation, 2) : "";
  }

  void Add(const std::string& name, const std::string& body, std::vector<Column> columns,
           bool timed, bool straight) {
    case_.text += "VIEW " + name + " AS\n" + body + ";\n\n";
    Relation relation;
    relation.name = name;
    relation.columns = std::move(columns);
    relation.timed = timed;
    relation.straight = relation.append_only = straight;
    relations_.push_back(std::move(relation));
  }

  void Stateless(const std::string& name, const Relation& relation) {
    std::string list;
    std::vector<Column> columns;
    static const std::vector<Kind> kinds = {Kind::kString,  Kind::kInt,    Kind::kBigint,
                                            Kind::kDecimal, Kind::kDouble, Kind::kBoolean};
    int64_t count = random_.Between(1, 4);
    for (int64_t i = 0; i < count; ++i) {
      Kind kind = i == 0 ? Kind::kString : random_.Pick(kinds);
      std::string column = "c" + std::to_string(i);
      list += (i > 0 ? ", " : "") + Expr(relation, kind, 2) + " AS " + column;
      columns.push_back({column, kind});
    }
    // Keeping the time column makes the view a relation for windows.
    bool timed = relation.straight && random_.Chance(70);
    if (timed) list += ", ts";
    std::vector<std::pair<std::string, std::string>> nested;
    list += NestedOutput(relation, &nested);
    Add(name, "SELECT " + list + "\nFROM " + relation.name + Where(relation), columns, timed,
        timed);
    relations_.back().nested = std::move(nested);
  }

  void Distinct(const std::string& name, const Relation& relation) {
    if (nested_.Chance(30)) {
      const std::string type = NestedType();
      Add(name,
          "SELECT DISTINCT " + NestedExpr(relation, type) + " AS nested\nFROM " + relation.name +
              Where(relation),
          {}, false, false);
      relations_.back().nested = {{"nested", type}};
      return;
    }
    Kind kind;
    std::string key = Key(relation, &kind);
    Add(name,
        "SELECT DISTINCT " + key + " AS k_" + name + "\nFROM " + relation.name + Where(relation),
        {{"k_" + name, kind}}, false, false);
  }

  void Union(const std::string& name) {
    std::string body;
    int64_t branches = random_.Between(2, 3);
    for (int64_t i = 0; i < branches; ++i) {
      const Relation& relation = random_.Pick(relations_);
      if (i > 0) body += "\nUNION ALL\n";
      body += "SELECT " + Expr(relation, Kind::kString, 1) + " AS k0, " +
              Expr(relation, Kind::kBigint, 1) + " AS n0\nFROM " + relation.name + Where(relation);
    }
    Add(name, body, {{"k0", Kind::kString}, {"n0", Kind::kBigint}}, false, false);
  }

  // "a DESC, b NULLS FIRST": of few values, so that much is equal.
  std::string Order(const Relation& relation) {
    static const std::vector<Kind> kinds = {Kind::kString, Kind::kInt,     Kind::kBigint,
                                            Kind::kDouble, Kind::kDecimal, Kind::kBoolean};
    std::string order;
    for (int64_t i = ranks_.Between(1, 2); i > 0; --i) {
      order += (order.empty() ? "" : ", ") + Expr(relation, ranks_.Pick(kinds), 0);
      if (ranks_.Chance(50)) order += " DESC";
      if (ranks_.Chance(30)) order += ranks_.Chance(50) ? " NULLS FIRST" : " NULLS LAST";
    }
    return order;
  }

  std::string FirstOf(const std::string& partition, const std::string& order) {
    ++case_.rankings;
    const std::string most = std::to_string(ranks_.Between(1, 4));
    return "\nQUALIFY ROW_NUMBER() OVER (" +
           (partition.empty() ? "" : "PARTITION BY " + partition + " ") + "ORDER BY " + order +
           ") <= " + most;
  }

  // The first rows of each group of any relation: of its rows as they are, or in windows.
  void Ranked(const std::string& name, const Relation& relation) {
    static const std::vector<Kind> kinds = {Kind::kString,  Kind::kInt,    Kind::kBigint,
                                            Kind::kDecimal, Kind::kDouble, Kind::kBoolean};
    Kind key_kind;
    const std::string key = Key(relation, &key_kind);
    const bool keyed = ranks_.Chance(75);
    std::string list = keyed ? key + " AS k_" + name : "";
    std::vector<Column> columns;
    if (keyed) columns.push_back({"k_" + name, key_kind});
    for (int64_t i = ranks_.Between(1, 3); i > 0; --i) {
      const Kind kind = ranks_.Pick(kinds);
      const std::string column = "c" + std::to_string(i);
      list += (list.empty() ? "" : ", ") + Expr(relation, kind, 1) + " AS " + column;
      columns.push_back({column, kind});
    }
    std::string partition = keyed ? key : "";
    std::string from = relation.name;
    const bool windows = relation.timed && ranks_.Chance(40);
    if (windows) {
      const std::string step = std::to_string(ranks_.Between(1, 10)) + "s";
      from = ranks_.Chance(60) ? "TUMBLE(" + from + ", " + step + ")"
                               : "HOP(" + from + ", 20s EVERY " + step + ")";
      list += ", window_end";
      partition += partition.empty() ? "window_end" : ", window_end";
    }
    std::string body = "SELECT " + list;
    const std::string order = Order(relation);
    if (!keyed && ranks_.Chance(50)) {
      ++case_.rankings;
      body += "\nFROM " + from + Where(relation) + "\nORDER BY " + order + " LIMIT " +
              std::to_string(ranks_.Between(1, 5));
    } else {
      const std::string first = FirstOf(partition, order);
      const size_t call = first.find("ROW_NUMBER");
      if (ranks_.Chance(40)) {
        body += ", " + first.substr(call, first.rfind(')') + 1 - call) + " AS place";
        columns.push_back({"place", Kind::kBigint});
      }
      body += "\nFROM " + from + Where(relation) + first;
    }
    int64_t lateness = relation.lateness;
    if (windows && relation.straight && ranks_.Chance(40)) {
      lateness = ranks_.Between(1, 20);
      body += "\nALLOW LATENESS " + std::to_string(lateness) + "s";
    }
    if (ranks_.Chance(40)) body += ranks_.Chance(50) ? "\nEMIT CHANGES" : "\nEMIT EVERY 1s";
    const bool retained = windows && ranks_.Chance(30);
    if (retained) {
      body += "\nRETAIN " + std::to_string(lateness + ranks_.Between(1, 40)) + "s";
    }
    Add(name, body, columns, windows && !retained, false);
    relations_.back().lateness = lateness;
  }

  std::string Having(const Aggregates&) {
    if (!random_.Chance(30)) return "";
    return "\nHAVING COUNT(*) " + std::string(random_.Chance(50) ? "> " : "<= ") +
           std::to_string(random_.Between(1, 4));
  }

  void Grouped(const std::string& name, const Relation& relation) {
    Aggregates aggregates = SomeAggregates(relation);
    if (random_.Chance(15)) {
      Add(name, "SELECT " + aggregates.text.substr(2) + "\nFROM " + relation.name + Where(relation),
          aggregates.columns, false, false);
      relations_.back().nested = aggregates.nested;
      return;
    }
    Kind kind;
    std::string key = Key(relation, &kind);
    std::vector<Column> columns = aggregates.columns;
    columns.push_back({"k_" + name, kind});
    std::string body = "SELECT " + key + " AS k_" + name + aggregates.text + "\nFROM " +
                       relation.name + Where(relation) + "\nGROUP BY k_" + name +
                       Having(aggregates);
    if (random_.Chance(30)) body += "\nEMIT EVERY 1s";
    Add(name, body, columns, false, false);
    relations_.back().nested = aggregates.nested;
  }

  void Windowed(const std::string& name, const Relation& relation) {
    Aggregates aggregates = SomeAggregates(relation);
    Kind kind;
    std::string key = Key(relation, &kind);
    std::string window;
    const std::string offset =
        random_.Chance(30) ? " OFFSET " + std::to_string(random_.Between(1, 90000)) + "ms" : "";
    const int64_t call = random_.Between(0, 5);
    bool keyed = random_.Chance(85);
    const bool session = relation.append_only && random_.Chance(35);
    if (session) {
      window = "SESSION(" + relation.name + ", GAP " + std::to_string(random_.Between(1, 20000)) +
               "ms" + (keyed ? " BY " + key : "");
    } else if (call < 2) {
      window =
          "TUMBLE(" + relation.name + ", " + std::to_string(random_.Between(1, 30)) + "s" + offset;
    } else if (call < 4) {
      int64_t step = random_.Between(1, 10);
      window = "CUMULATE(" + relation.name + ", " + std::to_string(step * random_.Between(1, 8)) +
               "s EVERY " + std::to_string(step) + "s" + offset;
    } else {
      int64_t slide = random_.Between(1, 10);
      int64_t size =
          random_.Chance(75) ? slide * random_.Between(1, 6) : slide + random_.Between(0, 15);
      window = "HOP(" + relation.name + ", " + std::to_string(size) + "s EVERY " +
               std::to_string(slide) + "s" + offset;
    }
    window += ")";
    if (!session && random_.Chance(40)) aggregates.text += ", MIN(window_start) AS begin_";
    std::vector<Column> columns = aggregates.columns;
    columns.push_back({"k_" + name, kind});
    // Groups of a window are grouped by it again.
    const bool again = !session && random_.Chance(15);
    static const std::vector<std::string> bounds = {"window_start", "window_end",
                                                    "window_start, window_end"};
    std::string body = "SELECT " + (keyed ? key + " AS k_" + name + ", " : std::string()) +
                       (again ? bounds[2] : random_.Pick(bounds)) + aggregates.text + "\nFROM " +
                       window + (session ? "" : Where(relation)) + "\nGROUP BY " +
                       (keyed ? "k_" + name + ", " : "") +
                       (random_.Chance(50) ? bounds[1] : bounds[2]) + Having(aggregates);
    if (!session && ranks_.Chance(25)) {
      const std::string partition = ranks_.Chance(50) ? "window_end" : "window_start, window_end";
      const std::string order = ranks_.Chance(50) ? "COUNT(*) DESC" : "COUNT(*)";
      body += FirstOf(partition, order);
    }
    if (!keyed) columns.pop_back();
    if (again) {
      columns = {{"groups", Kind::kBigint}};
      body = "SELECT " + random_.Pick(bounds) + ", COUNT(*) AS groups, MIN(window_start) AS least" +
             "\nFROM (" + body + ") AS inner_\nGROUP BY " +
             (random_.Chance(50) ? bounds[1] : bounds[2]);
    }
    bool late = false;
    int64_t lateness = relation.lateness;
    if (relation.straight) {
      if (random_.Chance(session ? 70 : 40)) {
        lateness = random_.Between(1, 20);
        body += "\nALLOW LATENESS " + std::to_string(lateness) + "s";
      }
      late = random_.Chance(25);
      if (late) body += "\nLATE TO late_" + name;
    }
    int64_t emit = random_.Between(0, 3);
    if (emit == 1) body += "\nEMIT CHANGES";
    if (emit == 2) body += "\nEMIT EVERY 1s";
    if (emit == 3) body += "\nEMIT ON CLOSE";
    // Rows that leave can be in no window of another view.
    const bool retained = random_.Chance(25);
    if (retained) {
      body += "\nRETAIN " + std::to_string(lateness + random_.Between(1, 40)) + "s";
    }
    Add(name, body, columns, !retained, false);
    if (!again) relations_.back().nested = aggregates.nested;
    relations_.back().lateness = lateness;
    relations_.back().append_only =
        relation.append_only && lateness == 0 && !retained && (emit == 0 || emit == 3);
    if (late) {
      Relation rows = relation;
      rows.name = "late_" + name;
      rows.timed = rows.straight = false;
      relations_.push_back(std::move(rows));
    }
  }

  Random random_;
  Random calls_, ranks_;  // apart, so that functions change nothing else of a case
  struct Function {
    Kind kind;
    std::string text;
  };
  std::map<std::string, Function> functions_;  // f0 ... f9
  Random nested_;                              // what is of ARRAY, MAP, BYTES and JSON
  GeneratedCase case_;
  std::vector<Relation> relations_;
};

}  // namespace

GeneratedCase Generate(uint64_t seed) { return Generator(seed).Make(); }

}  // namespace flow::test
