// The table of a sink: what it must look like, and the statements that bring rows into it.
//
// Rows are first copied to a temporary table (`flowc_stage`, one a session) with a number each, and
// then moved by statements over ranges of these numbers.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "runtime/connector/postgres/session.h"
#include "runtime/program/program.h"

namespace flow::postgres {

// Which statements the server knows.
enum class Dialect {
  kCopy,   // PostgreSQL: COPY FROM STDIN, INSERT ... ON CONFLICT, savepoints
  kMerge,  // Redshift: rows by INSERT ... VALUES; a key is deleted and inserted again
};

struct Table {
  std::string schema;  // empty: the server's search path decides
  std::string name;
  std::vector<std::string> columns;
  std::vector<Type> types;
  std::vector<int> key;  // columns; empty with `upsert`: there is one row
  bool upsert = false;
  Dialect dialect = Dialect::kCopy;

  // With its schema, as an identifier; that of another table beside it.
  std::string QualifiedName() const { return Beside(name); }
  std::string Beside(const std::string& other) const;
};

// Is there a table of this name where `table` is?
Result<bool> TableExists(Session* session, const Table& table, const std::string& name);
// Makes the table, or checks that the one that is there can take the rows: the error lists what
// differs.
Status EnsureTable(Session* session, const std::string& who, const Table& table);
// Makes `name` beside the table with these columns, if it is not there.
Status EnsureBookkeeping(Session* session, const Table& table, const std::string& name,
                         const std::string& columns);

// Which key columns are NULL in a row, by index into Table::key. `=` finds no NULL, and what finds
// it (IS NOT DISTINCT FROM) uses no index, so that each pattern gets a statement of its own.
using NullPattern = std::vector<bool>;

// What the rows in the stage are like.
struct StagedRows {
  int64_t count = 0;
  bool deletes = false;
  std::set<NullPattern> patterns;
};

std::string StageTable(const Table& table);
// Moves the staged rows number `first` to `last` to the table.
std::string MoveRows(const Table& table, const StagedRows& staged, int64_t first, int64_t last);
// Inserts them as they are; the table has none of their keys.
std::string InsertRows(const Table& table, int64_t first, int64_t last);
// The staged row $1 as JSON: its key, and all of it.
std::string DescribeRow(const Table& table);

}  // namespace flow::postgres
