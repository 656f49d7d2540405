// Numbers for expressions: equal structure, equal number. What common subexpressions are found by.
#pragma once

#include <string>
#include <unordered_map>

#include "compiler/bind/expr.h"

namespace flow::codegen {

class Numbering {
 public:
  // With `structural` off only one and the same node has one number.
  explicit Numbering(bool structural) : structural_(structural) {}
  int NumberOf(const BoundExpr& expr);

 private:
  bool structural_;
  int next_ = 0;
  std::unordered_map<const BoundExpr*, int> by_node_;
  std::unordered_map<std::string, int> by_structure_;
};

// Is evaluating this so cheap, and so free of memory access beyond its columns, that doing it in
// vain costs less than a branch?
bool IsCheap(const BoundExpr& expr);
// Does this call a function of stdlib/native (a regular expression, JSON, a time zone)? Nothing
// else costs so much.
bool CallsNative(const BoundExpr& expr);

}  // namespace flow::codegen
