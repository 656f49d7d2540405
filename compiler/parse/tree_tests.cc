// TreeBuilder: TEST.
#include <utility>

#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

std::unique_ptr<ast::TestStmt> TreeBuilder::Test(FlowParser::TestStatementContext* context) {
  auto test = std::make_unique<ast::TestStmt>();
  test->span = SpanOfNode(context);
  test->name = Identifier(context->name);
  for (auto* given : context->givenClause()) test->given.push_back(Given(given));
  for (auto* expect : context->expectClause()) test->expected.push_back(Expected(expect));
  return test;
}

ast::GivenClause TreeBuilder::Given(FlowParser::GivenClauseContext* context) {
  ast::GivenClause given;
  given.span = SpanOfNode(context);
  given.source = Identifier(context->identifier());
  if (auto* columns = context->testColumns()) given.columns = TestColumns(columns);
  given.partitions.emplace_back();
  GivenRows(context->givenRows(), &given.partitions[0]);
  for (auto* part : context->givenPartition()) {
    auto* to = PartitionOf(part->NUMBER(), &given.partitions);
    if (to != nullptr) GivenRows(part->givenRows(), to);
  }
  return given;
}

void TreeBuilder::GivenRows(FlowParser::GivenRowsContext* context,
                            std::vector<ast::GivenRow>* rows) {
  for (auto* part : context->givenRow()) {
    ast::GivenRow row;
    row.span = SpanOfNode(part);
    if (auto* record = part->string()) {
      row.record = String(record);
    } else {
      row.values = Row(part->row());
    }
    rows->push_back(std::move(row));
  }
}

std::vector<ast::TestColumn> TreeBuilder::TestColumns(FlowParser::TestColumnsContext* context) {
  std::vector<ast::TestColumn> columns;
  for (auto* part : context->testColumn()) {
    ast::TestColumn column;
    column.span = SpanOfNode(part);
    column.meta = part->meta != nullptr;
    for (auto* name : part->identifier()) column.path.push_back(Identifier(name));
    if (column.meta) {
      if (!EqualsIgnoringCase(column.path[0].text, "META")) {
        Fail(column.span, "two names in a row", "syntax").hint =
            "columns are separated by `,`; metadata is written META key";
      }
      column.path.erase(column.path.begin());
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

ast::ExpectClause TreeBuilder::Expected(FlowParser::ExpectClauseContext* context) {
  ast::ExpectClause expect;
  expect.span = SpanOfNode(context);
  expect.name = Identifier(context->name);
  if (context->from != nullptr) expect.from = Identifier(context->from);
  if (context->NUMBER() != nullptr) ExpectedCount(context->word, context->NUMBER(), &expect);
  for (auto* count : context->expectedCount()) {
    ExpectedCount(count->identifier(), count->NUMBER(), &expect);
  }
  if (auto* rows = context->expectedRows()) ExpectedRows(rows, &expect);
  if (context->word == nullptr || context->NUMBER() != nullptr) return expect;
  const bool letters = context->letters != nullptr;
  if (letters) expect.kind = ast::ExpectKind::kDeadLetters;
  const std::string word = ToUpper(TextOf(context->word));
  if (word == (letters ? "DEAD" : "EMPTY")) return expect;
  Fail(SpanOfNode(context->word),
       "expected " + std::string(letters ? "`DEAD`" : "a count") +
           (letters ? ", found " : " after ") + "`" + word + "`",
       "syntax")
      .hint = letters ? "EXPECT source DEAD LETTER (offset, view, error) VALUES (...)"
                      : "EXPECT name (columns) VALUES rows, EXPECT name EMPTY, or EXPECT name " +
                            word + " 2";
  return expect;
}

void TreeBuilder::ExpectedRows(FlowParser::ExpectedRowsContext* context,
                               ast::ExpectClause* expect) {
  if (auto* columns = context->testColumns()) expect->columns = TestColumns(columns);
  for (auto* row : context->row()) expect->rows.push_back({Row(row), SpanOfNode(row)});
}

void TreeBuilder::ExpectedCount(antlr4::ParserRuleContext* what, antlr4::tree::TerminalNode* number,
                                ast::ExpectClause* expect) {
  expect->kind = ast::ExpectKind::kCounts;
  std::optional<int64_t> count = WholeNumber(number);
  if (!count) Fail(SpanOfToken(number), "a count is a whole number", "bad-number");
  ast::Name name = Identifier(what);
  name.text = ToUpper(name.text);
  expect->counts.push_back({std::move(name), count.value_or(0)});
}

}  // namespace flow::parse
