// Gives MakeDecimalCall: the result's type, and the scales that the body needs.
#include "compiler/bind/decimal_call.h"

#include <algorithm>

namespace flow {

namespace {

BoundExprPtr Int(int value) { return MakeLiteral(Datum::Int(TypeKind::kInt, value)); }

// The result's type; `digits`: the argument n, if it is a literal.
Type ResultOf(const std::string& name, const Type& x, bool has_digits, const int64_t* digits) {
  const int whole = x.precision - x.scale;
  if (name == "abs" || name == "greatest" || name == "least") return x;
  if (name == "sign") return Type::Decimal(1, 0);
  const bool grows = name != "trunc";  // 9.5 becomes 10
  int scale = 0;
  if (has_digits) {
    scale = digits == nullptr
                ? x.scale
                : static_cast<int>(std::clamp<int64_t>(*digits, 0, static_cast<int64_t>(x.scale)));
    if (digits != nullptr && *digits >= x.scale) return x;
  } else if (x.scale == 0) {
    return x;
  }
  return Type::Decimal(std::clamp(whole + scale + (grows ? 1 : 0), 1, kMaxDecimalDigits), scale);
}

}  // namespace

BoundExprPtr MakeDecimalCall(const Function* function, std::vector<BoundExprPtr> arguments) {
  const Type x = arguments[0]->type;
  // Of two DECIMALs, which the binder has given one type.
  const bool pair = arguments.size() == 2 && arguments[1]->type.is(TypeKind::kDecimal);
  const bool has_digits = arguments.size() > 1 && !pair;
  const BoundExpr* n = has_digits ? arguments[1].get() : nullptr;
  int64_t digits = 0;
  bool known = false;
  if (n != nullptr && n->op == ExprOp::kLiteral && n->literal.is_value()) {
    digits = n->literal.i;
    known = true;
  } else if (n != nullptr && n->op == ExprOp::kNeg && n->children[0]->op == ExprOp::kLiteral &&
             n->children[0]->literal.is_value()) {
    digits = -n->children[0]->literal.i;
    known = true;
  }
  const bool decimal = function->result.is(TypeKind::kDecimal);
  const Type result = decimal ? ResultOf(function->name, x, has_digits, known ? &digits : nullptr)
                              : function->result;
  arguments.push_back(Int(x.scale));
  arguments.push_back(Int(decimal ? result.scale : x.scale));
  auto node = std::make_shared<BoundExpr>(*MakeCall(function, std::move(arguments)));
  node->type = result;
  return node;
}

}  // namespace flow
