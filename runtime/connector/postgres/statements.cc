// StageTable, MoveRows, InsertRows, DescribeRow: SQL over the staged rows.
#include <string>

#include "runtime/connector/postgres/table.h"
#include "runtime/connector/postgres/text.h"

namespace flow::postgres {

namespace {

std::string Staged(size_t column) { return "flowc_stage.c" + std::to_string(column); }

std::string Between(int64_t first, int64_t last) {
  return "flowc_stage.r BETWEEN " + std::to_string(first) + " AND " + std::to_string(last);
}

// INSERT INTO table (columns) SELECT the staged rows [first, last].
std::string Insert(const Table& table, int64_t first, int64_t last) {
  std::string names;
  std::string values;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + Identifier(table.columns[i]);
    values += (i == 0 ? "" : ", ") + Staged(i);
  }
  return "INSERT INTO " + table.QualifiedName() + " (" + names + ") SELECT " + values +
         " FROM flowc_stage WHERE flowc_stage.w > 0 AND " + Between(first, last);
}

// The staged row has these NULLs in its key.
std::string HasPattern(const Table& table, const NullPattern& pattern) {
  std::string sql;
  for (size_t k = 0; k < table.key.size(); ++k) {
    sql += " AND " + Staged(static_cast<size_t>(table.key[k])) +
           (pattern[k] ? " IS NULL" : " IS NOT NULL");
  }
  return sql;
}

// DELETE of the keys of the staged rows with these NULLs.
std::string Delete(const Table& table, const NullPattern& pattern, bool only_deletes, int64_t first,
                   int64_t last) {
  std::string sql = "DELETE FROM " + table.QualifiedName() + " USING flowc_stage WHERE " +
                    Between(first, last) + (only_deletes ? " AND flowc_stage.w < 0" : "") +
                    HasPattern(table, pattern);
  for (size_t k = 0; k < table.key.size(); ++k) {
    const size_t column = static_cast<size_t>(table.key[k]);
    const std::string target = Identifier(table.name) + "." + Identifier(table.columns[column]);
    sql += " AND " + target + (pattern[k] ? std::string(" IS NULL") : " = " + Staged(column));
  }
  return sql + "; ";
}

// ON CONFLICT (key) DO UPDATE SET the other columns.
std::string OnConflict(const Table& table) {
  std::vector<bool> in_key(table.columns.size(), false);
  std::string key;
  for (int k : table.key) {
    in_key[static_cast<size_t>(k)] = true;
    key += (key.empty() ? "" : ", ") + Identifier(table.columns[static_cast<size_t>(k)]);
  }
  std::string set;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (in_key[i]) continue;
    const std::string name = Identifier(table.columns[i]);
    set += (set.empty() ? "" : ", ") + name + " = EXCLUDED." + name;
  }
  return " ON CONFLICT (" + key + ") DO " + (set.empty() ? "NOTHING" : "UPDATE SET " + set);
}

// The staged row $1 with these columns under their names, as JSON.
std::string AsJson(const Table& table, const std::vector<size_t>& columns) {
  std::string list;
  for (size_t i : columns) {
    list += (list.empty() ? "" : ", ") + Staged(i) + " AS " + Identifier(table.columns[i]);
  }
  return "(SELECT row_to_json(x)::text FROM (SELECT " + list +
         " FROM flowc_stage WHERE flowc_stage.r = $1::bigint LIMIT 1) x)";
}

}  // namespace

std::string StageTable(const Table& table) {
  const bool copy = table.dialect == Dialect::kCopy;
  std::string sql = "CREATE TEMPORARY TABLE flowc_stage (r bigint, w integer";
  for (size_t i = 0; i < table.types.size(); ++i) {
    const bool wide = !copy && table.types[i].is(TypeKind::kString);
    sql += ", c" + std::to_string(i) + " " + (wide ? "varchar(65535)" : SqlType(table.types[i]));
  }
  return sql + (copy ? ") ON COMMIT DELETE ROWS" : ")");
}

std::string InsertRows(const Table& table, int64_t first, int64_t last) {
  return Insert(table, first, last);
}

std::string MoveRows(const Table& table, const StagedRows& staged, int64_t first, int64_t last) {
  if (!table.upsert) return Insert(table, first, last);
  if (table.key.empty()) {
    // There is one row: what is staged last takes its place, or only takes it away.
    return "DELETE FROM " + table.QualifiedName() + "; " + Insert(table, first, last);
  }
  const NullPattern whole(table.key.size(), false);
  std::string deletes;
  std::string inserts;
  for (const NullPattern& pattern : staged.patterns) {
    const bool by_index = pattern == whole && table.dialect == Dialect::kCopy;
    if (!by_index || staged.deletes) {
      deletes += Delete(table, pattern, /*only_deletes=*/by_index, first, last);
    }
    inserts += Insert(table, first, last) + HasPattern(table, pattern) +
               (by_index ? OnConflict(table) : "") + "; ";
  }
  return deletes + inserts;
}

std::string DescribeRow(const Table& table) {
  std::vector<size_t> all;
  for (size_t i = 0; i < table.columns.size(); ++i) all.push_back(i);
  std::vector<size_t> key(table.key.begin(), table.key.end());
  return "SELECT " + AsJson(table, key.empty() ? all : key) + ", " + AsJson(table, all);
}

}  // namespace flow::postgres
