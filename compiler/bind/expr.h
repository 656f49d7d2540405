// Bound expressions: names are column numbers, types are known, casts are explicit.
//
// An expression yields a value, NULL or an error (docs/semantics.md, "Values"). Both engines and
// the folder walk this tree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/catalog/function.h"
#include "runtime/base/datum.h"
#include "runtime/base/type.h"

namespace flow {

enum class ExprOp : uint8_t {
  kColumn,   // `column`
  kLiteral,  // `literal`; may be NULL or an error
  // Arithmetic; operands have the result's type, but for:
  //   DECIMAL: kAdd, kSub, kMod: both operands have the result's scale (precisions may differ);
  //            kMul: result scale = s1 + s2; kDiv: result scale = type.scale, operands as they are,
  //            rounded half away from zero. A result of more than 38 digits is an overflow.
  //   TIMESTAMP +- INTERVAL -> TIMESTAMP, TIMESTAMP - TIMESTAMP -> INTERVAL, DATE is cast first.
  // INT and BIGINT overflow, and division by zero (also DOUBLE / 0) are errors. kDiv of integers
  // truncates, kMod has the sign of the dividend. DOUBLE overflow to infinity is an error.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kNeg,
  // Comparisons; both operands have the same type (DECIMAL: the same scale). STRING by bytes.
  // DOUBLE: NaN equals NaN and is greater than all others; -0 = 0.
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kAnd,  // n-ary. The deciding value first, then NULL, then error
  kOr,
  kNot,
  kIsNull,    // errors pass
  kCase,      // WHEN, THEN, WHEN, THEN, ..., ELSE (always there); evaluates only what it reaches.
              // A WHEN that is NULL is not taken; one in error is the result
  kCoalesce,  // the first that is not NULL; an error reached is the result
  kCast,      // child to `type`; `try_cast`: failing gives NULL (an error of the child passes)
  kCall,      // `function`; strict: NULL if an argument is NULL, else error
};

struct BoundExpr;
// Shared and immutable: rewriting makes new nodes.
using BoundExprPtr = std::shared_ptr<const BoundExpr>;

struct BoundExpr {
  ExprOp op = ExprOp::kLiteral;
  Type type;
  std::vector<BoundExprPtr> children;
  int column = -1;
  Datum literal;
  bool try_cast = false;
  const Function* function = nullptr;
};

BoundExprPtr MakeColumn(int column, Type type);
BoundExprPtr MakeLiteral(Datum value);
BoundExprPtr MakeNode(ExprOp op, Type type, std::vector<BoundExprPtr> children);
BoundExprPtr MakeCast(BoundExprPtr child, Type type, bool try_cast = false);
BoundExprPtr MakeCall(const Function* function, std::vector<BoundExprPtr> arguments);

// Replaces column i by replacements[i] everywhere.
BoundExprPtr Substitute(const BoundExprPtr& expr, const std::vector<BoundExprPtr>& replacements);
bool StructurallyEqual(const BoundExpr& a, const BoundExpr& b);
// Adds the columns that occur to `columns` (ascending, once each).
void CollectColumns(const BoundExpr& expr, std::vector<int>* columns);
// Can this expression be in error when none of its columns is?
bool CanFail(const BoundExpr& expr);

// As text: (revenue * 0.5) > 10. `names` name the columns; a missing name prints as #3.
std::string ToText(const BoundExpr& expr, const std::vector<std::string>& names);

// Strict, context-free meaning of one operator is in docs/semantics.md; precision rules:
//   results of DECIMAL arithmetic have precision 38 unless smaller is certain.

}  // namespace flow
