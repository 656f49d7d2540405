// TreeBuilder: connectors, options, formats and inline rows.
#include <charconv>
#include <utility>

#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

ast::ConnectorClause TreeBuilder::Connector(FlowParser::ConnectorContext* context) {
  ast::ConnectorClause connector;
  connector.span = SpanOfNode(context);
  connector.connector = Identifier(context->connectorName());
  connector.connector.text = ToUpper(connector.connector.text);
  connector.options = Options(context->option());
  if (auto* rows = context->inlineRows(); rows != nullptr && connector.connector.text != "INLINE") {
    Fail(SpanOfNode(rows), "only INLINE takes VALUES", "syntax").hint =
        "options are written name = value";
  }
  return connector;
}

ast::FormatClause TreeBuilder::Format(FlowParser::FormatClauseContext* context) {
  ast::FormatClause format;
  format.format = Identifier(context->identifier());
  format.format.text = ToUpper(format.format.text);
  format.options = Options(context->option());
  return format;
}

std::vector<ast::Option> TreeBuilder::Options(
    const std::vector<FlowParser::OptionContext*>& contexts) {
  std::vector<ast::Option> options;
  for (auto* context : contexts) {
    ast::Option option = Option(context);
    for (const ast::Option& other : options) {
      if (other.name.text != option.name.text) continue;
      Fail(option.name.span, "option `" + option.name.text + "` is given twice",
           "duplicate-option");
      break;
    }
    options.push_back(std::move(option));
  }
  return options;
}

ast::Option TreeBuilder::Option(FlowParser::OptionContext* context) {
  ast::Option option;
  for (auto* part : context->optionName()) {
    ast::Name name = Identifier(part);
    if (option.name.text.empty()) {
      option.name = std::move(name);
    } else {
      option.name.text += "." + name.text;
      option.name.span.end = name.span.end;
    }
  }
  option.name.text = ToLower(option.name.text);
  auto* value = context->optionValue();
  option.value_span = SpanOfNode(value);
  if (auto* name = value->identifier()) {
    option.value = Identifier(name).text;
    if (auto* secret = value->string()) {
      option.secret = EqualsIgnoringCase(option.value, "SECRET");
      if (!option.secret) {
        Fail(SpanOfNode(name), "an option's value is no function call", "syntax").hint =
            "only SECRET('NAME') is written this way";
      }
      option.value = String(secret);
    }
  } else if (auto* text = value->string()) {
    option.value = String(text);
  } else if (value->TRUE() != nullptr || value->FALSE() != nullptr) {
    option.value = ToLower(TextOf(value));
  } else if (auto* number = value->NUMBER()) {
    option.value = value->MINUS() != nullptr ? "-" : "";
    option.value += file_.Text(SpanOfToken(number));
  } else {
    option.value = TextOf(value);
  }
  return option;
}

ast::InlineRows TreeBuilder::Inline(FlowParser::InlineRowsContext* context) {
  constexpr size_t kMaxPartitions = 1024;
  ast::InlineRows rows;
  rows.span = SpanOfNode(context);
  rows.partitions.emplace_back();
  for (auto* row : context->row()) rows.partitions[0].push_back(Row(row));
  for (auto* part : context->inlinePartition()) {
    Span span = SpanOfToken(part->NUMBER());
    std::string_view text = file_.Text(span);
    size_t number = kMaxPartitions;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number >= kMaxPartitions) {
      Fail(span, "a partition's number is between 0 and " + std::to_string(kMaxPartitions - 1),
           "bad-number");
      continue;
    }
    if (rows.partitions.size() <= number) rows.partitions.resize(number + 1);
    for (auto* row : part->row()) rows.partitions[number].push_back(Row(row));
  }
  return rows;
}

std::vector<ast::ExprPtr> TreeBuilder::Row(FlowParser::RowContext* context) {
  std::vector<ast::ExprPtr> values;
  for (auto* value : context->expression()) values.push_back(Expression(value));
  return values;
}

}  // namespace flow::parse
