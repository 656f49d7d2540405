// QueryBinder: WITH, FROM, window calls and UNION ALL. One SELECT is in select.cc.
#include <algorithm>

#include "compiler/bind/binder.h"
#include "compiler/bind/literal.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

// Each path is a pipeline of its own.
constexpr double kMaxPaths = 1000;

// More windows a row than this is a mistake in a unit, not a query.
constexpr int64_t kMaxWindowsOfRow = 10000;

// The names of columns [begin, end) and of the STRUCTs among them, from STRUCT *next on. `prefix`:
// what the names of the columns begin with.
std::vector<bound::Visible> VisibleOf(const bound::Schema& schema, int begin, int end, size_t* next,
                                      size_t prefix) {
  std::vector<bound::Visible> names;
  for (int i = begin; i < end; ++i) {
    const bound::Column& column = schema.columns[static_cast<size_t>(i)];
    bound::Visible& visible = names.emplace_back();
    if (*next < schema.structs.size() && schema.structs[*next].begin == i) {
      const program::StructColumns& group = schema.structs[*next];
      visible.name = group.key;
      visible.type = schema.struct_types[*next];
      visible.declared = column.declared;
      visible.presence = MakeColumn(i, column.type);
      ++*next;
      visible.fields = VisibleOf(schema, i + 1, group.end, next, group.name.size() + 1);
      i = group.end - 1;
      continue;
    }
    visible.name = column.name.substr(prefix);
    visible.type = column.type;
    visible.declared = column.declared;
    visible.expr = MakeColumn(i, visible.type);
  }
  return names;
}

void SetVisible(bound::Schema* schema) {
  size_t next = 0;
  schema->names = VisibleOf(*schema, 0, static_cast<int>(schema->columns.size()), &next, 0);
}

// Is the same written out in the same places?
bool SameStructs(const bound::Schema& a, const bound::Schema& b) {
  if (a.structs.size() != b.structs.size()) return false;
  for (size_t i = 0; i < a.structs.size(); ++i) {
    if (a.structs[i].begin != b.structs[i].begin || !(a.struct_types[i] == b.struct_types[i])) {
      return false;
    }
  }
  return true;
}

void ForgetRoles(bound::Schema* schema) {
  for (bound::Column& column : schema->columns) column.role = bound::WindowRole::kNone;
}

void ForgetKey(bound::Schema* schema) {
  schema->has_key = false;
  schema->key.clear();
}

// What the rows of a UNION ALL have in common.
void MergeFacts(const bound::Facts& next, bound::Facts* all) {
  all->has_time &= next.has_time;
  all->straight |= next.straight;
  all->late |= next.late;
  all->retained |= next.retained;
  all->forgets &= next.forgets;
  all->endless |= next.endless;
  all->open_window |= next.open_window;
  all->windowed &= next.windowed;
  all->grouped |= next.grouped;
  all->append_only_inputs &= next.append_only_inputs;
  all->lateness = std::max(all->lateness, next.lateness);
  all->paths += next.paths;
  bool same = all->window.has_value() && next.window.has_value() &&
              SameWindow(*all->window, *next.window) &&
              all->window_of_aggregate == next.window_of_aggregate;
  if (!same) {
    all->window.reset();
    all->windowed = false;
  }
}

// The types of UNION ALL's columns; NULL as a constant takes any.
bool UnifyBranches(const ast::Query& query, bound::Query* bound,
                   std::vector<bound::Schema>* schemas, Diagnostics* out) {
  bound::Schema& schema = bound->schema;
  for (size_t b = 1; b < schemas->size(); ++b) {
    if ((*schemas)[b].columns.size() == schema.columns.size()) continue;
    Diagnostic& d = out->Error(query.selects[b].span, "UNION ALL of different numbers of columns");
    d.label = std::to_string((*schemas)[b].columns.size()) + " columns, the first SELECT has " +
              std::to_string(schema.columns.size());
    d.code = "union-columns";
    return false;
  }
  for (size_t b = 1; b < schemas->size(); ++b) {
    if (SameStructs((*schemas)[b], schema)) continue;
    Diagnostic& d = out->Error(query.selects[b].span, "UNION ALL of different STRUCTs");
    d.label = "the first SELECT has others, or has them in other places";
    d.hint = "name the fields in all branches";
    d.code = "union-columns";
    return false;
  }
  auto output = [&](size_t branch, size_t column) -> BoundExprPtr& {
    bound::Select& select = bound->selects[branch];
    return (select.distinct ? select.distinct_outputs : select.outputs)[column];
  };
  ForgetKey(&schema);  // equal keys of two branches are two rows
  bool ok = true;
  for (size_t i = 0; i < schema.columns.size(); ++i) {
    Type type(TypeKind::kNull);
    for (size_t b = 0; b < schemas->size() && ok; ++b) {
      const BoundExprPtr& expr = output(b, i);
      bool null = expr->op == ExprOp::kLiteral && expr->literal.is_null();
      std::optional<Type> common = null ? type : CommonType(type, expr->type);
      if (!common.has_value()) {
        Diagnostic& d =
            out->Error(query.selects[b].span, "column " + Quoted(schema.columns[i].name) +
                                                  " of UNION ALL has no common type");
        d.label = "here it is " + expr->type.ToString() + ", before it was " + type.ToString();
        d.hint = "cast one side";
        d.code = "type-mismatch";
        ok = false;
        break;
      }
      type = *common;
    }
    if (type.is(TypeKind::kNull)) type = TypeKind::kString;
    schema.columns[i].type = type;
    for (size_t b = 0; b < schemas->size(); ++b) {
      output(b, i) = CastTo(output(b, i), type);
      const bound::Column& other = (*schemas)[b].columns[i];
      if (other.role != schema.columns[i].role) schema.columns[i].role = bound::WindowRole::kNone;
      schema.columns[i].size.nodes = std::max(schema.columns[i].size.nodes, other.size.nodes);
      schema.columns[i].size.depth = std::max(schema.columns[i].size.depth, other.size.depth + 1);
    }
  }
  if (!bound->facts.window.has_value()) ForgetRoles(&schema);
  return ok;
}

}  // namespace

bool SameWindow(const program::Window& a, const program::Window& b) {
  return a.kind == b.kind && a.size == b.size && a.slide == b.slide && a.offset == b.offset &&
         a.cycle == b.cycle;
}

std::shared_ptr<const bound::Query> QueryBinder::Bind(const ast::Query& query) {
  ctes_.emplace_back();
  bool ok = true;
  for (const ast::Cte& cte : query.ctes) {
    bool taken = std::any_of(ctes_.back().begin(), ctes_.back().end(),
                             [&](const Cte& other) { return other.name == cte.name.text; });
    if (taken) {
      Diagnostic& d = binder_->out->Error(cte.name.span,
                                          "duplicate name " + Quoted(cte.name.text) + " in WITH");
      d.code = "duplicate-name";
      ok = false;
    }
    if (binder_->index != nullptr) {
      binder_->index->symbols.push_back({SymbolKind::kQuery, cte.name.text, cte.name.span});
    }
    Cte entry{cte.name.text, cte.name.span, Bind(*cte.query), false};
    ok &= entry.query != nullptr;
    ctes_.back().push_back(std::move(entry));
  }

  auto bound = std::make_shared<bound::Query>();
  std::vector<bound::Schema> schemas;
  std::vector<bound::Facts> facts;
  for (const ast::Select& select : query.selects) {
    std::shared_ptr<bound::Relation> from = BindRelation(select.from);
    for (const ast::Unnest& unnest : select.unnests) {
      if (from != nullptr) from = BindUnnest(unnest, std::move(from));
    }
    bound::Select result;
    bound::Schema schema;
    bound::Facts fact;
    if (from == nullptr ||
        !BindSelect(query, select, std::move(from), binder_, &result, &schema, &fact)) {
      ok = false;
      continue;
    }
    bound->selects.push_back(std::move(result));
    schemas.push_back(std::move(schema));
    facts.push_back(std::move(fact));
  }
  for (const Cte& cte : ctes_.back()) {
    if (cte.used || !ok) continue;
    Diagnostic& d = binder_->out->Warning(cte.span, Quoted(cte.name) + " is never used");
    d.code = "unused";
  }
  ctes_.pop_back();
  if (!ok || bound->selects.empty()) return nullptr;

  bound->schema = schemas[0];
  bound->facts = facts[0];
  for (size_t i = 1; i < facts.size(); ++i) MergeFacts(facts[i], &bound->facts);
  if (schemas.size() > 1 && !UnifyBranches(query, bound.get(), &schemas, binder_->out)) {
    return nullptr;
  }
  if (bound->facts.paths > kMaxPaths) {
    Diagnostic& d = binder_->out->Error(query.span, "too many branches of UNION ALL");
    d.label = "with the views below it written out";
    d.code = "too-large";
    return nullptr;
  }
  SetVisible(&bound->schema);
  return bound;
}

std::shared_ptr<bound::Relation> QueryBinder::BindRelation(const ast::Relation& relation) {
  std::shared_ptr<bound::Relation> result;
  switch (relation.kind) {
    case ast::RelationKind::kTable:
      result = BindName(relation.name);
      break;
    case ast::RelationKind::kSubquery:
      result = BindSubquery(*relation.subquery, "the subquery");
      break;
    case ast::RelationKind::kWindow:
      result = BindWindow(relation);
      break;
  }
  if (result != nullptr && relation.alias.has_value()) {
    result->name = relation.alias->text;
    result->declared = relation.alias->span;
    if (binder_->index != nullptr) {
      binder_->index->symbols.push_back({SymbolKind::kAlias, result->name, result->declared});
    }
  }
  return result;
}

std::shared_ptr<bound::Relation> QueryBinder::BindSubquery(const ast::Query& query,
                                                           const std::string& name) {
  std::shared_ptr<const bound::Query> bound = Bind(query);
  if (bound == nullptr) return nullptr;
  auto relation = std::make_shared<bound::Relation>();
  relation->kind = bound::RelationKind::kQuery;
  relation->name = name;
  relation->schema = bound->schema;
  relation->facts = bound->facts;
  relation->query = std::move(bound);
  return relation;
}

std::shared_ptr<bound::Relation> QueryBinder::BindName(const ast::Name& name) {
  auto relation = std::make_shared<bound::Relation>();
  relation->name = name.text;
  auto note = [&](Span declared) {
    relation->declared = declared;
    if (binder_->index != nullptr) binder_->index->uses.push_back({name.span, declared});
  };
  std::vector<std::string> known;
  for (auto level = ctes_.rbegin(); level != ctes_.rend(); ++level) {
    for (Cte& cte : *level) {
      known.push_back(cte.name);
      if (cte.name != name.text) continue;
      cte.used = true;
      note(cte.span);
      if (cte.query == nullptr) return nullptr;
      relation->kind = bound::RelationKind::kQuery;
      relation->query = cte.query;
      relation->schema = cte.query->schema;
      relation->facts = cte.query->facts;
      return relation;
    }
  }
  auto found = binder_->names.find(name.text);
  if (found == binder_->names.end()) {
    for (const std::string& other : binder_->KnownNames()) known.push_back(other);
    if (binder_->out->Asked(name.span)) {
      binder_->out->Answer({Offer::Kind::kRelation, CandidatesOf(known)});
    }
    Diagnostic& d = binder_->out->Error(name.span, "unknown relation " + Quoted(name.text));
    d.label = "neither a source nor a view declared before";
    d.hint = Suggest(name.text, known, known.empty() ? "" : "there is " + ListOf(known));
    d.code = "unknown-relation";
    return nullptr;
  }
  found->second.used = true;
  note(found->second.span);
  if (found->second.broken) return nullptr;
  relation->kind = found->second.kind;
  relation->index = found->second.index;
  size_t index = static_cast<size_t>(relation->index);
  switch (relation->kind) {
    case bound::RelationKind::kSource: {
      const bound::Source& source = binder_->script.sources[index];
      relation->schema = source.schema;
      relation->facts.has_time = source.event_time != nullptr;
      relation->facts.straight = true;
      relation->facts.endless = !source.bounded;
      relation->event_time = source.event_time;
      relation->log_time = source.log_time;
      break;
    }
    case bound::RelationKind::kView: {
      const bound::View& view = binder_->script.views[index];
      relation->schema = view.schema;
      relation->facts = view.facts;
      break;
    }
    case bound::RelationKind::kLate: {
      const bound::Relation& inside = *binder_->script.views[index].late_window->inner;
      relation->schema = inside.schema;
      relation->facts = inside.facts;
      relation->facts.late = true;
      relation->facts.straight = false;
      relation->facts.append_only_inputs = true;
      ForgetKey(&relation->schema);
      ForgetRoles(&relation->schema);
      break;
    }
    case bound::RelationKind::kWindow:
    case bound::RelationKind::kUnnest:
    case bound::RelationKind::kQuery:
      break;
  }
  return relation;
}

bool QueryBinder::CheckWindow(const ast::Relation& call, const bound::Relation& inner) {
  Diagnostics* out = binder_->out;
  const bool cumulate = call.window == "CUMULATE";
  const bool steps = call.window == "HOP" || cumulate;
  if (call.size.us <= 0 || (steps && call.slide.us <= 0)) {
    Span span = call.size.us <= 0 ? call.size.span : call.slide.span;
    out->Error(span, "a window must be longer than nothing").code = "bad-window";
    return false;
  }
  if (steps) {
    if (cumulate && call.size.us % call.slide.us != 0) {
      Diagnostic& d = out->Error(call.slide.span, "the window is not a multiple of its step");
      d.label = "the last step would end after the window";
      d.hint = "CUMULATE(r, 1d EVERY 1h): windows grow by an hour until the day is full";
      d.code = "bad-window";
      return false;
    }
    if (call.slide.us > call.size.us) {
      Diagnostic& d = out->Error(call.slide.span, "the step is longer than the window");
      d.label = "rows would fall between two windows";
      d.hint = "HOP(r, size EVERY step) wants step <= size";
      d.code = "bad-window";
      return false;
    }
    int64_t windows = (call.size.us + call.slide.us - 1) / call.slide.us;
    if (windows > kMaxWindowsOfRow) {
      Diagnostic& d =
          out->Error(call.slide.span, "a row would be in " + std::to_string(windows) + " windows");
      d.label = "at most " + std::to_string(kMaxWindowsOfRow);
      d.code = "bad-window";
      return false;
    }
  }
  if (!inner.facts.has_time) {
    Diagnostic& d = out->Error(call.window_span, call.window + " needs event time");
    d.code = "no-event-time";
    switch (inner.kind) {
      case bound::RelationKind::kSource:
        d.label = "source " + Quoted(inner.name) + " has no EVENT TIME";
        d.hint = "add EVENT TIME <column> WATERMARK <delay> to the source";
        break;
      case bound::RelationKind::kView:
      case bound::RelationKind::kLate:
      case bound::RelationKind::kWindow:
      case bound::RelationKind::kUnnest:
      case bound::RelationKind::kQuery:
        d.label = "the rows of " + inner.name + " have no event time";
        d.hint = "only rows of a source with EVENT TIME and of windowed views have one";
        break;
    }
    return false;
  }
  if (inner.facts.retained) {
    Diagnostic& d =
        out->Error(call.window_span, "not supported yet: a window over rows of a view with RETAIN");
    d.label = "its rows leave while the window is open, and after it is closed";
    d.hint = "group by columns of the view, or read what the view reads";
    d.code = "not-supported-yet";
    return false;
  }
  if (inner.facts.open_window) {
    Diagnostic& d =
        out->Error(call.window_span, "not supported yet: a window over rows that already have one");
    d.label = "no GROUP BY has used the window inside";
    d.hint = "group by the inner window first, or take the rows without it";
    d.code = "not-supported-yet";
    return false;
  }
  if (call.window == "SESSION" && (inner.facts.grouped || !inner.facts.append_only_inputs)) {
    Diagnostic& d =
        out->Error(call.window_span, "not supported yet: SESSION over rows that change");
    d.label = "a session that lost a row would have to be taken apart";
    d.hint = "put it over a source, or over a view that is append-only";
    d.code = "not-supported-yet";
    return false;
  }
  return true;
}

// SESSION(r, GAP d BY keys): the keys, over the columns of `inner`.
bool QueryBinder::BindSession(const ast::Relation& call, const bound::Relation& inner,
                              std::vector<BoundExprPtr>* keys) {
  Scope scope;
  scope.schema = &inner.schema;
  scope.qualifier = inner.name;
  scope.event_time = inner.event_time;
  scope.log_time = inner.log_time;
  scope.qualifier_declared = inner.declared;
  scope.index = binder_->index;
  scope.functions = &binder_->functions;
  ExprBinder binder(scope, binder_->out);
  binder.ForbidAggregates("SESSION");
  for (const ast::ExprPtr& key : call.by) binder.BindLeaves(*key, keys);
  return std::find(keys->begin(), keys->end(), nullptr) == keys->end();
}

std::shared_ptr<bound::Relation> QueryBinder::BindWindow(const ast::Relation& call) {
  std::shared_ptr<bound::Relation> inner =
      call.subquery != nullptr ? BindSubquery(*call.subquery, "the subquery") : BindName(call.name);
  if (inner == nullptr || !CheckWindow(call, *inner)) return nullptr;

  auto relation = std::make_shared<bound::Relation>();
  relation->kind = bound::RelationKind::kWindow;
  relation->name = call.subquery != nullptr ? call.window : call.name.text;
  program::Window& window = relation->window;
  window.kind = call.window == "HOP"        ? program::WindowKind::kHop
                : call.window == "CUMULATE" ? program::WindowKind::kCumulate
                : call.window == "SESSION"  ? program::WindowKind::kSession
                                            : program::WindowKind::kTumble;
  window.size = call.size.us;
  const bool session = window.kind == program::WindowKind::kSession;
  if (session && !BindSession(call, *inner, &relation->session)) return nullptr;
  const bool steps = !session && window.kind != program::WindowKind::kTumble;
  window.slide = steps ? call.slide.us : call.size.us;
  if (steps && window.slide == window.size) window.kind = program::WindowKind::kTumble;
  if (window.kind == program::WindowKind::kCumulate) window.cycle = window.size;
  const int64_t period = window.cycle > 0 ? window.cycle : window.slide;
  window.offset = call.offset.has_value() ? call.offset->us % period : 0;
  relation->judges_lateness = inner->facts.straight;
  window.lateness = relation->judges_lateness ? lateness_ : 0;

  relation->schema = inner->schema;
  ForgetKey(&relation->schema);  // a row may be in several windows
  ForgetRoles(&relation->schema);
  // Windows of windowed rows: the outer names hide the inner ones.
  std::vector<bound::Visible>& names = relation->schema.names;
  std::erase_if(names, [](const bound::Visible& visible) {
    return visible.name == "window_start" || visible.name == "window_end";
  });
  for (bool start : {true, false}) {
    bound::Column column;
    column.name = start ? "window_start" : "window_end";
    column.type = TypeKind::kTimestamp;
    column.role = start ? bound::WindowRole::kStart : bound::WindowRole::kEnd;
    bound::Visible visible;
    visible.name = column.name;
    visible.type = column.type;
    visible.declared = column.declared = call.window_span;
    visible.expr = MakeColumn(static_cast<int>(relation->schema.columns.size()), column.type);
    relation->schema.columns.push_back(std::move(column));
    names.push_back(std::move(visible));
  }
  relation->declared = inner->declared;
  if (binder_->index != nullptr) {
    binder_->index->symbols.push_back({SymbolKind::kColumn, "window_start", call.window_span,
                                       TypeKind::kTimestamp, Symbol::Naming::kWindow});
  }
  relation->facts = inner->facts;
  relation->facts.straight = false;
  relation->facts.open_window = true;
  relation->facts.window = window;
  relation->facts.window_of_aggregate = false;
  relation->facts.windowed = false;
  relation->facts.lateness += window.lateness;
  relation->event_time = inner->event_time;
  relation->log_time = inner->log_time;
  relation->inner = std::move(inner);
  windows_.push_back(relation);
  return relation;
}

}  // namespace flow
