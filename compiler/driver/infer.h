// The columns of records that nothing describes yet: for `flowc new --from`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/base/type.h"
#include "runtime/program/program.h"

namespace flow {

// What was seen at one place of the records.
struct Shape {
  int64_t nulls = 0, booleans = 0, integers = 0, decimals = 0, texts = 0, objects = 0, arrays = 0;
  // Of numbers: digits before and after the point; is there an exponent or an integer over 64 bits?
  int whole_digits = 0, scale = 0;
  bool exponent = false, huge = false;
  int64_t least = 0, greatest = 0;          // of integers; of texts that are times, us
  bool all_dates = true, all_times = true;  // of texts
  int64_t unordered = 0;  // how far a time was before one that came earlier in its partition
  std::map<int, int64_t> latest;   // by partition
  std::set<std::string> distinct;  // of texts and booleans: as many as are few
  // Of objects, in the order in which they were seen.
  std::vector<std::string> names;
  std::map<std::string, std::unique_ptr<Shape>> fields;
  int64_t last_object = -1;        // of two equal keys the first counts
  std::unique_ptr<Shape> element;  // of arrays; nullptr: all were empty

  int64_t values() const { return booleans + integers + decimals + texts + objects + arrays; }
};

inline constexpr size_t kFewValues = 20;

struct Inferred {
  Shape record;  // an object
  int64_t records = 0;
  int64_t malformed = 0;
  bool all = true;  // all records that there are now were read
};

// Reads at most `limit` records of a place (driver/records.h), JSON objects or CSV with a header.
Result<Inferred> Infer(const std::string& place, int64_t limit);

// Of a column in a file of `unit` ("": numbers are no times).
Type TypeOf(const Shape& shape, const std::string& name, std::string_view unit);
// "s", "ms" or "us" if the integers of this name look like times; "" if not.
std::string UnitOf(const Shape& shape, const std::string& name);

}  // namespace flow
