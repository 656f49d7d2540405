// Lower: chooses the views, lowers them in declared order, and puts the two plans together.
#include "compiler/lower/lower.h"

#include <algorithm>
#include <set>

#include "compiler/lower/graph.h"
#include "compiler/lower/paths.h"

namespace flow {

namespace {

std::set<int> WantedViews(const logical::Plan& plan, const LowerOptions& options) {
  std::set<int> wanted;
  for (int i = 0; i < static_cast<int>(plan.views.size()); ++i) {
    const std::string& name = plan.views[static_cast<size_t>(i)].name;
    bool named = std::find(options.views.begin(), options.views.end(), name) != options.views.end();
    if (options.views.empty() ? options.all_views : named) wanted.insert(i);
  }
  if (!options.views.empty() || options.all_views) return wanted;
  for (const program::Sink& sink : plan.sinks) wanted.insert(sink.view);
  if (wanted.empty() && !plan.views.empty()) wanted.insert(static_cast<int>(plan.views.size()) - 1);
  return wanted;
}

// Views that the wanted ones read, however far below: they are lowered first, so that chains of
// views need no deep recursion.
void AddReadViews(const logical::Plan& plan, std::set<int>* views) {
  std::vector<int> open(views->begin(), views->end());
  while (!open.empty()) {
    const logical::View& view = plan.views[static_cast<size_t>(open.back())];
    open.pop_back();
    std::vector<const logical::Node*> nodes = {view.root.get()};
    while (!nodes.empty()) {
      const logical::Node* node = nodes.back();
      nodes.pop_back();
      for (const logical::NodePtr& input : node->inputs) nodes.push_back(input.get());
      if (node->view >= 0 && views->insert(node->view).second) open.push_back(node->view);
    }
  }
}

// FNV-1a of the plan as text: equal for equal plans on every machine.
uint64_t Fingerprint(const program::Program& program) {
  program::Program bare = program;
  bare.file.clear();
  for (program::Source& source : bare.sources) {
    source.options.clear();
    source.secrets.clear();
    source.max_rate.reset();
    source.overload = program::Overload::kSlow;
  }
  for (program::Sink& sink : bare.sinks) {
    sink.options.clear();
    sink.secrets.clear();
  }
  uint64_t hash = 0xcbf29ce484222325ull;
  for (char c : PrintStream(bare) + PrintBatch(bare)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  }
  return hash;
}

}  // namespace

LoweredProgram Lower(const logical::Plan& plan, const LowerOptions& options) {
  lower::Draft draft;
  draft.plan = &plan;
  const std::set<int> wanted = WantedViews(plan, options);
  std::set<int> needed = wanted;
  AddReadViews(plan, &needed);
  std::map<int, int> number;
  for (int view : needed) {
    if (!wanted.contains(view)) {
      draft.identity = plan.views[static_cast<size_t>(view)].name;
      draft.views[view] = PathsTo(&draft, plan.views[static_cast<size_t>(view)].root);
      lower::Retain(&draft, plan.views[static_cast<size_t>(view)], draft.views[view]);
      continue;
    }
    number[view] = static_cast<int>(draft.program.views.size());
    LowerView(&draft, view);
  }
  for (const program::Sink& sink : plan.sinks) {
    if (!options.sinks || !wanted.contains(sink.view)) continue;
    draft.program.sinks.push_back(sink);
    draft.program.sinks.back().view = number[sink.view];
  }
  draft.program.file = options.file;
  LoweredProgram result = Finish(std::move(draft));
  lower::BuildGraphs(&result.program);
  result.program.fingerprint = Fingerprint(result.program);
  return result;
}

}  // namespace flow
