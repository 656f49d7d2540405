// Rows on standard output: a table for people, JSON lines, or CSV.
#pragma once

#include <memory>
#include <string>

#include "runtime/connector/connector.h"
#include "runtime/program/program.h"

namespace flow {

struct StdoutOptions {
  std::string format = "json";  // table, json, csv
  bool changes = false;         // every revision: op, rev, row
  bool several_views = false;   // name the view of each row
};

// At least once. Writing fails with an external error when the reader is gone or the disk is full.
std::unique_ptr<SinkConnector> MakeStdoutSink(const program::View& view,
                                              const StdoutOptions& options);

}  // namespace flow
