// BindSelect: WHERE, GROUP BY, HAVING, DISTINCT and the select list of one SELECT.
#include <algorithm>

#include "compiler/bind/select_binder.h"

namespace flow {

Scope SelectBinder::ScopeOf(const bound::Relation& from, const Binder& binder) {
  Scope scope;
  scope.qualifier_declared = from.declared;
  scope.index = binder.index;
  scope.functions = &binder.functions;
  scope.schema = &from.schema;
  scope.qualifier = from.name;
  scope.unnested = &from.unnested;
  scope.event_time = from.event_time;
  scope.log_time = from.log_time;
  const bound::Facts& facts = from.facts;
  scope.updating = facts.grouped || facts.retained || !facts.append_only_inputs;
  return scope;
}

std::string SelectBinder::NameOf(const ast::Expr& expr, size_t position) const {
  const bool named = expr.kind == ast::ExprKind::kColumn || expr.kind == ast::ExprKind::kField;
  if (named) return expr.path.back().text;
  if (expr.kind == ast::ExprKind::kCall) return LowerCase(expr.path[0].text);
  if (expr.kind == ast::ExprKind::kCast) return NameOf(*expr.children[0], position);
  if (expr.kind == ast::ExprKind::kCase) return "case";
  return "column" + std::to_string(position + 1);
}

bool SelectBinder::AddStar(const ast::SelectItem& item) {
  const ast::Expr& star = *item.expr;
  const std::vector<bound::Visible>& names = scope_.schema->names;
  size_t first = 0;
  size_t last = names.size();
  if (!star.path.empty()) {
    const std::string& of = star.path[0].text;
    bool found = of == scope_.qualifier;
    if (found && !from_->unnested.empty()) last = from_->unnested[0].begin;
    for (const bound::Unnested& unnested : from_->unnested) {
      if (found || unnested.name != of) continue;
      found = true;
      first = unnested.begin;
      last = unnested.end;
    }
    if (!found) {
      Diagnostic& d = out_->Error(star.path[0].span, "unknown relation " + Quoted(of));
      d.label = "FROM has " + scope_.qualifier;
      d.code = "unknown-relation";
      return false;
    }
  }
  for (size_t n = first; n < last; ++n) {
    const bound::Visible& visible = names[n];
    const size_t begin = items_.size();
    AddVisible(visible, visible.name, visible.name, star.span, visible.declared);
    outputs_.push_back({visible.name, star.span, true, begin, items_.size(), visible.declared});
    if (index_ != nullptr) index_->starred.push_back(visible.declared);
  }
  return true;
}

// A column, or the leaves of a STRUCT.
void SelectBinder::AddVisible(const bound::Visible& visible, const std::string& name,
                              const std::string& key, Span span, Span declared) {
  if (visible.expr != nullptr) {
    items_.push_back({name, span, nullptr, visible.expr, declared, {}});
    return;
  }
  const size_t number = structs_.size();
  structs_.push_back({name, key, static_cast<int>(items_.size()), 0});
  struct_types_.push_back(visible.type);
  items_.push_back({name + " IS NOT NULL", span, nullptr, visible.presence, declared, {}});
  for (const bound::Visible& field : visible.fields) {
    AddVisible(field, name + "." + field.name, field.name, span, {});
  }
  structs_[number].end = static_cast<int>(items_.size());
}

// The STRUCT that the expression names as a whole; nullptr: it is something else.
const bound::Visible* SelectBinder::StructOf(const ast::Expr& expr) const {
  if (expr.kind != ast::ExprKind::kColumn) return nullptr;
  Diagnostics quiet;
  Scope silent = scope_;
  silent.index = nullptr;
  const bound::Visible* found = ResolveColumn(silent, expr.path, expr.span, &quiet);
  if (found != nullptr && found->expr == nullptr && index_ != nullptr) {
    ResolveColumn(scope_, expr.path, expr.span, &quiet);
  }
  return found != nullptr && found->expr == nullptr ? found : nullptr;
}

// Is it a STRUCT that has no columns? (They are found by name.)
bool SelectBinder::IsStruct(const ast::Expr& expr, Type* type) const {
  if (expr.kind != ast::ExprKind::kCall && expr.kind != ast::ExprKind::kCase &&
      expr.kind != ast::ExprKind::kCast && expr.kind != ast::ExprKind::kField) {
    return false;
  }
  Diagnostics quiet;
  Scope silent = scope_;
  silent.index = nullptr;
  ExprBinder binder(silent, &quiet);
  std::vector<bound::AggregateCall> calls;
  binder.AllowAggregates(&calls);
  const BoundExprPtr value = binder.Bind(expr);
  if (value == nullptr || !value->type.is(TypeKind::kStruct)) return false;
  *type = value->type;
  return true;
}

// The leaves of item.ast, of that type, from item.leaf on.
void SelectBinder::AddLeaves(const SelectItem& item, const Type& type, const std::string& key) {
  if (!type.is(TypeKind::kStruct)) {
    items_.push_back(item);
    return;
  }
  const size_t number = structs_.size();
  structs_.push_back({item.name, key, static_cast<int>(items_.size()), 0});
  struct_types_.push_back(type);
  SelectItem leaf = item;
  leaf.name += " IS NOT NULL";
  leaf.leaf.push_back(-1);
  items_.push_back(leaf);
  leaf.declared = {};
  for (size_t i = 0; i < type.fields->size(); ++i) {
    const StructField& field = (*type.fields)[i];
    leaf.name = item.name + "." + field.name;
    leaf.leaf.back() = static_cast<int>(i);
    AddLeaves(leaf, field.type, field.name);
  }
  structs_[number].end = static_cast<int>(items_.size());
}

bool SelectBinder::ExpandItems() {
  bool ok = true;
  for (const ast::SelectItem& item : select_.items) {
    const ast::Expr& expr = *item.expr;
    if (expr.kind == ast::ExprKind::kStar) {
      ok &= AddStar(item);
      continue;
    }
    SelectOutput output;
    output.span = item.alias.has_value() ? item.alias->span : expr.span;
    output.name = item.alias.has_value() ? item.alias->text : NameOf(expr, outputs_.size());
    output.stated_name = item.alias.has_value() || expr.kind == ast::ExprKind::kColumn;
    output.begin = items_.size();
    output.declared = item.alias.has_value()                ? item.alias->span
                      : expr.kind == ast::ExprKind::kColumn ? expr.path.back().span
                                                            : expr.span;
    if (const bound::Visible* whole = StructOf(expr)) {
      AddVisible(*whole, output.name, output.name, output.span, output.declared);
    } else {
      SelectItem one{output.name, output.span, &expr, nullptr, output.declared, {}};
      Type type;
      if (IsStruct(expr, &type)) {
        AddLeaves(one, type, output.name);
      } else {
        items_.push_back(std::move(one));
      }
    }
    output.end = items_.size();
    if (index_ != nullptr) NoteOutput(item, output);
    outputs_.push_back(std::move(output));
  }
  return ok;
}

void SelectBinder::NoteOutput(const ast::SelectItem& item, const SelectOutput& output) {
  Symbol symbol{SymbolKind::kColumn, output.name, output.declared};
  if (!item.alias.has_value()) {
    symbol.naming = Symbol::Naming::kImplied;
    symbol.end = item.expr->span.end;
    const ast::Expr* named = item.expr.get();
    while (named->kind == ast::ExprKind::kCast) named = named->children[0].get();
    if (named->kind == ast::ExprKind::kColumn || named->kind == ast::ExprKind::kCall) {
      index_->outputs.push_back({named->path.back().span, symbol.end});
    }
  }
  index_->symbols.push_back(std::move(symbol));
}

bool SelectBinder::CheckNames() {
  bool ok = true;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (outputs_[i].name != outputs_[j].name) continue;
      Diagnostic& d =
          out_->Error(outputs_[i].span, "duplicate column name " + Quoted(outputs_[i].name));
      d.label = outputs_[i].stated_name ? "this name is taken by an earlier column"
                                        : "would be named " + Quoted(outputs_[i].name) + " too";
      d.hint = "name it with AS";
      d.code = "duplicate-name";
      ok = false;
      break;
    }
  }
  return ok;
}

BoundExprPtr SelectBinder::BindItem(const SelectItem& item) {
  if (IsPlace(item)) return MakeLiteral(Datum::Null(TypeKind::kBigint));  // until it is ranked
  if (item.ast == nullptr) return item.expr;
  if (item.leaf.empty()) return binder_.Bind(*item.ast);
  const BoundExprPtr whole = BindWhole(*item.ast);
  return whole == nullptr ? nullptr : binder_.LeafOf(whole, item.leaf);
}

BoundExprPtr SelectBinder::BindWhole(const ast::Expr& expr) {
  BoundExprPtr& whole = wholes_[&expr];
  if (whole == nullptr) whole = binder_.Bind(expr);
  return whole;
}

bound::WindowRole SelectBinder::RoleOf(const BoundExpr& expr) const {
  if (expr.op != ExprOp::kColumn || !from_->facts.window.has_value()) {
    return bound::WindowRole::kNone;
  }
  return from_->schema.columns[static_cast<size_t>(expr.column)].role;
}

// GROUP BY 2 and GROUP BY alias name an item (ORDER BY too); anything else is an expression of its
// own.
const SelectOutput* SelectBinder::OutputOf(const ast::Expr& expr, const std::string& clause,
                                           bool* ok) {
  if (expr.kind == ast::ExprKind::kNumber) {
    bool digits = expr.text.find_first_not_of("0123456789") == std::string::npos;
    size_t position = digits && expr.text.size() < 6 ? std::stoul(expr.text) : 0;
    if (position >= 1 && position <= outputs_.size()) return &outputs_[position - 1];
    Diagnostic& d = out_->Error(expr.span, clause + " " + expr.text + " names no column");
    d.label = "SELECT has " + std::to_string(outputs_.size()) +
              (outputs_.size() == 1 ? " column" : " columns");
    d.code = "unknown-column";
    *ok = false;
    return nullptr;
  }
  if (expr.kind != ast::ExprKind::kColumn || expr.path.size() != 1) return nullptr;
  // An input column comes first, as in PostgreSQL.
  if (FindVisible(scope_.schema->names, expr.path[0].text) != nullptr) return nullptr;
  for (const SelectOutput& output : outputs_) {
    if (output.name != expr.path[0].text) continue;
    if (index_ != nullptr) index_->uses.push_back({expr.path[0].span, output.declared});
    return &output;
  }
  return nullptr;
}

bool SelectBinder::AddKey(BoundExprPtr key, const std::string& name) {
  bound::Grouping& grouping = *result_->grouping;
  bound::WindowRole role = RoleOf(*key);
  if (role != bound::WindowRole::kNone) {
    grouping.window = from_->facts.window;
    grouping.inherited = from_->facts.window_of_aggregate;
    (role == bound::WindowRole::kStart ? grouping.by_start : grouping.by_end) = true;
    return true;
  }
  for (const BoundExprPtr& other : grouping.keys) {
    if (StructurallyEqual(*other, *key)) return true;
  }
  grouping.keys.push_back(std::move(key));
  grouping.key_names.push_back(name);
  return true;
}

bool SelectBinder::BindKeys() {
  result_->grouping.emplace();
  binder_.ForbidAggregates("GROUP BY");
  bool ok = true;
  if (select_.group_by_all) {
    for (const SelectItem& item : items_) {
      if (item.ast != nullptr && (HasAggregate(*item.ast) || IsPlace(item))) continue;
      BoundExprPtr key = BindItem(item);
      ok &= key != nullptr && AddKey(key, item.name);
    }
    return ok;
  }
  for (const ast::ExprPtr& expr : select_.group_by) {
    bool found = true;
    const SelectOutput* output = OutputOf(*expr, "GROUP BY", &found);
    ok &= found;
    if (!found) continue;
    if (output != nullptr) {
      for (size_t i = output->begin; i < output->end; ++i) {
        if (items_[i].ast != nullptr && (HasAggregate(*items_[i].ast) || IsPlace(items_[i]))) {
          Diagnostic& d = out_->Error(expr->span, "cannot group by an aggregate");
          d.label = "this is column " + Quoted(output->name);
          d.code = "misplaced-aggregate";
          ok = false;
          continue;
        }
        BoundExprPtr key = BindItem(items_[i]);
        ok &= key != nullptr && AddKey(key, items_[i].name);
      }
      continue;
    }
    if (const bound::Visible* whole = StructOf(*expr)) {
      ok &= AddStructKey(*whole, expr->path.back().text);
      continue;
    }
    BoundExprPtr key = binder_.Bind(*expr);
    ok &= key != nullptr;
    if (key == nullptr) continue;
    if (key->type.is(TypeKind::kStruct)) {
      ok &= AddStructKey(binder_.Spread("", key), ast::ToSql(*expr));
      continue;
    }
    std::string name = ToText(*key, ColumnNames(from_->schema));
    for (const SelectItem& other : items_) {
      if (other.ast != nullptr && !HasAggregate(*other.ast) &&
          ast::ToSql(*other.ast) == ast::ToSql(*expr)) {
        name = other.name;
      }
    }
    AddKey(std::move(key), name);
  }
  return ok;
}

// Every leaf is a key.
bool SelectBinder::AddStructKey(const bound::Visible& visible, const std::string& name) {
  if (visible.expr != nullptr) return AddKey(visible.expr, name);
  bool ok = AddKey(visible.presence, name + " IS NOT NULL");
  for (const bound::Visible& field : visible.fields) {
    ok &= AddStructKey(field, name + "." + field.name);
  }
  return ok;
}

// The same value over the grouping's columns: keys, results, window.
BoundExprPtr SelectBinder::ToGrouped(const BoundExprPtr& expr, Span span, bool* ok) {
  const bound::Grouping& grouping = *result_->grouping;
  if (const Span* own = binder_.SpanOf(expr.get())) span = *own;
  const int keys = static_cast<int>(grouping.keys.size());
  const int results = static_cast<int>(calls_.size());
  if (expr->op == ExprOp::kColumn) {
    if (expr->column >= kFirstCall) return MakeColumn(keys + expr->column - kFirstCall, expr->type);
    bound::WindowRole role = RoleOf(*expr);
    if (grouping.window.has_value() && role != bound::WindowRole::kNone) {
      int end = role == bound::WindowRole::kEnd ? 1 : 0;
      return MakeColumn(keys + results + end, expr->type);
    }
  }
  for (int i = 0; i < keys; ++i) {
    if (StructurallyEqual(*grouping.keys[static_cast<size_t>(i)], *expr)) {
      return MakeColumn(i, expr->type);
    }
  }
  // The keys of a STRUCT are its leaves.
  if (expr->type.is(TypeKind::kStruct)) {
    const bound::Visible leaves = binder_.Spread("", expr);
    const bool is_key =
        std::any_of(grouping.keys.begin(), grouping.keys.end(),
                    [&](const auto& key) { return StructurallyEqual(*key, *leaves.presence); });
    if (is_key) return ToGrouped(binder_.FromLeaves(leaves, span).expr, span, ok);
  }
  if (expr->op == ExprOp::kColumn) {
    if (!*ok) return expr;  // one report for each expression
    std::string name = from_->schema.columns[static_cast<size_t>(expr->column)].name;
    constexpr std::string_view kPresence = " IS NOT NULL";  // of a STRUCT: it is meant as a whole
    if (name.ends_with(kPresence)) name.resize(name.size() - kPresence.size());
    Diagnostic& d = out_->Error(
        span, "column " + Quoted(name) + " is neither in GROUP BY nor inside an aggregate");
    d.label = "which of the group's values?";
    d.hint = "add it to GROUP BY";
    if (RoleOf(*expr) == bound::WindowRole::kNone) {
      d.hint += ", or take MIN(" + name + ") or MAX(" + name + ")";
    }
    d.code = "not-grouped";
    *ok = false;
    return expr;
  }
  std::vector<BoundExprPtr> children;
  bool changed = false;
  for (const BoundExprPtr& child : expr->children) {
    children.push_back(ToGrouped(child, span, ok));
    changed |= children.back() != child;
  }
  return changed ? WithChildren(*expr, std::move(children)) : expr;
}

bound::WindowRole SelectBinder::RoleBelow(const BoundExpr& expr) const {
  if (!result_->grouping.has_value()) return RoleOf(expr);
  const bound::Grouping& grouping = *result_->grouping;
  const int first = static_cast<int>(grouping.keys.size() + calls_.size());
  if (!grouping.window.has_value() || expr.op != ExprOp::kColumn || expr.column < first) {
    return bound::WindowRole::kNone;
  }
  return expr.column == first ? bound::WindowRole::kStart : bound::WindowRole::kEnd;
}

// SELECT DISTINCT groups the outputs by themselves.
void SelectBinder::BindDistinct(const std::vector<bound::Column>& columns) {
  bound::Grouping& grouping = result_->distinct.emplace();
  const bound::Facts& facts = from_->facts;
  std::vector<size_t> key_of(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].role != bound::WindowRole::kNone) {
      grouping.window = result_->grouping ? result_->grouping->window : facts.window;
      grouping.inherited = result_->grouping.has_value() || facts.window_of_aggregate;
      bool start = columns[i].role == bound::WindowRole::kStart;
      (start ? grouping.by_start : grouping.by_end) = true;
      continue;
    }
    key_of[i] = grouping.keys.size();
    grouping.keys.push_back(MakeColumn(static_cast<int>(i), columns[i].type));
    grouping.key_names.push_back(columns[i].name);
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    size_t column = key_of[i];
    if (columns[i].role == bound::WindowRole::kStart) column = grouping.keys.size();
    if (columns[i].role == bound::WindowRole::kEnd) column = grouping.keys.size() + 1;
    result_->distinct_outputs.push_back(MakeColumn(static_cast<int>(column), columns[i].type));
  }
}

// The key of what is below, if all of it comes out. Either bound of a window tells it apart.
void SelectBinder::DeriveKey(const std::vector<BoundExprPtr>& outputs,
                             bound::Schema* schema) const {
  bound::Schema below;
  if (result_->grouping.has_value()) {
    const bound::Grouping& grouping = *result_->grouping;
    const int first = static_cast<int>(grouping.keys.size() + grouping.calls.size());
    below.has_key = true;
    below.columns.resize(static_cast<size_t>(first) + 2);
    for (int i = 0; i < static_cast<int>(grouping.keys.size()); ++i) below.key.push_back(i);
    if (grouping.window.has_value()) {
      auto group = std::make_shared<const int>(0);
      const bool apart = grouping.window->kind != program::WindowKind::kCumulate;
      if (apart) below.columns[static_cast<size_t>(first)].window_group = group;
      below.columns[static_cast<size_t>(first) + 1].window_group = group;
      if (grouping.by_start && apart) below.key.push_back(first);
      if (grouping.by_end) below.key.push_back(first + 1);
    }
  } else {
    below = from_->schema;
  }
  auto column_of = [&](const BoundExpr& expr) -> const bound::Column* {
    if (expr.op != ExprOp::kColumn) return nullptr;
    return &below.columns[static_cast<size_t>(expr.column)];
  };
  for (size_t i = 0; i < outputs.size(); ++i) {
    const bound::Column* column = column_of(*outputs[i]);
    if (column != nullptr) schema->columns[i].window_group = column->window_group;
  }
  schema->has_key = below.has_key;
  schema->key.clear();
  for (size_t k = 0; schema->has_key && k < below.key.size(); ++k) {
    const std::shared_ptr<const int>& group =
        below.columns[static_cast<size_t>(below.key[k])].window_group;
    int found = -1;
    for (int exact : {1, 0}) {
      for (size_t i = 0; found < 0 && i < outputs.size(); ++i) {
        const bound::Column* column = column_of(*outputs[i]);
        if (column == nullptr) continue;
        bool same = exact == 1 ? outputs[i]->column == below.key[k]
                               : group != nullptr && column->window_group == group;
        if (same) found = static_cast<int>(i);
      }
    }
    schema->has_key = found >= 0;
    if (std::find(schema->key.begin(), schema->key.end(), found) == schema->key.end()) {
      schema->key.push_back(found);
    }
  }
  if (!schema->has_key) schema->key.clear();
}

// Which rows are one session is known only when all are there: nothing but GROUP BY can stand over
// SESSION, and its keys are those of the sessions.
bool SelectBinder::CheckSession() {
  auto wrong = [&](Span span, std::string message) -> Diagnostic& {
    Diagnostic& d = out_->Error(span, std::move(message));
    d.code = "session";
    return d;
  };
  const Span span = select_.group_by_span.end > 0 ? select_.group_by_span : select_.span;
  std::vector<const bound::Grouping*> groupings;
  if (result_->grouping) groupings.push_back(&*result_->grouping);
  if (result_->distinct) groupings.push_back(&*result_->distinct);
  if (result_->ranking) groupings.push_back(&result_->ranking->groups);
  for (const bound::Grouping* grouping : groupings) {
    if (!grouping->window || !grouping->inherited ||
        grouping->window->kind != program::WindowKind::kSession) {
      continue;
    }
    Diagnostic& d = wrong(span, "not supported yet: grouping sessions by their window again");
    d.hint = "make them a view, and put TUMBLE over it";
    d.code = "not-supported-yet";
    return false;
  }
  if (from_->kind != bound::RelationKind::kWindow ||
      from_->window.kind != program::WindowKind::kSession) {
    return true;
  }
  std::vector<std::string> names;
  for (const BoundExprPtr& key : from_->session) {
    names.push_back(ToText(*key, ColumnNames(from_->schema)));
  }
  names.emplace_back("window_start");
  std::string wanted = "GROUP BY ";
  for (const std::string& name : names) wanted += (name == names[0] ? "" : ", ") + name;
  if (!result_->grouping.has_value() || !result_->grouping->window.has_value()) {
    Diagnostic& d = wrong(span, "SESSION needs a GROUP BY of its window");
    d.label = "what one session is depends on all its rows";
    d.hint = wanted;
    return false;
  }
  if (select_.where != nullptr) {
    Diagnostic& d = wrong(select_.where->span, "not supported yet: WHERE over SESSION");
    d.label = "judged after the rows have been put together";
    d.hint =
        "to leave rows out of sessions: SESSION((SELECT ... WHERE ...), GAP ...); out of one "
        "aggregate: FILTER (WHERE ...)";
    d.code = "not-supported-yet";
    return false;
  }
  const std::vector<BoundExprPtr>& keys = result_->grouping->keys;
  auto among = [](const std::vector<BoundExprPtr>& all, const BoundExprPtr& one) {
    return std::any_of(all.begin(), all.end(),
                       [&](const BoundExprPtr& other) { return StructurallyEqual(*other, *one); });
  };
  bool same = true;
  for (const BoundExprPtr& key : keys) same &= among(from_->session, key);
  for (const BoundExprPtr& key : from_->session) same &= among(keys, key);
  if (!same) {
    Diagnostic& d = wrong(span, "GROUP BY has other keys than SESSION");
    d.label = "a group is one session";
    d.hint = wanted;
    return false;
  }
  for (const bound::AggregateCall& call : calls_) {
    if (call.argument == nullptr || !UsesColumns(*call.argument, [&](int column) {
          return from_->schema.columns[static_cast<size_t>(column)].role !=
                 bound::WindowRole::kNone;
        })) {
      continue;
    }
    Diagnostic& d = wrong(select_.span, call.text + " looks at the bounds of a session");
    d.label = "these are known only when all rows are there";
    d.hint = "use window_start and window_end outside of aggregates";
    return false;
  }
  return true;
}

// The windows of one cycle of CUMULATE begin together.
bool SelectBinder::CheckApart(const bound::Grouping& grouping, const std::string& clause,
                              Span span) {
  if (!grouping.window.has_value() || grouping.by_end ||
      grouping.window->kind != program::WindowKind::kCumulate) {
    return true;
  }
  Diagnostic& d =
      out_->Error(span, clause + " window_start does not tell the windows of CUMULATE apart");
  d.label = "those of one cycle all begin where it does";
  d.hint = "add window_end";
  d.code = "not-grouped";
  return false;
}

void SelectBinder::WarnUnbounded(const bound::Grouping& grouping, Span span) {
  if (!from_->facts.endless || from_->facts.forgets) return;
  if (grouping.window.has_value()) return;
  const bound::AggregateCall* keeps = nullptr;  // each value
  for (const bound::AggregateCall& call : grouping.calls) {
    if (call.distinct && keeps == nullptr) keeps = &call;
  }
  if (grouping.keys.empty() && keeps == nullptr) return;
  Diagnostic& d = out_->Warning(span, "the state of this view grows without bound");
  d.label = !grouping.keys.empty()
                ? "one entry for each " + ListOf(grouping.key_names) + ", for ever"
                : keeps->text + " keeps every value, for ever";
  d.hint = "group by a window too, as in TUMBLE(" + from_->name + ", 1m)";
  d.code = "unbounded-state";
}

bool SelectBinder::Bind(bound::Schema* schema, bound::Facts* facts) {
  result_->from = from_;
  bool ok = ExpandItems() && CheckNames() && FindRanking();
  if (select_.where != nullptr) {
    binder_.ForbidAggregates("WHERE");
    result_->where = binder_.BindCondition(*select_.where, "WHERE");
    ok &= result_->where != nullptr;
  }
  bool aggregates = select_.having != nullptr || select_.group_by_all || !select_.group_by.empty();
  for (const SelectItem& item : items_)
    aggregates |= item.ast != nullptr && HasAggregate(*item.ast);
  aggregates |= RankingHasAggregate();
  if (aggregates) ok &= BindKeys();

  if (aggregates) {
    binder_.AllowAggregates(&calls_);
  } else {
    binder_.ForbidAggregates("SELECT");
  }
  std::vector<BoundExprPtr> outputs;
  for (const SelectItem& item : items_) {
    outputs.push_back(BindItem(item));
    ok &= outputs.back() != nullptr;
  }
  BoundExprPtr having;
  if (select_.having != nullptr) {
    having = binder_.BindCondition(*select_.having, "HAVING");
    ok &= having != nullptr;
  }
  if (ok && ranked_) ok = BindTerms(outputs);
  if (!ok) return false;

  if (aggregates) {
    result_->grouping->calls = calls_;
    for (size_t i = 0; i < outputs.size(); ++i) {
      bool grouped = true;
      outputs[i] = ToGrouped(outputs[i], items_[i].span, &grouped);
      ok &= grouped;
    }
    bool grouped = true;
    if (having != nullptr) having = ToGrouped(having, select_.having->span, &grouped);
    ok &= grouped;
    for (RankingTerm& term : terms_) {
      grouped = true;
      term.expr = ToGrouped(term.expr, term.span, &grouped);
      ok &= grouped;
    }
    if (!ok) return false;
    const Span span = select_.group_by_span.end > 0 ? select_.group_by_span : select_.span;
    WarnUnbounded(*result_->grouping, span);
    if (!CheckApart(*result_->grouping, "GROUP BY", span)) return false;
  }

  if (!CheckSession()) return false;

  *facts = from_->facts;
  if (aggregates) {
    const bound::Grouping& grouping = *result_->grouping;
    facts->windowed = grouping.window.has_value();
    facts->window_of_aggregate = true;
  }
  schema->columns.clear();
  for (size_t i = 0; i < outputs.size(); ++i) {
    bound::Column column;
    column.name = items_[i].name;
    column.type = outputs[i]->type;
    column.declared = items_[i].declared;
    column.role = RoleBelow(*outputs[i]);
    if (!aggregates) {
      column.size = Measure(
          *outputs[i], [&](int c) { return from_->schema.columns[static_cast<size_t>(c)].size; });
    }
    schema->columns.push_back(std::move(column));
  }
  schema->structs = structs_;
  schema->struct_types = struct_types_;
  DeriveKey(outputs, schema);
  if (ranked_ && (!BindRanking(&outputs, schema) || !CheckSession())) return false;
  result_->having = std::move(having);
  result_->outputs = std::move(outputs);
  for (const SelectItem& item : items_) result_->names.push_back(item.name);
  if (select_.distinct) {
    BindDistinct(schema->columns);
    if (!aggregates) WarnUnbounded(*result_->distinct, select_.span);
    if (!CheckApart(*result_->distinct, "DISTINCT", select_.span) || !CheckSession()) return false;
  }
  if (aggregates || select_.distinct || ranked_) {
    const bound::Grouping& top = select_.distinct ? *result_->distinct
                                 : ranked_        ? result_->ranking->groups
                                                  : *result_->grouping;
    facts->windowed = top.window.has_value();
    facts->has_time = facts->windowed;
    facts->window = top.window;
    facts->window_of_aggregate = true;
    facts->open_window = false;
    facts->straight = false;
    facts->grouped = true;
    facts->append_only_inputs = true;
    facts->paths = 1;
    if (!facts->windowed) facts->lateness = 0;
    if (select_.distinct) {
      schema->has_key = true;
      schema->key.clear();
      for (size_t i = 0; i < schema->columns.size(); ++i) {
        schema->key.push_back(static_cast<int>(i));
      }
    }
    for (bound::Column& column : schema->columns) column.size = ExprSize();
  }
  return true;
}

bool BindSelect(const ast::Query& query, const ast::Select& select,
                std::shared_ptr<const bound::Relation> from, Binder* binder, bound::Select* result,
                bound::Schema* schema, bound::Facts* facts) {
  return SelectBinder(query, select, std::move(from), binder, result).Bind(schema, facts);
}

}  // namespace flow
