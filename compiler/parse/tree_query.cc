// TreeBuilder: SELECT and what it reads from.
#include <iterator>

#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

ast::QueryPtr TreeBuilder::Query(FlowParser::QueryContext* context) {
  auto query = std::make_unique<ast::Query>();
  query->span = SpanOfNode(context);
  if (auto* with = context->withClause()) {
    for (auto* cte : with->cte()) {
      query->ctes.push_back({Identifier(cte->identifier()), Query(cte->query())});
    }
  }
  for (auto* term : context->queryTerm()) QueryTerm(term, query.get());
  for (auto* set_operator : context->setOperator()) {
    if (set_operator->UNION() != nullptr && set_operator->ALL() != nullptr) continue;
    std::string what = ToUpper(file_.Text(SpanOfNode(set_operator)));
    if (set_operator->UNION() != nullptr) what = "UNION without ALL";
    Refuse(SpanOfNode(set_operator), what, Rest::kIsLost);
  }
  if (auto* order = context->orderClause()) {
    query->order_span = SpanOfNode(order);
    for (auto* item : order->orderItem()) query->order.push_back(OrderItem(item));
  }
  if (auto* limit = context->limitClause()) Limit(limit, query.get());
  const bool ordered = !query->order.empty() || query->limit.has_value();
  if (ordered && query->selects.size() > 1) OrderAll(query.get());
  return query;
}

// a UNION ALL b ORDER BY c is SELECT * FROM (a UNION ALL b) ORDER BY c.
void TreeBuilder::OrderAll(ast::Query* query) {
  auto branches = std::make_unique<ast::Query>();
  branches->span = {query->span.begin, query->selects.back().span.end};
  branches->selects = std::move(query->selects);
  ast::Select all;
  all.span = branches->span;
  all.from.kind = ast::RelationKind::kSubquery;
  all.from.span = branches->span;
  auto star = std::make_unique<ast::Expr>();
  star->kind = ast::ExprKind::kStar;
  star->span = branches->span;
  all.items.push_back({std::move(star), std::nullopt});
  all.from.subquery = std::move(branches);
  query->selects.clear();
  query->selects.push_back(std::move(all));
}

void TreeBuilder::Limit(FlowParser::LimitClauseContext* context, ast::Query* query) {
  query->limit_span = SpanOfNode(context);
  if (context->OFFSET() != nullptr) {
    Refuse({SpanOfToken(context->OFFSET()).begin, query->limit_span.end}, "OFFSET",
           Rest::kMakesSense);
  }
  auto* number = context->expression(0);
  const ast::ExprPtr value = Expression(number);
  if (value->kind == ast::ExprKind::kNumber) query->limit = WholeNumber(value->text);
  if (query->limit && *query->limit > 0) return;
  Fail(SpanOfNode(number), "LIMIT is a whole number over 0", "bad-number");
}

void TreeBuilder::QueryTerm(FlowParser::QueryTermContext* context, ast::Query* query) {
  if (auto* select = context->select()) {
    query->selects.push_back(Select(select));
    return;
  }
  // UNION ALL is associative: the selects in parentheses are simply more of them.
  ast::QueryPtr inner = Query(context->query());
  if (!inner->ctes.empty()) {
    Refuse(inner->ctes.front().name.span, "WITH inside parentheses of UNION ALL", Rest::kIsLost);
  }
  if (!inner->order.empty() || inner->limit) {
    const Span order = inner->order.empty() ? inner->limit_span : inner->order_span;
    Refuse({order.begin, inner->limit ? inner->limit_span.end : order.end},
           "ORDER BY ... LIMIT inside parentheses of UNION ALL", Rest::kIsLost);
  }
  std::move(inner->selects.begin(), inner->selects.end(), std::back_inserter(query->selects));
}

ast::Select TreeBuilder::Select(FlowParser::SelectContext* context) {
  ast::Select select;
  select.span = SpanOfNode(context);
  select.distinct = context->DISTINCT() != nullptr;
  for (auto* item : context->selectItem()) select.items.push_back(SelectItem(item));
  select.from = Relation(context->relation());
  for (auto* joined : context->joined()) Joined(joined, &select);
  if (auto* where = context->whereClause()) select.where = Expression(where->expression());
  if (auto* group = context->groupClause()) {
    select.group_by_span = SpanOfNode(group);
    select.group_by_all = group->ALL() != nullptr;
    for (auto* key : group->expression()) select.group_by.push_back(Expression(key));
  }
  if (auto* having = context->havingClause()) select.having = Expression(having->expression());
  if (auto* qualify = context->qualifyClause()) {
    select.qualify = Expression(qualify->expression());
  }
  return select;
}

ast::SelectItem TreeBuilder::SelectItem(FlowParser::SelectItemContext* context) {
  ast::SelectItem item;
  if (auto* star = context->STAR()) {
    item.expr = std::make_unique<ast::Expr>();
    item.expr->kind = ast::ExprKind::kStar;
    item.expr->span = SpanOfToken(star);
    return item;
  }
  star_ = SpanOfNode(context->expression());
  item.expr = Expression(context->expression());
  star_ = {};
  if (auto* alias = context->identifier()) item.alias = Identifier(alias);
  if (auto* alias = context->bareAlias()) item.alias = Identifier(alias);
  if (item.expr->kind == ast::ExprKind::kStar && item.alias) {
    Fail(item.alias->span, "all columns cannot have one name", "syntax");
  }
  return item;
}

ast::Relation TreeBuilder::Relation(FlowParser::RelationContext* context) {
  ast::Relation relation;
  relation.span = SpanOfNode(context);
  if (auto* alias = context->alias()) {
    antlr4::ParserRuleContext* name = alias->identifier();
    if (name == nullptr) name = alias->bareAlias();
    relation.alias = Identifier(name);
  }
  if (auto* query = context->query()) {
    relation.kind = ast::RelationKind::kSubquery;
    relation.subquery = Query(query);
  } else if (context->windowArguments() != nullptr) {
    relation.kind = ast::RelationKind::kWindow;
    Window(context, &relation);
  } else {
    relation.name = Identifier(context->identifier());
  }
  return relation;
}

void TreeBuilder::Window(FlowParser::RelationContext* context, ast::Relation* relation) {
  auto* arguments = context->windowArguments();
  ast::Name function = Identifier(context->identifier());
  relation->window = ToUpper(function.text);
  relation->window_span = function.span;
  auto* input = arguments->windowInput();
  if (auto* query = input->query()) {
    relation->subquery = Query(query);
  } else {
    relation->name = Identifier(input->identifier());
  }
  const bool tumble = relation->window == "TUMBLE";
  const bool hop = relation->window == "HOP";
  const bool session = relation->window == "SESSION";
  if (!tumble && !hop && !session && relation->window != "CUMULATE") {
    std::string meant = DidYouMean(relation->window, {"TUMBLE", "HOP", "CUMULATE", "SESSION"});
    Fail(function.span, "unknown window function `" + function.text + "`", "unknown-window").hint =
        meant.empty()
            ? "there are TUMBLE(r, 1m), HOP(r, 5m EVERY 1m), CUMULATE(r, 1d EVERY 1h) and "
              "SESSION(r, GAP 10s BY key)"
            : "did you mean `" + meant + "`?";
    return;
  }
  if (session) {
    if (arguments->gap == nullptr) {
      Fail(SpanOfNode(arguments->size), "SESSION needs GAP", "syntax").hint =
          "SESSION(r, GAP 10s BY user_id): rows of a user with less than 10 seconds between them";
      return;
    }
    relation->size = Duration(arguments->gap);
    for (auto* key : arguments->expression()) relation->by.push_back(Expression(key));
    return;
  }
  if (arguments->gap != nullptr) {
    Fail(SpanOfToken(arguments->GAP()), relation->window + " has no GAP", "syntax");
    return;
  }
  relation->size = Duration(arguments->size);
  if (arguments->slide != nullptr) {
    relation->slide = Duration(arguments->slide);
    if (tumble) {
      Fail(SpanOfToken(arguments->EVERY()), "TUMBLE has no EVERY", "syntax").hint =
          "windows that overlap are HOP(r, size EVERY slide)";
    }
  } else if (!tumble) {
    Fail(SpanOfNode(arguments->size), relation->window + " needs EVERY", "syntax").hint =
        hop ? "HOP(r, 5m EVERY 1m): windows of 5 minutes, one begins each minute"
            : "CUMULATE(r, 1d EVERY 1h): windows that grow by an hour until the day is full";
  }
  if (arguments->offset != nullptr) relation->offset = Duration(arguments->offset);
}

void TreeBuilder::Joined(FlowParser::JoinedContext* context, ast::Select* select) {
  if (context->joinedRelation()->unnest() != nullptr) return Unnest(context, select);
  RefuseJoin(context);
}

void TreeBuilder::Unnest(FlowParser::JoinedContext* context, ast::Select* select) {
  auto* node = context->joinedRelation()->unnest();
  ast::Unnest unnest;
  unnest.span = SpanOfNode(node);
  bool cross = context->JOIN() == nullptr;
  bool left = false;
  bool other = false;
  for (auto* kind : context->joinKind()) {
    if (kind->CROSS() != nullptr && !cross && !left) {
      cross = true;
    } else if (kind->LEFT() != nullptr && !cross && !left) {
      left = true;
    } else if (kind->OUTER() == nullptr || !left) {
      other = true;
    }
  }
  bool on_true = false;
  if (auto* on = context->expression()) {
    const ast::ExprPtr condition = Expression(on);
    on_true = condition->kind == ast::ExprKind::kBool && condition->bool_value;
  }
  const bool condition = context->ON() != nullptr || context->USING() != nullptr;
  if (other || cross == left || (cross && condition) || (left && !on_true)) {
    Diagnostic& d = Fail(SpanOfNode(context),
                         "UNNEST is joined by CROSS JOIN, or by LEFT JOIN with ON TRUE", "syntax");
    d.hint =
        "FROM s CROSS JOIN UNNEST(s.items) AS x; LEFT JOIN UNNEST(s.items) AS x ON TRUE keeps rows "
        "without items";
    return;
  }
  unnest.outer = left;
  unnest.ordinality = node->ORDINALITY() != nullptr;
  if (auto* named = node->unnestAlias()) {
    antlr4::ParserRuleContext* name = named->alias()->identifier();
    if (name == nullptr) name = named->alias()->bareAlias();
    unnest.alias = Identifier(name);
    for (auto* column : named->identifier()) unnest.columns.push_back(Identifier(column));
  }
  unnest.array = Expression(node->expression());
  select->unnests.push_back(std::move(unnest));
}

void TreeBuilder::RefuseJoin(FlowParser::JoinedContext* context) {
  if (context->JOIN() == nullptr) {
    Refuse(SpanOfNode(context), "several relations in FROM", Rest::kIsLost);
    return;
  }
  Span keywords{SpanOfNode(context).begin, SpanOfToken(context->JOIN()).end};
  std::string what;
  for (auto* kind : context->joinKind()) what += ToUpper(TextOf(kind)) + " ";
  Refuse(keywords, what + "JOIN", Rest::kIsLost);
}

}  // namespace flow::parse
