// Looks up scalar functions in the generated table: FindFunction, FunctionExists, FunctionNames.
#include <algorithm>
#include <limits>

#include "compiler/catalog/function.h"

namespace flow {

namespace {

std::string Lower(const std::string& text) {
  std::string lower = text;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

int Rank(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt:
      return 1;
    case TypeKind::kBigint:
      return 2;
    case TypeKind::kDecimal:
      return 3;
    case TypeKind::kDouble:
      return 4;
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
    case TypeKind::kStruct:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return 0;
  }
  return 0;
}

// How far an argument is from a parameter; negative: it does not fit. NULL is nearest to STRING
// and farthest from INTERVAL, so that f(NULL) has one meaning where several overloads would do.
int Distance(const Type& argument, const Type& parameter) {
  if (parameter.is(TypeKind::kDecimal) && parameter.precision == 0) {  // of any digits
    return argument.is(TypeKind::kDecimal) ? 0 : -1;
  }
  if (Function::IsElement(parameter)) return 0;  // the binder finds out
  if (Function::IsAny(parameter)) {
    return argument.is(parameter.kind) ? 0 : argument.is(TypeKind::kNull) ? 2 : -1;
  }
  if (argument.is(TypeKind::kArray) && argument.element->is(TypeKind::kNull)) {
    return parameter.is(TypeKind::kArray) ? 1 : -1;
  }
  if (argument.kind == TypeKind::kNull) {
    return parameter.is(TypeKind::kString) ? 1 : parameter.is(TypeKind::kInterval) ? 3 : 2;
  }
  if (argument == parameter) return 0;
  if (argument.is(TypeKind::kDate) && parameter.is(TypeKind::kTimestamp)) return 1;
  int from = Rank(argument.kind);
  int to = Rank(parameter.kind);
  if (from == 0 || to == 0 || from > to) return -1;
  if (parameter.is(TypeKind::kDecimal)) {
    // A parameter has digits of its own: the argument must keep its value.
    int scale = argument.is(TypeKind::kDecimal) ? argument.scale : 0;
    int digits = argument.is(TypeKind::kInt)      ? 10
                 : argument.is(TypeKind::kBigint) ? 19
                                                  : argument.precision - argument.scale;
    if (scale > parameter.scale || digits > parameter.precision - parameter.scale) return -1;
    return 1 + to - from;
  }
  return to - from;
}

}  // namespace

std::string Function::ToString() const {
  std::string text = name + "(";
  auto name_of = [](const Type& type) {
    if (Function::IsElement(type)) return std::string("element");
    bool any = type.is(TypeKind::kDecimal) && type.precision == 0;
    return any ? std::string("decimal") : Lower(type.ToString());
  };
  for (size_t i = 0; i < written(); ++i) {
    if (i > 0) text += ", ";
    text += name_of(arguments[i]);
  }
  return text + ") -> " + name_of(result);
}

const Function* FindFunction(std::string_view name, const std::vector<Type>& arguments) {
  const Function* best = nullptr;
  int best_distance = std::numeric_limits<int>::max();
  for (const Function& function : StandardFunctions()) {
    if (function.name != name || function.written() != arguments.size()) continue;
    int distance = 0;
    for (size_t i = 0; i < arguments.size() && distance >= 0; ++i) {
      int step = Distance(arguments[i], function.arguments[i]);
      distance = step < 0 ? -1 : distance + step;
    }
    if (distance >= 0 && distance < best_distance) {
      best = &function;
      best_distance = distance;
    }
  }
  return best;
}

bool FunctionExists(std::string_view name) {
  if (IsInternal(name)) return false;
  const std::vector<Function>& all = StandardFunctions();
  return std::any_of(all.begin(), all.end(), [&](const Function& f) { return f.name == name; });
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names;
  for (const Function& function : StandardFunctions()) {
    if (IsInternal(function.name)) continue;
    if (names.empty() || names.back() != function.name) names.push_back(function.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace flow
