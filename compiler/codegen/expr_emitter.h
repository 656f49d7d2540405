// Bound expressions to IR: one row at a time, everything in SSA.
//
// Simple strict operators are branch-free; whatever is long or looks at strings stands behind a
// test that its operands are values; CASE, COALESCE and the costly operands of AND and OR are
// reached by branches. A result is remembered under its number (numbering.h) for as long as the
// block that made it dominates: scopes are opened around whatever is evaluated on a condition.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "compiler/bind/expr.h"
#include "compiler/codegen/module.h"
#include "compiler/codegen/numbering.h"

namespace flow::codegen {

class ExprEmitter {
 public:
  // Where the value of a column of the current row comes from.
  using ColumnSource = std::function<Value(int column)>;

  // `arena` is the SSA value of the FlowArena* for strings.
  ExprEmitter(FunctionBuilder& builder, Numbering& numbering, llvm::Value* arena,
              ColumnSource columns);

  Value Emit(const BoundExpr& expr);

  // Expressions emitted between Open and Close are forgotten at Close: their block need not
  // dominate what follows.
  void OpenScope() { scopes_.emplace_back(); }
  void CloseScope();

  // A status that says whether `value` is a value (i1).
  llvm::Value* IsValue(const Value& value);
  llvm::Value* IsNull(const Value& value);
  llvm::Value* IsError(const Value& value);
  llvm::Value* StatusOf(const Value& value);
  // The first status that is an error, in order; 0 if there is none.
  llvm::Value* FirstError(const std::vector<Value>& values);
  // Is one of them NULL? nullptr if none can be.
  llvm::Value* AnyNull(const std::vector<Value>& values);

 private:
  struct Operands {
    std::vector<Value> values;
    Value strict;  // status only: NULL if an operand is NULL, else the first error
  };

  Value EmitNew(const BoundExpr& expr);
  Value Constant(const Datum& literal, const Type& type);
  Operands EmitOperands(const BoundExpr& expr);
  Value Strict(const Value& a, const Value& b);

  Value EmitArithmetic(const BoundExpr& expr);
  Value EmitInteger(const BoundExpr& expr, const Operands& operands);
  Value EmitDouble(const BoundExpr& expr, const Operands& operands);
  Value EmitDecimal(const BoundExpr& expr, const Operands& operands);
  Value EmitTime(const BoundExpr& expr, const Operands& operands);
  Value EmitNegation(const BoundExpr& expr);
  Value EmitComparison(const BoundExpr& expr);
  Value EmitConnective(const BoundExpr& expr);
  // One operand of AND or OR: an expression, or the members of an IN list of one subject.
  struct Term {
    const BoundExpr* expr = nullptr;
    std::vector<const Datum*> members;
  };
  std::vector<Term> Terms(const BoundExpr& expr);
  bool IsCheapTerm(const Term& term);
  Value EmitTerm(const Term& term);
  Value EmitMembership(const BoundExpr& subject, const std::vector<const Datum*>& members);
  Value EmitNot(const BoundExpr& expr);
  Value EmitIsNull(const BoundExpr& expr);
  Value EmitCase(const BoundExpr& expr);
  Value EmitCoalesce(const BoundExpr& expr);
  Value EmitCall(const BoundExpr& expr);
  Value EmitCast(const BoundExpr& expr);
  Value CastValue(const Value& from, const Type& from_type, const Type& to);

  // A value that is `strict`'s status, or else `error` (kFlowValue where all is well).
  Value WithError(llvm::Value* value, const Value& strict, llvm::Value* error);
  Value WithStatus(llvm::Value* value, const Value& strict);
  // Calls `body` where `strict` is a value; elsewhere the result is a zero under its status.
  Value Guarded(const Type& type, const Value& strict, const std::function<Value()>& body);
  // Calls a C function that returns a status and writes a `type` through its last parameter.
  Value CallStatus(llvm::FunctionCallee callee, std::vector<llvm::Value*> arguments,
                   const Type& type);
  // What a C function takes for this value.
  llvm::Value* Argument(const Value& value, const Type& type);
  llvm::Value* CompareDoubles(ExprOp op, llvm::Value* a, llvm::Value* b);
  // i32: `code` where `failed`, else kFlowValue.
  llvm::Value* ErrorIf(llvm::Value* failed, uint8_t code);

  // A branch's end with the value it brings to the join.
  struct Arrival {
    llvm::BasicBlock* from;
    Value value;
  };
  // Enters `join` and merges what arrives there.
  Value Join(llvm::BasicBlock* join, const Type& type, const std::vector<Arrival>& arrivals);

  FunctionBuilder& b_;
  Numbering& numbering_;
  llvm::Value* arena_;
  ColumnSource columns_;
  std::unordered_map<int, Value> known_;
  std::vector<std::vector<int>> scopes_;
};

}  // namespace flow::codegen
