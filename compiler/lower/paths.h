// The normal form of what lies between two stateful operators.
//
// However filters, projections, windows, subqueries, views and UNION ALL are nested, each way of a
// row from a source (or an aggregate) to the next aggregate (or a view's output) is one path:
// { filter -> unnest } -> filter -> late rows only -> window -> window filter -> outputs, all over
// the columns where it begins and the elements. Paths are found by substitution.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/logical/logical.h"
#include "compiler/lower/kernel_spec.h"

namespace flow::lower {

// In the expressions of a path: the bounds of the window that the row is in.
inline constexpr int kWindowStart = 1 << 26;
inline constexpr int kWindowEnd = kWindowStart + 1;
// The element of the path's UNNEST i is kElement + 2 * i; its number is the next.
inline constexpr int kElement = 1 << 25;

struct PathUnnest {
  BoundExprPtr array;
  BoundExprPtr filter;  // behind it, before the next; nullptr: keep all
  bool outer = false;
  std::string name, number_name;
};

struct Path {
  program::PartKind from = program::PartKind::kSource;
  int index = 0;  // into the plan's sources, or the program's aggregates
  std::vector<PathUnnest> unnests;
  std::optional<PathUnnest> array_of;  // its one output is the array of this UNNEST
  PipelineSpec spec;                   // the filter: before the first UNNEST
  std::optional<program::Window> late_of;
  std::optional<program::Window> window;
  bool judges = false;                  // of `window`
  const void* call = nullptr;           // the window call of the text
  BoundExprPtr time;                    // of the row; nullptr: it has none
  std::vector<BoundExprPtr> at_window;  // the relation inside the window call
  // The watermark of the rows: the least over these sources of the plan.
  std::vector<int> watermark_sources;
  bool no_watermark = false;  // late rows
  int64_t lateness = 0;       // a row can change until W has passed its time by so much
};

// What lowering has made so far.
struct Draft {
  const logical::Plan* plan = nullptr;
  program::Program program;
  std::vector<Path> paths;  // beside program.pipelines
  std::map<const logical::Node*, int> aggregates;
  std::map<int, std::vector<Path>> views;  // of views that others read
  std::string identity;                    // of the operator that is being lowered
};

// The paths to a node's output. Aggregates on the way are lowered (each once).
std::vector<Path> PathsTo(Draft* draft, const logical::NodePtr& node);

// Adds the path as a pipeline of the program; returns its number.
int AddPipeline(Draft* draft, Path path, program::Pipeline pipeline);
program::Edge EdgeOf(const Path& path, int pipeline);

// aggregate.cc: the number of the aggregate for a kAggregate node.
int LowerAggregate(Draft* draft, const logical::NodePtr& node);
// view.cc
void LowerView(Draft* draft, int view);

// Do the rows of a path come from a view with RETAIN? What is lowered for that view itself comes
// before Retain, which marks the aggregates that its rows come from.
bool IsRetained(const Draft& draft, const Path& path);
void Retain(Draft* draft, const logical::View& view, const std::vector<Path>& paths);
void Retain(Draft* draft, const logical::View& view, const std::vector<program::Edge>& inputs);

void AddSources(const std::vector<int>& from, std::vector<int>* to);

// Names the expressions of every pipeline and lets sources have only the columns they need.
LoweredProgram Finish(Draft draft);

}  // namespace flow::lower
