// Walks bound expressions over one row at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_map>
#include <vector>

#include "compiler/bind/expr.h"
#include "compiler/interpret/scalar.h"
#include "compiler/interpret/value.h"

namespace flow::interpret {

// The nodes of some expressions. Expressions are graphs (inlined views share their parts), and as
// trees they can be exponentially large, so every node stands here once. Immutable after building.
class ExprTable {
 public:
  struct Node {
    BoundExprPtr expr;
    std::vector<int> children;
    Value literal;
    std::unique_ptr<Call> call;
  };

  // The number of the expression's node; -1 for nullptr.
  int Add(const BoundExprPtr& expr);
  const Node& node(int i) const { return nodes_[static_cast<size_t>(i)]; }
  size_t size() const { return nodes_.size(); }

 private:
  std::vector<Node> nodes_;
  std::unordered_map<const BoundExpr*, int> numbers_;
};

// The state of one walk: a row, perhaps a window of it, and the values found so far. One thread.
class Evaluator {
 public:
  // Columns from `window_column` on are window_start and window_end.
  explicit Evaluator(const ExprTable& table, FlowArena* arena,
                     int window_column = std::numeric_limits<int>::max());
  void SetRow(const FlowColumn* columns, int32_t row);
  void SetWindow(int64_t start, int64_t end);
  Value Eval(int node);

 private:
  Value Compute(int number);
  Value ReadInput(const BoundExpr& expr) const;
  Value Logic(const ExprTable::Node& node, bool deciding);
  Value Case(const ExprTable::Node& node);
  Value Coalesce(const ExprTable::Node& node);
  Value CastChild(const ExprTable::Node& node);
  Value Strict(const ExprTable::Node& node);

  const ExprTable& table_;
  FlowArena* arena_;
  int window_column_;
  const FlowColumn* columns_ = nullptr;
  int32_t row_ = 0;
  int64_t window_start_ = 0;
  int64_t window_end_ = 0;
  // A node's value holds if its stamp is the current one.
  std::vector<Value> values_;
  std::vector<uint64_t> stamps_;
  uint64_t stamp_ = 0;
};

}  // namespace flow::interpret
