// The rules, one a file. Nothing outside compiler/optimize includes this.
#pragma once

#include <functional>
#include <map>

#include "compiler/logical/logical.h"

namespace flow::optimize {

void FoldConstants(logical::Plan* plan);
void PushDownFilters(logical::Plan* plan);
void PushDownProjections(logical::Plan* plan);
void DecodeLate(logical::Plan* plan);
void UseSlices(logical::Plan* plan);
void PreAggregate(logical::Plan* plan);
void ShareSubexpressions(logical::Plan* plan);

// Rewrites the trees of all views bottom-up. `visit` gets a node whose inputs are rewritten already
// and returns what stands in its place. A node that is shared stays shared. Views come in declared
// order, so that what a view reads is rewritten before it.
void RewriteNodes(logical::Plan* plan,
                  const std::function<logical::NodePtr(const logical::NodePtr&)>& visit);
// Puts other leaves in the place of these.
void RewriteNodes(logical::Plan* plan,
                  const std::map<const logical::Node*, logical::NodePtr>& leaves);

}  // namespace flow::optimize
