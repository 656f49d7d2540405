// Routes: edges by their origin.
#include "runtime/exec/routes.h"

namespace flow {

Routes::Routes(const program::Program& program)
    : of_source(program.sources.size()), of_aggregate(program.aggregates.size()) {
  auto add = [&](const program::Edge& edge, Route::To to, int index) {
    Route route;
    route.pipeline = edge.pipeline;
    route.to = to;
    route.index = index;
    route.from_source = edge.from == program::PartKind::kSource;
    route.from = edge.index;
    route.leaves = edge.leaves;
    int number = static_cast<int>(all.size());
    all.push_back(route);
    (route.from_source ? of_source : of_aggregate)[static_cast<size_t>(edge.index)].push_back(
        number);
  };
  for (size_t a = 0; a < program.aggregates.size(); ++a) {
    for (const program::Edge& edge : program.aggregates[a].inputs) {
      add(edge, Route::To::kAggregate, static_cast<int>(a));
    }
  }
  for (size_t v = 0; v < program.views.size(); ++v) {
    if (!program.views[v].wanted) continue;
    for (const program::Edge& edge : program.views[v].inputs) {
      add(edge, Route::To::kView, static_cast<int>(v));
    }
  }
}

}  // namespace flow
