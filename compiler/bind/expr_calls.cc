// ExprBinder: scalar functions, and what is refused by name.
#include <algorithm>
#include <cctype>
#include <iterator>

#include "compiler/bind/decimal_call.h"
#include "compiler/bind/expr_binder.h"
#include "compiler/bind/types.h"
#include "compiler/catalog/aggregate.h"
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

// Functions of the language that are not built yet.
const std::vector<std::string> kLater = {"row_number", "rank",   "dense_rank",  "lag",
                                         "lead",       "median", "first_value", "last_value"};

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

std::string TypesText(const std::vector<Typed>& values) {
  std::string text;
  for (const Typed& value : values) {
    if (!text.empty()) text += ", ";
    text += value.untyped ? "text" : value.type().ToString();
  }
  return text;
}

}  // namespace

bool IsBuiltInFunction(const std::string& name) {
  return IsAggregateName(name) || IsForm(name) || FunctionExists(name) || HasName(kLater, name) ||
         name == "event_time" || name == "log_time" || name == "field" ||
         std::any_of(std::begin(kClocks), std::end(kClocks),
                     [&](const Clock& clock) { return name == clock.name; });
}

// The body with the arguments in the place of its columns. An argument is one node wherever it
// stands, so it is computed once; where the body does not reach it, it is not computed.
Typed ExprBinder::BindSqlFunction(const ast::Expr& expr, const bound::SqlFunction& function) {
  if (scope_.index != nullptr) scope_.index->uses.push_back({expr.path[0].span, function.span});
  bool ok = true;
  const std::vector<Typed> arguments = BindChildren(expr, &ok);
  if (!ok || function.broken) return {};
  auto explain = [&](Diagnostic& d, Span declared) {
    if (d.hint.empty()) d.hint = function.Signature();
    d.related.push_back({declared, "declared here"});
  };
  if (function.body == nullptr) {
    Diagnostic& d = out_->Error(expr.span, Quoted(function.name) + " calls itself");
    d.label = "its expression would have no end";
    d.hint = "a function can call those that are declared before it";
    d.code = "recursion";
    return {};
  }
  const size_t wanted = function.parameters.size();
  if (arguments.size() != wanted) {
    Diagnostic& d = out_->Error(expr.span, Quoted(function.name) + " takes " +
                                               (wanted == 0 ? "no" : std::to_string(wanted)) +
                                               (wanted == 1 ? " argument" : " arguments"));
    d.label =
        std::to_string(arguments.size()) + (arguments.size() == 1 ? " is given" : " are given");
    d.code = "argument-count";
    explain(d, function.span);
    return {};
  }
  std::vector<BoundExprPtr> values;
  for (size_t i = 0; i < wanted; ++i) {
    const bound::SqlFunction::Parameter& parameter = function.parameters[i];
    values.push_back(Coerce(arguments[i], parameter.type,
                            "argument " + Quoted(parameter.name) + " of " + Quoted(function.name) +
                                " is " + parameter.type.ToString()));
    if (values.back() != nullptr) continue;
    ok = false;
    explain(out_->last(), parameter.span);
  }
  if (!ok) return {};
  return {Sized(Substitute(function.body, values), expr.span), false, expr.span};
}

// FIELD('$.a.b' AS BIGINT): a place in the record.
Typed ExprBinder::BindFieldCall(const ast::Expr& expr) {
  const bool whole = expr.children.size() == 1 && !expr.type.is(TypeKind::kNull) &&
                     expr.children[0]->kind == ast::ExprKind::kString;
  if (!whole || !scope_.field) {
    Diagnostic& d = out_->Error(expr.span, whole ? "FIELD reads a record, which is not here"
                                                 : "FIELD needs a path and a type");
    if (whole) d.label = "it stands in the computed columns of a source";
    d.hint = "SOURCE s (cents BIGINT AS FIELD('$.price.euros' AS BIGINT) * 100, ...)";
    d.code = "bad-field";
    return {};
  }
  const std::optional<bound::Visible> found = scope_.field(expr);
  if (!found) return {};
  return found->expr != nullptr ? Typed{found->expr, false, expr.span}
                                : WholeStruct(*found, expr.span);
}

Typed ExprBinder::BindCall(const ast::Expr& expr) {
  const std::string name = LowerCase(expr.path[0].text);
  if (name == "row_number") {
    Diagnostic& d = out_->Error(expr.span, "ROW_NUMBER can not stand here");
    d.label = expr.over ? "it is a whole column of SELECT, or what QUALIFY bounds"
                        : "it needs OVER (... ORDER BY ...)";
    d.hint = "QUALIFY ROW_NUMBER() OVER (PARTITION BY page ORDER BY revenue DESC) <= 10";
    d.code = "bad-qualify";
    return {};
  }
  if (IsAggregateName(name)) return BindAggregate(expr, name);
  if (expr.filter != nullptr || expr.distinct) {
    const char* what = expr.distinct ? "DISTINCT" : "FILTER";
    Diagnostic& d = out_->Error(expr.span, std::string(what) + " goes with an aggregate");
    d.label = Quoted(name) + " is none";
    d.code = "not-an-aggregate";
    return {};
  }
  if (scope_.functions != nullptr) {
    const auto function = scope_.functions->find(name);
    if (function != scope_.functions->end()) return BindSqlFunction(expr, *function->second);
  }
  if (IsForm(name)) return BindForm(expr, name);
  if (name == "field") return BindFieldCall(expr);
  Typed clock = BindClock(expr, name);
  if (clock || clock.untyped) return clock.expr == nullptr ? Typed{} : clock;
  if (!FunctionExists(name)) {
    Diagnostic& d = HasName(kLater, name)
                        ? out_->Error(expr.span, "not supported yet: " + UpperCase(name))
                        : out_->Error(expr.path[0].span, "unknown function " + Quoted(name));
    d.code = HasName(kLater, name) ? "not-supported-yet" : "unknown-function";
    std::vector<std::string> known = FunctionNames();
    for (const AggregateName& aggregate : Aggregates()) known.push_back(aggregate.name);
    for (const Form& form : Forms()) known.push_back(form.name);
    if (scope_.functions != nullptr) {
      for (const auto& [other, function] : *scope_.functions) known.push_back(other);
    }
    if (d.code == "unknown-function") {
      d.hint = name == "rollup" || name == "cube"
                   ? "a view for each list of keys, joined with UNION ALL"
                   : Suggest(name, known, "`flowc functions` lists them all");
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
  Type container;
  if (auto elements = BindElements(*function, &arguments, &container)) {
    if (elements->empty()) return {};
    auto node = std::make_shared<BoundExpr>(*MakeCall(function, std::move(*elements)));
    Typed result = {node, false, span};
    if (Function::IsElement(function->result)) {
      node->type = TypeKind::kString;
      return ElementOf(result, *container.element);
    }
    if (Function::IsAny(function->result)) {
      const bool array = function->result.is(TypeKind::kArray);
      node->type = array ? Type::Array(*container.element) : container;
    }
    return result;
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
