// What a DATAGEN source makes, as its options say it. Read where a .flow file is compiled, so that
// mistakes have their place, and again where the source is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/program/program.h"

namespace flow::program {

enum class Distribution {
  kTime,      // of the event
  kSequence,  // first + step * number of the row
  kUniform,
  kNormal,
  kZipf,    // 1 to `high`, k with weight 1 / k^exponent
  kChoice,  // one of `values`
  kUuid,
  kText,  // letters and digits
};

// One column. Whole numbers are in the units of its type: unscaled, days, microseconds.
struct GeneratedColumn {
  Distribution distribution = Distribution::kTime;
  int64_t low = 0;   // kUniform, kText (length): at least; kSequence: first
  int64_t high = 0;  // kUniform, kText, kZipf: at most; kSequence: step
  double from = 0;   // kUniform of DOUBLE: from; kNormal: mean, in units; kZipf: exponent
  double to = 0;     // kUniform of DOUBLE: to; kNormal: standard deviation, in units
  std::vector<std::string> values;  // kChoice: JSON
  std::vector<double> weights;      // kChoice: of each value and those before it, 1 at the end
  double nulls = 0;                 // how often it is NULL
  std::string prefix;               // STRING: stands before the value
};

struct Datagen {
  std::optional<int64_t> events;  // of all partitions; none: endless
  int64_t partitions = 1;
  uint64_t seed = 42;
  double rate = 1000;  // rows a second of the log's time, all partitions together
  int64_t start = 0;   // us
  double skew = 0;     // partition p has a share of 1 / (p + 1)^skew

  // Of all rows so many are ... The lengths are in us.
  double disordered = 1;  // up to `disorder` behind the log's time
  int64_t disorder = 0;
  double late = 0;  // `late_by` to twice that behind it
  int64_t late_by = 0;
  double ahead = 0;  // `ahead_by` to twice that before it
  int64_t ahead_by = 0;
  double duplicates = 0;  // a row of up to `duplicates_within` before
  int64_t duplicates_within = 100;
  double malformed = 0;
  double mistyped = 0;

  // Each partition is silent for `stall` in every `stall_every`. What happens meanwhile is not
  // there, or comes when the silence ends.
  int64_t stall = 0;
  int64_t stall_every = 0;
  bool stall_delays = false;

  std::vector<GeneratedColumn> columns;  // by Source::declared
};

struct DatagenMistake {
  std::string option;
  bool at_name = false;  // else at its value
  std::string message;
  std::string hint;
  // Instead of the hint: what could have been meant.
  std::string word;
  std::vector<std::string> candidates = {};
};

// Everything that is wrong; nothing: `out` is what the options say.
std::vector<DatagenMistake> ReadDatagen(const Options& options,
                                        const std::vector<SourceColumn>& declared, Datagen* out);

// "uniform", "normal" ...: what `column.NAME = '...'` begins with.
const std::vector<std::string>& DistributionNames();

}  // namespace flow::program
