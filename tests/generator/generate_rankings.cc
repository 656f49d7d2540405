// QUALIFY and ORDER BY ... LIMIT.
#include "tests/generator/generator.h"

namespace flow::test {

std::string Generator::Order(const Relation& relation) {
  static const std::vector<Kind> kinds = {Kind::kString, Kind::kInt,     Kind::kBigint,
                                          Kind::kDouble, Kind::kDecimal, Kind::kBoolean};
  std::string order;
  for (int64_t i = ranks_.Between(1, 2); i > 0; --i) {
    std::string term = Expr(relation, ranks_.Pick(kinds), 0);
    // A number alone would be the place of a column.
    if (term.find_first_not_of("0123456789e-") == std::string::npos) term += " + 0";
    order += (order.empty() ? "" : ", ") + term;
    if (ranks_.Chance(50)) order += " DESC";
    if (ranks_.Chance(30)) order += ranks_.Chance(50) ? " NULLS FIRST" : " NULLS LAST";
  }
  return order;
}

std::string Generator::FirstOf(const std::string& partition, const std::string& order) {
  ++case_.rankings;
  const std::string most = std::to_string(ranks_.Between(1, 4));
  return "\nQUALIFY ROW_NUMBER() OVER (" +
         (partition.empty() ? "" : "PARTITION BY " + partition + " ") + "ORDER BY " + order +
         ") <= " + most;
}

void Generator::Ranked(const std::string& name, const Relation& relation) {
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
  std::vector<std::pair<std::string, std::string>> nested;
  list += NestedOutput(relation, &nested);
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
  relations_.back().nested = nested;
  relations_.back().lateness = lateness;
}

}  // namespace flow::test
