// What `flowc peek` and `flowc new` do. Nothing throws.
#pragma once

#include <functional>
#include <string>

#include "flow/flow.h"

namespace libflow {

struct PeekOptions {
  // PeekRecords: a file, folder or glob, or kafka://BROKERS/TOPIC. PeekSource: the source's name,
  // empty if the program has one only.
  std::string what;
  int64_t limit = 10;
  bool json = false;
  bool only_errors = false;  // PeekSource: rows with an error; the limit counts these
  std::string secrets;       // as in RunOptions
};

struct PeekResult {
  Code code = kOk;
  std::string error, hint;
  int64_t records = 0;  // read
  int64_t with_errors = 0, dead = 0;
};

// Records as they are: their bytes, or JSON with partition and offset.
FLOW_EXPORT PeekResult PeekRecords(const PeekOptions& options,
                                   const std::function<void(const std::string&)>& out);
// Decoded records of a source with partition, offset and what is in error.
FLOW_EXPORT PeekResult PeekSource(Program& program, const PeekOptions& options,
                                  const std::function<void(const std::string&)>& out);

struct SkeletonOptions {
  std::string name;         // names the source
  std::string data;         // where the caller puts the sample data; empty: it is in the file
  std::string from;         // as PeekOptions::what, for a source over these records
  int64_t limit = 100'000;  // of records that are looked at
};

struct SkeletonResult {
  Code code = kOk;
  std::string error, hint;
  std::string text;     // of the .flow file
  std::string data;     // sample records
  std::string summary;  // what was found in the records, for people
};

FLOW_EXPORT SkeletonResult MakeSkeleton(const SkeletonOptions& options);

}  // namespace libflow
