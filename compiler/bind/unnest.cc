// QueryBinder::BindUnnest: FROM r CROSS JOIN UNNEST(array).
#include <algorithm>

#include "compiler/bind/binder.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

void RefuseType(const ast::Unnest& unnest, const Type& type, Diagnostics* out) {
  Diagnostic& d = out->Error(unnest.array->span, "UNNEST needs an ARRAY");
  d.label = "of type " + type.ToString();
  if (type.is(TypeKind::kMap)) d.hint = "UNNEST(map_keys(m)) or UNNEST(map_values(m))";
  if (type.is(TypeKind::kJson)) d.hint = "say what is in it: UNNEST(CAST(j AS ARRAY<STRING>))";
  if (type.is(TypeKind::kString)) d.hint = "string_split(s, ',') makes an array of a text";
  d.code = "type-mismatch";
}

}  // namespace

// Does the expression look at the window that the rows of `relation` are in, which no GROUP BY has
// used?
bool QueryBinder::LooksAtWindow(const bound::Relation& relation, const BoundExprPtr& expr) const {
  if (!relation.facts.open_window) return false;
  auto in_query = [&](const bound::Query& query) {
    return std::any_of(query.selects.begin(), query.selects.end(), [&](const bound::Select& one) {
      return !one.grouping && !one.distinct &&
             LooksAtWindow(*one.from, Substitute(expr, one.outputs));
    });
  };
  switch (relation.kind) {
    case bound::RelationKind::kSource:
    case bound::RelationKind::kLate:
      return false;
    case bound::RelationKind::kView:
      return in_query(*binder_->script.views[static_cast<size_t>(relation.index)].query);
    case bound::RelationKind::kQuery:
      return in_query(*relation.query);
    case bound::RelationKind::kWindow:
    case bound::RelationKind::kUnnest:
      break;
  }
  const int inner = static_cast<int>(relation.inner->schema.columns.size());
  if (relation.kind == bound::RelationKind::kWindow) {
    return UsesColumns(*expr, [&](int column) { return column >= inner; });
  }
  // Elements do not, as their arrays did not.
  return LooksAtWindow(*relation.inner, MapColumns(expr, [&](int column, const Type& type) {
    return column < inner ? MakeColumn(column, type) : MakeLiteral(Datum::Null(type));
  }));
}

std::shared_ptr<bound::Relation> QueryBinder::BindUnnest(const ast::Unnest& unnest,
                                                         std::shared_ptr<bound::Relation> inner) {
  Diagnostics* out = binder_->out;
  if (inner->kind == bound::RelationKind::kWindow &&
      inner->window.kind == program::WindowKind::kSession) {
    Diagnostic& d = out->Error(unnest.span, "not supported yet: UNNEST over SESSION");
    d.label = "judged after the rows have been put together";
    d.hint = "SESSION((SELECT ... CROSS JOIN UNNEST(...)), GAP ...)";
    d.code = "not-supported-yet";
    return nullptr;
  }
  Scope scope;
  scope.schema = &inner->schema;
  scope.qualifier = inner->name;
  scope.unnested = &inner->unnested;
  scope.event_time = inner->event_time;
  scope.log_time = inner->log_time;
  scope.qualifier_declared = inner->declared;
  scope.index = binder_->index;
  scope.functions = &binder_->functions;
  ExprBinder binder(scope, out);
  binder.ForbidAggregates("UNNEST");
  auto relation = std::make_shared<bound::Relation>();
  relation->array = binder.Bind(*unnest.array);
  if (relation->array == nullptr) return nullptr;
  if (!relation->array->type.is(TypeKind::kArray)) {
    RefuseType(unnest, relation->array->type, out);
    return nullptr;
  }
  if (LooksAtWindow(*inner, relation->array)) {
    Diagnostic& d = out->Error(unnest.array->span,
                               "not supported yet: an array made of the bounds of a window");
    d.label = "rows are unnested before they meet their windows";
    d.hint = "group by the window first, and unnest in a view over that";
    d.code = "not-supported-yet";
    return nullptr;
  }
  Type element = *relation->array->type.element;
  if (element.is(TypeKind::kNull)) element = TypeKind::kString;

  relation->kind = bound::RelationKind::kUnnest;
  relation->ordinality = unnest.ordinality;
  relation->outer = unnest.outer;
  relation->span = unnest.span;
  relation->name = inner->name;
  relation->declared = inner->declared;
  relation->schema = inner->schema;
  relation->facts = inner->facts;
  relation->event_time = inner->event_time;
  relation->log_time = inner->log_time;
  relation->unnested = inner->unnested;

  bound::Unnested own;
  own.name = unnest.alias ? unnest.alias->text : "unnest";
  own.declared = unnest.alias ? unnest.alias->span : Span();
  std::vector<bound::Visible>& names = relation->schema.names;
  own.begin = names.size();
  auto add = [&](const ast::Name& name, const Type& type) {
    if (FindVisible(names, name.text) != nullptr) {
      Diagnostic& d = out->Error(name.span.end > 0 ? name.span : unnest.span,
                                 "duplicate column name " + Quoted(name.text));
      d.label = "a column of " + inner->name + " has it";
      d.hint = "name the columns of UNNEST: UNNEST(a) AS t(x)";
      d.code = "duplicate-name";
      return false;
    }
    bound::Column column;
    column.name = name.text;
    column.type = type;
    column.declared = name.span;
    bound::Visible visible = binder.Spread(
        name.text, MakeColumn(static_cast<int>(relation->schema.columns.size()), type));
    visible.declared = name.span;
    relation->schema.columns.push_back(std::move(column));
    names.push_back(std::move(visible));
    if (binder_->index != nullptr && name.span.end > 0 && !unnest.columns.empty()) {
      binder_->index->symbols.push_back({SymbolKind::kColumn, name.text, name.span, type});
    }
    return true;
  };
  if (!unnest.ordinality && unnest.columns.size() > 1) {
    Diagnostic& d = out->Error(unnest.columns[1].span, "UNNEST has one column");
    d.hint = "WITH ORDINALITY adds the number of the element: UNNEST(a) WITH ORDINALITY AS t(x, i)";
    d.code = "syntax";
    return nullptr;
  }
  // As in PostgreSQL: the element is called by the alias if the columns have no names of their own.
  if (!add(unnest.columns.empty() ? ast::Name{own.name, own.declared} : unnest.columns[0],
           element)) {
    return nullptr;
  }
  const bool named = unnest.columns.size() > 1;
  if (unnest.ordinality &&
      !add(named ? unnest.columns[1] : ast::Name{"ordinality", {}}, TypeKind::kBigint)) {
    return nullptr;
  }
  own.end = names.size();
  if (binder_->index != nullptr && unnest.alias) {
    binder_->index->symbols.push_back({SymbolKind::kAlias, own.name, own.declared});
  }
  relation->unnested.push_back(std::move(own));
  // Rows of one row are told apart by the numbers of their elements.
  bound::Schema& schema = relation->schema;
  if (schema.has_key && unnest.ordinality) {
    schema.key.push_back(static_cast<int>(schema.columns.size()) - 1);
  } else {
    schema.has_key = false;
    schema.key.clear();
  }
  relation->inner = std::move(inner);
  return relation;
}

}  // namespace flow
