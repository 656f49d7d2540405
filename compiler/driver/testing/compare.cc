// Compare, CompareRows: see compare.h.
#include "compiler/driver/testing/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/format/encode.h"

namespace flow::testing {

namespace {

std::string RowText(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) text += (text.empty() ? "" : ", ") + cell;
  return "(" + text + ")";
}

// As it is written in an EXPECT.
std::string CellText(const Datum& value) {
  std::string text = ToSql(value);
  if (value.is_value() && value.type.is(TypeKind::kDouble) && !std::isfinite(value.d)) {
    return "'" + text + "'";
  }
  // TIMESTAMP '...': the column says the type.
  for (const char* type : {"TIMESTAMP ", "DATE "}) {
    if (text.starts_with(type)) return text.substr(std::strlen(type));
  }
  return text;
}

std::string CellText(const bound::ExpectedValue& expected) {
  const std::string text = CellText(expected.value);
  if (!expected.tolerance) return text;
  return "APPROX(" + text + ", " + CellText(Datum::Double(*expected.tolerance)) + ")";
}

template <typename Cell>
std::string RowText(const std::vector<Cell>& row) {
  std::vector<std::string> cells;
  for (const Cell& cell : row) cells.push_back(CellText(cell));
  return RowText(cells);
}

bool SameBits(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof a) == 0;
}

size_t EqualCells(const std::vector<bound::ExpectedValue>& expected,
                  const std::vector<Datum>& row) {
  size_t equal = 0;
  for (size_t i = 0; i < expected.size(); ++i) equal += Matches(expected[i], row[i]) ? 1 : 0;
  return equal;
}

// --- The ledger ---------------------------------------------------------------------------------

int64_t PathCount(const PathLedger& path, bound::Count what) {
  switch (what) {
    case bound::Count::kDecoded:
      return path.decoded;
    case bound::Count::kAccepted:
      return path.accepted;
    case bound::Count::kFiltered:
      return path.filtered;
    case bound::Count::kLate:
      return path.late;
    case bound::Count::kLateWindows:
      return path.late_windows;
    case bound::Count::kDead:
      return path.dead;
    case bound::Count::kRead:
    case bound::Count::kErrors:
    case bound::Count::kDuplicate:
      break;
  }
  return 0;
}

std::optional<int64_t> CountOf(const bound::ExpectedCount& count, const RunReport& report) {
  std::optional<int64_t> sum;
  if (count.of_source) {
    for (const SourceLedger& source : report.sources) {
      if (source.name != count.name) continue;
      sum = count.what == bound::Count::kRead        ? source.read
            : count.what == bound::Count::kDead      ? source.dead
            : count.what == bound::Count::kDuplicate ? source.duplicate
                                                     : source.decoded;
    }
    // No view that the test looks at reads it.
    return sum;
  }
  if (count.what == bound::Count::kErrors) {
    sum = 0;
    for (const auto& [path, errors] : report.key_errors) {
      if (IsWayTo(path, count.name)) *sum += errors;
    }
    return sum;
  }
  for (const PathLedger& path : report.paths) {
    if (!IsWayTo(path.name, count.name)) continue;
    if (!count.from.empty() && path.source != count.from) continue;
    sum = sum.value_or(0) + PathCount(path, count.what);
  }
  return sum;
}

void CompareCounts(const bound::Test& test, const Outcome& outcome, Difference* out) {
  for (const bound::ExpectedCount& count : test.counts) {
    const std::string name =
        count.name + (count.from.empty() ? "" : " FROM " + count.from) + " " + count.text;
    const std::optional<int64_t> got = CountOf(count, outcome.report);
    if (!got) {
      out->notes.push_back(name + ": " +
                           (count.of_source
                                ? "no view that the test looks at reads this source"
                                : "no source's rows come straight to this view" +
                                      (count.from.empty() ? "" : " from " + count.from)));
    } else if (*got != count.count) {
      out->notes.push_back(name + ": expected " + std::to_string(count.count) + ", got " +
                           std::to_string(*got));
    }
  }
}

// Dead rows that no EXPECT speaks of: a slip in a record would pass unseen.
void CompareDead(const bound::Test& test, const Outcome& outcome, Difference* out) {
  auto has_letters = [&](const std::string& source) {
    return std::any_of(test.letters.begin(), test.letters.end(),
                       [&](const auto& letters) { return letters.source == source; });
  };
  auto counted = [&](bool of_source, const std::string& name) {
    return std::any_of(test.counts.begin(), test.counts.end(), [&](const auto& count) {
      return count.what == bound::Count::kDead && count.of_source == of_source &&
             (of_source ? count.name == name : IsWayTo(name, count.name));
    });
  };
  std::vector<std::pair<std::string, std::string>> unexpected;  // source, path
  for (const SourceLedger& source : outcome.report.sources) {
    if (source.dead > 0 && !has_letters(source.name) && !counted(true, source.name)) {
      unexpected.emplace_back(source.name, "");
    }
  }
  for (const PathLedger& path : outcome.report.paths) {
    if (path.dead > 0 && !has_letters(path.source) && !counted(false, path.name)) {
      unexpected.emplace_back(path.source, path.name);
    }
  }
  for (const auto& [source, path] : unexpected) {
    for (const DeadLetterRecord& letter : outcome.letters) {
      if (letter.source != source || letter.view != path) continue;
      out->notes.push_back("a row is dead, and no EXPECT says so: " + LetterText(letter));
    }
  }
}

Rows LetterRows(const bound::ExpectedLetters& expected, const Outcome& outcome) {
  Rows rows;
  for (const DeadLetterRecord& letter : outcome.letters) {
    if (letter.source != expected.source) continue;
    std::vector<Datum>& row = rows.emplace_back();
    for (const std::string& column : expected.columns) {
      if (column == "partition") {
        row.push_back(Datum::Int(TypeKind::kInt, letter.partition));
      } else if (column == "offset") {
        row.push_back(Datum::Int(TypeKind::kBigint, letter.offset));
      } else if (column == "view") {
        row.push_back(letter.view.empty() ? Datum::Null(TypeKind::kString)
                                          : Datum::String(letter.view));
      } else {
        row.push_back(Datum::String(column == "error" ? letter.error : letter.raw));
      }
    }
  }
  return rows;
}

bool IsEmpty(const Difference& difference) {
  return difference.missing.empty() && difference.unexpected.empty() &&
         difference.different.empty() && difference.notes.empty();
}

}  // namespace

bool Matches(const bound::ExpectedValue& expected, const Datum& value) {
  const Datum& wanted = expected.value;
  if (wanted.status != value.status) return false;
  if (!wanted.is_value()) return true;
  switch (wanted.type.kind) {
    case TypeKind::kDouble:
      if (SameBits(wanted.d, value.d)) return true;
      return expected.tolerance && std::abs(wanted.d - value.d) <= *expected.tolerance;
    case TypeKind::kDecimal:
      return wanted.dec == value.dec;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return wanted.s == value.s;
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return wanted.i == value.i;
    case TypeKind::kNull:
      break;
  }
  return true;
}

Difference CompareRows(const std::string& what, const std::vector<std::string>& columns,
                       const std::vector<std::vector<bound::ExpectedValue>>& expected,
                       const Rows& rows) {
  Difference out;
  out.what = what;
  std::vector<bool> found(expected.size(), false), used(rows.size(), false);
  // Rows that leave no choice first: one with APPROX may take another's.
  for (const bool approximate : {false, true}) {
    for (size_t e = 0; e < expected.size(); ++e) {
      const bool is_approximate = std::any_of(expected[e].begin(), expected[e].end(),
                                              [](const auto& cell) { return cell.tolerance; });
      if (is_approximate != approximate) continue;
      for (size_t r = 0; r < rows.size() && !found[e]; ++r) {
        if (used[r] || EqualCells(expected[e], rows[r]) != columns.size()) continue;
        found[e] = used[r] = true;
      }
    }
  }
#ifdef FLOW_MUTANT_MISSING_ROWS_PASS
  found.assign(expected.size(), true);
#endif
#ifdef FLOW_MUTANT_UNEXPECTED_ROWS_PASS
  used.assign(rows.size(), true);
#endif
  // What is left is paired where at least half of the columns are equal, the most alike first.
  for (size_t equal = columns.size(); equal-- > 0 && 2 * equal >= columns.size();) {
    for (size_t e = 0; e < expected.size() && equal > 0; ++e) {
      for (size_t r = 0; r < rows.size() && !found[e]; ++r) {
        if (used[r] || EqualCells(expected[e], rows[r]) != equal) continue;
        found[e] = used[r] = true;
        Difference::Changed changed;
        changed.row = RowText(expected[e]);
        for (size_t c = 0; c < columns.size(); ++c) {
          if (Matches(expected[e][c], rows[r][c])) continue;
          changed.columns.push_back(columns[c]);
          changed.expected.push_back(CellText(expected[e][c]));
          changed.got.push_back(CellText(rows[r][c]));
        }
        out.different.push_back(std::move(changed));
      }
    }
  }
  for (size_t e = 0; e < expected.size(); ++e) {
    if (!found[e]) out.missing.push_back(RowText(expected[e]));
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    if (!used[r]) out.unexpected.push_back(RowText(rows[r]));
  }
  return out;
}

bool IsWayTo(const std::string& path, const std::string& view) {
  if (!path.starts_with(view)) return false;
  for (size_t i = view.size(); i < path.size();) {
    if (path.compare(i, 3, "/in") == 0) {
      i += 3;
      continue;
    }
    const size_t digits = i + 1;
    if (path[i] != '.') return false;
    i = digits;
    while (i < path.size() && path[i] >= '0' && path[i] <= '9') ++i;
    if (i == digits) return false;
  }
  return true;
}

std::string LetterText(const DeadLetterRecord& letter) {
  return letter.source + " partition " + std::to_string(letter.partition) + ", row " +
         std::to_string(letter.offset) +
         (letter.view.empty() ? "" : ", on the way to " + letter.view) + ": " + letter.error +
         ": " + letter.raw;
}

std::vector<Difference> Compare(const bound::Test& test, const Outcome& outcome) {
  std::vector<Difference> all;
  if (outcome.whole) {
    for (const bound::ExpectedRows& expected : test.rows) {
      all.push_back(CompareRows(expected.name, expected.columns, expected.rows, [&] {
        Rows rows;
        const auto& names = outcome.columns.at(expected.view);
        std::vector<size_t> places;
        for (const std::string& column : expected.columns) {
          places.push_back(
              static_cast<size_t>(std::find(names.begin(), names.end(), column) - names.begin()));
        }
        for (const std::vector<Datum>& row : outcome.rows.at(expected.view)) {
          std::vector<Datum>& picked = rows.emplace_back();
          for (size_t place : places) picked.push_back(row[place]);
        }
        return rows;
      }()));
    }
    for (const bound::ExpectedLetters& expected : test.letters) {
      all.push_back(CompareRows("dead letters of " + expected.source, expected.columns,
                                expected.rows, LetterRows(expected, outcome)));
    }
  }
  Difference ledger;
  ledger.what = "the ledger";
  CompareCounts(test, outcome, &ledger);
  if (outcome.whole) CompareDead(test, outcome, &ledger);
  if (!outcome.report.balanced()) ledger.notes.push_back("it does not balance");
  all.push_back(std::move(ledger));
  all.erase(std::remove_if(all.begin(), all.end(), IsEmpty), all.end());
  return all;
}

std::string Summary(const RunReport& report) {
  std::string text;
  for (const ViewDigest& digest : report.digests) {
    text += digest.view + ": " + std::to_string(digest.rows) + " rows, digest " +
            HashText(digest.hash) + "\n";
  }
  for (const SourceLedger& source : report.sources) {
    text += source.name + ": read " + std::to_string(source.read) + ", decoded " +
            std::to_string(source.decoded) + ", dead " + std::to_string(source.dead) + "\n";
  }
  for (const PathLedger& path : report.paths) {
    text += path.source + " -> " + path.name + ": accepted " + std::to_string(path.accepted) +
            ", filtered " + std::to_string(path.filtered) + ", late " + std::to_string(path.late) +
            " (windows " + std::to_string(path.late_windows) + "), dead " +
            std::to_string(path.dead) + "\n";
  }
  for (const auto& [view, count] : report.key_errors) {
    if (count != 0) text += view + ": " + std::to_string(count) + " keys in error\n";
  }
  return text;
}

std::string ToText(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& difference : differences) {
    text += "  " + difference.what + ":\n";
    for (const std::string& row : difference.missing) text += "    missing     " + row + "\n";
    for (const Difference::Changed& changed : difference.different) {
      text += "    different   " + changed.row + "\n";
      for (size_t i = 0; i < changed.columns.size(); ++i) {
        text += "                " + changed.columns[i] + ": expected " + changed.expected[i] +
                ", got " + changed.got[i] + "\n";
      }
    }
    for (const std::string& row : difference.unexpected) text += "    unexpected  " + row + "\n";
    for (const std::string& note : difference.notes) text += "    " + note + "\n";
  }
  return text;
}

}  // namespace flow::testing
