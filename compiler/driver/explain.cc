// ExplainText: text, JSON and Graphviz forms.
#include "compiler/driver/explain.h"

#include <fmt/format.h>

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

// What a node of a plan took. Where a part of the program is several nodes, each has its share.
struct NodeTook {
  std::optional<int64_t> rows_in, rows_out, cpu_us, state_bytes;
  std::string instead;  // of all that, for people
};

NodeTook Took(const RunProfile& profile, program::StreamOp op, int part) {
  const auto i = static_cast<size_t>(part);
  NodeTook took;
  auto take = [&](const PartProfile& from) {
    took = {from.rows_in, from.rows_out, from.cpu_us, std::nullopt, ""};
  };
  switch (op) {
    case program::StreamOp::kSource:
      take(profile.sources[i]);
      break;
    case program::StreamOp::kPipeline:
      take(profile.pipelines[i]);
      break;
    case program::StreamOp::kExchange:
      took.rows_in = took.rows_out = profile.aggregates[i].rows_in;
      break;
    case program::StreamOp::kAggregate:
      take(profile.aggregates[i]);
      *took.cpu_us += profile.finals[i].cpu_us;
      took.state_bytes = profile.aggregates[i].bytes;
      break;
    case program::StreamOp::kView:
      take(profile.views[i]);
      break;
    case program::StreamOp::kSink:
      took.instead = "not written";
      break;
  }
  return took;
}

NodeTook Took(const RunProfile& profile, program::BatchOp op, int part) {
  const auto i = static_cast<size_t>(part);
  NodeTook took;
  auto take = [&](const PartProfile& from) {
    took = {from.rows_in, from.rows_out, from.cpu_us, std::nullopt, ""};
  };
  switch (op) {
    case program::BatchOp::kScan:
      take(profile.sources[i]);
      break;
    case program::BatchOp::kPrefixMax:
      took.instead = "within the scan";
      break;
    case program::BatchOp::kPipeline:
      take(profile.pipelines[i]);
      break;
    case program::BatchOp::kPartialAggregate:
      take(profile.aggregates[i]);
      took.rows_out = std::nullopt;
      took.state_bytes = profile.aggregates[i].bytes;
      break;
    case program::BatchOp::kFinalAggregate:
      take(profile.finals[i]);
      took.rows_in = std::nullopt;
      break;
    case program::BatchOp::kView:
      take(profile.views[i]);
      break;
    case program::BatchOp::kSink:
      took.instead = "not written";
      break;
  }
  return took;
}

std::string BytesText(int64_t bytes) {
  const double kb = static_cast<double>(bytes) / 1024;
  return kb < 1000 ? fmt::format("{:.0f} KB", kb) : fmt::format("{:.1f} MB", kb / 1024);
}

std::string TookText(const NodeTook& took) {
  if (!took.instead.empty()) return took.instead;
  std::string text;
  auto add = [&](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
  if (took.rows_in) add(fmt::format("{} rows in", *took.rows_in));
  if (took.rows_out) add(fmt::format("{} out", *took.rows_out));
  if (took.cpu_us) add(fmt::format("{:.1f} ms of CPU", static_cast<double>(*took.cpu_us) / 1e3));
  if (took.state_bytes) add(BytesText(*took.state_bytes) + " of state at most");
  return text;
}

ordered_json TookJson(const NodeTook& took) {
  ordered_json json = ordered_json::object();
  if (took.rows_in) json["rows_in"] = *took.rows_in;
  if (took.rows_out) json["rows_out"] = *took.rows_out;
  if (took.cpu_us) json["cpu_us"] = *took.cpu_us;
  if (took.state_bytes) json["state_bytes"] = *took.state_bytes;
  return json;
}

std::string RunText(const RunReport& run) {
  return fmt::format("{} rows in {:.1f} ms, {:.1f} ms of CPU, {} at most\n", run.rows,
                     static_cast<double>(run.wall_us) / 1e3, static_cast<double>(run.cpu_us) / 1e3,
                     BytesText(run.peak_rss));
}

ordered_json RunJson(const RunReport& run) {
  return {{"rows", run.rows},
          {"wall_us", run.wall_us},
          {"cpu_us", run.cpu_us},
          {"peak_rss", run.peak_rss}};
}

template <typename Node>
std::function<std::string(const Node&)> NoteOf(const RunReport* run) {
  if (run == nullptr) return nullptr;
  return [run](const Node& node) { return TookText(Took(*run->profile, node.op, node.part)); };
}

template <typename Nodes>
ordered_json PlanJson(const program::Program& program, const Nodes& nodes, const RunReport* run) {
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
    if (run != nullptr) node["took"] = TookJson(Took(*run->profile, nodes[i].op, nodes[i].part));
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

Result<std::string> ExplainText(const Compilation& c, const ExplainOptions& options,
                                const AnalyzedRuns& runs) {
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
    if (stream) json["stream"] = PlanJson(program, program.stream.nodes, runs.stream);
    if (batch) json["batch"] = PlanJson(program, program.batch.nodes, runs.batch);
    if (runs.stream != nullptr) json["runs"]["stream"] = RunJson(*runs.stream);
    if (runs.batch != nullptr) json["runs"]["batch"] = RunJson(*runs.batch);
    return json.dump(2) + "\n";
  }
  if (options.format == "dot") {
    std::string text = "digraph flow {\n";
    if (stream) text += PlanDot(program, program.stream.nodes, "stream");
    if (batch) text += PlanDot(program, program.batch.nodes, "batch");
    return text + "}\n";
  }
  std::string text;
  if (stream) {
    if (runs.stream != nullptr) text += "stream: " + RunText(*runs.stream);
    text += program::PrintStream(program, NoteOf<program::StreamNode>(runs.stream));
  }
  if (stream && batch) text += "\n";
  if (batch) {
    if (runs.batch != nullptr) text += "batch: " + RunText(*runs.batch);
    text += program::PrintBatch(program, NoteOf<program::BatchNode>(runs.batch));
  }
  return text;
}

}  // namespace flow
