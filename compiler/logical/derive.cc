// Derive: time, key and append-only of a node from those of its inputs.
#include <algorithm>

#include "compiler/logical/logical.h"

namespace flow::logical {

namespace {

// Where column `column` of the input comes out of a projection, as it is; -1: nowhere.
int OutputOf(const Node& project, int column) {
  if (column < 0) return -1;
  for (size_t i = 0; i < project.exprs.size(); ++i) {
    const BoundExpr& expr = *project.exprs[i];
    if (expr.op == ExprOp::kColumn && expr.column == column) return static_cast<int>(i);
  }
  return -1;
}

// Is it `column` - d, the start of a window of length d that ends there? Sets *size to d.
bool IsStartOf(const BoundExpr& expr, int column, int64_t* size) {
  if (column < 0 || expr.op != ExprOp::kSub) return false;
  const BoundExpr& end = *expr.children[0];
  const BoundExpr& length = *expr.children[1];
  if (end.op != ExprOp::kColumn || end.column != column || length.op != ExprOp::kLiteral ||
      !length.literal.is_value() || !length.type.is(TypeKind::kInterval)) {
    return false;
  }
  *size = length.literal.i;
  return true;
}

void CopyDerived(const Node& from, Node* to) {
  to->has_time = from.has_time;
  to->time_column = from.time_column;
  to->append_only = from.append_only;
  to->has_key = from.has_key;
  to->key = from.key;
  to->window_start = from.window_start;
  to->window_end = from.window_end;
  to->window_size = from.window_size;
  to->lateness = from.lateness;
}

void DeriveProject(Node* node) {
  const Node& input = *node->inputs[0];
  CopyDerived(input, node);
  node->time_column = OutputOf(*node, input.time_column);
  node->window_start = OutputOf(*node, input.window_start);
  node->window_end = OutputOf(*node, input.window_end);
  for (size_t i = 0; node->window_start < 0 && i < node->exprs.size(); ++i) {
    if (IsStartOf(*node->exprs[i], input.window_end, &node->window_size)) {
      node->window_start = static_cast<int>(i);
    }
  }
  node->key.clear();
  for (int column : input.key) {
    int output = OutputOf(*node, column);
    if (output >= 0) {
      if (std::find(node->key.begin(), node->key.end(), output) == node->key.end()) {
        node->key.push_back(output);
      }
      continue;
    }
    // Either end of the window tells it apart.
    bool start = column == input.window_start && node->window_end >= 0;
    bool end = column == input.window_end && node->window_start >= 0;
    if (start || end) {
      int other = start ? node->window_end : node->window_start;
      if (std::find(node->key.begin(), node->key.end(), other) == node->key.end()) {
        node->key.push_back(other);
      }
      continue;
    }
    node->has_key = false;
  }
  if (!node->has_key) node->key.clear();
}

void DeriveAggregate(Node* node) {
  const int keys = static_cast<int>(node->exprs.size());
  node->has_key = true;
  node->key.clear();
  for (int i = 0; i < keys; ++i) node->key.push_back(i);
  node->has_time = node->window.has_value();
  node->time_column = -1;
  node->lateness = node->window.has_value() ? node->inputs[0]->lateness : 0;
  node->append_only = node->on_close && node->lateness == 0;
  if (node->ranking.has_value()) {
    node->has_key = node->ranking->has_key;
    node->key = node->ranking->key;
  }
  if (!node->window.has_value()) return;
  const size_t results = node->ranking ? node->ranking->parts.size() + 1 : node->calls.size();
  const int start = keys + static_cast<int>(results);
  // The windows of one cycle of CUMULATE begin together: only their end tells them apart.
  const bool apart = node->window->kind != program::WindowKind::kCumulate;
  node->window_start = apart ? start : -1;
  node->window_end = start + 1;
  const bool session = node->window->kind == program::WindowKind::kSession;
  node->window_size = session ? 0 : node->window->size;
  if (node->ranking.has_value()) return;
  if (node->by_start && apart) node->key.push_back(node->window_start);
  if (node->by_end) node->key.push_back(node->window_end);
}

}  // namespace

void Derive(const Plan& plan, Node* node) {
  node->has_key = false;
  switch (node->kind) {
    case NodeKind::kScan: {
      const BoundExprPtr& time = plan.sources[static_cast<size_t>(node->source)].event_time;
      node->has_time = time != nullptr;
      node->time_column = time != nullptr && time->op == ExprOp::kColumn ? time->column : -1;
      node->append_only = true;
      return;
    }
    case NodeKind::kFilter:
      CopyDerived(*node->inputs[0], node);
      return;
    case NodeKind::kProject:
      DeriveProject(node);
      return;
    case NodeKind::kWindow:
      CopyDerived(*node->inputs[0], node);
      node->lateness += node->window->lateness;
      node->window_start = -1;
      node->window_end = -1;
      // One row may be in several windows: what told rows apart no longer does.
      node->has_key = false;
      node->key.clear();
      return;
    case NodeKind::kUnnest: {
      CopyDerived(*node->inputs[0], node);
      const size_t first = node->inputs[0]->columns.size();
      // The number of the element tells rows of one row apart.
      node->has_key = node->has_key && node->columns.size() > first + 1;
      if (node->has_key) {
        node->key.push_back(static_cast<int>(first) + 1);
      } else {
        node->key.clear();
      }
      return;
    }
    case NodeKind::kAggregate:
      DeriveAggregate(node);
      return;
    case NodeKind::kUnionAll: {
      CopyDerived(*node->inputs[0], node);
      // Equal keys of two branches are two rows.
      node->has_key = false;
      node->key.clear();
      for (const NodePtr& input : node->inputs) {
        node->has_time &= input->has_time;
        node->append_only &= input->append_only;
        node->lateness = std::max(node->lateness, input->lateness);
        if (input->time_column != node->time_column) node->time_column = -1;
        if (input->window_size != node->window_size || input->window_start != node->window_start) {
          node->window_start = -1;
        }
        if (input->window_size != node->window_size || input->window_end != node->window_end) {
          node->window_end = -1;
        }
      }
      return;
    }
    case NodeKind::kViewRef: {
      const View& view = plan.views[static_cast<size_t>(node->view)];
      CopyDerived(*view.root, node);
      node->append_only &= !view.retain.has_value();  // its rows leave
      return;
    }
    case NodeKind::kLateRef:
      node->has_time = true;
      node->append_only = true;
      return;
  }
}

NodePtr WithInputs(const Plan& plan, const Node& node, std::vector<NodePtr> inputs) {
  Node copy = node;
  copy.inputs = std::move(inputs);
  Derive(plan, &copy);
  return std::make_shared<const Node>(std::move(copy));
}

NodePtr MakeFilter(const Plan& plan, NodePtr input, BoundExprPtr predicate) {
  Node node;
  node.kind = NodeKind::kFilter;
  node.columns = input->columns;
  node.predicate = std::move(predicate);
  node.inputs = {std::move(input)};
  Derive(plan, &node);
  return std::make_shared<const Node>(std::move(node));
}

std::vector<std::string> NamesOf(const Node& node) {
  std::vector<std::string> names;
  for (const Column& column : node.columns) names.push_back(column.name);
  return names;
}

}  // namespace flow::logical
