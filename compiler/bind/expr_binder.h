// Expressions: names looked up, types found, casts made explicit.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/bind/bound.h"
#include "compiler/bind/scope.h"
#include "compiler/source/diagnostic.h"

namespace flow {

// Columns from here on stand for aggregate calls: kFirstCall + index.
inline constexpr int kFirstCall = 1 << 24;

// An expression, and whether it is a string literal or NULL that still takes its neighbour's type.
struct Typed {
  BoundExprPtr expr;  // nullptr: an error was reported
  bool untyped = false;
  Span span;
  explicit operator bool() const { return expr != nullptr; }
  const Type& type() const { return expr->type; }
};

// Binds the expressions of one SELECT. Errors go to the diagnostics; the result is then nullptr.
class ExprBinder {
 public:
  ExprBinder(const Scope& scope, Diagnostics* out) : scope_(scope), out_(out) {}

  // Where aggregate calls may stand: they are appended to `calls` (equal ones once). Elsewhere they
  // are errors that name `place`.
  void AllowAggregates(std::vector<bound::AggregateCall>* calls) { calls_ = calls; }
  void ForbidAggregates(std::string place) {
    calls_ = nullptr;
    place_ = std::move(place);
  }

  // A value with a definite type (an untyped literal is a STRING).
  BoundExprPtr Bind(const ast::Expr& expr);
  // A condition: BOOLEAN. `what` is said in the error: "WHERE".
  BoundExprPtr BindCondition(const ast::Expr& expr, const std::string& what);
  // A value that must widen to `type`.
  BoundExprPtr BindAs(const ast::Expr& expr, const Type& type, const std::string& what);

  // A text that compares as the parts do, one after the other; they can be read from it again
  // (runtime/abi/sort_key.h).
  BoundExprPtr SortKeyOf(const std::vector<bound::Ranking::Part>& parts, Span span);

  // What a value stands for under a name: of a STRUCT its fields, as expressions over it.
  bound::Visible Spread(const std::string& name, const BoundExprPtr& value);
  // The other way: one value of the leaves of a STRUCT.
  Typed FromLeaves(const bound::Visible& visible, Span span);
  // A value, or of a STRUCT its leaves: what tells groups apart.
  void BindLeaves(const ast::Expr& expr, std::vector<BoundExprPtr>* leaves);
  // Into a STRUCT by the numbers of fields; -1: is it there?
  BoundExprPtr LeafOf(BoundExprPtr value, const std::vector<int>& steps);

  // Where a reference to a column was written, by the node that Bind made for it.
  const Span* SpanOf(const BoundExpr* node) const {
    auto found = spans_.find(node);
    return found == spans_.end() ? nullptr : &found->second.first;
  }

 private:
  Typed BindTyped(const ast::Expr& expr);
  std::vector<Typed> BindChildren(const ast::Expr& expr, bool* ok);
  Typed BindNode(const ast::Expr& expr);
  Typed BindColumn(const ast::Expr& expr);
  Typed BindUnary(const ast::Expr& expr);
  Typed BindBinary(const ast::Expr& expr);
  std::optional<Typed> BindScaled(ExprOp op, Typed left, Typed right, Span span);
  Typed BindArithmetic(ExprOp op, Typed left, Typed right, const ast::Expr& expr);
  Typed BindLogic(const ast::Expr& expr);
  Typed BindIsNull(const ast::Expr& expr);
  Typed BindDistinctFrom(const ast::Expr& expr);
  Typed BindIn(const ast::Expr& expr);
  Typed BindBetween(const ast::Expr& expr);
  Typed BindCase(const ast::Expr& expr);
  Typed BindCast(const ast::Expr& expr);
  // expr_calls.cc
  Typed BindCall(const ast::Expr& expr);
  Typed BindFieldCall(const ast::Expr& expr);
  Typed BindSqlFunction(const ast::Expr& expr, const bound::SqlFunction& function);
  Typed BindClock(const ast::Expr& expr, const std::string& name);
  Typed CallFunction(const std::string& name, std::vector<Typed> arguments, Span span);
  // aggregate_calls.cc
  Typed BindAggregate(const ast::Expr& expr, const std::string& name);
  bool CheckAggregate(const ast::Expr& expr, const std::string& name);
  Typed AddCall(bound::AggregateCall call, Span span);
  std::string TextOf(const BoundExprPtr& expr) const;
  std::string FilterText(const BoundExprPtr& filter) const;
  Typed BindArgument(const ast::Expr& expr);
  void NeedsNumber(const ast::Expr& argument, const std::string& name, const Type& type);
  Typed SortKey(const Typed& value, bool descending, bool nulls_first, Span span);
  Typed SortKey(const Typed& value, bool descending);
  Typed BindArg(const ast::Expr& expr, const std::string& name, const BoundExprPtr& filter);
  Typed BindStringAgg(const ast::Expr& expr, const BoundExprPtr& filter);
  Typed BindArrayAgg(const ast::Expr& expr, const BoundExprPtr& filter);
  Typed BindJoined(const ast::Expr& expr, size_t arguments, const Typed& value, const Typed& joined,
                   const BoundExprPtr& filter, bound::AggregateCall call);
  bool Fraction(const ast::Expr& expr, const std::string& name, double* fraction);
  Typed BindQuantile(const ast::Expr& expr, const std::string& name, const BoundExprPtr& filter);
  // expr_forms.cc
  Typed BindForm(const ast::Expr& expr, const std::string& name);
  Typed BindCoalesce(std::vector<Typed> values, const std::string& name, Span span);
  Typed BindNullIf(const std::vector<Typed>& values, Span span);
  Typed BindChoice(BoundExprPtr condition, Typed then, Typed otherwise, const std::string& name,
                   Span span);
  Typed BindExtreme(const std::string& name, std::vector<Typed> values, Span span);
  Typed BindConcatWs(std::vector<Typed> values, Span span);

  // expr_nested.cc
  Typed PartOf(const Typed& value);
  Typed ElementOf(const Typed& part, const Type& type);
  Typed BindArray(std::vector<Typed> values, Span span);
  std::optional<std::vector<BoundExprPtr>> BindElements(const Function& function,
                                                        std::vector<Typed>* arguments,
                                                        Type* container);
  Typed BindElementAt(std::vector<Typed> values, Span span);
  Typed BindAppend(const std::string& name, std::vector<Typed> values, Span span);
  Typed BindArrayToString(std::vector<Typed> values, Span span);
  Typed BindArraySum(const std::string& name, const Typed& array, Span span);
  Typed BindToJson(const Typed& value, Span span);
  Typed BindNestedCast(const Typed& value, const Type& type, bool try_cast, Span span);
  static Typed Relabel(const Typed& value, const Type& type);
  // expr_struct.cc
  const bound::Visible* StructOf(const ast::Expr& expr) const;
  Typed BindParts(const std::vector<Typed>& values, const Type& type, Span span);
  Typed WholeStruct(const bound::Visible& visible, Span span);
  BoundExprPtr FieldOf(const BoundExprPtr& whole, size_t i);
  Typed BindStruct(const ast::Expr& expr);
  Typed BindField(const ast::Expr& expr);
  BoundExprPtr SameStruct(const bound::Visible& a, const bound::Visible& b, Span span);
  std::optional<Typed> BindStructs(const ast::Expr& expr);

  // left op right as BOOLEAN, after the implicit casts.
  BoundExprPtr Compare(ExprOp op, const Typed& left, const Typed& right, Span span);
  // `value` as `type`; reports "cannot ..." if it does not widen. `what` begins the message.
  BoundExprPtr Coerce(const Typed& value, const Type& type, const std::string& what);
  BoundExprPtr Condition(const Typed& value, const std::string& what);
  // The common type of all that have one; false after a report.
  bool Unify(std::vector<Typed>* values, const std::string& what, Type* type);
  Diagnostic& TypeError(Span span, std::string message);
  // nullptr after a report if the expression, with what its columns stand for, is too large.
  BoundExprPtr Sized(BoundExprPtr expr, Span span);

  const Scope& scope_;
  Diagnostics* out_;
  std::vector<bound::AggregateCall>* calls_ = nullptr;
  std::string place_;
  bool inside_aggregate_ = false;
  // The node is kept so that its address stays its own.
  std::unordered_map<const BoundExpr*, std::pair<Span, BoundExprPtr>> spans_;
};

// Does an aggregate call occur in it?
bool HasAggregate(const ast::Expr& expr);
bool IsAggregateName(const std::string& lower_case_name);
// Has the language a function of that name, whatever it is, or will it have one?
bool IsBuiltInFunction(const std::string& lower_case_name);
std::string LowerCase(const std::string& text);
std::string UpperCase(const std::string& text);

}  // namespace flow
