// From the logical plan to a program: sources, pipelines in normal form, aggregates, views, sinks,
// and the two plans that put them to work.
#pragma once

#include <string>
#include <vector>

#include "compiler/logical/logical.h"
#include "compiler/lower/kernel_spec.h"

namespace flow {

struct LowerOptions {
  std::string file;                // of the .flow text, for messages
  bool all_views = false;          // every view is wanted
  std::vector<std::string> views;  // these are wanted; empty: those with sinks, else the last one
  bool sinks = true;               // with the sinks of the wanted views
};

// Only what the wanted views need is in the program. The kernels' slots are empty.
LoweredProgram Lower(const logical::Plan& plan, const LowerOptions& options);

}  // namespace flow
