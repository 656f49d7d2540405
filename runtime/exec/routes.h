// Who reads what: the program's edges turned round, for execution.
#pragma once

#include <vector>

#include "runtime/program/program.h"

namespace flow {

// One path: rows of a source or an aggregate, through a pipeline, to a consumer.
struct Route {
  enum class To { kAggregate, kView };
  int pipeline = 0;
  To to = To::kView;
  int index = 0;  // of the aggregate or view
  bool from_source = false;
  int from = 0;
  bool leaves = false;  // program::Edge::leaves
};

struct Routes {
  explicit Routes(const program::Program& program);
  std::vector<Route> all;                   // index = path number
  std::vector<std::vector<int>> of_source;  // path numbers
  std::vector<std::vector<int>> of_aggregate;
};

}  // namespace flow
