// A first .flow file: `flowc new`.
#pragma once

#include <string>

#include "runtime/base/status.h"

namespace flow {

struct SkeletonOptions {
  std::string name;   // of the source, if `from` gives none
  std::string data;   // where the sample data is put; empty: it stands in the file
  std::string from;   // a place (driver/records.h) that the source reads; empty: sample data
  int64_t limit = 0;  // of records that are looked at
};

struct Skeleton {
  std::string text;     // compiles, in its canonical layout
  std::string data;     // sample records, for the place `data`
  std::string summary;  // what was seen, for people
};

Result<Skeleton> MakeSkeleton(const SkeletonOptions& options);

}  // namespace flow
