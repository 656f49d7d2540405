// PrintStream and PrintBatch: a node a line, `<- 1, 2` naming the lines of its inputs.

#include "runtime/program/program.h"

namespace flow::program {

namespace {

std::string Joined(const std::vector<std::string>& parts, const char* between = ", ") {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

std::string Duration(int64_t us) {
  static constexpr struct {
    int64_t us;
    const char* unit;
  } kUnits[] = {{86400000000, "d"}, {3600000000, "h"}, {60000000, "m"},
                {1000000, "s"},     {1000, "ms"},      {1, "us"}};
  if (us == 0) return "0s";
  for (const auto& unit : kUnits) {
    if (us % unit.us == 0) return std::to_string(us / unit.us) + unit.unit;
  }
  return "";
}

const char* ConnectorText(Connector connector) {
  switch (connector) {
    case Connector::kKafka:
      return "KAFKA";
    case Connector::kFile:
      return "FILE";
    case Connector::kNexmark:
      return "NEXMARK";
    case Connector::kDatagen:
      return "DATAGEN";
    case Connector::kInline:
      return "INLINE";
    case Connector::kPostgres:
      return "POSTGRES";
    case Connector::kRedis:
      return "REDIS";
    case Connector::kHttp:
      return "HTTP";
    case Connector::kStdout:
      return "STDOUT";
    case Connector::kNull:
      return "NULL";
    case Connector::kChecksum:
      return "CHECKSUM";
  }
  return "";
}

const char* FormatText(Format format) {
  switch (format) {
    case Format::kJson:
      return " JSON";
    case Format::kCsv:
      return " CSV";
    case Format::kRows:
      return "";
  }
  return "";
}

// The option that says where, in quotes.
std::string PlaceText(const Options& options, const Options& secrets) {
  for (const char* name : {"topic", "path"}) {
    auto found = secrets.find(name);
    if (found != secrets.end()) return " SECRET('" + found->second + "')";
    found = options.find(name);
    if (found != options.end()) return " '" + found->second + "'";
  }
  return "";
}

std::string WindowText(const Window& window) {
  if (window.kind == WindowKind::kSession) return "SESSION GAP " + Duration(window.size);
  const bool cumulate = window.kind == WindowKind::kCumulate;
  std::string text = window.kind == WindowKind::kTumble ? "TUMBLE "
                     : cumulate                         ? "CUMULATE "
                                                        : "HOP ";
  text += Duration(cumulate ? window.cycle : window.size);
  if (window.kind != WindowKind::kTumble) text += " EVERY " + Duration(window.slide);
  if (window.offset != 0) text += " OFFSET " + Duration(window.offset);
  return text;
}

// What both plans say of the parts.
class PartPrinter {
 public:
  explicit PartPrinter(const Program& program) : program_(program) {}

  std::string SourceText(int index) const {
    const Source& source = program_.sources[static_cast<size_t>(index)];
    std::string text = source.name + " from " + ConnectorText(source.connector) +
                       PlaceText(source.options, source.secrets) + FormatText(source.format) + ": ";
    std::vector<std::string> columns;
    for (const SourceColumn& column : source.columns) {
      columns.push_back(column.name + " " + column.type.ToString() + (column.late ? " late" : ""));
    }
    text += columns.empty() ? "no columns" : Joined(columns);
    if (source.late_filter < 0) return text;
    return text + "; late where " + LateFilterText(source);
  }

  std::string LateFilterText(const Source& source) const {
    const std::string& text = program_.pipelines[static_cast<size_t>(source.late_filter)].text[0];
    return text.substr(std::string("filter ").size());
  }

  std::string RateText(const Source& source) const {
    std::string text;
    if (source.unique()) {
      text += "; unique by " +
              Joined(program_.pipelines[static_cast<size_t>(source.unique_pipeline)].text) +
              " within " + Duration(*source.unique_within) +
              (source.unique_per_partition ? " per partition" : "");
    }
    if (source.max_rate) text += "; at most " + std::to_string(*source.max_rate) + " rows/s";
    if (source.overload == Overload::kShed) {
      text += "; sheds what has waited for " + Duration(source.shed_after);
    }
    return text;
  }

  std::string TimeText(const Source& source) const {
    if (!source.has_event_time()) return "no event time";
    std::string time =
        source.event_time_column >= 0
            ? source.columns[static_cast<size_t>(source.event_time_column)].name
            : Joined(program_.pipelines[static_cast<size_t>(source.event_time_pipeline)].text);
    std::string text = "watermark " + time + " - " + Duration(source.watermark_delay);
    if (source.idle.has_value()) text += ", idle " + Duration(*source.idle);
    if (source.ahead.has_value()) text += ", ahead " + Duration(*source.ahead);
    return text;
  }

  std::string PipelineText(int index) const {
    const Pipeline& pipeline = program_.pipelines[static_cast<size_t>(index)];
    return pipeline.name + ": " + Joined(pipeline.text, "; ");
  }

  std::string WatermarkText(const std::vector<int>& sources, bool none) const {
    if (none) return "no watermark (late rows)";
    if (sources.empty()) return "no watermark";
    std::vector<std::string> names;
    for (int source : sources) names.push_back(program_.sources[static_cast<size_t>(source)].name);
    return "watermark of " + Joined(names, " and ");
  }

  std::string CallsText(const Aggregate& aggregate) const {
    std::vector<std::string> calls;
    for (const AggregateCall& call : aggregate.calls) calls.push_back(call.text);
    std::string text = aggregate.name + ": " + (calls.empty() ? "DISTINCT" : Joined(calls));
    std::vector<std::string> keys = aggregate.key_names;
    if (aggregate.window.has_value()) keys.emplace_back("window");
    if (!keys.empty()) text += " by " + Joined(keys);
    return text;
  }

  // How the entries of the state are kept.
  std::string StateText(const Aggregate& aggregate) const {
    std::string text = std::to_string(aggregate.layout.entry_size) + " bytes";
    if (aggregate.global) return text + " of state in all";
    if (!aggregate.window.has_value()) return text + " of state a key, for ever";
    if (aggregate.no_watermark) return text + " of state a key and window, for ever";
    if (aggregate.window->kind == WindowKind::kSession) {
      return text + " of state a key and session, freed at session end" +
             (aggregate.state_lateness > 0 ? " + " + Duration(aggregate.state_lateness) : "");
    }
    bool slices = aggregate.window->mode == WindowMode::kSlice;
    text += slices ? " of state a key and slice of " + Duration(aggregate.window->slice_size())
                   : std::string(" of state a key and window");
    return text + ", freed at window end" +
           (aggregate.state_lateness > 0 ? " + " + Duration(aggregate.state_lateness) : "");
  }

  std::string ViewText(const View& view) const {
    std::vector<std::string> columns;
    for (size_t i = 0; i < view.columns.size(); ++i) {
      columns.push_back(view.columns[i] + " " + view.types[i].ToString());
    }
    std::vector<std::string> key;
    for (int column : view.key) key.push_back(view.columns[static_cast<size_t>(column)]);
    std::string text = view.name + " (" + Joined(columns) + ")";
    if (!key.empty()) text += "; key " + Joined(key);
    if (view.retain) text += "; retained for " + Duration(*view.retain);
    text += view.append_only ? "; append-only" : "; updating";
    if (view.window_end_column >= 0) {
      text += "; time " + view.columns[static_cast<size_t>(view.window_end_column)] + " - 1us";
    } else if (view.window_start_column >= 0) {
      text += "; time " + view.columns[static_cast<size_t>(view.window_start_column)] + " + " +
              Duration(view.window_size) + " - 1us";
    }
    return text;
  }

  static std::string EmitText(const View& view) {
    switch (view.emit) {
      case EmitKind::kOnClose:
        return view.lateness > 0
                   ? "emitted on close and at revisions for " + Duration(view.lateness)
                   : "emitted on close";
      case EmitKind::kEvery:
        return "emitted every " + Duration(view.emit_every) + " and on close";
      case EmitKind::kChanges:
        return "emitted as it changes";
    }
    return "";
  }

  std::string SinkText(int index) const {
    const Sink& sink = program_.sinks[static_cast<size_t>(index)];
    bool writes = sink.connector != Connector::kNull && sink.connector != Connector::kChecksum;
    return sink.name + " into " + ConnectorText(sink.connector) +
           PlaceText(sink.options, sink.secrets) + (writes ? FormatText(sink.format) : "") +
           (sink.upsert ? ", upsert" : ", append");
  }

 protected:
  const Program& program_;
};

class StreamPrinter : public PartPrinter {
 public:
  using PartPrinter::PartPrinter;

  std::string Line(const StreamNode& node) const {
    size_t part = static_cast<size_t>(node.part);
    switch (node.op) {
      case StreamOp::kSource:
        return "source " + SourceText(node.part) + "; " + TimeText(program_.sources[part]) +
               RateText(program_.sources[part]);
      case StreamOp::kPipeline:
        return "pipeline " + PipelineText(node.part);
      case StreamOp::kExchange: {
        const Aggregate& aggregate = program_.aggregates[part];
        if (aggregate.key_names.empty()) return "exchange to one worker";
        return "exchange by " + Joined(aggregate.key_names) + " (256 key groups)";
      }
      case StreamOp::kAggregate: {
        const Aggregate& aggregate = program_.aggregates[part];
        std::string text = "aggregate " + CallsText(aggregate);
        if (aggregate.window.has_value()) text += "; " + WindowText(*aggregate.window);
        if (aggregate.on_close) text += ", only closed windows";
        text += "; " + StateText(aggregate);
        if (aggregate.window.has_value()) {
          text += "; " + WatermarkText(aggregate.watermark_sources, aggregate.no_watermark);
        }
        if (aggregate.updating_input) text += "; input may take rows back";
        return text + (aggregate.updating_output ? "; updating" : "; append-only");
      }
      case StreamOp::kView: {
        const View& view = program_.views[part];
        return "view " + ViewText(view) + "; " + EmitText(view) +
               (view.windowed ? "; " + WatermarkText(view.watermark_sources, view.no_watermark)
                              : "");
      }
      case StreamOp::kSink:
        return "sink " + SinkText(node.part);
    }
    return "";
  }
};

class BatchPrinter : public PartPrinter {
 public:
  using PartPrinter::PartPrinter;

  std::string Line(const BatchNode& node) const {
    size_t part = static_cast<size_t>(node.part);
    switch (node.op) {
      case BatchOp::kScan:
        return "scan " + SourceText(node.part);
      case BatchOp::kPrefixMax:
        return "prefix maximum of event time by partition; " + TimeText(program_.sources[part]);
      case BatchOp::kPipeline:
        return "pipeline " + PipelineText(node.part);
      case BatchOp::kPartialAggregate:
        return "partial aggregate " + CallsText(program_.aggregates[part]) + "; a table a worker";
      case BatchOp::kFinalAggregate: {
        const Aggregate& aggregate = program_.aggregates[part];
        std::string text = "final aggregate " + CallsText(aggregate);
        if (aggregate.window.has_value()) text += "; " + WindowText(*aggregate.window);
        if (aggregate.on_close) text += ", only closed windows";
        return text + (aggregate.partial ? "; merged by key" : "; by key");
      }
      case BatchOp::kView:
        return "view " + ViewText(program_.views[part]);
      case BatchOp::kSink:
        return "sink " + SinkText(node.part);
    }
    return "";
  }
};

template <typename Printer, typename Node>
std::string PrintNodes(const Program& program, const std::vector<Node>& nodes,
                       const std::function<std::string(const Node&)>& note) {
  Printer printer(program);
  std::string text;
  for (size_t i = 0; i < nodes.size(); ++i) {
    text += std::to_string(i + 1) + " " + printer.Line(nodes[i]);
    for (size_t j = 0; j < nodes[i].inputs.size(); ++j) {
      text += (j == 0 ? "  <- " : ", ") + std::to_string(nodes[i].inputs[j] + 1);
    }
    text += "\n";
    if (note) text += "    " + note(nodes[i]) + "\n";
  }
  return text;
}

}  // namespace

std::string PrintStream(const Program& program,
                        const std::function<std::string(const StreamNode&)>& note) {
  return PrintNodes<StreamPrinter, StreamNode>(program, program.stream.nodes, note);
}

std::string PrintBatch(const Program& program,
                       const std::function<std::string(const BatchNode&)>& note) {
  return PrintNodes<BatchPrinter, BatchNode>(program, program.batch.nodes, note);
}

}  // namespace flow::program
