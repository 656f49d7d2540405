// TreeBuilder: connectors, options, formats and inline rows.
#include <utility>

#include "compiler/parse/string_literal.h"
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
    option.value = OptionText(text, &option.unset);
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

std::string TreeBuilder::OptionText(FlowParser::StringContext* context, bool* unset) {
  ParseOptions options = options_;
  if (in_sink_ && options_.sinks_unset) {
    options.variable = [this, unset](const std::string& name) -> std::optional<std::string> {
      std::optional<std::string> value;
      if (options_.variable) value = options_.variable(name);
      *unset |= !value.has_value();
      return value.value_or(name);
    };
  }
  std::string text;
  if (!ReadString(file_, SpanOfNode(context), options, out_, &text)) failed_ = true;
  return text;
}

ast::InlineRows TreeBuilder::Inline(FlowParser::InlineRowsContext* context) {
  ast::InlineRows rows;
  rows.span = SpanOfNode(context);
  rows.partitions.emplace_back();
  for (auto* row : context->row()) rows.partitions[0].push_back(Row(row));
  for (auto* part : context->inlinePartition()) {
    auto* to = PartitionOf(part->NUMBER(), &rows.partitions);
    if (to == nullptr) continue;
    for (auto* row : part->row()) to->push_back(Row(row));
  }
  return rows;
}

std::optional<size_t> TreeBuilder::PartitionNumber(antlr4::tree::TerminalNode* number) {
  constexpr int64_t kMaxPartitions = 1024;
  std::optional<int64_t> index = WholeNumber(number);
  if (index && *index < kMaxPartitions) return static_cast<size_t>(*index);
  Fail(SpanOfToken(number),
       "a partition's number is between 0 and " + std::to_string(kMaxPartitions - 1), "bad-number");
  return std::nullopt;
}

std::vector<ast::ExprPtr> TreeBuilder::Row(FlowParser::RowContext* context) {
  std::vector<ast::ExprPtr> values;
  for (auto* value : context->expression()) values.push_back(Expression(value));
  return values;
}

}  // namespace flow::parse
