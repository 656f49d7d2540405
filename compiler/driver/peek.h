// What a file, a topic or a source holds: `flowc peek`.
#pragma once

#include <functional>
#include <string>

#include "compiler/bind/bind.h"
#include "runtime/base/status.h"

namespace flow {

struct PeekOptions {
  std::string what;  // of PeekSource: a source's name, or empty if there is one only
  int64_t limit = 10;
  bool json = false;
  bool only_errors = false;  // rows that have one; `limit` counts these
  std::string secrets;       // folder
};

struct PeekCounts {
  int64_t records = 0;  // read
  int64_t with_errors = 0;
  int64_t dead = 0;  // before any view has seen them
};

using Lines = std::function<void(const std::string&)>;

// The records of a place (driver/records.h) as they are.
Status PeekRecords(const PeekOptions& options, const Lines& out, PeekCounts* counts);
// The records of a source decoded, computed columns too; of what is in error the column, the value
// and why.
Status PeekSource(const BoundScript& script, const PeekOptions& options, const Lines& out,
                  PeekCounts* counts);

}  // namespace flow
