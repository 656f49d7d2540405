// ExprBinder: STRUCTs. Where a STRUCT has columns of its own, those of its leaves, its fields are
// these; anywhere else it is one value, the parts of its fields (runtime/base/elements.h).
#include <algorithm>
#include <optional>

#include "compiler/bind/expr_binder.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

BoundExprPtr Not(BoundExprPtr expr) {
  return MakeNode(ExprOp::kNot, TypeKind::kBoolean, {std::move(expr)});
}
BoundExprPtr IsNull(BoundExprPtr expr) {
  return MakeNode(ExprOp::kIsNull, TypeKind::kBoolean, {std::move(expr)});
}

// NULL equals NULL.
BoundExprPtr SameLeaf(const BoundExprPtr& a, const BoundExprPtr& b) {
  return MakeNode(ExprOp::kCase, TypeKind::kBoolean,
                  {IsNull(a), IsNull(b), IsNull(b), MakeLiteral(Datum::Bool(false)),
                   MakeNode(ExprOp::kEq, TypeKind::kBoolean, {a, b})});
}

}  // namespace

// The parts of the values, one after the other, as a value of `type`.
Typed ExprBinder::BindParts(const std::vector<Typed>& values, const Type& type, Span span) {
  Typed all = {MakeLiteral(Datum::String("")), false, span};
  for (size_t i = 0; i < values.size(); ++i) {
    const Typed part = PartOf(values[i]);
    if (!part) return {};
    all = i == 0 ? part : CallFunction("concat", {all, part}, span);
    if (!all) return {};
  }
  return Relabel(all, type);
}

// A STRUCT as one value.
Typed ExprBinder::WholeStruct(const bound::Visible& visible, Span span) {
  if (visible.whole != nullptr) return {visible.whole, false, span};
  return FromLeaves(visible, span);
}

Typed ExprBinder::FromLeaves(const bound::Visible& visible, Span span) {
  std::vector<Typed> fields;
  for (const bound::Visible& field : visible.fields) {
    fields.push_back(field.expr != nullptr ? Typed{field.expr, false, span}
                                           : FromLeaves(field, span));
    if (!fields.back()) return {};
  }
  const Typed all = BindParts(fields, visible.type, span);
  if (!all) return {};
  return {MakeNode(ExprOp::kCase, visible.type,
                   {visible.presence, all.expr, MakeLiteral(Datum::Null(visible.type))}),
          false, span};
}

// Field `i` of a STRUCT: what an array of such values would have in its place.
BoundExprPtr ExprBinder::FieldOf(const BoundExprPtr& whole, size_t i) {
  const Type& type = (*whole->type.fields)[i].type;
  const Typed parts = {MakeCast(whole, Type::Array(type)), false, {}};
  const Typed place = {
      MakeLiteral(Datum::Int(TypeKind::kBigint, static_cast<int64_t>(i) + 1)), false, {}};
  return CallFunction("_array_element", {parts, place}, {}).expr;
}

bound::Visible ExprBinder::Spread(const std::string& name, const BoundExprPtr& value) {
  bound::Visible visible;
  visible.name = name;
  visible.type = value->type;
  if (!value->type.is(TypeKind::kStruct)) {
    visible.expr = value;
    return visible;
  }
  visible.whole = value;
  visible.presence = Not(IsNull(value));
  for (size_t i = 0; i < value->type.fields->size(); ++i) {
    visible.fields.push_back(Spread((*value->type.fields)[i].name, FieldOf(value, i)));
  }
  return visible;
}

BoundExprPtr ExprBinder::LeafOf(BoundExprPtr value, const std::vector<int>& steps) {
  for (const int step : steps) {
    value = step < 0 ? Not(IsNull(value)) : FieldOf(value, static_cast<size_t>(step));
  }
  return value;
}

void ExprBinder::BindLeaves(const ast::Expr& expr, std::vector<BoundExprPtr>* leaves) {
  const auto add = [&](const auto& self, const bound::Visible& visible) -> void {
    leaves->push_back(visible.expr != nullptr ? visible.expr : visible.presence);
    for (const bound::Visible& field : visible.fields) self(self, field);
  };
  if (const bound::Visible* column = StructOf(expr)) return add(add, *column);
  const BoundExprPtr value = Bind(expr);
  if (value == nullptr) {
    leaves->push_back(nullptr);
  } else {
    add(add, Spread("", value));
  }
}

// STRUCT(x AS a, b).
Typed ExprBinder::BindStruct(const ast::Expr& expr) {
  std::vector<Typed> values;
  std::vector<StructField> fields;
  bool ok = true;
  for (size_t i = 0; i < expr.children.size(); ++i) {
    const ast::Expr& child = *expr.children[i];
    BoundExprPtr value = Bind(child);
    ok &= value != nullptr;
    if (value == nullptr) continue;
    const ast::Name& stated = expr.path[i + 1];
    const bool column = child.kind == ast::ExprKind::kColumn || child.kind == ast::ExprKind::kField;
    std::string name = stated.text.empty() && column ? child.path.back().text : stated.text;
    if (name.empty()) {
      Diagnostic& d = out_->Error(child.span, "a field of a STRUCT needs a name");
      d.hint = "STRUCT(" + ast::ToSql(child) + " AS name)";
      d.code = "bad-struct";
      ok = false;
    }
    if (std::any_of(fields.begin(), fields.end(),
                    [&](const StructField& other) { return other.name == name; })) {
      Diagnostic& d = out_->Error(stated.text.empty() ? child.span : stated.span,
                                  "duplicate field name " + Quoted(name));
      d.code = "duplicate-name";
      ok = false;
    }
    fields.push_back({std::move(name), value->type});
    values.push_back({std::move(value), false, child.span});
  }
  if (expr.children.empty()) {
    Diagnostic& d = out_->Error(expr.span, "STRUCT needs its fields");
    d.hint = "STRUCT(price AS price, CAST(qty AS INT) AS qty)";
    d.code = "bad-struct";
    return {};
  }
  return ok ? BindParts(values, Type::Struct(std::move(fields)), expr.span) : Typed{};
}

// A field of something that is no column: orders[1].price, (s).a.
Typed ExprBinder::BindField(const ast::Expr& expr) {
  const ast::Expr& of = *expr.children[0];
  const ast::Name& name = expr.path[0];
  bound::Visible whole;
  if (const bound::Visible* column = StructOf(of)) {
    whole = *column;
  } else {
    const Typed value = BindTyped(of);
    if (!value) return {};
    whole = Spread("", value.expr);
  }
  if (out_->Asked(name.span)) out_->Answer({Offer::Kind::kField, CandidatesOf(whole.fields)});
  if (const bound::Visible* found = FindVisible(whole.fields, name.text)) {
    return found->expr != nullptr ? Typed{found->expr, false, expr.span}
                                  : WholeStruct(*found, expr.span);
  }
  std::vector<std::string> known;
  for (const bound::Visible& field : whole.fields) known.push_back(field.name);
  const bool is_struct = whole.type.is(TypeKind::kStruct);
  Diagnostic& d = out_->Error(
      name.span, is_struct ? "no field " + Quoted(name.text) : "only a STRUCT has fields");
  d.label = "of type " + whole.type.ToString();
  if (is_struct) d.hint = Suggest(name.text, known, "fields: " + ListOf(known));
  if (whole.type.is(TypeKind::kJson)) d.hint = "of JSON: j -> 'name', or j ->> 'name' as text";
  if (whole.type.is(TypeKind::kMap)) d.hint = "of a MAP: m['name']";
  if (whole.type.is(TypeKind::kArray)) d.hint = "of an element: a[1]." + name.text;
  d.code = is_struct ? "unknown-field" : "type-mismatch";
  return {};
}

const bound::Visible* ExprBinder::StructOf(const ast::Expr& expr) const {
  if (expr.kind == ast::ExprKind::kField) {
    const bound::Visible* outer = StructOf(*expr.children[0]);
    const bound::Visible* found =
        outer == nullptr ? nullptr : FindVisible(outer->fields, expr.path[0].text);
    return found != nullptr && found->expr == nullptr ? found : nullptr;
  }
  if (expr.kind != ast::ExprKind::kColumn || scope_.schema == nullptr) return nullptr;
  Diagnostics quiet;
  const bound::Visible* found = ResolveColumn(scope_, expr.path, expr.span, &quiet);
  return found != nullptr && found->expr == nullptr ? found : nullptr;
}

// Are the two the same, where NULL equals NULL? Fields are compared in their order.
BoundExprPtr ExprBinder::SameStruct(const bound::Visible& a, const bound::Visible& b, Span span) {
  std::vector<BoundExprPtr> terms = {
      MakeNode(ExprOp::kEq, TypeKind::kBoolean, {a.presence, b.presence})};
  bool fits = a.fields.size() == b.fields.size();
  for (size_t i = 0; fits && i < a.fields.size(); ++i) {
    const bound::Visible& x = a.fields[i];
    const bound::Visible& y = b.fields[i];
    fits = x.name == y.name && (x.expr == nullptr) == (y.expr == nullptr);
    if (!fits) break;
    if (x.expr == nullptr) {
      terms.push_back(SameStruct(x, y, span));
      if (terms.back() == nullptr) return nullptr;
      continue;
    }
    const std::optional<Type> common = CommonType(x.type, y.type);
    fits = common.has_value();
    if (fits) terms.push_back(SameLeaf(CastTo(x.expr, *common), CastTo(y.expr, *common)));
  }
  if (fits) return MakeNode(ExprOp::kAnd, TypeKind::kBoolean, std::move(terms));
  Diagnostic& d = TypeError(span, "cannot compare STRUCTs with other fields");
  d.label = a.type.ToString() + " with " + b.type.ToString();
  return nullptr;
}

// s = t, s <> t, s IS [NOT] DISTINCT FROM t of two STRUCTs; nullopt: they are none.
std::optional<Typed> ExprBinder::BindStructs(const ast::Expr& expr) {
  const bool distinct = expr.kind == ast::ExprKind::kIsDistinct;
  const bool equal = expr.op == "=";
  if (!distinct && !equal && expr.op != "<>") return std::nullopt;
  const bound::Visible* a = StructOf(*expr.children[0]);
  const bound::Visible* b = StructOf(*expr.children[1]);
  if (a == nullptr || b == nullptr) return std::nullopt;
  BoundExprPtr same = SameStruct(*a, *b, distinct ? expr.span : expr.op_span);
  if (same == nullptr) return Typed{};
  if (distinct ? !expr.negated : !equal) same = Not(std::move(same));
  if (!distinct) {
    // One that is not there is NULL.
    BoundExprPtr there = MakeNode(ExprOp::kAnd, TypeKind::kBoolean, {a->presence, b->presence});
    same =
        MakeNode(ExprOp::kCase, TypeKind::kBoolean,
                 {std::move(there), std::move(same), MakeLiteral(Datum::Null(TypeKind::kBoolean))});
  }
  return Typed{std::move(same), false, expr.span};
}

}  // namespace flow
