// TableExists, EnsureTable, EnsureBookkeeping: what is on the server, and what has to be.
#include "runtime/connector/postgres/table.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "runtime/connector/postgres/text.h"

namespace flow::postgres {

namespace {

// Longer names are cut off by the server, and then there are others than ours.
constexpr size_t kLongestName = 63;

struct ServerColumn {
  std::string type;
  bool needs_value = false;  // NOT NULL without a default
};

// Conditions for pg_class c, pg_namespace n with $1 the table's name, and $2 its schema.
std::string Where(const Table& table) {
  return " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = $1 AND " +
         std::string(table.schema.empty() ? "pg_table_is_visible(c.oid)" : "n.nspname = $2");
}

std::vector<std::optional<std::string>> Names(const Table& table, const std::string& name) {
  if (table.schema.empty()) return {name};
  return {name, table.schema};
}

// numeric(p,s) -> p - s and s; numeric without both takes everything.
bool NumericHolds(const std::string& actual, int whole_digits, int scale) {
  if (actual == "numeric") return true;
  int p = 0;
  int s = 0;
  if (std::sscanf(actual.c_str(), "numeric(%d,%d)", &p, &s) != 2) return false;
  return p - s >= whole_digits && s >= scale;
}

// Can a column of the server's type `actual` hold every value of `type`? (A varchar(n) can not, but
// people use them: what is too long is a refused row.)
bool Fits(const Type& type, const std::string& actual) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return actual == "boolean";
    case TypeKind::kInt:
      return actual == "integer" || actual == "bigint" || NumericHolds(actual, 10, 0);
    case TypeKind::kBigint:
      return actual == "bigint" || NumericHolds(actual, 19, 0);
    case TypeKind::kDouble:
      return actual == "double precision";
    case TypeKind::kDecimal:
      return NumericHolds(actual, type.precision - type.scale, type.scale);
    case TypeKind::kString:
      return actual == "text" || actual.starts_with("character varying");
    case TypeKind::kDate:
      return actual == "date";
    case TypeKind::kTimestamp:
      // The session's zone is UTC.
      return actual == "timestamp with time zone" || actual == "timestamp without time zone";
    case TypeKind::kBytes:
      return actual == "bytea";
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return actual == "jsonb" || actual == "json" || actual == "text";
    case TypeKind::kInterval:
      return actual == "interval";
    case TypeKind::kNull:
      break;
  }
  return false;
}

std::string ListOfKey(const Table& table) {
  std::string list;
  for (int k : table.key) {
    list += (list.empty() ? "" : ", ") + Identifier(table.columns[static_cast<size_t>(k)]);
  }
  return list;
}

Result<std::map<std::string, ServerColumn>> ReadColumns(Session* session, const Table& table) {
  const std::string generated =
      table.dialect == Dialect::kCopy
          ? "a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''"
          : "a.attnotnull AND NOT a.atthasdef";
  FLOW_TRY(const Answer answer,
           session->Run("reading the columns of " + table.QualifiedName(),
                        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), " + generated +
                            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid" +
                            Where(table) + " AND a.attnum > 0 AND NOT a.attisdropped",
                        Names(table, table.name)));
  std::map<std::string, ServerColumn> columns;
  for (const auto& row : answer.rows) {
    columns[row[0].value_or("")] = {row[1].value_or(""), row[2].value_or("") == "t"};
  }
  return columns;
}

// ON CONFLICT (key) needs an index that says that the key is unique.
Result<bool> HasUniqueKey(Session* session, const Table& table) {
  FLOW_TRY(
      const Answer answer,
      session->Run("reading the indexes of " + table.QualifiedName(),
                   "SELECT i.indexrelid, a.attname FROM pg_class c JOIN pg_index i ON "
                   "i.indrelid = c.oid CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - "
                   "1) k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[k]" +
                       Where(table) +
                       " AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred "
                       "IS NULL AND i.indexprs IS NULL",
                   Names(table, table.name)));
  std::map<std::string, std::set<std::string>> indexes;
  for (const auto& row : answer.rows) indexes[row[0].value_or("")].insert(row[1].value_or(""));
  std::set<std::string> key;
  for (int k : table.key) key.insert(table.columns[static_cast<size_t>(k)]);
  return std::any_of(indexes.begin(), indexes.end(),
                     [&](const auto& index) { return index.second == key; });
}

Status CheckColumns(Session* session, const std::string& who, const Table& table,
                    const std::map<std::string, ServerColumn>& actual) {
  std::vector<std::string> differences;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const std::string want = SqlType(table.types[i]);
    const auto found = actual.find(table.columns[i]);
    if (found == actual.end()) {
      differences.push_back("it has no column " + table.columns[i] + " (" + want + ")");
    } else if (!Fits(table.types[i], found->second.type)) {
      differences.push_back("column " + table.columns[i] + " is " + found->second.type + ", not " +
                            want);
    }
  }
  for (const auto& [name, column] : actual) {
    const bool ours =
        std::find(table.columns.begin(), table.columns.end(), name) != table.columns.end();
    if (!ours && column.needs_value) {
      differences.push_back("column " + name +
                            " is NOT NULL without a default, and the view has "
                            "no such column");
    }
  }
  if (differences.empty() && table.upsert && !table.key.empty() &&
      table.dialect == Dialect::kCopy) {
    FLOW_TRY(const bool unique, HasUniqueKey(session, table));
    if (!unique) differences.push_back("it has no UNIQUE (" + ListOfKey(table) + ")");
  }
  if (differences.empty()) return OkStatus();
  std::string text;
  for (const std::string& difference : differences) text += (text.empty() ? "" : "; ") + difference;
  return UserError(who + ": table " + table.QualifiedName() + " does not fit its view: " + text,
                   "alter the table, or name one that is not there: it will be created");
}

}  // namespace

std::string Table::Beside(const std::string& other) const {
  return schema.empty() ? Identifier(other) : Identifier(schema) + "." + Identifier(other);
}

Result<bool> TableExists(Session* session, const Table& table, const std::string& name) {
  FLOW_TRY(const Answer answer,
           session->Run("looking for table " + name, "SELECT 1 FROM pg_class c" + Where(table),
                        Names(table, name)));
  return !answer.rows.empty();
}

Status EnsureTable(Session* session, const std::string& who, const Table& table) {
  std::vector<std::string> names = table.columns;
  names.push_back(table.name);
  const auto longest = std::find_if(names.begin(), names.end(), [](const std::string& name) {
    return name.size() > kLongestName;
  });
  if (longest != names.end()) {
    return UserError(
        who + ": the name " + *longest + " is longer than the 63 bytes that PostgreSQL takes",
        "rename it: SELECT ... AS shorter");
  }
  FLOW_TRY(const auto actual, ReadColumns(session, table));
  if (!actual.empty()) return CheckColumns(session, who, table, actual);

  std::string sql = "CREATE TABLE " + table.QualifiedName() + " (";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const bool wide = table.dialect == Dialect::kMerge && table.types[i].is(TypeKind::kString);
    sql += (i == 0 ? "" : ", ") + Identifier(table.columns[i]) + " " +
           (wide ? "varchar(65535)" : SqlType(table.types[i]));
  }
  if (!table.key.empty() && table.dialect == Dialect::kCopy) {
    // Columns of a key may be NULL, which no PRIMARY KEY allows. Before version 15 a UNIQUE does
    // not keep two rows with the same NULLs apart; the statements of MoveRows do.
    sql += session->server_version() >= 150000 ? ", UNIQUE NULLS NOT DISTINCT (" : ", UNIQUE (";
    sql += ListOfKey(table) + ")";
  }
  const Result<Answer> made = session->Run("creating table " + table.QualifiedName(), sql + ")");
  return made.ok() ? OkStatus() : Status(made.error());
}

Status EnsureBookkeeping(Session* session, const Table& table, const std::string& name,
                         const std::string& columns) {
  FLOW_TRY(const bool before, TableExists(session, table, name));
  if (before) return OkStatus();
  const Result<Answer> made =
      session->Run("creating table " + table.Beside(name),
                   "CREATE TABLE IF NOT EXISTS " + table.Beside(name) + " (" + columns + ")");
  if (made.ok()) return OkStatus();
  if (!session->connected()) return made.error();
  // Another pipeline may have made it at the same moment.
  FLOW_TRY(const bool after, TableExists(session, table, name));
  return after ? OkStatus() : Status(made.error());
}

}  // namespace flow::postgres
