// BuildLogical: each clause of a bound SELECT becomes a node.
#include <map>

#include "compiler/logical/logical.h"

namespace flow {

namespace {

using logical::Column;
using logical::Node;
using logical::NodeKind;
using logical::NodePtr;

class Builder {
 public:
  explicit Builder(logical::Plan* plan) : plan_(plan) {}

  // `on_close`: the groups nearest to the root are those of closed windows only.
  NodePtr Build(const std::shared_ptr<const bound::Query>& query, bool on_close);

 private:
  NodePtr BuildSelect(const bound::Select& select, const bound::Schema& schema, bool on_close);
  NodePtr BuildRelation(const bound::Relation& relation, bool on_close);
  NodePtr BuildGrouping(const bound::Grouping& grouping, NodePtr input, bool on_close,
                        const bound::Ranking* ranking = nullptr);
  NodePtr Project(NodePtr input, const std::vector<BoundExprPtr>& exprs,
                  const std::vector<std::string>& names);
  NodePtr Finish(Node node) {
    Derive(*plan_, &node);
    return std::make_shared<const Node>(std::move(node));
  }

  logical::Plan* plan_;
  // A WITH query that is read twice is one node.
  std::map<std::pair<const bound::Query*, bool>, NodePtr> built_;
};

NodePtr Builder::Project(NodePtr input, const std::vector<BoundExprPtr>& exprs,
                         const std::vector<std::string>& names) {
  // A projection that changes nothing is none.
  bool same = exprs.size() == input->columns.size();
  for (size_t i = 0; same && i < exprs.size(); ++i) {
    same = exprs[i]->op == ExprOp::kColumn && exprs[i]->column == static_cast<int>(i) &&
           names[i] == input->columns[i].name;
  }
  if (same) return input;
  Node node;
  node.kind = NodeKind::kProject;
  node.exprs = exprs;
  for (size_t i = 0; i < exprs.size(); ++i) node.columns.push_back({names[i], exprs[i]->type});
  node.inputs = {std::move(input)};
  return Finish(std::move(node));
}

NodePtr Builder::BuildRelation(const bound::Relation& relation, bool on_close) {
  Node node;
  for (const bound::Column& column : relation.schema.columns) {
    node.columns.push_back({column.name, column.type});
  }
  switch (relation.kind) {
    case bound::RelationKind::kSource:
      node.kind = NodeKind::kScan;
      node.source = relation.index;
      break;
    case bound::RelationKind::kView:
      node.kind = NodeKind::kViewRef;
      node.view = relation.index;
      break;
    case bound::RelationKind::kLate:
      node.kind = NodeKind::kLateRef;
      node.view = relation.index;
      break;
    case bound::RelationKind::kWindow:
      node.kind = NodeKind::kWindow;
      node.window = relation.window;
      node.judges_lateness = relation.judges_lateness;
      node.call = &relation;
      node.inputs = {BuildRelation(*relation.inner, false)};
      break;
    case bound::RelationKind::kUnnest:
      node.kind = NodeKind::kUnnest;
      node.exprs = {relation.array};
      node.outer = relation.outer;
      node.inputs = {BuildRelation(*relation.inner, on_close)};
      break;
    case bound::RelationKind::kQuery:
      return Build(relation.query, on_close);
  }
  return Finish(std::move(node));
}

NodePtr Builder::BuildGrouping(const bound::Grouping& grouping, NodePtr input, bool on_close,
                               const bound::Ranking* ranking) {
  const program::Window* window = grouping.window ? &*grouping.window : nullptr;
  int64_t size = window != nullptr ? window->size : 0;
  if (window != nullptr && grouping.inherited) {
    // The rows are groups of that window already. Their time is just before its end, so the slide
    // before the end holds them, and closes when the window does.
    Node again;
    again.kind = NodeKind::kWindow;
    again.columns = input->columns;
    again.columns.push_back({"window_start", TypeKind::kTimestamp});
    again.columns.push_back({"window_end", TypeKind::kTimestamp});
    again.window = *window;
    again.window->size = window->slide;
    if (window->kind != program::WindowKind::kCumulate) {
      again.window->kind = program::WindowKind::kTumble;
      again.window->offset = (window->offset + window->size) % window->slide;
    }
    again.window->lateness = 0;
    again.inherited = true;
    again.inputs = {std::move(input)};
    input = Finish(std::move(again));
  }
  Node node;
  node.kind = NodeKind::kAggregate;
  node.exprs = grouping.keys;
  for (size_t i = 0; i < grouping.keys.size(); ++i) {
    node.columns.push_back({grouping.key_names[i], grouping.keys[i]->type});
  }
  node.calls = grouping.calls;
  if (ranking != nullptr) {
    node.ranking = *ranking;
    for (const bound::Ranking::Part& part : ranking->parts) {
      node.columns.push_back({part.name, part.expr->type});
    }
    node.columns.push_back({"ROW_NUMBER()", TypeKind::kBigint});
  }
  for (const bound::AggregateCall& call : grouping.calls) {
    if (ranking == nullptr) node.columns.push_back({call.text, call.result});
  }
  if (window != nullptr) {
    node.window = *window;
    if (grouping.inherited) node.window = input->window;
    node.columns.push_back({"window_start", TypeKind::kTimestamp});
    node.columns.push_back({"window_end", TypeKind::kTimestamp});
    node.by_start = grouping.by_start;
    node.by_end = grouping.by_end;
    node.on_close = on_close;
  }
  node.inputs = {std::move(input)};
  NodePtr aggregate = Finish(std::move(node));
  if (window == nullptr || !grouping.inherited || aggregate->window->size == size ||
      window->kind == program::WindowKind::kCumulate) {
    return aggregate;
  }
  // The start of the real window.
  std::vector<BoundExprPtr> exprs;
  std::vector<std::string> names;
  int last = static_cast<int>(aggregate->columns.size()) - 1;
  for (int i = 0; i <= last; ++i) {
    const Column& column = aggregate->columns[static_cast<size_t>(i)];
    BoundExprPtr expr = MakeColumn(i, column.type);
    if (i == last - 1) {
      expr = MakeNode(
          ExprOp::kSub, column.type,
          {MakeColumn(last, column.type), MakeLiteral(Datum::Int(TypeKind::kInterval, size))});
    }
    exprs.push_back(std::move(expr));
    names.push_back(column.name);
  }
  return Project(std::move(aggregate), exprs, names);
}

NodePtr Builder::BuildSelect(const bound::Select& select, const bound::Schema& schema,
                             bool on_close) {
  // Groups of a window that is closed need only the closed groups below of that same window: so
  // these can be put together from slices, and are not taken back.
  auto through = [](bool on_close, const std::optional<bound::Grouping>& grouping) {
    return on_close && (!grouping.has_value() || grouping->inherited);
  };
  bool grouping_on_close = through(on_close, select.distinct);
  if (select.ranking) grouping_on_close = on_close && select.ranking->groups.inherited;
  NodePtr node = BuildRelation(*select.from, through(grouping_on_close, select.grouping));
  if (select.where != nullptr) node = MakeFilter(*plan_, std::move(node), select.where);
  if (select.grouping.has_value()) {
    node = BuildGrouping(*select.grouping, std::move(node), grouping_on_close);
  }
  if (select.having != nullptr) node = MakeFilter(*plan_, std::move(node), select.having);
  if (select.ranking.has_value()) {
    node = BuildGrouping(select.ranking->groups, std::move(node), on_close, &*select.ranking);
  }
  std::vector<std::string> names;
  for (const bound::Column& column : schema.columns) names.push_back(column.name);
  node =
      Project(std::move(node), select.outputs, select.distinct.has_value() ? select.names : names);
  if (select.distinct.has_value()) {
    node = BuildGrouping(*select.distinct, std::move(node), on_close);
    node = Project(std::move(node), select.distinct_outputs, names);
  }
  return node;
}

NodePtr Builder::Build(const std::shared_ptr<const bound::Query>& query, bool on_close) {
  auto [found, fresh] = built_.try_emplace({query.get(), on_close});
  if (!fresh) return found->second;
  std::vector<NodePtr> branches;
  for (const bound::Select& select : query->selects) {
    branches.push_back(BuildSelect(select, query->schema, on_close));
  }
  NodePtr result = branches[0];
  if (branches.size() > 1) {
    Node node;
    node.kind = NodeKind::kUnionAll;
    for (const bound::Column& column : query->schema.columns) {
      node.columns.push_back({column.name, column.type});
    }
    node.inputs = std::move(branches);
    result = Finish(std::move(node));
  }
  built_[{query.get(), on_close}] = result;
  return result;
}

}  // namespace

logical::Plan BuildLogical(const BoundScript& script) {
  logical::Plan plan;
  plan.sources = script.sources;
  plan.sinks = script.sinks;
  for (const bound::View& bound : script.views) {
    logical::View view;
    view.name = bound.name;
    view.windowed = bound.windowed;
    view.emit = bound.emit;
    view.emit_every = bound.emit_every;
    view.retain = bound.retain;
    view.structs = bound.query->schema.structs;
    view.late_name = bound.late_name;
    view.late_call = bound.late_window.get();
    view.root = Builder(&plan).Build(bound.query, bound.emit == program::EmitKind::kOnClose);
    plan.views.push_back(std::move(view));
  }
  return plan;
}

}  // namespace flow
