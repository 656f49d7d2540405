// The walk over bound expressions: what is evaluated, in which order, and how NULLs and errors go.
#include "compiler/interpret/evaluate.h"

#include "compiler/interpret/interpret.h"
#include "runtime/abi/error_code.h"
#include "runtime/base/arena.h"

namespace flow::interpret {

int ExprTable::Add(const BoundExprPtr& expr) {
  if (expr == nullptr) return -1;
  if (auto found = numbers_.find(expr.get()); found != numbers_.end()) return found->second;
  Node node;
  node.expr = expr;
  for (const BoundExprPtr& child : expr->children) node.children.push_back(Add(child));
  if (expr->op == ExprOp::kLiteral) node.literal = FromDatum(expr->literal);
  if (expr->op == ExprOp::kCall) node.call = PrepareCall(*expr->function);
  const int number = static_cast<int>(nodes_.size());
  nodes_.push_back(std::move(node));
  numbers_.emplace(expr.get(), number);
  return number;
}

Evaluator::Evaluator(const ExprTable& table, FlowArena* arena, int window_column)
    : table_(table),
      arena_(arena),
      window_column_(window_column),
      values_(table.size()),
      stamps_(table.size(), 0) {}

void Evaluator::SetRow(const FlowColumn* columns, int32_t row) {
  columns_ = columns;
  row_ = row;
  ++stamp_;
}

void Evaluator::SetWindow(int64_t start, int64_t end) {
  window_start_ = start;
  window_end_ = end;
  ++stamp_;
}

Value Evaluator::Eval(int number) {
  const auto at = static_cast<size_t>(number);
  if (stamps_[at] != stamp_) {
    values_[at] = Compute(number);
    stamps_[at] = stamp_;
  }
  return values_[at];
}

Value Evaluator::Compute(int number) {
  const ExprTable::Node& node = table_.node(number);
  switch (node.expr->op) {
    case ExprOp::kColumn:
      return ReadInput(*node.expr);
    case ExprOp::kLiteral:
      return node.literal;
    case ExprOp::kAnd:
      return Logic(node, /*deciding=*/false);
    case ExprOp::kOr:
      return Logic(node, /*deciding=*/true);
    case ExprOp::kIsNull: {
      const Value child = Eval(node.children[0]);
      return child.is_error() ? child : Value::Bool(child.is_null());
    }
    case ExprOp::kCase:
      return Case(node);
    case ExprOp::kCoalesce:
      return Coalesce(node);
    case ExprOp::kCast:
      return CastChild(node);
    case ExprOp::kAdd:
    case ExprOp::kSub:
    case ExprOp::kMul:
    case ExprOp::kDiv:
    case ExprOp::kMod:
    case ExprOp::kNeg:
    case ExprOp::kEq:
    case ExprOp::kNe:
    case ExprOp::kLt:
    case ExprOp::kLe:
    case ExprOp::kGt:
    case ExprOp::kGe:
    case ExprOp::kNot:
    case ExprOp::kCall:
      return Strict(node);
  }
  return Value::Error(kFlowErrArgument);
}

Value Evaluator::ReadInput(const BoundExpr& expr) const {
  if (expr.column >= window_column_) {
    return Value::Int(expr.column == window_column_ ? window_start_ : window_end_);
  }
  return ReadColumn(columns_[expr.column], expr.type, row_);
}

// The deciding value first, then NULL, then the first error.
Value Evaluator::Logic(const ExprTable::Node& node, bool deciding) {
  bool null = false;
  Value error = Value::Null();
  for (int child : node.children) {
    const Value value = Eval(child);
    if (value.is_value() && (value.i != 0) == deciding) return Value::Bool(deciding);
    if (value.is_null()) null = true;
    if (value.is_error() && !error.is_error()) error = value;
  }
#ifdef FLOW_MUTANT_ERROR_BEFORE_NULL
  if (error.is_error()) return error;
#endif
  if (null) return Value::Null();
  return error.is_error() ? error : Value::Bool(!deciding);
}

Value Evaluator::Case(const ExprTable::Node& node) {
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const Value when = Eval(node.children[i]);
    if (when.is_error()) return when;
    if (when.is_value() && when.i != 0) return Eval(node.children[i + 1]);
  }
  return Eval(node.children.back());
}

Value Evaluator::Coalesce(const ExprTable::Node& node) {
  for (int child : node.children) {
    const Value value = Eval(child);
    if (!value.is_null()) return value;
  }
  return Value::Null();
}

Value Evaluator::CastChild(const ExprTable::Node& node) {
  const Value child = Eval(node.children[0]);
  if (!child.is_value()) return child;
  const Value result = Cast(node.expr->children[0]->type, node.expr->type, child, arena_);
  return result.is_error() && node.expr->try_cast ? Value::Null() : result;
}

// NULL if an operand is NULL, else the first operand's error, else the operator's result.
Value Evaluator::Strict(const ExprTable::Node& node) {
  std::vector<Value> operands;
  operands.reserve(node.children.size());
  bool null = false;
  Value error = Value::Null();
  for (int child : node.children) {
    operands.push_back(Eval(child));
    null |= operands.back().is_null();
    if (operands.back().is_error() && !error.is_error()) error = operands.back();
  }
  if (null) return Value::Null();
  if (error.is_error()) return error;

  const BoundExpr& expr = *node.expr;
  switch (expr.op) {
    case ExprOp::kNeg:
      return Negate(expr.type, operands[0]);
    case ExprOp::kNot:
      return Value::Bool(operands[0].i == 0);
    case ExprOp::kCall:
      return node.call->Run(operands, arena_);
    default:
      break;
  }
  if (expr.op >= ExprOp::kAdd && expr.op <= ExprOp::kMod) {
    return Arithmetic(expr, operands[0], operands[1]);
  }
  const int order = Compare(expr.children[0]->type, operands[0], operands[1]);
  switch (expr.op) {
    case ExprOp::kEq:
      return Value::Bool(order == 0);
    case ExprOp::kNe:
      return Value::Bool(order != 0);
    case ExprOp::kLt:
      return Value::Bool(order < 0);
    case ExprOp::kLe:
      return Value::Bool(order <= 0);
    case ExprOp::kGt:
      return Value::Bool(order > 0);
    case ExprOp::kGe:
      return Value::Bool(order >= 0);
    default:
      return Value::Error(kFlowErrArgument);
  }
}

Datum Evaluate(const BoundExpr& expr, const FlowColumn* columns, int32_t row) {
  Arena arena;
  ExprTable table;
  // The caller keeps the expression: the pointer owns nothing.
  const int root = table.Add(BoundExprPtr(BoundExprPtr(), &expr));
  Evaluator evaluator(table, arena.abi());
  evaluator.SetRow(columns, row);
  return ToDatum(evaluator.Eval(root), expr.type);
}

}  // namespace flow::interpret
