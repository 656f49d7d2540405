// ExplainText: text, JSON and Graphviz forms.
#include "compiler/driver/explain.h"

#include <nlohmann/json.hpp>

#include "runtime/program/program.h"

namespace flow {

using nlohmann::ordered_json;

namespace {

const char* OpName(program::StreamOp op) {
  switch (op) {
    case program::StreamOp::kSource:
      return "source";
    case program::StreamOp::kPipeline:
      return "pipeline";
    case program::StreamOp::kExchange:
      return "exchange";
    case program::StreamOp::kAggregate:
      return "aggregate";
    case program::StreamOp::kView:
      return "view";
    case program::StreamOp::kSink:
      return "sink";
  }
  return "?";
}

const char* OpName(program::BatchOp op) {
  switch (op) {
    case program::BatchOp::kScan:
      return "scan";
    case program::BatchOp::kPrefixMax:
      return "prefix-max";
    case program::BatchOp::kPipeline:
      return "pipeline";
    case program::BatchOp::kPartialAggregate:
      return "partial-aggregate";
    case program::BatchOp::kFinalAggregate:
      return "final-aggregate";
    case program::BatchOp::kView:
      return "view";
    case program::BatchOp::kSink:
      return "sink";
  }
  return "?";
}

std::string PartName(const program::Program& program, const std::string& op, int part) {
  size_t i = static_cast<size_t>(part);
  if (op == "source" || op == "scan" || op == "prefix-max") return program.sources[i].name;
  if (op == "pipeline") return program.pipelines[i].name;
  if (op == "view") return program.views[i].name;
  if (op == "sink") return program.sinks[i].name;
  return program.aggregates[i].name;
}

template <typename Nodes>
ordered_json PlanJson(const program::Program& program, const Nodes& nodes) {
  ordered_json list = ordered_json::array();
  for (size_t i = 0; i < nodes.size(); ++i) {
    std::string op = OpName(nodes[i].op);
    ordered_json node = {{"id", i},
                         {"op", op},
                         {"name", PartName(program, op, nodes[i].part)},
                         {"inputs", nodes[i].inputs}};
    if (op == "pipeline") {
      node["steps"] = program.pipelines[static_cast<size_t>(nodes[i].part)].text;
    }
    list.push_back(std::move(node));
  }
  return list;
}

ordered_json ViewsJson(const program::Program& program) {
  ordered_json list = ordered_json::array();
  for (const program::View& view : program.views) {
    ordered_json columns = ordered_json::array();
    for (size_t i = 0; i < view.columns.size(); ++i) {
      columns.push_back({{"name", view.columns[i]}, {"type", view.types[i].ToString()}});
    }
    ordered_json key = ordered_json::array();
    for (int column : view.key) key.push_back(view.columns[static_cast<size_t>(column)]);
    list.push_back({{"view", view.name},
                    {"columns", columns},
                    {"key", key},
                    {"append_only", view.append_only},
                    {"windowed", view.windowed},
                    {"wanted", view.wanted}});
  }
  return list;
}

template <typename Nodes>
std::string PlanDot(const program::Program& program, const Nodes& nodes, const char* name) {
  std::string text =
      std::string("  subgraph cluster_") + name + " {\n    label=\"" + name + "\";\n";
  for (size_t i = 0; i < nodes.size(); ++i) {
    std::string op = OpName(nodes[i].op);
    std::string label = op + "\\n" + PartName(program, op, nodes[i].part);
    std::string escaped;
    for (char c : label) {
      if (c == '"') escaped.push_back('\\');
      escaped.push_back(c);
    }
    text += "    " + std::string(name) + std::to_string(i) + " [shape=box,label=\"" + escaped +
            "\"];\n";
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (int input : nodes[i].inputs) {
      text += "    " + std::string(name) + std::to_string(input) + " -> " + name +
              std::to_string(i) + ";\n";
    }
  }
  return text + "  }\n";
}

}  // namespace

Result<std::string> ExplainText(const Compilation& c, const ExplainOptions& options) {
  const std::string& stage = options.stage;
  if (stage == "ast") return ast::Print(c.script);
  if (stage == "bound") return PrintBound(c.bound);
  if (stage == "logical") return PrintLogical(c.logical);
  if (stage == "optimized") return PrintLogical(c.optimized);
  if (stage == "ir") return codegen::PrintIr(c.lowered, options.optimized_ir);
  if (!stage.empty() && stage != "program") {
    return UserError("there is no stage `" + stage + "`",
                     "stages: ast, bound, logical, optimized, program, ir");
  }
  const program::Program& program = c.lowered.program;
  const bool stream = options.plan != "batch";
  const bool batch = options.plan != "stream";
  if (options.format == "json") {
    ordered_json json;
    json["views"] = ViewsJson(program);
    if (stream) json["stream"] = PlanJson(program, program.stream.nodes);
    if (batch) json["batch"] = PlanJson(program, program.batch.nodes);
    return json.dump(2) + "\n";
  }
  if (options.format == "dot") {
    std::string text = "digraph flow {\n";
    if (stream) text += PlanDot(program, program.stream.nodes, "stream");
    if (batch) text += PlanDot(program, program.batch.nodes, "batch");
    return text + "}\n";
  }
  std::string text;
  if (stream) text += program::PrintStream(program);
  if (stream && batch) text += "\n";
  if (batch) text += program::PrintBatch(program);
  return text;
}

}  // namespace flow
