// ExprBinder: aggregate calls. Several are made of others: BOOL_AND is MIN, STDDEV the root of a
// variance, ARG_MIN the least of sort keys, APPROX_PERCENTILE a quantile of buckets.
#include <algorithm>

#include "compiler/bind/expr_binder.h"
#include "compiler/bind/types.h"
#include "compiler/catalog/aggregate.h"

namespace flow {

using program::AggregateFn;

namespace {

bool BeginsWith(const std::string& name, const char* prefix) { return name.rfind(prefix, 0) == 0; }

BoundExprPtr Filtered(const BoundExprPtr& value, const BoundExprPtr& filter) {
  if (filter == nullptr) return value;
  BoundExprPtr otherwise = MakeLiteral(Datum::Null(value->type));
  Type type = value->type;
  return MakeNode(ExprOp::kCase, type, {filter, value, std::move(otherwise)});
}

}  // namespace

bool IsAggregateName(const std::string& name) { return FindAggregate(name) != nullptr; }

bool HasAggregate(const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kCall && IsAggregateName(LowerCase(expr.path[0].text))) {
    return true;
  }
  return std::any_of(expr.children.begin(), expr.children.end(),
                     [](const ast::ExprPtr& child) { return HasAggregate(*child); });
}

// What does not depend on which aggregate it is.
bool ExprBinder::CheckAggregate(const ast::Expr& expr, const std::string& name) {
  const std::string upper = UpperCase(name);
  if (inside_aggregate_) {
    Diagnostic& d = out_->Error(expr.span, "an aggregate inside an aggregate");
    d.label = upper + " cannot stand in the argument of another aggregate";
    d.hint = "compute the inner one in a subquery";
    d.code = "nested-aggregate";
    return false;
  }
  if (calls_ == nullptr) {
    Diagnostic& d = out_->Error(expr.span, "an aggregate cannot stand in " + place_);
    d.label = place_ == "a FUNCTION" ? "it is over the rows of a query"
                                     : upper + " is computed after " + place_;
    d.code = "misplaced-aggregate";
    if (place_ == "a FUNCTION") d.hint = "its result can be an argument";
    if (place_ == "WHERE") d.hint = "use HAVING, or FILTER (WHERE ...) on the aggregate";
    return false;
  }
  const auto is_order = [](const ast::ExprPtr& child) {
    return child->kind == ast::ExprKind::kOrder;
  };
  const auto order = std::find_if(expr.children.begin(), expr.children.end(), is_order);
  const auto arguments = static_cast<size_t>(order - expr.children.begin());
  if (order != expr.children.end() && name != "string_agg" && name != "array_agg") {
    Diagnostic& d = out_->Error((*order)->span, "ORDER BY inside " + upper);
    d.label = "the order of the rows does not matter to it";
    d.hint =
        "ORDER BY goes with STRING_AGG and ARRAY_AGG; ARG_MIN and ARG_MAX take what they order by "
        "as their "
        "second argument";
    d.code = "misplaced-order";
    return false;
  }
  if (arguments == 1 && expr.children[0]->kind == ast::ExprKind::kStar) {
    if (name == "count") return true;
    out_->Error(expr.span, upper + "(*) has no meaning").code = "misplaced-star";
    return false;
  }
  const AggregateName& form = *FindAggregate(name);
  if (arguments < form.least || arguments > form.most) {
    Diagnostic& d = out_->Error(
        expr.span, upper + " takes " + (form.most == 1 ? "one argument" : "two arguments"));
    if (name == "count" && expr.children.empty()) d.hint = "COUNT(*) counts rows";
    if (form.most > 1) d.hint = form.signature;
    d.code = "no-such-overload";
    return false;
  }
  if (expr.distinct && form.most > 1 && name != "string_agg") {
    Diagnostic& d = out_->Error(expr.span, "DISTINCT inside " + upper);
    d.label = "equal rows do not change its result";
    d.code = "misplaced-distinct";
    return false;
  }
  return true;
}

std::string ExprBinder::TextOf(const BoundExprPtr& expr) const {
  return ToText(
      *expr, scope_.schema == nullptr ? std::vector<std::string>() : ColumnNames(*scope_.schema));
}

// The column that stands for a call; of equal calls there is one.
Typed ExprBinder::AddCall(bound::AggregateCall call, Span span) {
  size_t index = 0;
  for (; index < calls_->size(); ++index) {
    const bound::AggregateCall& other = (*calls_)[index];
    if (other.fn != call.fn || other.distinct != call.distinct) continue;
    if (other.result != call.result || ToSql(other.parameter) != ToSql(call.parameter)) continue;
    if ((other.argument == nullptr) != (call.argument == nullptr)) continue;
    if (call.argument == nullptr || StructurallyEqual(*other.argument, *call.argument)) break;
  }
  Type result = call.result;
  if (index == calls_->size()) calls_->push_back(std::move(call));
  return {MakeColumn(kFirstCall + static_cast<int>(index), result), false, span};
}

// The argument of an aggregate, a STRING if nothing says what it is.
Typed ExprBinder::BindArgument(const ast::Expr& expr) {
  inside_aggregate_ = true;
  Typed argument = BindTyped(expr);
  inside_aggregate_ = false;
  if (argument && argument.untyped) {
    argument.expr = Coerce(argument, TypeKind::kString, "wrong argument of an aggregate");
    argument.untyped = false;
  }
  return argument;
}

Typed ExprBinder::BindAggregate(const ast::Expr& expr, const std::string& name) {
  if (!CheckAggregate(expr, name)) return {};
  BoundExprPtr filter;
  if (expr.filter != nullptr) {
    inside_aggregate_ = true;
    filter = BindCondition(*expr.filter, "FILTER (WHERE ...)");
    inside_aggregate_ = false;
    if (filter == nullptr) return {};
  }
  if (name == "first" || name == "last" || BeginsWith(name, "arg_")) {
    return BindArg(expr, name, filter);
  }
  if (name == "string_agg") return BindStringAgg(expr, filter);
  if (name == "array_agg") return BindArrayAgg(expr, filter);
  if (name == "approx_percentile" || name == "quantile_disc") {
    return BindQuantile(expr, name, filter);
  }

  const std::string upper = UpperCase(name);
  const bool star = expr.children[0]->kind == ast::ExprKind::kStar;
  const bool logical = BeginsWith(name, "bool_") || name == "every";
  const bool deviation = BeginsWith(name, "stddev");
  const bool spread = deviation || BeginsWith(name, "var");
  const bool numeric = name == "sum" || name == "avg" || spread;
  bound::AggregateCall call;
  if (star) {
    if (filter != nullptr) call.argument = MakeLiteral(Datum::Int(TypeKind::kInt, 1));
  } else {
    inside_aggregate_ = true;
    const Typed argument = BindTyped(*expr.children[0]);
    inside_aggregate_ = false;
    if (!argument) return {};
    call.argument = logical ? Condition(argument, upper)
                    : !argument.untyped
                        ? argument.expr
                        : Coerce(argument, numeric ? TypeKind::kBigint : TypeKind::kString,
                                 "wrong argument of " + upper);
    if (call.argument == nullptr) return {};
  }
  // Of INTERVALs it is one of microseconds.
  const bool interval = numeric && !spread && !star && call.argument->type.is(TypeKind::kInterval);
  if (interval) {
    call.argument = CallFunction("epoch_us", {{call.argument, false, expr.span}}, expr.span).expr;
  }
  if (call.argument != nullptr) call.argument = Filtered(call.argument, filter);

  const Type type = call.argument == nullptr ? Type() : call.argument->type;
  if (name == "count" || name == "approx_count_distinct") {
    const AggregateFn values =
        name == "count" ? AggregateFn::kCount : AggregateFn::kApproxCountDistinct;
    call.fn = call.argument == nullptr ? AggregateFn::kCountRows : values;
    call.result = TypeKind::kBigint;
    if (values == AggregateFn::kApproxCountDistinct && scope_.updating) {
      Diagnostic& d = out_->Error(expr.span, upper + " over rows that can be taken back");
      d.label = "what it keeps of a value can not be taken out again";
      d.hint = "COUNT(DISTINCT ...) can; so can " + upper + " over a source";
      d.code = "not-retractable";
      return {};
    }
  } else if (!numeric) {
    // FALSE is less than TRUE.
    const bool least = name == "min" || name == "bool_and" || name == "every";
    call.fn = least ? AggregateFn::kMin : AggregateFn::kMax;
    call.result = type;
  } else if (!type.is_numeric()) {
    NeedsNumber(*expr.children[0], upper, type);
    return {};
  } else if (spread) {
    const bool whole = name == "var_pop" || name == "stddev_pop";
    call.fn = whole ? AggregateFn::kVarPop : AggregateFn::kVarSamp;
    call.result = TypeKind::kDouble;
  } else {
    bool sum = name == "sum";
    call.fn = sum ? AggregateFn::kSum : AggregateFn::kAvg;
    if (type.is_integer()) {
      call.result = sum ? Type(TypeKind::kBigint) : Type::Decimal(38, 6);
    } else if (type.is(TypeKind::kDecimal)) {
      call.result = Type::Decimal(38, sum ? type.scale : std::max<int>(6, type.scale));
    } else {
      call.result = type;
    }
  }
  // These take equal values for one anyway.
  const bool same = call.fn == AggregateFn::kMin || call.fn == AggregateFn::kMax ||
                    call.fn == AggregateFn::kApproxCountDistinct;
  call.distinct = expr.distinct && !same;
  const std::string kept = !spread                           ? upper
                           : call.fn == AggregateFn::kVarPop ? "VAR_POP"
                                                             : "VAR_SAMP";
  call.text = kept + (call.distinct ? "(DISTINCT " : "(") +
              (call.argument == nullptr ? "*" : TextOf(call.argument)) + ")";
  Typed result = AddCall(std::move(call), expr.span);
  if (interval) {
    result.expr = CastTo(result.expr, TypeKind::kBigint);
    return CallFunction("to_microseconds", {result}, expr.span);
  }
  return deviation ? CallFunction("sqrt", {result}, expr.span) : result;
}

std::string ExprBinder::FilterText(const BoundExprPtr& filter) const {
  return filter == nullptr ? "" : " FILTER (WHERE " + TextOf(filter) + ")";
}

void ExprBinder::NeedsNumber(const ast::Expr& argument, const std::string& name, const Type& type) {
  TypeError(argument.span, name + " needs a number").label = "this is " + type.ToString();
}

Typed ExprBinder::SortKey(const Typed& value, bool descending) {
  const Typed order = {MakeLiteral(Datum::Bool(descending)), false, value.span};
  Typed key = value;
  if (value.type().is_variable() && !value.type().is(TypeKind::kString)) {
    key = {MakeCast(value.expr, TypeKind::kString), false, value.span};
  }
  return CallFunction("_sort_key", {key, order}, value.span);
}

// The same of a value that may be NULL, which sorts before or behind all others: their keys begin
// with a letter.
Typed ExprBinder::SortKey(const Typed& value, bool descending, bool nulls_first, Span span) {
  const Typed key = SortKey(value, descending);
  if (!key) return {};
  const Typed null = {MakeLiteral(Datum::String(nulls_first ? "!" : "~")), false, span};
  return BindCoalesce({key, null}, "coalesce", span);
}

BoundExprPtr ExprBinder::SortKeyOf(const std::vector<bound::Ranking::Part>& parts, Span span) {
  std::vector<Typed> keys;
  for (const bound::Ranking::Part& part : parts) {
    keys.push_back(SortKey({part.expr, false, span}, part.descending, part.nulls_first, span));
    if (!keys.back()) return nullptr;
  }
  // Two neighbours at a time, so that many do not nest deep.
  while (keys.size() > 1) {
    std::vector<Typed> longer;
    for (size_t i = 0; i < keys.size(); i += 2) {
      const bool single = i + 1 == keys.size();
      longer.push_back(single ? keys[i] : CallFunction("concat", {keys[i], keys[i + 1]}, span));
    }
    keys = std::move(longer);
  }
  return keys[0].expr;
}

// ARG_MIN(value, by) and FIRST(value), which is by event time: the least sort key of `by` and the
// value, so that of equal times the least value is the first.
Typed ExprBinder::BindArg(const ast::Expr& expr, const std::string& name,
                          const BoundExprPtr& filter) {
  const std::string upper = UpperCase(name);
  const bool timed = name == "first" || name == "last";
  const Typed value = BindArgument(*expr.children[0]);
  if (!value) return {};
  if (timed && scope_.event_time == nullptr) {
    Diagnostic& d = out_->Error(expr.span, upper + " goes by event time, which is not known here");
    d.label = "works where FROM names a source with EVENT TIME";
    d.hint = std::string(name == "first" ? "ARG_MIN" : "ARG_MAX") +
             "(value, time) takes the time as an argument";
    d.code = "no-event-time";
    return {};
  }
  const Typed by =
      timed ? Typed{scope_.event_time, false, expr.span} : BindArgument(*expr.children[1]);
  if (!by) return {};
  const Typed key = SortKey(by, false);
  const Typed end = SortKey(value, false);
  if (!key || !end) return {};
  const Typed both = CallFunction("concat", {key, end}, expr.span);
  if (!both) return {};
  bound::AggregateCall call;
  call.fn = name == "first" || name == "arg_min" ? AggregateFn::kArgMin : AggregateFn::kArgMax;
  call.argument = Filtered(both.expr, filter);
  call.result = value.type();
  call.text = upper + "(" + TextOf(value.expr) + (timed ? "" : ", " + TextOf(by.expr)) + ")" +
              FilterText(filter);
  return AddCall(std::move(call), expr.span);
}

Typed ExprBinder::BindStringAgg(const ast::Expr& expr, const BoundExprPtr& filter) {
  Typed value = BindArgument(*expr.children[0]);
  const Typed separator = BindArgument(*expr.children[1]);
  if (!value || !separator) return {};
  const BoundExpr& literal = *separator.expr;
  if (literal.op != ExprOp::kLiteral || !literal.literal.is_value() ||
      !literal.type.is(TypeKind::kString)) {
    Diagnostic& d = out_->Error(expr.children[1]->span, "the separator of STRING_AGG is a text");
    d.label = "must be the same for all rows";
    d.hint = "STRING_AGG(name, ', ')";
    d.code = "not-constant";
    return {};
  }
  value.expr = Coerce(value, TypeKind::kString, "wrong argument of STRING_AGG");
  if (!value) return {};
  bound::AggregateCall call;
  call.result = TypeKind::kString;
  call.parameter = literal.literal;
  call.text = std::string("STRING_AGG(") + (expr.distinct ? "DISTINCT " : "") + TextOf(value.expr) +
              ", " + ToSql(call.parameter);
  return BindJoined(expr, 2, value, value, filter, std::move(call));
}

// ARRAY_AGG(x ORDER BY ...): the parts of all elements, NULL's too, joined without a separator.
Typed ExprBinder::BindArrayAgg(const ast::Expr& expr, const BoundExprPtr& filter) {
  const Typed value = BindArgument(*expr.children[0]);
  if (!value) return {};
  const Typed part = PartOf(value);
  if (!part) return {};
  bound::AggregateCall call;
  call.result = Type::Array(value.type());
  call.parameter = Datum::String("");
  call.text = std::string("ARRAY_AGG(") + (expr.distinct ? "DISTINCT " : "") + TextOf(value.expr);
  return BindJoined(expr, 1, value, part, filter, std::move(call));
}

// What STRING_AGG and ARRAY_AGG share: the order, which begins behind `arguments` arguments.
// `joined` is the text of `value` that is put with the others.
Typed ExprBinder::BindJoined(const ast::Expr& expr, size_t arguments, const Typed& value,
                             const Typed& joined, const BoundExprPtr& filter,
                             bound::AggregateCall call) {
  call.fn = AggregateFn::kStringAgg;
  call.distinct = expr.distinct;
  call.argument = joined.expr;
  Typed keys;
  for (size_t i = arguments; i < expr.children.size(); ++i) {
    const ast::Expr& item = *expr.children[i];
    const bool descending = item.negated, nulls_first = item.bool_value;
    const Typed by = BindArgument(*item.children[0]);
    if (!by) return {};
    if (expr.distinct && !StructurallyEqual(*by.expr, *value.expr)) {
      const std::string name = UpperCase(expr.path[0].text);
      Diagnostic& d = out_->Error(item.span, name + "(DISTINCT ...) orders by its values");
      d.label = "equal values could differ in this";
      d.code = "misplaced-order";
      return {};
    }
    call.text += (keys ? ", " : " ORDER BY ") + TextOf(by.expr) + (descending ? " DESC" : "");
    if (nulls_first != descending) {
      call.text += nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
    const Typed key = SortKey(by, descending, nulls_first, item.span);
    if (!key) return {};
    keys = keys ? CallFunction("concat", {keys, key}, expr.span) : key;
    if (!keys) return {};
  }
  if (keys) {
    const Typed end = SortKey(joined, false);
    if (!end) return {};
    const Typed all = CallFunction("concat", {keys, end}, expr.span);
    if (!all) return {};
    call.argument = all.expr;
    call.sort_keys = true;
  }
  call.argument = Filtered(call.argument, filter);
  call.text += ")" + FilterText(filter);
  return AddCall(std::move(call), expr.span);
}

// The fraction's value; a report if it is none.
bool ExprBinder::Fraction(const ast::Expr& expr, const std::string& name, double* fraction) {
  const Typed typed = BindArgument(expr);
  if (!typed) return false;
  const Datum& value = typed.expr->literal;
  bool ok = typed.expr->op == ExprOp::kLiteral && value.is_value() && value.type.is_numeric();
  if (ok && value.type.is(TypeKind::kDecimal)) {
    double unit = 1;
    for (int i = 0; i < value.type.scale; ++i) unit *= 10;
    *fraction = static_cast<double>(value.dec) / unit;
  } else if (ok) {
    *fraction = value.type.is(TypeKind::kDouble) ? value.d : static_cast<double>(value.i);
  }
  if (ok && *fraction >= 0 && *fraction <= 1) return true;
  Diagnostic& d = out_->Error(expr.span, name + " needs a number from 0 to 1");
  d.label = "must be the same for all rows";
  d.hint = name + "(x, 0.95)";
  d.code = "not-constant";
  return false;
}

Typed ExprBinder::BindQuantile(const ast::Expr& expr, const std::string& name,
                               const BoundExprPtr& filter) {
  const std::string upper = UpperCase(name);
  const bool about = name == "approx_percentile";
  Typed value = BindArgument(*expr.children[0]);
  double fraction = 0;
  if (!value || !Fraction(*expr.children[1], upper, &fraction)) return {};
  bound::AggregateCall call;
  call.fn = AggregateFn::kQuantile;
  call.parameter = Datum::Double(fraction);
  call.text =
      upper + "(" + TextOf(value.expr) + ", " + ToSql(call.parameter) + ")" + FilterText(filter);
  if (about) {
    if (!value.type().is_numeric()) {
      NeedsNumber(*expr.children[0], upper, value.type());
      return {};
    }
    if (!value.type().is(TypeKind::kDouble)) value.expr = MakeCast(value.expr, TypeKind::kDouble);
    value = CallFunction("_bucket", {value}, expr.span);
    if (!value) return {};
  }
  call.argument = Filtered(value.expr, filter);
  call.result = value.type();
  Typed result = AddCall(std::move(call), expr.span);
  return about ? CallFunction("_bucket_middle", {result}, expr.span) : result;
}

}  // namespace flow
