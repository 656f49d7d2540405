// ExprBinder: aggregate calls, scalar functions, and what is refused by name.
#include <algorithm>
#include <cctype>

#include "compiler/bind/decimal_call.h"
#include "compiler/bind/expr_binder.h"
#include "compiler/bind/types.h"
#include "compiler/catalog/form.h"

namespace flow {

std::string LowerCase(const std::string& text) {
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string UpperCase(const std::string& text) {
  std::string upper = text;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

namespace {

const std::vector<std::string> kAggregates = {"count", "sum", "avg", "min", "max"};

// Functions of the language that are not built yet.
const std::vector<std::string> kLater = {"var_pop",
                                         "var_samp",
                                         "variance",
                                         "stddev",
                                         "stddev_pop",
                                         "stddev_samp",
                                         "string_agg",
                                         "arg_min",
                                         "arg_max",
                                         "first",
                                         "last",
                                         "approx_count_distinct",
                                         "approx_percentile",
                                         "row_number",
                                         "rank",
                                         "dense_rank",
                                         "lag",
                                         "lead",
                                         "field",
                                         "array_agg",
                                         "bool_and",
                                         "bool_or",
                                         "median",
                                         "first_value",
                                         "last_value"};

struct Clock {
  const char* name;
  const char* why;
};
constexpr Clock kClocks[] = {
    {"now", "the wall clock"},
    {"current_timestamp", "the wall clock"},
    {"current_date", "the wall clock"},
    {"current_time", "the wall clock"},
    {"localtimestamp", "the wall clock"},
    {"localtime", "the wall clock"},
    {"clock_timestamp", "the wall clock"},
    {"transaction_timestamp", "the wall clock"},
    {"today", "the wall clock"},
    {"random", "chance"},
    {"rand", "chance"},
    {"uuid", "chance"},
    {"gen_random_uuid", "chance"},
};

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string TypesText(const std::vector<Typed>& values) {
  std::string text;
  for (const Typed& value : values) {
    if (!text.empty()) text += ", ";
    text += value.untyped ? "text" : value.type().ToString();
  }
  return text;
}

}  // namespace

bool IsAggregateName(const std::string& name) { return Contains(kAggregates, name); }

bool HasAggregate(const ast::Expr& expr) {
  if (expr.kind == ast::ExprKind::kCall && IsAggregateName(LowerCase(expr.path[0].text))) {
    return true;
  }
  return std::any_of(expr.children.begin(), expr.children.end(),
                     [](const ast::ExprPtr& child) { return HasAggregate(*child); });
}

Typed ExprBinder::BindCall(const ast::Expr& expr) {
  const std::string name = LowerCase(expr.path[0].text);
  if (IsAggregateName(name)) return BindAggregate(expr, name);
  if (expr.filter != nullptr || expr.distinct) {
    const char* what = expr.distinct ? "DISTINCT" : "FILTER";
    Diagnostic& d = out_->Error(expr.span, std::string(what) + " goes with an aggregate");
    d.label = Quoted(name) + " is none";
    d.code = "not-an-aggregate";
    return {};
  }
  if (IsForm(name)) return BindForm(expr, name);
  Typed clock = BindClock(expr, name);
  if (clock || clock.untyped) return clock.expr == nullptr ? Typed{} : clock;
  if (!FunctionExists(name)) {
    Diagnostic& d = Contains(kLater, name)
                        ? out_->Error(expr.span, "not supported yet: " + UpperCase(name))
                        : out_->Error(expr.path[0].span, "unknown function " + Quoted(name));
    d.code = Contains(kLater, name) ? "not-supported-yet" : "unknown-function";
    std::vector<std::string> known = FunctionNames();
    known.insert(known.end(), kAggregates.begin(), kAggregates.end());
    for (const Form& form : Forms()) known.push_back(form.name);
    if (d.code == "unknown-function") {
      d.hint = Suggest(name, known, "`flowc functions` lists them all");
    }
    return {};
  }
  bool ok = true;
  std::vector<Typed> arguments = BindChildren(expr, &ok);
  if (!ok) return {};
  return CallFunction(name, std::move(arguments), expr.span);
}

Typed ExprBinder::CallFunction(const std::string& name, std::vector<Typed> arguments, Span span) {
  for (const Typed& argument : arguments) {
    if (!argument) return {};
  }
  // A text literal is a STRING where that fits, and anything else where only that does.
  std::vector<Type> types;
  for (const Typed& argument : arguments) types.push_back(argument.type());
  const Function* function = FindFunction(name, types);
  if (function == nullptr) {
    for (size_t i = 0; i < types.size(); ++i) {
      if (arguments[i].untyped) types[i] = TypeKind::kNull;
    }
    function = FindFunction(name, types);
  }
  if (function == nullptr) {
    Diagnostic& d = out_->Error(span, "no function " + name + "(" + TypesText(arguments) + ")");
    d.code = "no-such-overload";
    std::string forms;
    for (const Function& candidate : StandardFunctions()) {
      if (candidate.name != name) continue;
      forms += (forms.empty() ? "" : ", ") + candidate.ToString();
    }
    if (!forms.empty()) d.hint = "there is " + forms;
    return {};
  }
  std::vector<BoundExprPtr> values;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Type& wanted = function->arguments[i];
    bool any_decimal = wanted.is(TypeKind::kDecimal) && wanted.precision == 0;
    values.push_back(any_decimal ? arguments[i].expr
                                 : Coerce(arguments[i], wanted, "wrong argument of " + name));
    if (values.back() == nullptr) return {};
  }
  if (function->hidden > 0) return {MakeDecimalCall(function, std::move(values)), false, span};
  return {MakeCall(function, std::move(values)), false, span};
}

Typed ExprBinder::BindAggregate(const ast::Expr& expr, const std::string& name) {
  const std::string upper = UpperCase(name);
  if (inside_aggregate_) {
    Diagnostic& d = out_->Error(expr.span, "an aggregate inside an aggregate");
    d.label = upper + " cannot stand in the argument of another aggregate";
    d.hint = "compute the inner one in a subquery";
    d.code = "nested-aggregate";
    return {};
  }
  if (calls_ == nullptr) {
    Diagnostic& d = out_->Error(expr.span, "an aggregate cannot stand in " + place_);
    d.label = upper + " is computed after " + place_;
    d.code = "misplaced-aggregate";
    if (place_ == "WHERE") d.hint = "use HAVING, or FILTER (WHERE ...) on the aggregate";
    return {};
  }
  if (expr.distinct) {
    Diagnostic& d = out_->Error(expr.span, "not supported yet: " + upper + "(DISTINCT ...)");
    d.code = "not-supported-yet";
    d.hint = "count the rows of a subquery with SELECT DISTINCT";
    return {};
  }
  bool star = expr.children.size() == 1 && expr.children[0]->kind == ast::ExprKind::kStar;
  if (star && name != "count") {
    out_->Error(expr.span, upper + "(*) has no meaning").code = "misplaced-star";
    return {};
  }
  if (!star && expr.children.size() != 1) {
    Diagnostic& d = out_->Error(expr.span, upper + " takes one argument");
    if (name == "count" && expr.children.empty()) d.hint = "COUNT(*) counts rows";
    d.code = "no-such-overload";
    return {};
  }

  inside_aggregate_ = true;
  Typed argument = star ? Typed{} : BindTyped(*expr.children[0]);
  BoundExprPtr filter =
      expr.filter == nullptr ? nullptr : BindCondition(*expr.filter, "FILTER (WHERE ...)");
  inside_aggregate_ = false;
  if ((!star && !argument) || (expr.filter != nullptr && filter == nullptr)) return {};

  bound::AggregateCall call;
  if (!star) {
    BoundExprPtr value = argument.expr;
    if (argument.untyped) {
      value =
          Coerce(argument, name == "sum" || name == "avg" ? TypeKind::kBigint : TypeKind::kString,
                 "wrong argument of " + upper);
      if (value == nullptr) return {};
    }
    call.argument = std::move(value);
  }
  if (filter != nullptr) {
    if (star) call.argument = MakeLiteral(Datum::Int(TypeKind::kInt, 1));
    BoundExprPtr otherwise = MakeLiteral(Datum::Null(call.argument->type));
    Type type = call.argument->type;
    call.argument = MakeNode(ExprOp::kCase, type, {filter, call.argument, std::move(otherwise)});
  }

  const Type type = call.argument == nullptr ? Type() : call.argument->type;
  if (name == "count") {
    call.fn =
        call.argument == nullptr ? program::AggregateFn::kCountRows : program::AggregateFn::kCount;
    call.result = TypeKind::kBigint;
  } else if (name == "min" || name == "max") {
    call.fn = name == "min" ? program::AggregateFn::kMin : program::AggregateFn::kMax;
    call.result = type;
    if (type.is(TypeKind::kInterval)) {
      TypeError(expr.span, upper + " does not take INTERVAL");
      return {};
    }
  } else {
    bool sum = name == "sum";
    call.fn = sum ? program::AggregateFn::kSum : program::AggregateFn::kAvg;
    if (type.is_integer()) {
      call.result = sum ? Type(TypeKind::kBigint) : Type::Decimal(38, 6);
    } else if (type.is(TypeKind::kDecimal)) {
      call.result = Type::Decimal(38, sum ? type.scale : std::max<int>(6, type.scale));
    } else if (type.is(TypeKind::kDouble)) {
      call.result = type;
    } else {
      TypeError(expr.children[0]->span, upper + " needs a number").label =
          "this is " + type.ToString();
      return {};
    }
  }
  std::vector<std::string> names =
      scope_.schema == nullptr ? std::vector<std::string>() : ColumnNames(*scope_.schema);
  call.text = upper + "(" + (call.argument == nullptr ? "*" : ToText(*call.argument, names)) + ")";

  size_t index = 0;
  for (; index < calls_->size(); ++index) {
    const bound::AggregateCall& other = (*calls_)[index];
    if (other.fn != call.fn || (other.argument == nullptr) != (call.argument == nullptr)) continue;
    if (call.argument == nullptr || StructurallyEqual(*other.argument, *call.argument)) break;
  }
  Type result = call.result;
  if (index == calls_->size()) calls_->push_back(std::move(call));
  return {MakeColumn(kFirstCall + static_cast<int>(index), result), false, expr.span};
}

// What would make the stream and the batch differ, and what there is instead. `untyped` without an
// expression says that an error was reported.
Typed ExprBinder::BindClock(const ast::Expr& expr, const std::string& name) {
  bool is_call = expr.kind == ast::ExprKind::kCall;
  for (const Clock& clock : kClocks) {
    if (name != clock.name) continue;
    // Without parentheses only the standard's own words are calls; others are misspelt columns.
    if (!is_call && name.rfind("current_", 0) != 0 && name.rfind("local", 0) != 0) continue;
    Diagnostic& d =
        out_->Error(expr.span, UpperCase(name) + " would make the stream and the batch differ");
    d.label = std::string("depends on ") + clock.why;
    d.hint = clock.why == std::string("chance")
                 ? "a view is a function of the log; take such a value from the record"
                 : "EVENT_TIME() is the row's event time, LOG_TIME() the log's timestamp of it";
    d.code = "not-deterministic";
    return {nullptr, true, expr.span};
  }
  if (!is_call || (name != "event_time" && name != "log_time")) return {};
  const BoundExprPtr& time = name == "event_time" ? scope_.event_time : scope_.log_time;
  if (time == nullptr || !expr.children.empty()) {
    Diagnostic& d = out_->Error(expr.span, UpperCase(name) + "() is not known here");
    d.label = name == "event_time" ? "works where FROM names a source with EVENT TIME"
                                   : "works where FROM names a source";
    d.code = "no-event-time";
    return {nullptr, true, expr.span};
  }
  auto node = std::make_shared<BoundExpr>(*time);
  spans_.emplace(node.get(), std::make_pair(expr.span, node));
  return {node, false, expr.span};
}

}  // namespace flow
