// TreeBuilder: SOURCE, FUNCTION, VIEW and SINK.
#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

std::unique_ptr<ast::SourceStmt> TreeBuilder::Source(FlowParser::SourceStatementContext* context) {
  auto source = std::make_unique<ast::SourceStmt>();
  source->span = SpanOfNode(context);
  source->name = Identifier(context->name);
  declared_.push_back(source->name);
  for (auto* column : context->columnDefinition()) source->columns.push_back(Column(column));
  source->from = Connector(context->connector());
  if (auto* rows = context->connector()->inlineRows()) source->inline_rows = Inline(rows);
  if (auto* format = context->formatClause()) source->format = Format(format);
  if (auto* time = context->eventTimeClause()) {
    source->event_time = Identifier(time->identifier());
    source->watermark = Duration(time->watermark);
    if (time->idle != nullptr) source->idle = Duration(time->idle);
    if (time->ahead != nullptr) source->ahead = Duration(time->ahead);
  }
  if (auto* unique = context->uniqueClause()) {
    source->unique.emplace();
    source->unique->span = SpanOfNode(unique);
    for (auto* key : unique->expression()) source->unique->keys.push_back(Expression(key));
    source->unique->within = Duration(unique->duration());
    source->unique->per_partition = unique->PER() != nullptr;
  }
  if (auto* rate = context->rateClause()) {
    source->max_rate_span = SpanOfToken(rate->NUMBER());
    std::optional<int64_t> rows = WholeNumber(rate->NUMBER());
    if (rows && *rows > 0) {
      source->max_rate = rows;
    } else {
      Fail(source->max_rate_span, "MAX RATE is a whole number of rows a second, over 0",
           "bad-number");
    }
  }
  if (auto* overload = context->overloadClause()) {
    source->overload = Identifier(overload->identifier());
    source->overload->text = ToUpper(source->overload->text);
    if (overload->duration() != nullptr) source->shed_after = Duration(overload->duration());
  }
  if (auto* letters = context->deadLetterClause()) {
    source->dead_letter = Connector(letters->connector());
    if (auto* rows = letters->connector()->inlineRows()) {
      Fail(SpanOfNode(rows), "dead letters cannot go to rows", "syntax");
    }
  }
  if (auto* version = context->versionClause()) {
    Refuse(SpanOfNode(version), "VERSION BY", Rest::kMakesSense);
  }
  if (auto* archive = context->archiveClause()) {
    Refuse(SpanOfNode(archive), "ARCHIVE", Rest::kMakesSense);
  }
  return source;
}

ast::ColumnDef TreeBuilder::Column(FlowParser::ColumnDefinitionContext* context) {
  ast::ColumnDef column;
  column.name = Identifier(context->identifier(0));
  column.type = TypeOf(context->type());
  column.type_span = SpanOfNode(context->type());
  std::vector<FlowParser::NotNullContext*> not_null = context->notNull();
  column.not_null = !not_null.empty();
  if (not_null.size() > 1) Fail(SpanOfNode(not_null[1]), "NOT NULL is said twice", "syntax");
  if (auto* path = context->string()) {
    column.path = String(path);
    column.path_span = SpanOfNode(path);
  }
  if (context->meta != nullptr) column.meta = Identifier(context->meta);
  if (auto* computed = context->expression()) column.computed = Expression(computed);
  return column;
}

std::unique_ptr<ast::FunctionStmt> TreeBuilder::Function(
    FlowParser::FunctionStatementContext* context) {
  auto function = std::make_unique<ast::FunctionStmt>();
  function->span = SpanOfNode(context);
  function->name = Identifier(context->name);
  declared_.push_back(function->name);
  for (auto* part : context->parameter()) {
    ast::Parameter& parameter = function->parameters.emplace_back();
    parameter.name = Identifier(part->identifier());
    parameter.type = TypeOf(part->type());
    parameter.type_span = SpanOfNode(part->type());
  }
  function->returns = TypeOf(context->type());
  function->returns_span = SpanOfNode(context->type());
  function->body = Expression(context->expression());
  return function;
}

std::unique_ptr<ast::ViewStmt> TreeBuilder::View(FlowParser::ViewStatementContext* context) {
  auto view = std::make_unique<ast::ViewStmt>();
  view->span = SpanOfNode(context);
  view->name = Identifier(context->name);
  declared_.push_back(view->name);
  if (context->lateTo != nullptr) {
    view->late_to = Identifier(context->lateTo);
    declared_.push_back(*view->late_to);
  }
  view->query = Query(context->query());
  if (context->lateness != nullptr) view->lateness = Duration(context->lateness);
  if (auto* emit = context->emitClause()) Emission(emit, view.get());
  if (auto* retain = context->retainClause()) {
    view->retain = Duration(retain->duration());
  }
  return view;
}

void TreeBuilder::Emission(FlowParser::EmitClauseContext* context, ast::ViewStmt* view) {
  view->emit_span = SpanOfNode(context);
  if (context->CLOSE() != nullptr) {
    view->emit = ast::Emit::kOnClose;
  } else if (context->CHANGES() != nullptr) {
    view->emit = ast::Emit::kChanges;
  } else {
    view->emit = ast::Emit::kEvery;
    view->emit_every = Duration(context->duration());
  }
}

std::unique_ptr<ast::SinkStmt> TreeBuilder::Sink(FlowParser::SinkStatementContext* context) {
  auto sink = std::make_unique<ast::SinkStmt>();
  sink->span = SpanOfNode(context);
  sink->name = Identifier(context->name);
  sink->from = Identifier(context->view);
  in_sink_ = true;
  sink->into = Connector(context->connector());
  if (auto* rows = context->connector()->inlineRows()) {
    Fail(SpanOfNode(rows), "a sink cannot write to rows", "syntax");
  }
  if (auto* format = context->formatClause()) sink->format = Format(format);
  in_sink_ = false;
  if (auto* append = context->APPEND()) {
    sink->mode = ast::SinkMode::kAppend;
    sink->mode_span = SpanOfToken(append);
  } else if (auto* upsert = context->UPSERT()) {
    sink->mode = ast::SinkMode::kUpsert;
    sink->mode_span = SpanOfToken(upsert);
  }
  return sink;
}

void TreeBuilder::RefuseStatement(FlowParser::LaterStatementContext* context) {
  antlr4::Token* head = context->getStart();
  const char* what = "TABLE";
  switch (head->getType()) {
    case FlowParser::EXPECT:
      what = "EXPECT";
      break;
    case FlowParser::RECONCILE:
      what = "RECONCILE";
      break;
    default:
      break;
  }
  Refuse({static_cast<uint32_t>(head->getStartIndex()),
          static_cast<uint32_t>(head->getStopIndex() + 1)},
         what, Rest::kIsLost);
}

}  // namespace flow::parse
