// Rewriting of bound expressions: what the later stages need beyond expr.h.
#pragma once

#include <functional>
#include <vector>

#include "compiler/bind/expr.h"

namespace flow {

// Rebuilds an expression bottom-up. `visit` gets a node whose children are already rewritten and
// returns what stands in its place (the node itself to keep it). Shared subtrees are visited once.
BoundExprPtr Rewrite(const BoundExprPtr& expr,
                     const std::function<BoundExprPtr(const BoundExprPtr&)>& visit);

// Rebuilds an expression top-down: where `visit` returns a node, that node replaces the subtree and
// nothing below is visited; nullptr goes on.
BoundExprPtr RewriteDown(const BoundExprPtr& expr,
                         const std::function<BoundExprPtr(const BoundExprPtr&)>& visit);

// Replaces every column by map(number, type).
BoundExprPtr MapColumns(const BoundExprPtr& expr,
                        const std::function<BoundExprPtr(int column, const Type& type)>& map);

// The terms of a conjunction, in order; nested ANDs are opened. nullptr has none.
std::vector<BoundExprPtr> Conjuncts(const BoundExprPtr& predicate);
// AND of the terms: nullptr for none, the term itself for one.
BoundExprPtr MakeAnd(std::vector<BoundExprPtr> terms);
// a AND b, either of which may be nullptr.
BoundExprPtr MakeAnd(const BoundExprPtr& a, const BoundExprPtr& b);

bool UsesColumns(const BoundExpr& expr, const std::function<bool(int)>& is);

BoundExprPtr WithChildren(const BoundExpr& expr, std::vector<BoundExprPtr> children);

// How much an expression is, written out as a tree (saturates at 1e18), and how deep.
struct ExprSize {
  double nodes = 1;
  int depth = 1;
};
// A column counts as what `column_size` says of it.
ExprSize Measure(const BoundExpr& expr, const std::function<ExprSize(int column)>& column_size);

}  // namespace flow
