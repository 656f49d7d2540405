// Finish: from path numbering to program numbering. Sources keep the columns that are read, and
// every pipeline gets its name, its input types and its text.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "compiler/bind/literal.h"
#include "compiler/bind/rewrite.h"
#include "compiler/lower/paths.h"

namespace flow::lower {

namespace {

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

// Stand for the output names of a source's own pipelines; no column can be called so.
constexpr const char* kEventTime = "\n";
constexpr const char* kLateFilter = "\r";
constexpr const char* kUniqueKeys = "\t";

// What decoding a value costs beside finding its end, which is done anyway.
int DecodingCost(const program::SourceColumn& column) {
  switch (column.type.kind) {
    case TypeKind::kDouble:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
      return 2;
    case TypeKind::kDecimal:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
    case TypeKind::kInt:
    case TypeKind::kBigint:
      return 1;
    case TypeKind::kBoolean:
    case TypeKind::kNull:
    case TypeKind::kInterval:
      break;
  }
  return 0;
}
constexpr int kWorthLate = 2;  // see docs/adr/0007-late-decoding.md

class Finisher {
 public:
  explicit Finisher(Draft draft) : draft_(std::move(draft)) {}
  LoweredProgram Run();

 private:
  void ChooseColumns();
  void AddSources();
  void AddEventTime(int source);
  void AddUniqueKeys(int source);
  void AddLateColumns(int source);
  void FinishPipeline(size_t index);
  void ChooseCarried(size_t index);
  BoundExprPtr Remap(const BoundExprPtr& expr, const Path& path, int inputs) const;
  void RenumberSources(std::vector<int>* sources) const;
  std::vector<std::string> Text(const program::Pipeline& pipeline, const PipelineSpec& spec,
                                const std::vector<std::string>& names,
                                const std::vector<std::string>& outputs) const;

  const bound::Source& SourceOf(int plan_index) const {
    return draft_.plan->sources[static_cast<size_t>(plan_index)];
  }

  Draft draft_;
  std::map<int, std::set<int>> used_;                   // plan source -> physical columns
  std::map<int, int> source_number_;                    // plan source -> program source
  std::map<int, std::map<int, int>> column_;            // plan source -> physical -> program column
  std::vector<std::vector<std::string>> output_names_;  // by pipeline
  LoweredProgram result_;
};

void Finisher::ChooseColumns() {
  auto use = [&](int source, const BoundExprPtr& expr) {
    if (expr == nullptr) return;
    std::vector<int> columns;
    CollectColumns(*expr, &columns);
    for (int column : columns) {
      if (column < kElement) used_[source].insert(column);
    }
  };
  for (const Path& path : draft_.paths) {
    if (path.from != program::PartKind::kSource) continue;
    used_[path.index];
    const PipelineSpec& spec = path.spec;
    for (const BoundExprPtr& expr : {spec.filter, spec.late_time, spec.time, spec.window_filter}) {
      use(path.index, expr);
    }
    for (const BoundExprPtr& output : spec.outputs) use(path.index, output);
  }
  for (auto& [source, columns] : used_) {
    use(source, SourceOf(source).event_time);
    for (const BoundExprPtr& key : SourceOf(source).unique_keys) use(source, key);
    if (draft_.plan->prune_columns) continue;
    const std::vector<program::SourceColumn>& all = SourceOf(source).spec.columns;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].from == program::ColumnFrom::kField) columns.insert(static_cast<int>(i));
    }
  }
}

void Finisher::AddSources() {
  for (const auto& [source, columns] : used_) {
    source_number_[source] = static_cast<int>(draft_.program.sources.size());
    program::Source spec = SourceOf(source).spec;
    std::vector<program::SourceColumn> physical = std::move(spec.columns);
    spec.columns.clear();
    for (int column : columns) {
      column_[source][column] = static_cast<int>(spec.columns.size());
      spec.columns.push_back(physical[static_cast<size_t>(column)]);
    }
    draft_.program.sources.push_back(std::move(spec));
  }
}

void Finisher::AddEventTime(int source) {
  const BoundExprPtr& time = SourceOf(source).event_time;
  if (time == nullptr) return;
  size_t number = static_cast<size_t>(source_number_[source]);
  if (time->op == ExprOp::kColumn) {
    draft_.program.sources[number].event_time_column = column_[source][time->column];
    return;
  }
  Path path;
  path.index = source;
  path.spec.outputs = {time};
  program::Pipeline pipeline;
  pipeline.name = SourceOf(source).spec.name + " event time";
  // An error or NULL is the record's own: the source looks at the cell.
  pipeline.checked = {false};
  draft_.program.sources[number].event_time_pipeline =
      AddPipeline(&draft_, std::move(path), std::move(pipeline));
  output_names_.push_back({kEventTime});
}

void Finisher::AddUniqueKeys(int source) {
  if (SourceOf(source).unique_keys.empty()) return;
  Path path;
  path.index = source;
  path.spec.outputs = SourceOf(source).unique_keys;
  program::Pipeline pipeline;
  pipeline.name = SourceOf(source).spec.name + " unique keys";
  // As with event times.
  pipeline.checked.assign(path.spec.outputs.size(), false);
  const size_t number = static_cast<size_t>(source_number_[source]);
  draft_.program.sources[number].unique_pipeline =
      AddPipeline(&draft_, std::move(path), std::move(pipeline));
  output_names_.push_back({kUniqueKeys});
}

// Late are the columns that neither a path's filter nor the event time nor UNIQUE reads, if every
// path has a filter. A row needs them if some filter says TRUE, which is what OR says of them all.
void Finisher::AddLateColumns(int source) {
  program::Source& spec = draft_.program.sources[static_cast<size_t>(source_number_[source])];
  if (!draft_.plan->late_decoding || spec.format == program::Format::kRows) return;
  std::vector<BoundExprPtr> filters;
  std::vector<int> early;
  if (SourceOf(source).event_time != nullptr) CollectColumns(*SourceOf(source).event_time, &early);
  for (const BoundExprPtr& key : SourceOf(source).unique_keys) CollectColumns(*key, &early);
  for (const Path& path : draft_.paths) {
    if (path.from != program::PartKind::kSource || path.index != source) continue;
    if (!path.unnests.empty()) continue;  // what is before the first decides
    if (path.spec.filter == nullptr) return;
    bool known = std::any_of(filters.begin(), filters.end(), [&](const BoundExprPtr& other) {
      return StructurallyEqual(*other, *path.spec.filter);
    });
    if (known) continue;
    filters.push_back(path.spec.filter);
    CollectColumns(*path.spec.filter, &early);
  }
  std::vector<program::SourceColumn*> late;
  int cost = 0;
  for (const auto& [physical, column] : column_[source]) {
    program::SourceColumn& candidate = spec.columns[static_cast<size_t>(column)];
    bool decoded = candidate.from == program::ColumnFrom::kField ||
                   candidate.from == program::ColumnFrom::kPresence;
    if (!decoded || std::find(early.begin(), early.end(), physical) != early.end()) continue;
    late.push_back(&candidate);
    cost += DecodingCost(candidate);
  }
  if (filters.empty() || cost < kWorthLate) return;
  for (program::SourceColumn* column : late) column->late = true;
  Path path;
  path.index = source;
  path.spec.filter = filters.size() == 1
                         ? filters[0]
                         : MakeNode(ExprOp::kOr, TypeKind::kBoolean, std::move(filters));
  program::Pipeline pipeline;
  pipeline.name = SourceOf(source).spec.name + " late columns";
  spec.late_filter = AddPipeline(&draft_, std::move(path), std::move(pipeline));
  output_names_.push_back({kLateFilter});
}

void Finisher::RenumberSources(std::vector<int>* sources) const {
  for (int& source : *sources) source = source_number_.at(source);
}

BoundExprPtr Finisher::Remap(const BoundExprPtr& expr, const Path& path, int inputs) const {
  return MapColumns(expr, [&](int column, const Type& type) {
    if (column >= kWindowStart) return MakeColumn(inputs + column - kWindowStart, type);
    const int base = inputs - 2 * static_cast<int>(path.unnests.size());
    if (column >= kElement) return MakeColumn(base + column - kElement, type);
    if (path.from == program::PartKind::kAggregate) return MakeColumn(column, type);
    return MakeColumn(column_.at(path.index).at(column), type);
  });
}

std::vector<std::string> Finisher::Text(const program::Pipeline& pipeline, const PipelineSpec& spec,
                                        const std::vector<std::string>& names,
                                        const std::vector<std::string>& outputs) const {
  std::vector<std::string> lines;
  for (const program::Unnest& unnest : pipeline.unnests) {
    const std::vector<std::string>& before =
        draft_.program.pipelines[static_cast<size_t>(unnest.pipeline)].text;
    lines.insert(lines.end(), before.begin(), before.end());
  }
  if (spec.filter != nullptr) lines.push_back("filter " + ToText(*spec.filter, names));
  auto lateness = [](const program::Window& window) {
    return window.lateness == 0 ? std::string() : " + " + DurationText(window.lateness);
  };
  if (pipeline.late_of.has_value()) {
    lines.push_back("only rows late for " + logical::WindowText(*pipeline.late_of) +
                    lateness(*pipeline.late_of));
  }
  if (pipeline.window.has_value()) {
    std::string line =
        "window " + logical::WindowText(*pipeline.window) + " of " + ToText(*spec.time, names);
    if (pipeline.window->mode == program::WindowMode::kSlice) {
      line += ", slices of " + DurationText(pipeline.window->slice_size());
    }
    if (pipeline.judges_lateness && !pipeline.late_of.has_value()) {
      line += ", late at end" + lateness(*pipeline.window);
    }
    lines.push_back(line);
  }
  if (spec.window_filter != nullptr) {
    lines.push_back("window filter " + ToText(*spec.window_filter, names));
  }
  std::vector<std::string> keys;
  std::vector<std::string> rest;
  for (size_t i = 0; i < spec.outputs.size(); ++i) {
    std::string text = ToText(*spec.outputs[i], names);
    if (i < outputs.size() && outputs[i] != text) text += " AS " + outputs[i];
    (static_cast<int>(i) < pipeline.key_count ? keys : rest).push_back(std::move(text));
  }
  if (!keys.empty()) lines.push_back("key " + Joined(keys));
  if (!rest.empty()) lines.push_back((pipeline.hashes ? "values " : "output ") + Joined(rest));
  return lines;
}

void Finisher::FinishPipeline(size_t index) {
  const Path& path = draft_.paths[index];
  program::Pipeline& pipeline = draft_.program.pipelines[index];
  std::vector<std::string> names;
  std::string from;
  if (path.from == program::PartKind::kSource) {
    const program::Source& source =
        draft_.program.sources[static_cast<size_t>(source_number_.at(path.index))];
    from = source.name;
    for (const program::SourceColumn& column : source.columns) {
      pipeline.input.push_back(column.type);
      names.push_back(column.name);
    }
  } else {
    const program::Aggregate& aggregate =
        draft_.program.aggregates[static_cast<size_t>(path.index)];
    from = aggregate.name;
    pipeline.input = aggregate.output;
    names = aggregate.output_names;
  }
  for (const PathUnnest& unnest : path.unnests) {
    Type element = *unnest.array->type.element;
    if (element.is(TypeKind::kNull)) element = TypeKind::kString;
    pipeline.input.push_back(std::move(element));
    pipeline.input.emplace_back(TypeKind::kBigint);
    names.push_back(unnest.name);
    names.push_back(unnest.number_name);
  }
  int inputs = static_cast<int>(pipeline.input.size());
  if (pipeline.late_of.has_value()) from += " (late)";
  auto is = [&](const char* what) {
    return output_names_[index] == std::vector<std::string>{what};
  };
  const bool own = is(kEventTime) || is(kUniqueKeys);
  if (!own && !is(kLateFilter)) pipeline.name = from + " -> " + pipeline.name;
  PipelineSpec spec;
  spec.filter = Remap(path.spec.filter, path, inputs);
  spec.late_time = Remap(path.spec.late_time, path, inputs);
  spec.time = Remap(path.spec.time, path, inputs);
  spec.window_filter = Remap(path.spec.window_filter, path, inputs);
  for (const BoundExprPtr& output : path.spec.outputs) {
    spec.outputs.push_back(Remap(output, path, inputs));
  }
  names.emplace_back("window_start");
  names.emplace_back("window_end");
  pipeline.text = Text(pipeline, spec, names, output_names_[index]);
  if (path.array_of.has_value()) {
    const PathUnnest& unnest = *path.array_of;
    pipeline.name += " array";
    pipeline.text.back() = (unnest.outer ? "left unnest " : "unnest ") +
                           ToText(*spec.outputs[0], names) + " AS " + unnest.name +
                           (unnest.number_name.empty() ? "" : ", " + unnest.number_name);
  }
  if (own) {
    pipeline.text.clear();
    for (const BoundExprPtr& output : spec.outputs) pipeline.text.push_back(ToText(*output, names));
  }
  result_.pipelines.push_back(std::move(spec));
  ChooseCarried(index);
}

// An UNNEST carries on what the array of a later one or the pipeline itself reads.
void Finisher::ChooseCarried(size_t index) {
  std::vector<program::Unnest>& unnests = draft_.program.pipelines[index].unnests;
  std::vector<int> read;
  auto reads = [&](size_t pipeline) {
    const PipelineSpec& spec = result_.pipelines[pipeline];
    for (const BoundExprPtr& expr : {spec.filter, spec.late_time, spec.time, spec.window_filter}) {
      if (expr != nullptr) CollectColumns(*expr, &read);
    }
    for (const BoundExprPtr& output : spec.outputs) CollectColumns(*output, &read);
  };
  reads(index);
  for (size_t i = unnests.size(); i-- > 0;) {
    const auto array = static_cast<size_t>(unnests[i].pipeline);
    const int before = static_cast<int>(draft_.program.pipelines[array].input.size());
    std::copy_if(read.begin(), read.end(), std::back_inserter(unnests[i].carried),
                 [&](int column) { return column < before; });
    reads(array);
  }
}

LoweredProgram Finisher::Run() {
  ChooseColumns();
  AddSources();
  output_names_.resize(draft_.paths.size());
  for (program::Aggregate& aggregate : draft_.program.aggregates) {
    RenumberSources(&aggregate.watermark_sources);
    for (program::Edge& edge : aggregate.inputs) {
      if (edge.from == program::PartKind::kSource) edge.index = source_number_.at(edge.index);
      output_names_[static_cast<size_t>(edge.pipeline)] = aggregate.key_names;
    }
  }
  for (program::View& view : draft_.program.views) {
    RenumberSources(&view.watermark_sources);
    for (program::Edge& edge : view.inputs) {
      if (edge.from == program::PartKind::kSource) edge.index = source_number_.at(edge.index);
      output_names_[static_cast<size_t>(edge.pipeline)] = view.columns;
    }
  }
  for (const auto& [source, columns] : used_) AddLateColumns(source);
  for (const auto& [source, columns] : used_) AddEventTime(source);
  for (const auto& [source, columns] : used_) AddUniqueKeys(source);
  for (size_t i = 0; i < draft_.paths.size(); ++i) FinishPipeline(i);
  result_.program = std::move(draft_.program);
  return std::move(result_);
}

}  // namespace

LoweredProgram Finish(Draft draft) { return Finisher(std::move(draft)).Run(); }

}  // namespace flow::lower
