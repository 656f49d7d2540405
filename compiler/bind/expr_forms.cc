// ExprBinder: what is written as a function but takes arguments of any type or number (Forms() of
// compiler/catalog/form.h). All become other nodes.
#include "compiler/bind/expr_binder.h"
#include "compiler/bind/types.h"
#include "compiler/catalog/form.h"

namespace flow {

namespace {

struct Count {
  const char* name;
  size_t least;
  size_t most;  // 0: any
  const char* text;
};
constexpr Count kCounts[] = {
    {"coalesce", 1, 0, "at least one argument"},
    {"ifnull", 1, 0, "at least one argument"},
    {"nvl", 2, 2, "two arguments"},
    {"nullif", 2, 2, "two arguments"},
    {"if", 3, 3, "three arguments: a condition and two values"},
    {"iif", 3, 3, "three arguments: a condition and two values"},
    {"nvl2", 3, 3, "three arguments"},
    {"greatest", 2, 0, "at least two arguments"},
    {"least", 2, 0, "at least two arguments"},
    {"concat_ws", 2, 0, "a separator and at least one text"},
    {"element_at", 2, 2, "an array and a position, or a map and a key"},
    {"array_append", 2, 2, "an array and an element"},
    {"array_prepend", 2, 2, "an element and an array"},
    {"array_sum", 1, 1, "an array of numbers"},
    {"array_avg", 1, 1, "an array of numbers"},
    {"array_to_string", 2, 2, "an array and a separator"},
    {"to_json", 1, 1, "one argument"},
};

}  // namespace

Typed ExprBinder::BindForm(const ast::Expr& expr, const std::string& name) {
  if (name == "struct") return BindStruct(expr);
  bool ok = true;
  std::vector<Typed> values = BindChildren(expr, &ok);
  if (!ok) return {};
  for (const Count& count : kCounts) {
    if (name != count.name) continue;
    if (values.size() >= count.least && (count.most == 0 || values.size() <= count.most)) break;
    out_->Error(expr.span, UpperCase(name) + " takes " + count.text).code = "no-such-overload";
    return {};
  }
  if (name == "nullif") return BindNullIf(values, expr.span);
  if (name == "greatest" || name == "least") {
    return BindExtreme(name, std::move(values), expr.span);
  }
  if (name == "array") return BindArray(std::move(values), expr.span);
  if (name == "element_at") return BindElementAt(std::move(values), expr.span);
  if (name == "array_to_string") return BindArrayToString(std::move(values), expr.span);
  if (name == "array_sum" || name == "array_avg") return BindArraySum(name, values[0], expr.span);
  if (name == "to_json") return BindToJson(values[0], expr.span);
  if (name == "array_append" || name == "array_prepend") {
    return BindAppend(name, std::move(values), expr.span);
  }
  if (name == "concat_ws") return BindConcatWs(std::move(values), expr.span);
  if (name == "if" || name == "iif") {
    BoundExprPtr condition = Condition(values[0], UpperCase(name));
    if (condition == nullptr) return {};
    return BindChoice(std::move(condition), values[1], values[2], name, expr.span);
  }
  if (name == "nvl2") {
    BoundExprPtr is_null = MakeNode(ExprOp::kIsNull, TypeKind::kBoolean, {values[0].expr});
    return BindChoice(std::move(is_null), values[2], values[1], name, expr.span);
  }
  return BindCoalesce(std::move(values), name, expr.span);
}

Typed ExprBinder::BindCoalesce(std::vector<Typed> values, const std::string& name, Span span) {
  Type type;
  if (!Unify(&values, "the arguments of " + UpperCase(name), &type)) return {};
  if (values.size() == 1) return values[0];
  std::vector<BoundExprPtr> children;
  for (const Typed& value : values) children.push_back(value.expr);
  return {MakeNode(ExprOp::kCoalesce, type, std::move(children)), false, span};
}

// NULLIF(a, b): NULL where a = b is true, else a.
Typed ExprBinder::BindNullIf(const std::vector<Typed>& values, Span span) {
  BoundExprPtr equal = Compare(ExprOp::kEq, values[0], values[1], span);
  if (equal == nullptr) return {};
  // An untyped literal has become what it was compared as.
  BoundExprPtr value = values[0].untyped ? equal->children[0] : values[0].expr;
  Type type = value->type;
  return {MakeNode(ExprOp::kCase, type, {equal, MakeLiteral(Datum::Null(type)), value}), false,
          span};
}

Typed ExprBinder::BindChoice(BoundExprPtr condition, Typed then, Typed otherwise,
                             const std::string& name, Span span) {
  std::vector<Typed> values = {std::move(then), std::move(otherwise)};
  Type type;
  if (!Unify(&values, "the values of " + UpperCase(name), &type)) return {};
  return {MakeNode(ExprOp::kCase, type, {std::move(condition), values[0].expr, values[1].expr}),
          false, span};
}

// Two at a time, from the left, in one type; a function of the standard library compares two.
Typed ExprBinder::BindExtreme(const std::string& name, std::vector<Typed> values, Span span) {
  Type type;
  if (!Unify(&values, "the arguments of " + UpperCase(name), &type)) return {};
  Typed result = values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    result = CallFunction(name, {result, values[i]}, span);
    if (!result) return {};
  }
  return result;
}

// Each text that is not NULL with a separator before it; the first separator is cut off.
Typed ExprBinder::BindConcatWs(std::vector<Typed> values, Span span) {
  for (Typed& value : values) {
    value.expr = Coerce(value, TypeKind::kString, "wrong argument of concat_ws");
    if (!value) return {};
    value.untyped = false;
  }
  const Typed empty = {MakeLiteral(Datum::String("")), false, span};
  Typed text = empty;
  for (size_t i = 1; i < values.size(); ++i) {
    Typed piece = CallFunction("concat", {values[0], values[i]}, span);
    if (!piece) return {};
    piece = BindCoalesce({piece, empty}, "concat_ws", span);
    text = i == 1 ? piece : CallFunction("concat", {text, piece}, span);
    if (!text) return {};
  }
  Typed length = CallFunction("length", {values[0]}, span);
  Typed one = {MakeLiteral(Datum::Int(TypeKind::kInt, 1)), false, span};
  Typed from = {MakeNode(ExprOp::kAdd, TypeKind::kInt, {length.expr, one.expr}), false, span};
  return CallFunction("substring", {text, from}, span);
}

}  // namespace flow
