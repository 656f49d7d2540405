// Views of every kind of this language.
#include <algorithm>

#include "tests/generator/generator.h"

namespace flow::test {

Generator::Aggregates Generator::SomeAggregates(const Relation& relation) {
  static const std::vector<Kind> numeric = {Kind::kInt, Kind::kBigint, Kind::kDouble,
                                            Kind::kDecimal};
  static const std::vector<Kind> all = {Kind::kInt,     Kind::kBigint, Kind::kDouble,
                                        Kind::kDecimal, Kind::kString, Kind::kBoolean};
  Aggregates out;
  out.text = NestedAggregate(relation, &out.nested);
  int count = static_cast<int>(random_.Between(1, 3));
  for (int i = 0; i < count; ++i) {
    std::string name = "a" + std::to_string(i);
    std::string filter = random_.Chance(20) ? " FILTER (WHERE " + Condition(relation, 1) + ")" : "";
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
        call = std::string(random_.Chance(50) ? "BOOL_AND(" : "BOOL_OR(") + Condition(relation, 1) +
               ")";
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

void Generator::View(const std::string& name) {
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

void Generator::Add(const std::string& name, const std::string& body, std::vector<Column> columns,
                    bool timed, bool straight) {
  case_.text += "VIEW " + name + " AS\n" + body + ";\n\n";
  Relation relation;
  relation.name = name;
  relation.columns = std::move(columns);
  relation.timed = timed;
  relation.straight = relation.append_only = straight;
  relations_.push_back(std::move(relation));
}

void Generator::Stateless(const std::string& name, const Relation& relation) {
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
  Add(name, "SELECT " + list + "\nFROM " + relation.name + Where(relation), columns, timed, timed);
  relations_.back().nested = std::move(nested);
}

void Generator::Distinct(const std::string& name, const Relation& relation) {
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

void Generator::Union(const std::string& name) {
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

std::string Generator::Having(const Aggregates&) {
  if (!random_.Chance(30)) return "";
  return "\nHAVING COUNT(*) " + std::string(random_.Chance(50) ? "> " : "<= ") +
         std::to_string(random_.Between(1, 4));
}

void Generator::Grouped(const std::string& name, const Relation& relation) {
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
                     relation.name + Where(relation) + "\nGROUP BY k_" + name + Having(aggregates);
  if (random_.Chance(30)) body += "\nEMIT EVERY 1s";
  Add(name, body, columns, false, false);
  relations_.back().nested = aggregates.nested;
}

void Generator::Windowed(const std::string& name, const Relation& relation) {
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
    if (ranks_.Chance(25))
      size = slide * ranks_.Between(16, 40);  // of so many slices that blocks are made
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

}  // namespace flow::test
