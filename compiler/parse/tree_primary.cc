// TreeBuilder: literals, columns, calls, CASE and CAST.
#include <algorithm>

#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

ast::ExprPtr TreeBuilder::Primary(FlowParser::PrimaryContext* context) {
  if (auto* name = context->nameOrCall()) return NameOrCall(name);
  if (auto* inner = context->expression()) return Fields(Expression(inner), context->field());
  if (auto* branches = context->caseExpression()) return Case(branches);
  if (auto* cast = context->castCall()) return Fields(CastCall(cast), context->field());
  if (auto* elements = context->elements()) return Elements(elements, nullptr);

  auto literal = std::make_unique<ast::Expr>();
  literal->span = SpanOfNode(context);
  if (context->NUMBER() != nullptr) {
    literal->kind = ast::ExprKind::kNumber;
    literal->text = TextOf(context);
  } else if (auto* string = context->string()) {
    literal->kind = ast::ExprKind::kString;
    literal->text = String(string);
  } else if (context->TRUE() != nullptr || context->FALSE() != nullptr) {
    literal->kind = ast::ExprKind::kBool;
    literal->bool_value = context->TRUE() != nullptr;
  } else if (auto* duration = context->duration()) {
    literal->kind = ast::ExprKind::kDuration;
    literal->number = Duration(duration).us;
  } else if (context->subquery() != nullptr) {
    Refuse(literal->span, context->EXISTS() != nullptr ? "EXISTS" : "subqueries in expressions",
           Rest::kIsLost);
  }
  return literal;
}

ast::ExprPtr TreeBuilder::NameOrCall(FlowParser::NameOrCallContext* context) {
  if (context->callTail() != nullptr) return Fields(Call(context), context->field());
  if (context->literal != nullptr) return TypedLiteral(context);
  auto column = std::make_unique<ast::Expr>();
  column->kind = ast::ExprKind::kColumn;
  column->span = SpanOfNode(context);
  column->path.push_back(Identifier(context->identifier()));
  for (auto* step : context->pathStep()) {
    bool is_star = step->STAR() != nullptr;
    bool allowed = column->span.begin == star_.begin && column->span.end == star_.end;
    if (column->kind == ast::ExprKind::kStar || (is_star && !allowed)) {
      Fail(SpanOfNode(step), "`*` can only be a whole select item, or the argument of COUNT",
           "syntax");
      break;
    }
    if (is_star) {
      column->kind = ast::ExprKind::kStar;
    } else {
      column->path.push_back(Identifier(step->identifier()));
    }
  }
  return column;
}

ast::ExprPtr TreeBuilder::TypedLiteral(FlowParser::NameOrCallContext* context) {
  auto literal = std::make_unique<ast::Expr>();
  literal->kind = ast::ExprKind::kTyped;
  literal->span = SpanOfNode(context);
  std::string_view type = TextOf(context->identifier());
  if (EqualsIgnoringCase(type, "DATE")) {
    literal->type = Type(TypeKind::kDate);
  } else if (EqualsIgnoringCase(type, "TIMESTAMP")) {
    literal->type = Type(TypeKind::kTimestamp);
  } else if (EqualsIgnoringCase(type, "BYTES") || EqualsIgnoringCase(type, "X")) {
    literal->type = Type(TypeKind::kBytes);
  } else if (EqualsIgnoringCase(type, "JSON")) {
    literal->type = Type(TypeKind::kJson);
  } else {
    std::string meant = DidYouMean(ToUpper(type), {"DATE", "TIMESTAMP", "BYTES", "JSON", "LIKE"});
    Fail(SpanOfNode(context->literal), "unexpected string after `" + Shorten(type) + "`", "syntax")
        .hint = meant.empty() ? "literals with a type are DATE '2026-01-31' and "
                                "TIMESTAMP '2026-01-31 10:00:00'"
                              : "did you mean `" + meant + "`?";
  }
  literal->text = String(context->literal);
  if (EqualsIgnoringCase(type, "X")) literal->text = "\\x" + literal->text;
  return literal;
}

// EXTRACT(year FROM ts) is date_part('year', ts).
ast::ExprPtr TreeBuilder::Extract(ast::ExprPtr call, FlowParser::ArgumentContext* argument) {
  ast::ExprPtr field = Expression(argument->expression(0));
  if (field->kind == ast::ExprKind::kColumn && field->path.size() == 1) {
    field->kind = ast::ExprKind::kString;
    field->text = field->path[0].text;
    field->path.clear();
  } else if (field->kind != ast::ExprKind::kString) {
    Fail(field->span, "EXTRACT takes the name of a field, as in EXTRACT(year FROM ts)", "syntax");
  }
  call->path[0].text = "date_part";
  Adopt(call.get(), std::move(field));
  Adopt(call.get(), Expression(argument->expression(1)));
  return call;
}

// The name of `x AS name` in STRUCT(...), which the grammar reads as a type.
ast::Name TreeBuilder::FieldName(FlowParser::ArgumentContext* argument) {
  auto* type = argument->type();
  if (type == nullptr) return {};
  auto* simple = type->simpleType();
  const bool plain = type->typeParameter().empty() && simple->NUMBER().empty();
  if (plain && simple->identifier() != nullptr) return Identifier(simple->identifier());
  Fail(SpanOfNode(type), "AS gives a field of a STRUCT its name", "syntax").hint =
      "STRUCT(price AS price, CAST(qty AS INT) AS qty)";
  return {};
}

ast::ExprPtr TreeBuilder::Call(FlowParser::NameOrCallContext* context) {
  auto call = std::make_unique<ast::Expr>();
  call->kind = ast::ExprKind::kCall;
  call->span = SpanOfNode(context);
  call->path.push_back(Identifier(context->identifier()));
  auto* tail = context->callTail();
  call->distinct = tail->DISTINCT() != nullptr;
  const std::string name = call->path[0].text;
  auto arguments = tail->argument();
  for (auto* argument : arguments) {
    if (auto* star = argument->STAR()) {
      if (!EqualsIgnoringCase(name, "COUNT") || arguments.size() > 1 || call->distinct) {
        Fail(SpanOfToken(star), "`*` can only be a whole select item, or the argument of COUNT",
             "syntax");
      }
      auto all = std::make_unique<ast::Expr>();
      all->kind = ast::ExprKind::kStar;
      all->span = SpanOfToken(star);
      Adopt(call.get(), std::move(all));
      continue;
    }
    if (EqualsIgnoringCase(name, "STRUCT")) {
      call->path.push_back(FieldName(argument));
    } else if (argument->AS() != nullptr) {
      if (EqualsIgnoringCase(name, "FIELD")) {
        call->type = TypeOf(argument->type());
      } else {
        Fail(SpanOfToken(argument->AS()), "only CAST and TRY_CAST have AS inside", "syntax");
      }
    }
    if (argument->FROM() != nullptr) {
      if (EqualsIgnoringCase(name, "EXTRACT") && arguments.size() == 1) {
        call = Extract(std::move(call), argument);
        continue;
      }
      Fail(SpanOfToken(argument->FROM()), "only EXTRACT has FROM inside", "syntax").hint =
          "arguments are separated by `,`, as in trim(text, '.')";
    }
    Adopt(call.get(), Expression(argument->expression(0)));
  }
  if (auto* order = tail->orderClause()) {
    for (auto* item : order->orderItem()) Adopt(call.get(), OrderItem(item));
  }
  if (auto* filter = tail->filterClause()) {
    call->filter = Expression(filter->expression());
    call->height = std::max(call->height, call->filter->height + 1);
  }
  if (auto* over = tail->overClause()) Over(over, call.get());
  return call;
}

ast::ExprPtr TreeBuilder::OrderItem(FlowParser::OrderItemContext* context) {
  auto by = std::make_unique<ast::Expr>();
  by->kind = ast::ExprKind::kOrder;
  by->span = SpanOfNode(context);
  by->negated = context->DESC() != nullptr;
  // As PostgreSQL: NULL counts as greater than all others.
  by->bool_value = context->NULLS() != nullptr ? context->FIRST() != nullptr : by->negated;
  Adopt(by.get(), Expression(context->expression()));
  return by;
}

void TreeBuilder::Over(FlowParser::OverClauseContext* context, ast::Expr* call) {
  if (!EqualsIgnoringCase(call->path[0].text, "ROW_NUMBER") || context->identifier() != nullptr) {
    Refuse(SpanOfNode(context), "OVER", Rest::kIsLost);
    return;
  }
  if (auto* frame = context->frameClause()) {
    Refuse(SpanOfNode(frame), "frames of windows", Rest::kIsLost);
    return;
  }
  if (!call->children.empty() || call->filter != nullptr || call->distinct) {
    Fail(call->span, "ROW_NUMBER takes no arguments", "syntax");
    return;
  }
  call->over = true;
  if (auto* partition = context->partitionClause()) {
    for (auto* key : partition->expression()) {
      Adopt(call, Expression(key));
      ++call->number;
    }
  }
  auto* order = context->orderClause();
  if (order == nullptr) {
    Fail(SpanOfNode(context), "ROW_NUMBER needs ORDER BY", "syntax").hint =
        "which row is the first? ROW_NUMBER() OVER (PARTITION BY page ORDER BY revenue DESC)";
    return;
  }
  for (auto* item : order->orderItem()) Adopt(call, OrderItem(item));
}

ast::ExprPtr TreeBuilder::Case(FlowParser::CaseExpressionContext* context) {
  auto result = std::make_unique<ast::Expr>();
  result->kind = ast::ExprKind::kCase;
  result->span = SpanOfNode(context);
  if (context->operand != nullptr) {
    result->has_operand = true;
    Adopt(result.get(), Expression(context->operand));
  }
  for (auto* branch : context->whenBranch()) {
    auto parts = branch->expression();
    Adopt(result.get(), Expression(parts[0]));
    Adopt(result.get(), Expression(parts[1]));
  }
  if (context->otherwise != nullptr) {
    result->has_else = true;
    Adopt(result.get(), Expression(context->otherwise));
  }
  return result;
}

ast::ExprPtr TreeBuilder::CastCall(FlowParser::CastCallContext* context) {
  auto cast = std::make_unique<ast::Expr>();
  cast->kind = ast::ExprKind::kCast;
  cast->span = SpanOfNode(context);
  cast->try_cast = context->TRY_CAST() != nullptr;
  cast->type = TypeOf(context->type());
  cast->op_span = SpanOfNode(context->type());
  Adopt(cast.get(), Expression(context->expression()));
  return cast;
}

}  // namespace flow::parse
