// Writing what a source holds: `flowc datagen`.
#pragma once

#include <string>

#include "compiler/bind/bind.h"
#include "runtime/base/status.h"

namespace flow {

struct DatagenOptions {
  std::string source;
  std::string path;
  std::string brokers;
  std::string topic;
  int64_t limit = -1;
  std::string secrets;  // folder
};

// One JSON line a record. Several partitions: PATH.0, PATH.1, ...; or the partitions of a topic.
Status WriteSource(const BoundScript& script, const DatagenOptions& options);

}  // namespace flow
