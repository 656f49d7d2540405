// A TEST whose names and types have been found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "runtime/base/datum.h"
#include "runtime/program/log_record.h"

namespace flow::bound {

// The records that a source has in a test, by partition, in its format (JSON if it makes typed
// rows itself).
struct GivenLog {
  int source = -1;
  program::Log partitions;
};

// The value that a cell must have; of a DOUBLE perhaps any that is not further off than so much.
struct ExpectedValue {
  Datum value;
  std::optional<double> tolerance;
};

// All rows of a view, in some of its columns.
struct ExpectedRows {
  std::string name;  // as written; of a source: `view` has its rows
  std::string view;
  std::vector<std::string> columns;
  std::vector<Type> types;
  std::vector<std::vector<ExpectedValue>> rows;
};

// All dead letters of a source: partition, offset, view, error, raw, or some of these.
struct ExpectedLetters {
  std::string source;
  std::vector<std::string> columns;
  std::vector<Type> types;
  std::vector<std::vector<ExpectedValue>> rows;
};

enum class Count {
  kRead,
  kDecoded,
  kAccepted,
  kFiltered,
  kLate,
  kLateWindows,
  kDead,
  kErrors,
  kDuplicate
};

// A number of the ledger: of a source, or of the ways from sources (or from one) to a view.
struct ExpectedCount {
  std::string name;
  bool of_source = false;
  std::string from;  // empty: all sources
  Count what = Count::kRead;
  std::string text;  // LATE
  int64_t count = 0;
};

struct Test {
  std::string name;
  Span span;
  std::vector<GivenLog> given;
  std::vector<ExpectedRows> rows;
  std::vector<ExpectedLetters> letters;
  std::vector<ExpectedCount> counts;
  std::vector<std::string> views;  // what has to be computed
};

}  // namespace flow::bound
