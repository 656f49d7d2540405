// SelectBinder: QUALIFY ROW_NUMBER() OVER (...) <= k and ORDER BY ... LIMIT k: the first k rows of
// each group, by an order that leaves nothing open.
#include <algorithm>

#include "compiler/bind/literal.h"
#include "compiler/bind/select_binder.h"

namespace flow {

namespace {

bool IsRowNumber(const ast::Expr& expr) { return expr.kind == ast::ExprKind::kCall && expr.over; }

std::optional<int64_t> WholeNumberOf(const ast::Expr& expr) {
  if (expr.kind != ast::ExprKind::kNumber) return std::nullopt;
  const Result<Datum> value = NumberLiteral(expr.text);
  if (!value.ok() || !value.value().type.is_integer()) return std::nullopt;
  return value.value().i;
}

// a <= b as b >= a.
std::string Mirrored(const std::string& op) {
  if (op == "<=") return ">=";
  if (op == ">=") return "<=";
  if (op == "<") return ">";
  return op == ">" ? "<" : op;
}

int ColumnAmong(const std::vector<BoundExprPtr>& outputs, int column) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i]->op == ExprOp::kColumn && outputs[i]->column == column) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

}  // namespace

bool SelectBinder::IsPlace(const SelectItem& item) {
  return item.ast != nullptr && IsRowNumber(*item.ast);
}

Diagnostic& SelectBinder::WrongRanking(Span span, const std::string& message,
                                       const std::string& code) {
  Diagnostic& d = out_->Error(span, message);
  d.code = code;
  return d;
}

// The call that QUALIFY is about, also by the name that SELECT gives it.
const ast::Expr* SelectBinder::RowNumberOf(const ast::Expr& expr) {
  if (IsRowNumber(expr)) return &expr;
  if (expr.kind != ast::ExprKind::kColumn || expr.path.size() != 1 ||
      FindVisible(scope_.schema->names, expr.path[0].text) != nullptr) {
    return nullptr;
  }
  for (const SelectOutput& output : outputs_) {
    if (output.name != expr.path[0].text || !IsPlace(items_[output.begin])) continue;
    if (index_ != nullptr) index_->uses.push_back({expr.path[0].span, output.declared});
    return items_[output.begin].ast;
  }
  return nullptr;
}

bool SelectBinder::ReadQualify() {
  const ast::Expr& qualify = *select_.qualify;
  const ast::Expr* call = nullptr;
  std::optional<int64_t> bound;
  std::string op = qualify.op;
  if (qualify.kind == ast::ExprKind::kBinary) {
    call = RowNumberOf(*qualify.children[0]);
    bound = WholeNumberOf(*qualify.children[1]);
    if (call == nullptr) {
      call = RowNumberOf(*qualify.children[1]);
      bound = WholeNumberOf(*qualify.children[0]);
      op = Mirrored(op);
    }
  }
  if (call != nullptr && bound && op == "<") {
    op = "<=";
    --*bound;
  }
  if (call != nullptr && bound && op == "=" && *bound == 1) op = "<=";
  if (call == nullptr || !bound || op != "<=") {
    Diagnostic& d = WrongRanking(qualify.span, "QUALIFY bounds the number of a row", "bad-qualify");
    d.label = "not a bound that only the first rows pass";
    d.hint = "QUALIFY ROW_NUMBER() OVER (PARTITION BY page ORDER BY revenue DESC) <= 10";
    return false;
  }
  if (*bound < 1) {
    WrongRanking(qualify.span, "QUALIFY lets no row through", "bad-qualify").label =
        "the first row has the number 1";
    return false;
  }
  ranked_ = AskedRanking{qualify.span, "QUALIFY", call, *bound};
  return true;
}

// What is asked for, before anything is bound: the places among the items are not bound at all.
bool SelectBinder::FindRanking() {
  const bool limits = query_.limit.has_value() || !query_.order.empty();
  if (select_.qualify != nullptr && !ReadQualify()) return false;
  for (const SelectItem& item : items_) {
    if (!IsPlace(item)) continue;
    if (!ranked_) {
      Diagnostic& d = WrongRanking(item.ast->span, "ROW_NUMBER needs QUALIFY", "bad-qualify");
      d.label = "a row that comes would change the numbers of all rows behind it";
      d.hint = "QUALIFY " + item.name + " <= 10 keeps the first ten";
      return false;
    }
    if (ToSql(*item.ast) != ToSql(*ranked_->call)) {
      WrongRanking(item.ast->span, "not supported yet: several ways to number rows",
                   "not-supported-yet")
          .label = "QUALIFY bounds another one";
      return false;
    }
  }
  if (limits && ranked_) {
    WrongRanking(query_.limit ? query_.limit_span : query_.order_span,
                 "not supported yet: QUALIFY and ORDER BY ... LIMIT of one SELECT",
                 "not-supported-yet")
        .hint = "put the inner one into a subquery: FROM (SELECT ... QUALIFY ...)";
    return false;
  }
  if (limits && query_.order.empty()) {
    Diagnostic& d = WrongRanking(query_.limit_span, "LIMIT needs ORDER BY", "bad-limit");
    d.label = "which rows? the stream and the batch would differ";
    return false;
  }
  if (limits && !query_.limit) {
    Diagnostic& d = WrongRanking(query_.order_span, "ORDER BY needs LIMIT", "bad-limit");
    d.label = "a view is a table: its rows have no order";
    d.hint = "ORDER BY ... LIMIT 10 keeps the first ten";
    return false;
  }
  if (limits) {
    const Span span{query_.order_span.begin, query_.limit_span.end};
    ranked_ = AskedRanking{span, "ORDER BY", nullptr, *query_.limit};
  }
  if (ranked_ && select_.distinct) {
    WrongRanking(ranked_->span, "not supported yet: DISTINCT and " + ranked_->clause,
                 "not-supported-yet")
        .hint = "put SELECT DISTINCT into a subquery";
    return false;
  }
  return true;
}

bool SelectBinder::RankingHasAggregate() const {
  if (!ranked_) return false;
  if (ranked_->call != nullptr) return HasAggregate(*ranked_->call);
  return std::any_of(query_.order.begin(), query_.order.end(),
                     [](const ast::ExprPtr& item) { return HasAggregate(*item); });
}

// An item by its name or, for ORDER BY ... LIMIT, its number; else an expression of its own. As in
// PostgreSQL, ORDER BY looks for an item first, what stands in OVER for a column.
BoundExprPtr SelectBinder::BindTerm(const ast::Expr& expr, const std::vector<BoundExprPtr>& items) {
  const bool of_query = ranked_->call == nullptr;
  const SelectOutput* output = nullptr;
  bool ok = true;
  if (of_query && expr.kind == ast::ExprKind::kColumn && expr.path.size() == 1) {
    for (const SelectOutput& other : outputs_) {
      if (other.name == expr.path[0].text) output = &other;
    }
    if (output != nullptr && index_ != nullptr) {
      index_->uses.push_back({expr.path[0].span, output->declared});
    }
  }
  if (output == nullptr && (of_query || expr.kind == ast::ExprKind::kColumn)) {
    output = OutputOf(expr, ranked_->clause, &ok);
  }
  if (!ok) return nullptr;
  if (output == nullptr) return binder_.Bind(expr);
  if (output->end > output->begin + 1 || IsPlace(items_[output->begin])) {
    WrongRanking(expr.span, "rows can not be ordered by " + Quoted(output->name), "bad-order")
        .label = IsPlace(items_[output->begin]) ? "it is what the order gives" : "a STRUCT";
    return nullptr;
  }
  return items[output->begin];
}

bool SelectBinder::BindTerms(const std::vector<BoundExprPtr>& items) {
  bool ok = true;
  const ast::Expr* call = ranked_->call;
  const size_t partitions = call == nullptr ? 0 : static_cast<size_t>(call->number);
  const std::vector<ast::ExprPtr>& terms = call == nullptr ? query_.order : call->children;
  for (size_t i = 0; i < terms.size(); ++i) {
    const bool order = i >= partitions;
    const ast::Expr& term = order ? *terms[i]->children[0] : *terms[i];
    RankingTerm& bound = terms_.emplace_back();
    bound.span = term.span;
    bound.order = order;
    bound.descending = order && terms[i]->negated;
    bound.nulls_first = order && terms[i]->bool_value;
    bound.expr = BindTerm(term, items);
    ok &= bound.expr != nullptr;
  }
  return ok;
}

std::vector<std::string> SelectBinder::InputNames() const {
  if (!result_->grouping.has_value()) return ColumnNames(from_->schema);
  std::vector<std::string> names = result_->grouping->key_names;
  for (const bound::AggregateCall& call : result_->grouping->calls) names.push_back(call.text);
  names.emplace_back("window_start");
  names.emplace_back("window_end");
  return names;
}

// PARTITION BY; of ORDER BY ... LIMIT the window that the rows have.
void SelectBinder::BindPartition(bound::Grouping* groups) {
  const std::vector<std::string> names = InputNames();
  const std::optional<program::Window>& window =
      result_->grouping ? result_->grouping->window : from_->facts.window;
  const bool inherited = result_->grouping.has_value() || from_->facts.window_of_aggregate;
  bool by_window = false;
  for (const RankingTerm& term : terms_) {
    if (term.order) continue;
    const bound::WindowRole role = RoleBelow(*term.expr);
    by_window |= role != bound::WindowRole::kNone;
    groups->by_start |= role == bound::WindowRole::kStart;
    groups->by_end |= role == bound::WindowRole::kEnd;
    const bool known =
        std::any_of(groups->keys.begin(), groups->keys.end(),
                    [&](const BoundExprPtr& key) { return StructurallyEqual(*key, *term.expr); });
    if (role != bound::WindowRole::kNone || known) continue;
    groups->keys.push_back(term.expr);
    groups->key_names.push_back(ToText(*term.expr, names));
  }
  if (ranked_->call == nullptr && window.has_value()) {
    by_window = result_->grouping.has_value() ||
                std::any_of(from_->schema.columns.begin(), from_->schema.columns.end(),
                            [](const bound::Column& column) {
                              return column.role != bound::WindowRole::kNone;
                            });
    groups->by_start = groups->by_end = by_window;
  }
  if (!by_window) return;
  groups->window = window;
  groups->inherited = inherited;
}

// What follows from the key of the rows below: then a row stays itself wherever it stands.
bool SelectBinder::PartitionFollowsFromKey() const {
  const int keys = result_->grouping ? static_cast<int>(result_->grouping->keys.size()) : 0;
  const int first = result_->grouping ? keys + static_cast<int>(calls_.size()) : 0;
  const std::vector<bound::Column>& columns = from_->schema.columns;
  const std::vector<int>& key = from_->schema.key;
  auto outside = [&](int column) {
    if (result_->grouping) return column >= keys && column < first;
    const auto& group = columns[static_cast<size_t>(column)].window_group;
    return std::none_of(key.begin(), key.end(), [&](int k) {
      return k == column ||
             (group != nullptr && columns[static_cast<size_t>(k)].window_group == group);
    });
  };
  return std::none_of(terms_.begin(), terms_.end(), [&](const RankingTerm& term) {
    return !term.order && UsesColumns(*term.expr, outside);
  });
}

// The key of the rows that are kept, over `outputs`: of a single row for each group the group's;
// else that of the rows below; else the group's and the place.
void SelectBinder::DeriveRankingKey(const std::vector<BoundExprPtr>& outputs,
                                    bound::Schema* schema) {
  bound::Ranking& ranking = *result_->ranking;
  const int keys = static_cast<int>(ranking.groups.keys.size());
  const int place = keys + static_cast<int>(ranking.parts.size());
  std::vector<int> group;
  bool whole = true;
  auto add = [&](int column) {
    whole &= column >= 0;
    group.push_back(column);
  };
  for (int i = 0; i < keys; ++i) add(ColumnAmong(outputs, i));
  if (ranking.groups.window.has_value()) {
    const bool apart = ranking.groups.window->kind != program::WindowKind::kCumulate;
    const int end = ColumnAmong(outputs, place + 2);
    add(end >= 0 || !apart ? end : ColumnAmong(outputs, place + 1));
  }
  const bool below = schema->has_key && PartitionFollowsFromKey();
  if (ranking.limit > 1 && !below) add(ColumnAmong(outputs, place));
  if (ranking.limit == 1 ? whole || !below : !below) {
    schema->has_key = whole;
    schema->key = whole ? group : std::vector<int>();
  }
  ranking.has_key = schema->has_key;
  for (int column : schema->key) {
    ranking.key.push_back(outputs[static_cast<size_t>(column)]->column);
  }
}

bool SelectBinder::BindRanking(std::vector<BoundExprPtr>* outputs, bound::Schema* schema) {
  bound::Ranking& ranking = result_->ranking.emplace();
  bound::Grouping& groups = ranking.groups;
  ranking.limit = ranked_->limit;
  BindPartition(&groups);
  const std::vector<std::string> names = InputNames();
  std::string text = "FIRST " + std::to_string(ranking.limit) + " BY ";
  auto part_of = [&](const BoundExprPtr& expr) {
    size_t i = 0;
    while (i < ranking.parts.size() && !StructurallyEqual(*ranking.parts[i].expr, *expr)) ++i;
    return i;
  };
  for (const RankingTerm& term : terms_) {
    if (!term.order || part_of(term.expr) < ranking.parts.size()) continue;
    bound::Ranking::Part part{term.expr, term.descending, term.nulls_first,
                              ToText(*term.expr, names)};
    if (!ranking.parts.empty()) text += ", ";
    text += part.name + (part.descending ? " DESC" : "");
    if (part.nulls_first != part.descending)
      text += part.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    ranking.parts.push_back(std::move(part));
  }
  // Where two rows are equal in ORDER BY, the rest of them decides.
  const int keys = static_cast<int>(groups.keys.size());
  std::vector<int> part_of_output(outputs->size(), -1);
  for (size_t i = 0; i < outputs->size(); ++i) {
    const BoundExprPtr& expr = (*outputs)[i];
    if (IsPlace(items_[i])) continue;
    if (groups.window.has_value() && RoleBelow(*expr) != bound::WindowRole::kNone) continue;
    size_t key = 0;
    while (key < groups.keys.size() && !StructurallyEqual(*groups.keys[key], *expr)) ++key;
    if (key < groups.keys.size()) {
      part_of_output[i] = static_cast<int>(key);
      continue;
    }
    const size_t part = part_of(expr);
    if (part == ranking.parts.size()) {
      ranking.parts.push_back({expr, false, false, items_[i].name});
    }
    part_of_output[i] = keys + static_cast<int>(part);
  }
  bound::AggregateCall& call = groups.calls.emplace_back();
  call.fn = program::AggregateFn::kBest;
  call.argument = binder_.SortKeyOf(ranking.parts, ranked_->span);
  if (call.argument == nullptr) return false;
  call.result = TypeKind::kString;
  call.parameter = Datum::Int(TypeKind::kBigint, ranking.limit);
  call.text = std::move(text);
  const int place = keys + static_cast<int>(ranking.parts.size());
  for (size_t i = 0; i < outputs->size(); ++i) {
    BoundExprPtr& output = (*outputs)[i];
    int column = part_of_output[i];
    if (column < 0) column = place;
    if (!IsPlace(items_[i]) && part_of_output[i] < 0) {
      column += RoleBelow(*output) == bound::WindowRole::kStart ? 1 : 2;
    }
    output = MakeColumn(column, output->type);
  }
  DeriveRankingKey(*outputs, schema);
  for (bound::Column& column : schema->columns) {
    if (!groups.window.has_value()) column.role = bound::WindowRole::kNone;
  }
  const bool warned = result_->grouping.has_value() && !result_->grouping->window.has_value();
  if (!warned) WarnUnbounded(groups, ranked_->span);
  return CheckApart(groups, "PARTITION BY", ranked_->span);
}

}  // namespace flow
