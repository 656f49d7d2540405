// Comparisons, AND, OR, NOT, IS NULL, CASE and COALESCE.
#include <algorithm>
#include <set>

#include "compiler/codegen/expr_emitter.h"
#include "runtime/abi/error_code.h"

namespace flow::codegen {

namespace {

using Predicate = llvm::CmpInst::Predicate;

Predicate IntegerPredicate(ExprOp op, bool is_signed) {
  switch (op) {
    case ExprOp::kEq:
      return Predicate::ICMP_EQ;
    case ExprOp::kNe:
      return Predicate::ICMP_NE;
    case ExprOp::kLt:
      return is_signed ? Predicate::ICMP_SLT : Predicate::ICMP_ULT;
    case ExprOp::kLe:
      return is_signed ? Predicate::ICMP_SLE : Predicate::ICMP_ULE;
    case ExprOp::kGt:
      return is_signed ? Predicate::ICMP_SGT : Predicate::ICMP_UGT;
    default:
      return is_signed ? Predicate::ICMP_SGE : Predicate::ICMP_UGE;
  }
}

}  // namespace

// NaN equals NaN and is greater than all others.
llvm::Value* ExprEmitter::CompareDoubles(ExprOp op, llvm::Value* a, llvm::Value* b) {
  llvm::Value* a_nan = b_.CreateFCmpUNO(a, a);
  llvm::Value* b_nan = b_.CreateFCmpUNO(b, b);
  switch (op) {
    case ExprOp::kEq:
      return b_.CreateOr(b_.CreateFCmpOEQ(a, b), b_.CreateAnd(a_nan, b_nan));
    case ExprOp::kNe:
      return b_.CreateNot(CompareDoubles(ExprOp::kEq, a, b));
    case ExprOp::kLt:
      return b_.CreateOr(b_.CreateFCmpOLT(a, b), b_.CreateAnd(b_.CreateNot(a_nan), b_nan));
    case ExprOp::kLe:
      return b_.CreateNot(CompareDoubles(ExprOp::kLt, b, a));
    case ExprOp::kGt:
      return CompareDoubles(ExprOp::kLt, b, a);
    default:
      return b_.CreateNot(CompareDoubles(ExprOp::kLt, a, b));
  }
}

Value ExprEmitter::EmitComparison(const BoundExpr& expr) {
  Operands operands = EmitOperands(expr);
  const Type& type = expr.children[0]->type;
  llvm::Value* x = operands.values[0].value;
  llvm::Value* y = operands.values[1].value;
  if (type.is_variable()) {
    return Guarded(TypeKind::kBoolean, operands.strict, [&] {
      Value result;
      if (expr.op == ExprOp::kEq || expr.op == ExprOp::kNe) {
        llvm::Value* equal = b_.CreateCall(b_.m().Callee("flow_op_string_equal"), {x, y});
        result.value = expr.op == ExprOp::kEq ? b_.CreateICmpNE(equal, b_.Byte(0))
                                              : b_.CreateICmpEQ(equal, b_.Byte(0));
      } else {
        llvm::Value* order = b_.CreateCall(b_.m().Callee("flow_op_string_compare"), {x, y});
        result.value = b_.CreateICmp(IntegerPredicate(expr.op, true), order, b_.getInt32(0));
      }
      return result;
    });
  }
  if (type.is(TypeKind::kDouble)) {
    return WithStatus(CompareDoubles(expr.op, x, y), operands.strict);
  }
  bool is_signed = !type.is(TypeKind::kBoolean);
  return WithStatus(b_.CreateICmp(IntegerPredicate(expr.op, is_signed), x, y), operands.strict);
}

// x = 1 OR x = 2 OR ...: from this many on, one look-up instead of a comparison each.
constexpr size_t kLeastMembers = 4;

std::vector<ExprEmitter::Term> ExprEmitter::Terms(const BoundExpr& expr) {
  // Members by the number of their subject; a list stands where its first member does.
  std::unordered_map<int, std::vector<size_t>> lists;
  auto member = [](const BoundExpr& child) {
    const bool listed = child.op == ExprOp::kEq && child.children[1]->op == ExprOp::kLiteral &&
                        child.children[1]->literal.is_value();
    if (!listed) return false;
    const Type& type = child.children[0]->type;
    return type.is_variable() || type.is_integer() || type.is(TypeKind::kDate) ||
           type.is(TypeKind::kTimestamp) || type.is(TypeKind::kInterval);
  };
  if (expr.op == ExprOp::kOr) {
    for (size_t i = 0; i < expr.children.size(); ++i) {
      const BoundExpr& child = *expr.children[i];
      if (member(child)) lists[numbering_.NumberOf(*child.children[0])].push_back(i);
    }
  }
  std::vector<Term> terms;
  for (size_t i = 0; i < expr.children.size(); ++i) {
    const BoundExpr& child = *expr.children[i];
    Term term;
    term.expr = &child;
    if (expr.op == ExprOp::kOr && member(child)) {
      const std::vector<size_t>& list = lists[numbering_.NumberOf(*child.children[0])];
      if (list.size() >= kLeastMembers) {
        if (list.front() != i) continue;
        term.expr = child.children[0].get();
        for (size_t k : list) term.members.push_back(&expr.children[k]->children[1]->literal);
      }
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

bool ExprEmitter::IsCheapTerm(const Term& term) {
  return IsCheap(*term.expr) && (term.members.empty() || !term.expr->type.is_variable());
}

Value ExprEmitter::EmitTerm(const Term& term) {
  return term.members.empty() ? Emit(*term.expr) : EmitMembership(*term.expr, term.members);
}

Value ExprEmitter::EmitMembership(const BoundExpr& subject,
                                  const std::vector<const Datum*>& members) {
  Value x = Emit(subject);
  Value strict = x;
  strict.value = nullptr;
  if (subject.type.is_variable()) {
    std::vector<std::string> texts;
    for (const Datum* member : members) texts.push_back(member->s);
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return Guarded(TypeKind::kBoolean, strict, [&] {
      llvm::Value* found = b_.CreateCall(
          b_.m().Callee("flow_op_string_in"),
          {x.value, b_.m().Strings(texts), b_.getInt32(static_cast<uint32_t>(texts.size()))});
      Value result;
      result.value = b_.CreateICmpNE(found, b_.Byte(0));
      return result;
    });
  }
  llvm::BasicBlock* before = b_.GetInsertBlock();
  llvm::BasicBlock* found = b_.NewBlock("member");
  llvm::BasicBlock* join = b_.NewBlock("looked_up");
  auto* choice = b_.CreateSwitch(x.value, join, static_cast<unsigned>(members.size()));
  std::set<int64_t> seen;
  for (const Datum* member : members) {
    if (!seen.insert(member->i).second) continue;
    choice->addCase(
        llvm::ConstantInt::getSigned(llvm::cast<llvm::IntegerType>(x.value->getType()), member->i),
        found);
  }
  b_.Enter(found);
  b_.CreateBr(join);
  Value yes;
  yes.value = b_.getTrue();
  Value no;
  no.value = b_.getFalse();
  return WithStatus(Join(join, TypeKind::kBoolean, {{before, no}, {found, yes}}).value, strict);
}

// The deciding value first, then NULL, then the first error. Cheap operands are evaluated in any
// case; the others one after the other, until one decides: those that call native functions last.
Value ExprEmitter::EmitConnective(const BoundExpr& expr) {
  const bool is_and = expr.op == ExprOp::kAnd;
  const Type boolean(TypeKind::kBoolean);
  llvm::BasicBlock* join = nullptr;
  std::vector<Arrival> arrivals;
  Value decided;
  decided.value = b_.getInt1(!is_and);

  auto decides = [&](const Value& v) {
    return b_.CreateAnd(IsValue(v), is_and ? b_.CreateNot(v.value) : v.value);
  };
  auto leave_if = [&](llvm::Value* condition) {
    if (join == nullptr) join = b_.NewBlock("decided");
    llvm::BasicBlock* next = b_.NewBlock("next");
    arrivals.push_back({b_.GetInsertBlock(), decided});
    b_.CreateCondBr(condition, join, next);
    b_.Enter(next);
  };

  const std::vector<Term> terms = Terms(expr);
  std::vector<Value> values(terms.size());
  std::vector<size_t> costly;
  llvm::Value* any_decides = nullptr;
  for (size_t i = 0; i < terms.size(); ++i) {
    // The first costly operand is evaluated in any case too, unless a cheap one can spare it.
    if (!IsCheapTerm(terms[i])) {
      costly.push_back(i);
      continue;
    }
    values[i] = EmitTerm(terms[i]);
    llvm::Value* now = decides(values[i]);
    any_decides = any_decides == nullptr ? now : b_.CreateOr(any_decides, now);
  }
  std::stable_partition(costly.begin(), costly.end(),
                        [&](size_t i) { return !CallsNative(*terms[i].expr); });
  int scopes = 0;
  for (size_t i : costly) {
    if (any_decides != nullptr) {
      leave_if(any_decides);
      OpenScope();
      ++scopes;
    }
    values[i] = EmitTerm(terms[i]);
    any_decides = decides(values[i]);
  }
  while (scopes-- > 0) CloseScope();

  Value rest;
  rest.value = b_.getInt1(is_and);
  for (const Value& value : values) {
    rest.may_error |= value.may_error;
    rest.may_null |= value.may_null;
  }
  if (rest.may_error) rest.status = FirstError(values);
  if (rest.may_null) {
    llvm::Value* otherwise = rest.may_error ? rest.status : b_.Code(kFlowValue);
    rest.status = b_.CreateSelect(AnyNull(values), b_.Code(kFlowNull), otherwise);
  }
  // What the operands that were not left for say last.
  if (any_decides != nullptr) {
    rest.value = b_.CreateXor(any_decides, rest.value);
    if (!rest.certain()) {
      rest.status = b_.CreateSelect(any_decides, b_.Code(kFlowValue), rest.status);
    }
  }
  if (join == nullptr) return rest;
  arrivals.push_back({b_.GetInsertBlock(), rest});
  b_.CreateBr(join);
  return Join(join, boolean, arrivals);
}

Value ExprEmitter::EmitNot(const BoundExpr& expr) {
  Value value = Emit(*expr.children[0]);
  value.value = b_.CreateNot(value.value);
  return value;
}

Value ExprEmitter::EmitIsNull(const BoundExpr& expr) {
  Value operand = Emit(*expr.children[0]);
  Value result;
  result.value = IsNull(operand);
  if (operand.may_error) {
    result.may_error = true;
    result.status = b_.CreateSelect(result.value, b_.Code(kFlowValue), operand.status);
  }
  return result;
}

Value ExprEmitter::EmitCase(const BoundExpr& expr) {
  llvm::BasicBlock* join = b_.NewBlock("end_case");
  std::vector<Arrival> arrivals;
  int scopes = 0;
  auto arrive = [&](const Value& value) {
    arrivals.push_back({b_.GetInsertBlock(), value});
    b_.CreateBr(join);
  };
  for (size_t i = 0; i + 1 < expr.children.size(); i += 2) {
    Value when = Emit(*expr.children[i]);
    if (when.may_error) {
      llvm::BasicBlock* fine = b_.NewBlock("when");
      arrivals.push_back(
          {b_.GetInsertBlock(), Value{b_.m().Zero(expr.type), when.status, false, true}});
      b_.CreateCondBr(IsError(when), join, fine);
      b_.Enter(fine);
    }
    llvm::BasicBlock* then = b_.NewBlock("then");
    llvm::BasicBlock* next = b_.NewBlock("else");
    b_.CreateCondBr(b_.CreateAnd(IsValue(when), when.value), then, next);
    b_.Enter(then);
    OpenScope();
    arrive(Emit(*expr.children[i + 1]));
    CloseScope();
    b_.Enter(next);
    OpenScope();
    ++scopes;
  }
  arrive(Emit(*expr.children.back()));
  while (scopes-- > 0) CloseScope();
  return Join(join, expr.type, arrivals);
}

Value ExprEmitter::EmitCoalesce(const BoundExpr& expr) {
  llvm::BasicBlock* join = b_.NewBlock("end_coalesce");
  std::vector<Arrival> arrivals;
  int scopes = 0;
  for (size_t i = 0; i < expr.children.size(); ++i) {
    Value value = Emit(*expr.children[i]);
    if (i + 1 == expr.children.size() || !value.may_null) {
      arrivals.push_back({b_.GetInsertBlock(), value});
      b_.CreateBr(join);
      break;
    }
    llvm::BasicBlock* next = b_.NewBlock("next");
    llvm::Value* is_null = IsNull(value);
    value.may_null = false;  // where it arrives
    if (!value.may_error) value.status = nullptr;
    arrivals.push_back({b_.GetInsertBlock(), value});
    b_.CreateCondBr(is_null, next, join);
    b_.Enter(next);
    OpenScope();
    ++scopes;
  }
  while (scopes-- > 0) CloseScope();
  return Join(join, expr.type, arrivals);
}

}  // namespace flow::codegen
