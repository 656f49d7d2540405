// ExprBinder: ARRAY, MAP, JSON and BYTES, whose values the bodies of functions know by their bytes
// only (runtime/base/elements.h). STRUCT is in expr_struct.cc.
#include <algorithm>
#include <optional>

#include "compiler/bind/expr_binder.h"
#include "compiler/bind/literal.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

Typed TypeText(const Type& type, Span span) {
  return {MakeLiteral(Datum::String(type.ToString())), false, span};
}

// The function that turns a part into a value.
const char* ElementFunction(const Type& type) {
  switch (type.storage()) {
    case TypeKind::kBoolean:
      return "_element_boolean";
    case TypeKind::kInt:
      return "_element_int";
    case TypeKind::kBigint:
      return "_element_bigint";
    case TypeKind::kDouble:
      return "_element_double";
    case TypeKind::kDecimal:
      return "_element_decimal";
    case TypeKind::kDate:
      return "_element_date";
    case TypeKind::kTimestamp:
      return "_element_timestamp";
    case TypeKind::kInterval:
      return "_element_interval";
    case TypeKind::kString:
    case TypeKind::kNull:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      break;
  }
  return "_element_string";
}

}  // namespace

// The same bytes as a value of another type.
Typed ExprBinder::Relabel(const Typed& value, const Type& type) {
  if (value.type() == type) return value;
  return {MakeCast(value.expr, type), false, value.span};
}

// Of `value` as an element: its part, that of NULL if it is.
Typed ExprBinder::PartOf(const Typed& value) {
  const Typed part = SortKey(value, false);
  const Typed null = {MakeLiteral(Datum::String("~")), false, value.span};
  return part ? BindCoalesce({part, null}, "array", value.span) : Typed{};
}

// A part as the value that it stands for.
Typed ExprBinder::ElementOf(const Typed& part, const Type& type) {
  const Type text(TypeKind::kString);
  Typed value = CallFunction(ElementFunction(type), {part}, part.span);
  if (!value || value.type() == type) return value;
  auto node = std::make_shared<BoundExpr>(*value.expr);
  node->type = type.is(TypeKind::kNull) ? text : type;
  return {std::move(node), false, part.span};
}

// ARRAY[a, b, ...].
Typed ExprBinder::BindArray(std::vector<Typed> values, Span span) {
  Type type(TypeKind::kNull);
  if (!values.empty() && !Unify(&values, "the elements of an ARRAY", &type)) return {};
  return BindParts(values, Type::Array(type), span);
}

// What the functions of the catalog that take an ARRAY or a MAP of any T need: T, and its values as
// parts. `types`: the parameters. nullopt: none of them is a container; an empty result: reported.
std::optional<std::vector<BoundExprPtr>> ExprBinder::BindElements(const Function& function,
                                                                  std::vector<Typed>* arguments,
                                                                  Type* container) {
  container->kind = TypeKind::kNull;
  std::vector<Typed>& values = *arguments;
  for (size_t i = 0; i < values.size(); ++i) {
    const Type& parameter = function.arguments[i];
    if (!Function::IsAny(parameter)) continue;
    Type type = values[i].type();
    if (type.is(TypeKind::kNull)) {
      type = parameter.is(TypeKind::kArray) ? Type::Array(TypeKind::kNull)
                                            : Type::Map(TypeKind::kNull);
    }
    std::optional<Type> common = CommonType(*container, type);
    if (!common.has_value()) {
      Diagnostic& d = TypeError(values[i].span, "wrong argument of " + function.name);
      d.label = "this is " + type.ToString() + ", before it came " + container->ToString();
      return std::vector<BoundExprPtr>();
    }
    *container = std::move(*common);
  }
  if (container->is(TypeKind::kNull)) return std::nullopt;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!Function::IsElement(function.arguments[i]) || values[i].untyped) continue;
    std::optional<Type> common = CommonType(*container->element, values[i].type());
    if (!common.has_value() || !WidensInPlace(*container->element, *common)) continue;
    *container = container->is(TypeKind::kArray) ? Type::Array(*common) : Type::Map(*common);
  }
  std::vector<BoundExprPtr> bound;
  for (size_t i = 0; i < values.size(); ++i) {
    const Type& parameter = function.arguments[i];
    const bool element = Function::IsElement(parameter);
    const Type& wanted = element                      ? *container->element
                         : Function::IsAny(parameter) ? *container
                                                      : parameter;
    Typed value = values[i];
    value.expr = Coerce(value, wanted, "wrong argument of " + function.name);
    value.untyped = false;
    if (value && element) value = SortKey(value, false);
    if (!value) return std::vector<BoundExprPtr>();
    bound.push_back(value.expr);
  }
  return bound;
}

Typed ExprBinder::BindElementAt(std::vector<Typed> values, Span span) {
  const Type& type = values[0].type();
  const bool map = type.is(TypeKind::kMap);
  if (type.has_elements()) {
    return CallFunction(map ? "_map_value" : "_array_element", std::move(values), span);
  }
  TypeError(values[0].span, "a subscript needs an ARRAY or a MAP").label =
      "this is " + type.ToString();
  return {};
}

// array_append(a, x), array_prepend(x, a): an array that is NULL is empty, as in PostgreSQL.
Typed ExprBinder::BindAppend(const std::string& name, std::vector<Typed> values, Span span) {
  const bool append = name == "array_append";
  Typed& array = values[append ? 0 : 1];
  Typed& element = values[append ? 1 : 0];
  Type type = array.type();
  if (type.is(TypeKind::kNull)) type = Type::Array(TypeKind::kNull);
  if (!type.is(TypeKind::kArray)) {
    TypeError(array.span, name + " needs an ARRAY").label = "this is " + type.ToString();
    return {};
  }
  Type of = *type.element;
  if (!element.untyped) {
    std::optional<Type> common = CommonType(of, element.type());
    if (common.has_value() && WidensInPlace(of, *common)) of = *common;
  }
  if (of.is(TypeKind::kNull)) of = TypeKind::kString;
  element.expr = Coerce(element, of, "wrong argument of " + name);
  array.expr = Coerce(array, Type::Array(of), "wrong argument of " + name);
  if (!element || !array) return {};
  const Typed none = {MakeLiteral(Datum::Variable(Type::Array(of), "")), false, span};
  const Typed there = BindCoalesce({array, none}, name, span);
  const Typed one = BindArray({{element.expr, false, element.span}}, span);
  if (!there || !one) return {};
  return append ? CallFunction("array_concat", {there, one}, span)
                : CallFunction("array_concat", {one, there}, span);
}

Typed ExprBinder::BindArrayToString(std::vector<Typed> values, Span span) {
  const Type type = values[0].type();
  if (!type.is(TypeKind::kArray)) {
    TypeError(values[0].span, "array_to_string needs an ARRAY").label =
        "this is " + type.ToString();
    return {};
  }
  return CallFunction("_array_to_string",
                      {Relabel(values[0], TypeKind::kString), values[1], TypeText(type, span)},
                      span);
}

// array_sum(a), array_avg(a): of the types, and with the rounding, that SUM and AVG have.
Typed ExprBinder::BindArraySum(const std::string& name, const Typed& array, Span span) {
  const Type& type = array.type();
  const Type element = type.is(TypeKind::kArray) ? *type.element : Type(TypeKind::kNull);
  if (!element.is_numeric()) {
    TypeError(array.span, name + " needs an ARRAY of numbers").label = "this is " + type.ToString();
    return {};
  }
  const bool sum = name == "array_sum";
  const Typed parts = Relabel(array, TypeKind::kString);
  auto call = [&](const char* function, const Type& result) -> BoundExprPtr {
    Typed value = CallFunction(function, {parts}, span);
    if (!value || value.type() == result) return value.expr;
    auto node = std::make_shared<BoundExpr>(*value.expr);
    node->type = result;
    return node;
  };
  const Type exact = Type::Decimal(kMaxDecimalDigits, element.scale);
  const BoundExprPtr total = element.is(TypeKind::kDouble)
                                 ? call("_array_sum_double", TypeKind::kDouble)
                             : element.is(TypeKind::kDecimal) ? call("_array_sum_decimal", exact)
                             : sum ? call("_array_sum_bigint", TypeKind::kBigint)
                                   : call("_array_total", exact);
  if (total == nullptr || sum) return {total, false, span};
  const BoundExprPtr count = call("_array_count", TypeKind::kBigint);
  const bool rounded = element.is(TypeKind::kDouble);
  const Type result =
      rounded ? element : Type::Decimal(kMaxDecimalDigits, std::max<int>(6, element.scale));
  const Type divisor = rounded ? element : Type::Decimal(kMaxDecimalDigits, 0);
  return {MakeNode(ExprOp::kDiv, result, {total, CastTo(count, divisor)}), false, span};
}

// to_json(x): the element that it would be, as JSON.
Typed ExprBinder::BindToJson(const Typed& value, Span span) {
  if (value.type().is(TypeKind::kJson)) return value;
  const Typed part = SortKey(value, false);
  if (!part) return {};
  return CallFunction("_to_json", {part, TypeText(value.type(), span)}, span);
}

// CAST that has to know what is in an ARRAY or MAP, or how BYTES and JSON are written.
Typed ExprBinder::BindNestedCast(const Typed& value, const Type& type, bool try_cast, Span span) {
  const Type& from = value.type();
  if (WidensInPlace(from, type)) return Relabel(value, type);
  if (type.is(TypeKind::kString)) {
    return CallFunction("_value_text", {Relabel(value, TypeKind::kString), TypeText(from, span)},
                        span);
  }
  if (type.is(TypeKind::kJson) && !from.is(TypeKind::kString)) return BindToJson(value, span);
  const Typed tried = {MakeLiteral(Datum::Bool(try_cast)), false, span};
  return Relabel(
      CallFunction("_parse_value", {Relabel(value, TypeKind::kString), TypeText(type, span), tried},
                   span),
      type);
}

}  // namespace flow
