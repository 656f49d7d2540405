// The scalar operators on values: what an operator yields once its operands are values.
#pragma once

#include <memory>
#include <vector>

#include "compiler/bind/expr.h"
#include "compiler/interpret/value.h"

namespace flow::interpret {

// kAdd .. kMod; `expr` gives the types of operands and result.
Value Arithmetic(const BoundExpr& expr, const Value& a, const Value& b);
Value Negate(const Type& type, const Value& a);
Value Cast(const Type& from, const Type& to, const Value& value, FlowArena* arena);

// A call of a standard function: prepared once, then called with values only. Thread-safe.
class Call {
 public:
  virtual ~Call() = default;
  virtual Value Run(const std::vector<Value>& arguments, FlowArena* arena) const = 0;
};
std::unique_ptr<Call> PrepareCall(const Function& function);

}  // namespace flow::interpret
