// PrintLogical and WindowText.
#include "compiler/bind/literal.h"
#include "compiler/logical/logical.h"

namespace flow {

namespace {

using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

class Printer {
 public:
  explicit Printer(const logical::Plan& plan) : plan_(plan) {}
  std::string text;

  void Print(const Node& node, int depth) {
    text += std::string(static_cast<size_t>(depth) * 2, ' ') + Line(node) + "\n";
    for (const NodePtr& input : node.inputs) Print(*input, depth + 1);
  }

 private:
  std::string Line(const Node& node) const {
    switch (node.kind) {
      case NodeKind::kScan:
        return "Scan " + plan_.sources[static_cast<size_t>(node.source)].spec.name + " [" +
               ScanColumns(node) + "]" + Derived(node);
      case NodeKind::kFilter:
        return "Filter " + ToText(*node.predicate, NamesOf(*node.inputs[0]));
      case NodeKind::kProject: {
        std::vector<std::string> names = NamesOf(*node.inputs[0]);
        std::vector<std::string> parts;
        for (size_t i = 0; i < node.exprs.size(); ++i) {
          std::string expr = ToText(*node.exprs[i], names);
          const std::string& name = node.columns[i].name;
          parts.push_back(expr == name ? expr : expr + " AS " + name);
        }
        return "Project " + Joined(parts) + Derived(node);
      }
      case NodeKind::kWindow:
        return "Window " + logical::WindowText(*node.window) +
               (node.inherited ? ", inherited" : "") +
               (node.judges_lateness
                    ? node.window->lateness == 0
                          ? ", late after the end"
                          : ", late " + DurationText(node.window->lateness) + " after the end"
                    : "");
      case NodeKind::kUnnest: {
        const size_t first = node.inputs[0]->columns.size();
        std::string line = node.outer ? "LeftUnnest " : "Unnest ";
        line +=
            ToText(*node.exprs[0], NamesOf(*node.inputs[0])) + " AS " + node.columns[first].name;
        if (node.columns.size() > first + 1) line += ", " + node.columns[first + 1].name;
        return line + Derived(node);
      }
      case NodeKind::kAggregate:
        return AggregateLine(node);
      case NodeKind::kUnionAll:
        return "UnionAll" + Derived(node);
      case NodeKind::kViewRef:
        return "View " + plan_.views[static_cast<size_t>(node.view)].name;
      case NodeKind::kLateRef:
        return "Late " + plan_.views[static_cast<size_t>(node.view)].late_name;
    }
    return "";
  }

  std::string ScanColumns(const Node& node) const {
    std::vector<std::string> names;
    for (int column : node.needed) {
      names.push_back(node.columns[static_cast<size_t>(column)].name);
    }
    if (!plan_.prune_columns) {
      for (const logical::Column& column : node.columns) names.push_back(column.name);
    }
    return Joined(names);
  }

  std::string AggregateLine(const Node& node) const {
    std::vector<std::string> names = NamesOf(*node.inputs[0]);
    std::vector<std::string> keys;
    for (size_t i = 0; i < node.exprs.size(); ++i) {
      std::string expr = ToText(*node.exprs[i], names);
      const std::string& name = node.columns[i].name;
      keys.push_back(expr == name ? expr : expr + " AS " + name);
    }
    if (node.by_start) keys.emplace_back("window_start");
    if (node.by_end) keys.emplace_back("window_end");
    std::vector<std::string> calls;
    for (const bound::AggregateCall& call : node.calls) calls.push_back(call.text);
    std::string line = calls.empty() ? "Distinct" : "Aggregate " + Joined(calls);
    if (!keys.empty()) line += " by " + Joined(keys);
    if (node.slices) line += ", slices";
    if (node.partial) line += ", partial";
    if (node.on_close) line += ", on close";
    return line + Derived(node);
  }

  // What follows from the plan: [key page, window_start; time window_end - 1us; updating].
  std::string Derived(const Node& node) const {
    std::vector<std::string> parts;
    if (node.has_key) {
      std::vector<std::string> names;
      for (int column : node.key) names.push_back(node.columns[static_cast<size_t>(column)].name);
      parts.push_back(names.empty() ? "one row" : "key " + Joined(names));
    }
    if (node.has_time) {
      if (node.time_column >= 0) {
        parts.push_back("time " + node.columns[static_cast<size_t>(node.time_column)].name);
      } else if (node.window_end >= 0) {
        parts.push_back("time " + node.columns[static_cast<size_t>(node.window_end)].name +
                        " - 1us");
      } else {
        parts.emplace_back("time kept");
      }
    }
    parts.emplace_back(node.append_only ? "append-only" : "updating");
    std::string text = "  -- ";
    for (size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? "; " : "") + parts[i];
    return text;
  }

  const logical::Plan& plan_;
};

std::string EmitText(const logical::View& view) {
  switch (view.emit) {
    case program::EmitKind::kOnClose:
      return "EMIT ON CLOSE";
    case program::EmitKind::kEvery:
      return "EMIT EVERY " + DurationText(view.emit_every);
    case program::EmitKind::kChanges:
      return "EMIT CHANGES";
  }
  return "";
}

}  // namespace

std::string PrintLogical(const logical::Plan& plan) {
  Printer printer(plan);
  for (const logical::View& view : plan.views) {
    printer.text += "view " + view.name + (view.windowed ? ", windowed" : "") + ", " +
                    EmitText(view) +
                    (view.late_name.empty() ? "" : ", late rows to " + view.late_name) + "\n";
    printer.Print(*view.root, 1);
  }
  for (const program::Sink& sink : plan.sinks) {
    printer.text += "sink " + sink.name + " from " +
                    plan.views[static_cast<size_t>(sink.view)].name +
                    (sink.upsert ? ", upsert" : ", append") + "\n";
  }
  return std::move(printer.text);
}

namespace logical {

std::string WindowText(const program::Window& window) {
  if (window.kind == program::WindowKind::kSession) {
    return "SESSION GAP " + DurationText(window.size);
  }
  const bool cumulate = window.kind == program::WindowKind::kCumulate;
  const bool tumble = window.kind == program::WindowKind::kTumble;
  std::string text = tumble ? "TUMBLE " : cumulate ? "CUMULATE " : "HOP ";
  text += DurationText(cumulate ? window.cycle : window.size);
  if (!tumble) text += " EVERY " + DurationText(window.slide);
  if (window.offset != 0) text += " OFFSET " + DurationText(window.offset);
  return text;
}

}  // namespace logical

}  // namespace flow
