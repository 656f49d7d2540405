// TreeBuilder: operators, loosest first.
#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

namespace {

ast::ExprPtr Node(ast::ExprKind kind, Span span) {
  auto expr = std::make_unique<ast::Expr>();
  expr->kind = kind;
  expr->span = span;
  return expr;
}

ast::ExprPtr ImpliedNumber(const char* text, Span span) {
  ast::ExprPtr number = Node(ast::ExprKind::kNumber, span);
  number->text = text;
  return number;
}

}  // namespace

void TreeBuilder::Adopt(ast::Expr* parent, ast::ExprPtr child) {
  if (child->height >= kMaxHeight) {
    if (!too_high_) {
      Fail(child->span, "this expression is deeper than " + std::to_string(kMaxHeight) + " levels",
           "too-deep")
          .hint = "split it with a view or a WITH query";
    }
    too_high_ = true;
    child = Node(ast::ExprKind::kNull, child->span);
  }
  parent->height = std::max(parent->height, child->height + 1);
  parent->children.push_back(std::move(child));
}

ast::ExprPtr TreeBuilder::Binary(ast::ExprPtr left, std::string op, Span op_span,
                                 ast::ExprPtr right) {
  ast::ExprPtr binary = Node(ast::ExprKind::kBinary, {left->span.begin, right->span.end});
  binary->op = std::move(op);
  binary->op_span = op_span;
  Adopt(binary.get(), std::move(left));
  Adopt(binary.get(), std::move(right));
  return binary;
}

template <typename Operand>
ast::ExprPtr TreeBuilder::Chain(antlr4::ParserRuleContext* context,
                                ast::ExprPtr (TreeBuilder::*operand)(Operand*)) {
  const auto& children = context->children;
  ast::ExprPtr result = (this->*operand)(static_cast<Operand*>(children[0]));
  for (size_t i = 1; i + 1 < children.size(); i += 2) {
    Span op_span = SpanOfToken(static_cast<antlr4::tree::TerminalNode*>(children[i]));
    ast::ExprPtr right = (this->*operand)(static_cast<Operand*>(children[i + 1]));
    result = Binary(std::move(result), std::string(file_.Text(op_span)), op_span, std::move(right));
  }
  return result;
}

ast::ExprPtr TreeBuilder::Expression(FlowParser::ExpressionContext* context) {
  auto operands = context->conjunction();
  if (operands.size() == 1) return Conjunction(operands[0]);
  ast::ExprPtr any = Node(ast::ExprKind::kOr, SpanOfNode(context));
  for (auto* operand : operands) Adopt(any.get(), Conjunction(operand));
  return any;
}

ast::ExprPtr TreeBuilder::Conjunction(FlowParser::ConjunctionContext* context) {
  auto operands = context->negation();
  if (operands.size() == 1) return Negation(operands[0]);
  ast::ExprPtr all = Node(ast::ExprKind::kAnd, SpanOfNode(context));
  for (auto* operand : operands) Adopt(all.get(), Negation(operand));
  return all;
}

ast::ExprPtr TreeBuilder::Negation(FlowParser::NegationContext* context) {
  ast::ExprPtr result = Predicate(context->predicate());
  auto signs = context->NOT();
  for (auto sign = signs.rbegin(); sign != signs.rend(); ++sign) {
    Span op_span = SpanOfToken(*sign);
    ast::ExprPtr negation = Node(ast::ExprKind::kUnary, {op_span.begin, result->span.end});
    negation->op = "NOT";
    negation->op_span = op_span;
    Adopt(negation.get(), std::move(result));
    result = std::move(negation);
  }
  return result;
}

ast::ExprPtr TreeBuilder::Predicate(FlowParser::PredicateContext* context) {
  ast::ExprPtr result = Comparison(context->comparison());
  for (auto* is : context->isTest()) {
    Span is_span = SpanOfNode(is);
    ast::ExprKind kind = is->NULL_() != nullptr  ? ast::ExprKind::kIsNull
                         : is->FROM() != nullptr ? ast::ExprKind::kIsDistinct
                                                 : ast::ExprKind::kIsTruth;
    ast::ExprPtr test = Node(kind, {result->span.begin, is_span.end});
    test->op_span = is_span;
    test->negated = is->NOT() != nullptr;
    test->bool_value = is->TRUE() != nullptr;
    Adopt(test.get(), std::move(result));
    if (auto* other = is->comparison()) Adopt(test.get(), Comparison(other));
    result = std::move(test);
  }
  return result;
}

ast::ExprPtr TreeBuilder::Comparison(FlowParser::ComparisonContext* context) {
  auto operands = context->membership();
  ast::ExprPtr left = Membership(operands[0]);
  auto* op = context->comparisonOperator();
  if (op == nullptr) return left;
  std::string text(TextOf(op));
  if (text == "!=") text = "<>";
  return Binary(std::move(left), std::move(text), SpanOfNode(op), Membership(operands[1]));
}

ast::ExprPtr TreeBuilder::Membership(FlowParser::MembershipContext* context) {
  ast::ExprPtr left = Concatenation(context->concatenation());
  auto* test = context->membershipTest();
  if (test == nullptr) return left;
  if (test->ILIKE() != nullptr) return CaseBlindLike(std::move(left), test);
  antlr4::tree::TerminalNode* keyword = test->BETWEEN();
  ast::ExprKind kind = ast::ExprKind::kBetween;
  if (test->LIKE() != nullptr) {
    keyword = test->LIKE();
    kind = ast::ExprKind::kLike;
  } else if (test->IN() != nullptr) {
    keyword = test->IN();
    kind = ast::ExprKind::kIn;
  }
  ast::ExprPtr result = Node(kind, {left->span.begin, SpanOfNode(test).end});
  result->op_span = {SpanOfNode(test).begin, SpanOfToken(keyword).end};
  result->negated = test->NOT() != nullptr;
  Adopt(result.get(), std::move(left));
  if (kind == ast::ExprKind::kBetween) {
    Adopt(result.get(), Concatenation(test->low));
    Adopt(result.get(), Concatenation(test->high));
  } else if (kind == ast::ExprKind::kLike) {
    Adopt(result.get(), Concatenation(test->pattern));
  } else if (auto* query = test->subquery()) {
    Refuse(SpanOfNode(query), "IN (SELECT ...)", Rest::kIsLost);
  } else {
    auto items = test->expression();
    if (items.size() > static_cast<size_t>(kMaxTerms)) {
      Fail(result->op_span, "more than " + std::to_string(kMaxTerms) + " values in one IN list",
           "too-large");
    }
    for (auto* item : items) Adopt(result.get(), Expression(item));
  }
  return result;
}

// a ILIKE b is ilike(a, b).
ast::ExprPtr TreeBuilder::CaseBlindLike(ast::ExprPtr left,
                                        FlowParser::MembershipTestContext* test) {
  ast::ExprPtr call = Node(ast::ExprKind::kCall, {left->span.begin, SpanOfNode(test).end});
  call->path.push_back({"ilike", SpanOfToken(test->ILIKE())});
  Adopt(call.get(), std::move(left));
  Adopt(call.get(), Concatenation(test->pattern));
  if (test->NOT() == nullptr) return call;
  ast::ExprPtr negation = Node(ast::ExprKind::kUnary, call->span);
  negation->op = "NOT";
  negation->op_span = SpanOfToken(test->NOT());
  Adopt(negation.get(), std::move(call));
  return negation;
}

ast::ExprPtr TreeBuilder::Concatenation(FlowParser::ConcatenationContext* context) {
  return Chain(context, &TreeBuilder::Sum);
}

ast::ExprPtr TreeBuilder::Sum(FlowParser::SumContext* context) {
  return Chain(context, &TreeBuilder::Product);
}

ast::ExprPtr TreeBuilder::Product(FlowParser::ProductContext* context) {
  return Chain(context, &TreeBuilder::Signed);
}

ast::ExprPtr TreeBuilder::Signed(FlowParser::SignedTermContext* context) {
  ast::ExprPtr result = Cast(context->cast());
  const auto& children = context->children;
  size_t signs = children.size() - 1;
  if (auto* zone = context->atTimeZone()) {
    --signs;
    result = AtTimeZone(std::move(result), zone);
  }
  for (size_t i = signs; i-- > 0;) {
    Span op_span = SpanOfToken(static_cast<antlr4::tree::TerminalNode*>(children[i]));
    ast::ExprPtr sign = Node(ast::ExprKind::kUnary, {op_span.begin, result->span.end});
    sign->op = file_.Text(op_span);
    sign->op_span = op_span;
    Adopt(sign.get(), std::move(result));
    result = std::move(sign);
  }
  return result;
}

// ts AT TIME ZONE z is from_utc_timestamp(ts, z).
ast::ExprPtr TreeBuilder::AtTimeZone(ast::ExprPtr time, FlowParser::AtTimeZoneContext* context) {
  const Span span = SpanOfNode(context);
  if (time->kind == ast::ExprKind::kCall &&
      EqualsIgnoringCase(time->path[0].text, "from_utc_timestamp")) {
    Fail(span, "what a zone's clocks show is in that zone already", "syntax").hint =
        "to_utc_timestamp(local, 'zone') is the time at which they show it";
  }
  ast::ExprPtr call = Node(ast::ExprKind::kCall, {time->span.begin, span.end});
  call->path.push_back({"from_utc_timestamp", span});
  Adopt(call.get(), std::move(time));
  Adopt(call.get(), Cast(context->cast()));
  return call;
}

// ARRAY[1, 2] and [1, 2] are array(1, 2), a[1] is element_at(a, 1), a[1:2] is array_slice(a, 1, 2).
ast::ExprPtr TreeBuilder::Elements(FlowParser::ElementsContext* context, ast::ExprPtr of) {
  Span span = SpanOfNode(context);
  ast::ExprPtr call =
      Node(ast::ExprKind::kCall, {of == nullptr ? span.begin : of->span.begin, span.end});
  const bool array = of == nullptr || (of->kind == ast::ExprKind::kColumn && of->path.size() == 1 &&
                                       EqualsIgnoringCase(file_.Text(of->span), "ARRAY"));
  call->path.push_back({array ? "array" : "element_at", span});
  auto items = context->expression();
  if (auto* slice = context->slice()) {
    if (array || items.size() > 1) {
      Fail(SpanOfNode(slice), "`:` stands in a slice", "syntax").hint =
          "a[2:3] are the elements from the second to the third";
      return call;
    }
    call->path[0].text = "array_slice";
    Adopt(call.get(), std::move(of));
    Adopt(call.get(), items.empty() ? ImpliedNumber("1", span) : Expression(items[0]));
    // No array has as many elements.
    Adopt(call.get(), slice->expression() == nullptr ? ImpliedNumber("9223372036854775807", span)
                                                     : Expression(slice->expression()));
    return call;
  }
  if (!array) {
    if (items.size() != 1) {
      Fail(span, "a subscript is one value", "syntax").hint = "a[1] is the first element of a";
    }
    Adopt(call.get(), std::move(of));
  }
  for (auto* item : items) Adopt(call.get(), Expression(item));
  return call;
}

ast::ExprPtr TreeBuilder::Field(ast::ExprPtr of, FlowParser::FieldContext* context) {
  ast::ExprPtr field = Node(ast::ExprKind::kField, {of->span.begin, SpanOfNode(context).end});
  field->path.push_back(Identifier(context->identifier()));
  Adopt(field.get(), std::move(of));
  return field;
}

ast::ExprPtr TreeBuilder::Fields(ast::ExprPtr of,
                                 const std::vector<FlowParser::FieldContext*>& fields) {
  for (auto* field : fields) of = Field(std::move(of), field);
  return of;
}

ast::ExprPtr TreeBuilder::Cast(FlowParser::CastContext* context) {
  ast::ExprPtr result = Primary(context->primary());
  for (antlr4::tree::ParseTree* child : context->children) {
    if (auto* elements = dynamic_cast<FlowParser::ElementsContext*>(child)) {
      result = Elements(elements, std::move(result));
    } else if (auto* field = dynamic_cast<FlowParser::FieldContext*>(child)) {
      result = Field(std::move(result), field);
    } else if (auto* member = dynamic_cast<FlowParser::MemberContext*>(child)) {
      // j -> 'a' is json_get(j, 'a').
      Span span = SpanOfNode(member);
      ast::ExprPtr call = Node(ast::ExprKind::kCall, {result->span.begin, span.end});
      call->path.push_back({member->ARROW() != nullptr ? "json_get" : "json_get_text", span});
      Adopt(call.get(), std::move(result));
      Adopt(call.get(), Primary(member->primary()));
      result = std::move(call);
    } else if (auto* type = dynamic_cast<antlr4::ParserRuleContext*>(child);
               type != nullptr && type != context->primary()) {
      const Span span = SpanOfNode(type);
      ast::ExprPtr cast = Node(ast::ExprKind::kCast, {result->span.begin, span.end});
      if (auto* nested = dynamic_cast<FlowParser::NestedTypeContext*>(type)) {
        cast->type = NestedType(nested);
      } else {
        cast->type = SimpleType(static_cast<FlowParser::SimpleTypeContext*>(type));
        if (!WithElements(cast->type, span)) cast->type = Type();
      }
      cast->op_span = span;
      Adopt(cast.get(), std::move(result));
      result = std::move(cast);
    }
  }
  return result;
}

}  // namespace flow::parse
