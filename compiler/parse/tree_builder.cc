// TreeBuilder: names, strings, spans and how things are refused.
#include "compiler/parse/tree_builder.h"

#include <charconv>

#include "compiler/parse/string_literal.h"
#include "compiler/parse/token_range.h"

namespace flow::parse {

Span TreeBuilder::SpanOfNode(antlr4::ParserRuleContext* context) const {
  return {SpanOf(*context->getStart()).begin, SpanOf(*context->getStop()).end};
}

Span TreeBuilder::SpanOfToken(antlr4::tree::TerminalNode* node) const {
  return SpanOf(*node->getSymbol());
}

std::string_view TreeBuilder::TextOf(antlr4::ParserRuleContext* context) const {
  return file_.Text(SpanOfNode(context));
}

ast::Name TreeBuilder::Identifier(antlr4::ParserRuleContext* context) {
  ast::Name name;
  name.span = SpanOfNode(context);
  std::string_view text = file_.Text(name.span);
  if (!text.starts_with('"')) {
    name.text = text;
    return name;
  }
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    name.text += text[i];
    if (text[i] == '"') ++i;
  }
  return name;
}

std::string TreeBuilder::String(FlowParser::StringContext* context) {
  std::string text;
  if (!ReadString(file_, SpanOfNode(context), options_, out_, &text)) failed_ = true;
  return text;
}

std::optional<int64_t> TreeBuilder::WholeNumber(antlr4::tree::TerminalNode* number) const {
  return WholeNumber(file_.Text(SpanOfToken(number)));
}

std::optional<int64_t> TreeBuilder::WholeNumber(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Diagnostic& TreeBuilder::Fail(Span span, std::string message, std::string code) {
  failed_ = true;
  Diagnostic& d = out_.Error(span, std::move(message));
  d.code = std::move(code);
  return d;
}

void TreeBuilder::Refuse(Span span, const std::string& what, Rest rest) {
  if (rest == Rest::kIsLost) failed_ = true;
  out_.Error(span, "not supported yet: " + what).code = "not-supported-yet";
}

std::optional<ast::Statement> TreeBuilder::Statement(FlowParser::StatementContext* context,
                                                     std::vector<ast::Name>* declared) {
  ast::Statement statement;
  if (auto* source = context->sourceStatement()) {
    statement.source = Source(source);
  } else if (auto* function = context->functionStatement()) {
    statement.function = Function(function);
  } else if (auto* view = context->viewStatement()) {
    statement.view = View(view);
  } else if (auto* sink = context->sinkStatement()) {
    statement.sink = Sink(sink);
  } else if (auto* test = context->testStatement()) {
    statement.test = Test(test);
  } else {
    RefuseStatement(context->laterStatement());
  }
  *declared = std::move(declared_);
  if (failed_) return std::nullopt;
  return statement;
}

}  // namespace flow::parse
