// The scalar functions of the standard library, collected from stdlib/*.cc while building.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/type.h"

namespace flow {

// Every body has the C form  uint8_t name(FlowArena*, arguments..., R* out):  BOOLEAN uint8_t, INT
// and DATE int32_t, BIGINT, TIMESTAMP and INTERVAL int64_t, DOUBLE double by value; DECIMAL as
// const FlowInt128*, STRING and all others as const FlowString*. It returns kFlowValue, kFlowNull
// or an error code, and is called only when no argument is NULL or in error.
struct Function {
  std::string name;  // lower case
  // A DECIMAL here (and in `result`) is one of any digits: its precision is 0. So is an ARRAY or a
  // MAP without a type inside one of any, called T; as a result it is the argument's type. An
  // element (IsElement) is a T, and is passed as its part (runtime/base/elements.h).
  std::vector<Type> arguments;
  Type result;
  std::string symbol;       // of the body, in the bitcode and in the process
  void* address = nullptr;  // native body
  std::string help;         // one line
  std::string example;      // an expression that runs: "upper('abc')"
  // Of a function of DECIMAL: how many of the arguments, at the end, are not written but added by
  // the binder (INT: the scale of the DECIMAL argument, that of the result).
  int hidden = 0;
  // The body stands in stdlib/native and is not in the bitcode: it is called, never inlined.
  bool native = false;
  static bool IsElement(const Type& type) {
    return type.is(TypeKind::kArray) && type.element != nullptr &&
           type.element->is(TypeKind::kNull);
  }
  static bool IsAny(const Type& type) { return type.has_elements() && type.element == nullptr; }
  size_t written() const { return arguments.size() - static_cast<size_t>(hidden); }
  std::string ToString() const;  // "upper(string) -> string"
};

// All functions, by name. Built once; thread-safe.
const std::vector<Function>& StandardFunctions();

// The overload that fits exactly or by safe widening (INT -> BIGINT -> DECIMAL -> DOUBLE,
// DATE -> TIMESTAMP, NULL -> anything); nullptr if none does. `ambiguous` is set if several do.
const Function* FindFunction(std::string_view name, const std::vector<Type>& arguments);
// Those that users can write; names that begin with _ are the binder's own.
bool FunctionExists(std::string_view name);
std::vector<std::string> FunctionNames();
inline bool IsInternal(std::string_view name) { return !name.empty() && name[0] == '_'; }

}  // namespace flow
