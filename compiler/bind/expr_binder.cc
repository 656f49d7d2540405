// ExprBinder: names, operators, conditions, CASE and casts. Calls are in expr_calls.cc.
#include "compiler/bind/expr_binder.h"

#include <algorithm>

#include "compiler/bind/literal.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

const Type kBoolean(TypeKind::kBoolean);

// Views over views are written out by substitution, and some operators use an operand twice: beyond
// this an expression is no longer one that a person meant.
constexpr double kMaxNodes = 200000;
constexpr int kMaxDepth = 2500;

Typed Known(BoundExprPtr expr, Span span) { return {std::move(expr), false, span}; }
BoundExprPtr Not(BoundExprPtr expr) { return MakeNode(ExprOp::kNot, kBoolean, {std::move(expr)}); }
BoundExprPtr IsNull(BoundExprPtr expr) {
  return MakeNode(ExprOp::kIsNull, kBoolean, {std::move(expr)});
}
BoundExprPtr True() { return MakeLiteral(Datum::Bool(true)); }

struct BinaryOp {
  const char* text;
  ExprOp op;
  bool comparison;
};
constexpr BinaryOp kBinaryOps[] = {
    {"+", ExprOp::kAdd, false}, {"-", ExprOp::kSub, false}, {"*", ExprOp::kMul, false},
    {"/", ExprOp::kDiv, false}, {"%", ExprOp::kMod, false}, {"=", ExprOp::kEq, true},
    {"<>", ExprOp::kNe, true},  {"<", ExprOp::kLt, true},   {"<=", ExprOp::kLe, true},
    {">", ExprOp::kGt, true},   {">=", ExprOp::kGe, true},
};

}  // namespace

Diagnostic& ExprBinder::TypeError(Span span, std::string message) {
  Diagnostic& d = out_->Error(span, std::move(message));
  d.code = "type-mismatch";
  return d;
}

BoundExprPtr ExprBinder::Bind(const ast::Expr& expr) {
  Typed value = BindTyped(expr);
  if (!value) return nullptr;
  if (value.type().is(TypeKind::kNull)) return CastTo(value.expr, TypeKind::kString);
  if (value.type() == Type::Array(TypeKind::kNull)) {
    return CastTo(value.expr, Type::Array(TypeKind::kString));
  }
  return Sized(value.expr, expr.span);
}

BoundExprPtr ExprBinder::BindCondition(const ast::Expr& expr, const std::string& what) {
  return Sized(Condition(BindTyped(expr), what), expr.span);
}

BoundExprPtr ExprBinder::BindAs(const ast::Expr& expr, const Type& type, const std::string& what) {
  return Sized(Coerce(BindTyped(expr), type, what), expr.span);
}

BoundExprPtr ExprBinder::Sized(BoundExprPtr expr, Span span) {
  if (expr == nullptr) return nullptr;
  ExprSize size = Measure(*expr, [&](int column) {
    return column < kFirstCall && scope_.schema != nullptr
               ? scope_.schema->columns[static_cast<size_t>(column)].size
               : ExprSize();
  });
  if (size.nodes <= kMaxNodes && size.depth <= kMaxDepth) return expr;
  Diagnostic& d = out_->Error(span, "this expression is too large");
  d.label = "over 200000 operations or 2500 levels, with the views below it written out";
  d.code = "too-large";
  return nullptr;
}

BoundExprPtr ExprBinder::Condition(const Typed& value, const std::string& what) {
  if (!value) return nullptr;
  if (value.type() == kBoolean) return value.expr;
  if (value.untyped) return Coerce(value, kBoolean, what + " needs a BOOLEAN");
  TypeError(value.span, what + " needs a BOOLEAN").label = "this is " + value.type().ToString();
  return nullptr;
}

BoundExprPtr ExprBinder::Coerce(const Typed& value, const Type& type, const std::string& what) {
  if (!value) return nullptr;
  if (value.type() == type) return value.expr;
  if (value.untyped && value.expr->literal.is_value()) {
    Result<Datum> datum = TextAs(value.expr->literal.s, type);
    if (datum.ok()) return MakeLiteral(std::move(datum).value());
    Diagnostic& d = out_->Error(value.span, datum.error().message);
    d.label = "must be " + type.ToString() + " here";
    d.code = "bad-literal";
    return nullptr;
  }
  if (CanWiden(value.type(), type)) return CastTo(value.expr, type);
  Diagnostic& d = TypeError(value.span, what);
  d.label = "this is " + value.type().ToString();
  if (CanCast(value.type(), type)) {
    d.hint = "there is no implicit narrowing: write CAST(... AS " + type.ToString() + ")";
  }
  return nullptr;
}

bool ExprBinder::Unify(std::vector<Typed>* values, const std::string& what, Type* type) {
  Type common(TypeKind::kNull);
  for (const Typed& value : *values) {
    if (value.untyped) continue;
    std::optional<Type> next = CommonType(common, value.type());
    if (!next.has_value()) {
      Diagnostic& d = TypeError(value.span, what + " must have one type");
      d.label = "this is " + value.type().ToString() + ", before it came " + common.ToString();
      d.hint = "cast one side: CAST(... AS " + common.ToString() + ")";
      return false;
    }
    common = *next;
  }
  if (common.is(TypeKind::kNull)) common = TypeKind::kString;
  for (Typed& value : *values) {
    value.expr = Coerce(value, common, what + " must have one type");
    if (!value) return false;
    value.untyped = false;
  }
  *type = common;
  return true;
}

Typed ExprBinder::BindTyped(const ast::Expr& expr) {
  Typed value = BindNode(expr);
  value.span = expr.span;
  if (scope_.index != nullptr && value) {
    scope_.index->expressions.push_back({expr.span, value.type()});
  }
  return value;
}

std::vector<Typed> ExprBinder::BindChildren(const ast::Expr& expr, bool* ok) {
  std::vector<Typed> children;
  children.reserve(expr.children.size());
  for (const ast::ExprPtr& child : expr.children) {
    children.push_back(BindTyped(*child));
    if (!children.back()) *ok = false;
  }
  return children;
}

Typed ExprBinder::BindNode(const ast::Expr& expr) {
  switch (expr.kind) {
    case ast::ExprKind::kNull:
      return {MakeLiteral(Datum::Null(TypeKind::kNull)), true, expr.span};
    case ast::ExprKind::kBool:
      return Known(MakeLiteral(Datum::Bool(expr.bool_value)), expr.span);
    case ast::ExprKind::kNumber: {
      Result<Datum> datum = NumberLiteral(expr.text);
      if (datum.ok()) return Known(MakeLiteral(std::move(datum).value()), expr.span);
      out_->Error(expr.span, datum.error().message).code = "bad-literal";
      return {};
    }
    case ast::ExprKind::kString:
      return {MakeLiteral(Datum::String(expr.text)), true, expr.span};
    case ast::ExprKind::kDuration:
      return Known(MakeLiteral(Datum::Int(TypeKind::kInterval, expr.number)), expr.span);
    case ast::ExprKind::kTyped: {
      Result<Datum> datum = TextAs(expr.text, expr.type);
      if (datum.ok()) return Known(MakeLiteral(std::move(datum).value()), expr.span);
      out_->Error(expr.span, datum.error().message).code = "bad-literal";
      return {};
    }
    case ast::ExprKind::kColumn:
      return BindColumn(expr);
    case ast::ExprKind::kField:
      return BindField(expr);
    case ast::ExprKind::kStar: {
      Diagnostic& d = out_->Error(expr.span, "`*` stands for columns only in SELECT and COUNT(*)");
      d.code = "misplaced-star";
      return {};
    }
    case ast::ExprKind::kUnary:
      return BindUnary(expr);
    case ast::ExprKind::kBinary:
      return BindBinary(expr);
    case ast::ExprKind::kAnd:
    case ast::ExprKind::kOr:
      return BindLogic(expr);
    case ast::ExprKind::kIsNull:
      return BindIsNull(expr);
    case ast::ExprKind::kIsTruth: {
      BoundExprPtr value = BindCondition(*expr.children[0], "IS TRUE");
      if (value == nullptr) return {};
      // x IS FALSE is (NOT x) IS TRUE; only NULL is left to decide.
      if (!expr.bool_value) value = Not(std::move(value));
      BoundExprPtr no = MakeLiteral(Datum::Bool(false));
      value = MakeNode(ExprOp::kCoalesce, kBoolean, {std::move(value), std::move(no)});
      return Known(expr.negated ? Not(std::move(value)) : value, expr.span);
    }
    case ast::ExprKind::kIsDistinct:
      return BindDistinctFrom(expr);
    case ast::ExprKind::kIn:
      return BindIn(expr);
    case ast::ExprKind::kBetween:
      return BindBetween(expr);
    case ast::ExprKind::kLike: {
      bool ok = true;
      Typed call = CallFunction("like", BindChildren(expr, &ok), expr.span);
      if (!ok || !call) return {};
      return Known(expr.negated ? Not(call.expr) : call.expr, expr.span);
    }
    case ast::ExprKind::kCase:
      return BindCase(expr);
    case ast::ExprKind::kCast:
      return BindCast(expr);
    case ast::ExprKind::kCall:
      return BindCall(expr);
    case ast::ExprKind::kOrder:  // who takes one, binds what is in it
      out_->Error(expr.span, "ORDER BY goes with STRING_AGG").code = "misplaced-order";
      return {};
  }
  return {};
}

Typed ExprBinder::BindColumn(const ast::Expr& expr) {
  if (expr.path.size() == 1 && scope_.schema != nullptr &&
      FindVisible(scope_.schema->names, expr.path[0].text) == nullptr) {
    Typed clock = BindClock(expr, LowerCase(expr.path[0].text));
    if (clock || clock.untyped) return clock.expr == nullptr ? Typed{} : clock;
  }
  const bound::Visible* found = ResolveColumn(scope_, expr.path, expr.span, out_);
  if (found == nullptr) return {};
  if (found->expr == nullptr) return WholeStruct(*found, expr.span);
  // A node of its own, so that its place can be found again.
  auto node = std::make_shared<BoundExpr>(*found->expr);
  spans_.emplace(node.get(), std::make_pair(expr.span, node));
  return Known(std::move(node), expr.span);
}

Typed ExprBinder::BindUnary(const ast::Expr& expr) {
  if (expr.op == "NOT") {
    BoundExprPtr value = BindCondition(*expr.children[0], "NOT");
    return value == nullptr ? Typed{} : Known(Not(std::move(value)), expr.span);
  }
  Typed value = BindTyped(*expr.children[0]);
  if (!value) return {};
  bool negatable = value.type().is_numeric() || value.type().is(TypeKind::kInterval);
  if (!negatable) {
    TypeError(expr.span, "`" + expr.op + "` needs a number").label =
        "this is " + value.type().ToString();
    return {};
  }
  if (expr.op == "+") return value;
  if (value.expr->op == ExprOp::kLiteral && value.expr->literal.is_value()) {
    return Known(MakeLiteral(Negated(value.expr->literal)), expr.span);
  }
  Type type = value.type();
  return Known(MakeNode(ExprOp::kNeg, type, {value.expr}), expr.span);
}

Typed ExprBinder::BindBinary(const ast::Expr& expr) {
  if (std::optional<Typed> structs = BindStructs(expr)) return *structs;
  bool ok = true;
  std::vector<Typed> sides = BindChildren(expr, &ok);
  if (!ok) return {};
  if (expr.op == "||") {
    for (size_t i = 0; i < 2; ++i) {
      if (!sides[i].type().is(TypeKind::kArray)) continue;
      const Typed& other = sides[1 - i];
      const bool array = other.untyped ? other.type().is(TypeKind::kNull)
                                       : other.type().is(TypeKind::kArray) &&
                                             CommonType(sides[i].type(), other.type()).has_value();
      if (array) return CallFunction("array_concat", std::move(sides), expr.span);
      if (other.type().is(TypeKind::kString) && !sides[i].type().element->is(TypeKind::kString)) {
        break;
      }
      return BindAppend(i == 0 ? "array_append" : "array_prepend", std::move(sides), expr.span);
    }
    // As in PostgreSQL, one side that is text makes the other text.
    for (size_t i = 0; i < 2; ++i) {
      bool text_beside = sides[1 - i].untyped || sides[1 - i].type().is(TypeKind::kString);
      if (!sides[i].untyped && text_beside && CanCast(sides[i].type(), TypeKind::kString)) {
        const bool nested = sides[i].type().is_variable();
        sides[i] = nested ? BindNestedCast(sides[i], TypeKind::kString, false, sides[i].span)
                          : Known(CastTo(sides[i].expr, TypeKind::kString), sides[i].span);
        if (!sides[i]) return {};
      }
    }
    return CallFunction("concat", std::move(sides), expr.span);
  }
  for (const BinaryOp& binary : kBinaryOps) {
    if (expr.op != binary.text) continue;
    if (!binary.comparison) return BindArithmetic(binary.op, sides[0], sides[1], expr);
    BoundExprPtr result = Compare(binary.op, sides[0], sides[1], expr.op_span);
    return result == nullptr ? Typed{} : Known(std::move(result), expr.span);
  }
  out_->Error(expr.op_span, "unknown operator " + Quoted(expr.op)).code = "unknown-operator";
  return {};
}

// INTERVAL * n, n * INTERVAL and INTERVAL / n; nullopt: it is none of these.
std::optional<Typed> ExprBinder::BindScaled(ExprOp op, Typed left, Typed right, Span span) {
  const bool times = op == ExprOp::kMul;
  if (!times && op != ExprOp::kDiv) return std::nullopt;
  if (times && right.type().is(TypeKind::kInterval)) std::swap(left, right);
  const bool number = right.untyped || right.type().is_numeric();
  if (!left.type().is(TypeKind::kInterval) || !number) return std::nullopt;
  const bool whole = times && right.type().is_integer();
  const Type type(whole ? TypeKind::kBigint : TypeKind::kDouble);
  right.expr =
      right.untyped ? Coerce(right, type, "cannot compute with this") : CastTo(right.expr, type);
  right.untyped = false;
  if (!right) return Typed{};
  return CallFunction(times ? "_interval_times" : "_interval_part", {left, right}, span);
}

Typed ExprBinder::BindArithmetic(ExprOp op, Typed left, Typed right, const ast::Expr& expr) {
  if (std::optional<Typed> scaled = BindScaled(op, left, right, expr.span)) return *scaled;
  // An untyped literal takes the type of its neighbour; text beside a time is a time for `-` and
  // an amount of time is never written as text.
  Typed* literal = left.untyped ? &left : right.untyped ? &right : nullptr;
  if (literal != nullptr) {
    const Typed& other = literal == &left ? right : left;
    Type type = other.untyped ? Type(TypeKind::kBigint) : other.type();
    if (type.is_numeric() || type.is(TypeKind::kTimestamp) || type.is(TypeKind::kDate) ||
        type.is(TypeKind::kInterval) || literal->expr->literal.is_null()) {
      literal->expr = Coerce(*literal, type, "cannot compute with this");
      if (!*literal) return {};
      literal->untyped = false;
      if (other.untyped) return BindArithmetic(op, left, right, expr);
    }
  }
  bool scale_overflow = false;
  std::optional<ArithmeticTypes> types = Arithmetic(op, left.type(), right.type(), &scale_overflow);
  if (scale_overflow) {
    Diagnostic& d = out_->Error(expr.span, "the product would have a scale over 38 digits");
    d.label = left.type().ToString() + " * " + right.type().ToString();
    d.hint = "cast one side to a smaller scale first";
    d.code = "scale-overflow";
    return {};
  }
  if (!types.has_value()) {
    Diagnostic& d = TypeError(expr.op_span, "cannot compute " + left.type().ToString() + " " +
                                                expr.op + " " + right.type().ToString());
    bool text = left.type().is(TypeKind::kString) || right.type().is(TypeKind::kString);
    if (text && expr.op == "+") d.hint = "texts are joined with `||`";
    if (text && expr.op != "+") d.hint = "texts become numbers with CAST(... AS BIGINT)";
    if (left.type().is(TypeKind::kInterval) || right.type().is(TypeKind::kInterval)) {
      d.hint = "epoch(interval) is its seconds, to_seconds(number) an INTERVAL";
    }
    return {};
  }
  return Known(MakeNode(op, types->result,
                        {CastTo(left.expr, types->left), CastTo(right.expr, types->right)}),
               expr.span);
}

BoundExprPtr ExprBinder::Compare(ExprOp op, const Typed& left, const Typed& right, Span span) {
  if (!left || !right) return nullptr;
  Type type(TypeKind::kString);
  if (left.untyped && !right.untyped) {
    type = right.type();
  } else if (right.untyped && !left.untyped) {
    type = left.type();
  } else if (!left.untyped) {
    std::optional<Type> common = CommonType(left.type(), right.type());
    if (!common.has_value()) {
      Diagnostic& d = TypeError(
          span, "cannot compare " + left.type().ToString() + " with " + right.type().ToString());
      const Type& to = left.type().is(TypeKind::kString) ? right.type() : left.type();
      if (CanCast(left.type(), right.type()) || CanCast(right.type(), left.type())) {
        d.hint = "cast one side: CAST(... AS " + to.ToString() + ")";
      }
      return nullptr;
    }
    type = *common;
  }
  BoundExprPtr a = Coerce(left, type, "cannot compare these");
  BoundExprPtr b = Coerce(right, type, "cannot compare these");
  if (a == nullptr || b == nullptr) return nullptr;
  return MakeNode(op, kBoolean, {std::move(a), std::move(b)});
}

Typed ExprBinder::BindLogic(const ast::Expr& expr) {
  bool is_and = expr.kind == ast::ExprKind::kAnd;
  std::vector<BoundExprPtr> terms;
  bool ok = true;
  for (const ast::ExprPtr& child : expr.children) {
    terms.push_back(BindCondition(*child, is_and ? "AND" : "OR"));
    ok &= terms.back() != nullptr;
  }
  if (!ok) return {};
  return Known(MakeNode(is_and ? ExprOp::kAnd : ExprOp::kOr, kBoolean, std::move(terms)),
               expr.span);
}

Typed ExprBinder::BindIsNull(const ast::Expr& expr) {
  const ast::Expr& child = *expr.children[0];
  if (child.kind == ast::ExprKind::kColumn) {
    // Of a STRUCT that has columns this is one of them.
    Diagnostics quiet;
    const bound::Visible* found = ResolveColumn(scope_, child.path, child.span, &quiet);
    if (found != nullptr && found->expr == nullptr) {
      auto node = std::make_shared<BoundExpr>(*found->presence);
      spans_.emplace(node.get(), std::make_pair(child.span, node));
      return Known(expr.negated ? BoundExprPtr(node) : Not(node), expr.span);
    }
  }
  Typed value = BindTyped(child);
  if (!value) return {};
  if (value.type().is(TypeKind::kNull)) {
    return Known(MakeLiteral(Datum::Bool(!expr.negated)), expr.span);
  }
  BoundExprPtr result = IsNull(value.expr);
  return Known(expr.negated ? Not(std::move(result)) : result, expr.span);
}

Typed ExprBinder::BindDistinctFrom(const ast::Expr& expr) {
  if (std::optional<Typed> structs = BindStructs(expr)) return *structs;
  bool ok = true;
  std::vector<Typed> sides = BindChildren(expr, &ok);
  if (!ok) return {};
  Type type;
  if (!Unify(&sides, "both sides of IS DISTINCT FROM", &type)) return {};
  const BoundExprPtr& a = sides[0].expr;
  const BoundExprPtr& b = sides[1].expr;
  BoundExprPtr differ = MakeNode(
      ExprOp::kCase, kBoolean,
      {IsNull(a), Not(IsNull(b)), IsNull(b), True(), MakeNode(ExprOp::kNe, kBoolean, {a, b})});
  return Known(expr.negated ? Not(std::move(differ)) : differ, expr.span);
}

Typed ExprBinder::BindIn(const ast::Expr& expr) {
  Typed value = BindTyped(*expr.children[0]);
  bool ok = static_cast<bool>(value);
  std::vector<Typed> options;
  for (size_t i = 1; i < expr.children.size(); ++i) {
    options.push_back(BindTyped(*expr.children[i]));
    ok &= static_cast<bool>(options.back());
  }
  if (!ok) return {};
  if (value.untyped) {
    options.push_back(value);
    Type type;
    if (!Unify(&options, "the values of IN", &type)) return {};
    value = options.back();
    options.pop_back();
  }
  std::vector<BoundExprPtr> terms;
  for (const Typed& option : options) {
    terms.push_back(Compare(ExprOp::kEq, value, option, option.span));
    if (terms.back() == nullptr) return {};
  }
  BoundExprPtr any =
      terms.size() == 1 ? terms[0] : MakeNode(ExprOp::kOr, kBoolean, std::move(terms));
  return Known(expr.negated ? Not(std::move(any)) : any, expr.span);
}

Typed ExprBinder::BindBetween(const ast::Expr& expr) {
  bool ok = true;
  std::vector<Typed> parts = BindChildren(expr, &ok);
  if (!ok) return {};
  if (parts[0].untyped) {
    Type type;
    if (!Unify(&parts, "the values of BETWEEN", &type)) return {};
  }
  BoundExprPtr low = Compare(ExprOp::kGe, parts[0], parts[1], parts[1].span);
  BoundExprPtr high = Compare(ExprOp::kLe, parts[0], parts[2], parts[2].span);
  if (low == nullptr || high == nullptr) return {};
  BoundExprPtr inside = MakeNode(ExprOp::kAnd, kBoolean, {std::move(low), std::move(high)});
  return Known(expr.negated ? Not(std::move(inside)) : inside, expr.span);
}

Typed ExprBinder::BindCase(const ast::Expr& expr) {
  bool ok = true;
  std::vector<Typed> parts = BindChildren(expr, &ok);
  if (!ok) return {};
  size_t first = expr.has_operand ? 1 : 0;
  size_t end = parts.size() - (expr.has_else ? 1 : 0);
  std::vector<BoundExprPtr> conditions;
  std::vector<Typed> results;
  for (size_t i = first; i + 1 < end; i += 2) {
    conditions.push_back(expr.has_operand ? Compare(ExprOp::kEq, parts[0], parts[i], parts[i].span)
                                          : Condition(parts[i], "WHEN"));
    if (conditions.back() == nullptr) return {};
    results.push_back(parts[i + 1]);
  }
  if (expr.has_else) results.push_back(parts.back());
  Type type;
  if (!Unify(&results, "the branches of CASE", &type)) return {};
  std::vector<BoundExprPtr> children;
  for (size_t i = 0; i < conditions.size(); ++i) {
    children.push_back(std::move(conditions[i]));
    children.push_back(results[i].expr);
  }
  children.push_back(expr.has_else ? results.back().expr : MakeLiteral(Datum::Null(type)));
  return Known(MakeNode(ExprOp::kCase, type, std::move(children)), expr.span);
}

Typed ExprBinder::BindCast(const ast::Expr& expr) {
  Typed value = BindTyped(*expr.children[0]);
  if (!value) return {};
  const Type& type = expr.type;
  if (!CanCast(value.type(), type)) {
    Diagnostic& d =
        TypeError(expr.span, "cannot cast " + value.type().ToString() + " to " + type.ToString());
    if (type.is(TypeKind::kInterval)) d.hint = "to_seconds and its kind make one of a number";
    if (value.type().is(TypeKind::kInterval)) d.hint = "epoch(interval) is its seconds";
    if (value.type().is(TypeKind::kJson)) {
      d.hint = "take its text first: CAST(CAST(... AS STRING) AS " + type.ToString() +
               "), or one of its members: ->> 'key'";
    }
    return {};
  }
  if (value.type().is(TypeKind::kNull)) {
    return Known(MakeLiteral(Datum::Null(type)), expr.span);
  }
  if (value.untyped) {
    // A constant text that is none of the type stays a cast: it is an error of the rows that reach
    // it, as it would be with a column in its place.
    Result<Datum> datum = TextAs(value.expr->literal.s, type);
    if (datum.ok()) return Known(MakeLiteral(std::move(datum).value()), expr.span);
  }
  if (value.type() == type) return Known(value.expr, expr.span);
  if (type.is(TypeKind::kInterval)) {
    const Typed tried = Known(MakeLiteral(Datum::Bool(expr.try_cast)), expr.span);
    return CallFunction("_parse_interval", {value, tried}, expr.span);
  }
  const bool text = value.type().is(TypeKind::kString) && type.is(TypeKind::kString);
  if ((value.type().is_variable() && type.is_variable() && !text) || type.is(TypeKind::kJson) ||
      (value.type().is_variable() && !value.type().is(TypeKind::kString))) {
    return BindNestedCast(value, type, expr.try_cast, expr.span);
  }
  return Known(MakeCast(value.expr, type, expr.try_cast), expr.span);
}

}  // namespace flow
