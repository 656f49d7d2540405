// What a test expects against what a run gave.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/bind/bound_test.h"
#include "runtime/exec/options.h"

namespace flow::testing {

// Values of some columns, row by row.
using Rows = std::vector<std::vector<Datum>>;

// What a run gave.
struct Outcome {
  std::map<std::string, std::vector<std::string>> columns;  // by view
  std::map<std::string, Rows> rows;                         // by view: its final table
  std::vector<DeadLetterRecord> letters;
  RunReport report;
  bool whole = true;  // false: a run with state, of which only digests and the ledger are known
};

// What is wrong with one of the things expected; rows are SQL text.
struct Difference {
  std::string what;  // page_metrics, "dead letters of clicks", "the ledger"
  struct Changed {
    std::string row;  // as expected
    std::vector<std::string> columns;
    std::vector<std::string> expected, got;  // of these columns
  };
  std::vector<std::string> missing, unexpected;
  std::vector<Changed> different;
  std::vector<std::string> notes;  // of other kinds, a line each
};

bool Matches(const bound::ExpectedValue& expected, const Datum& value);

// The rows that are only expected, only there, or there with other values.
Difference CompareRows(const std::string& what, const std::vector<std::string>& columns,
                       const std::vector<std::vector<bound::ExpectedValue>>& expected,
                       const Rows& rows);

// Empty: all is as expected. A row that is dead without being expected is a difference, if it died
// on the way to what the test looks at.
std::vector<Difference> Compare(const bound::Test& test, const Outcome& outcome);

// The view (or what feeds it) that a line of the ledger is about: "v" of "v", "v/in", "v.1/in".
bool IsWayTo(const std::string& path, const std::string& view);

// Digests and ledger: equal for all runs of one log.
std::string Summary(const RunReport& report);

// For people; every line is indented.
std::string ToText(const std::vector<Difference>& differences);
std::string LetterText(const DeadLetterRecord& letter);

}  // namespace flow::testing
