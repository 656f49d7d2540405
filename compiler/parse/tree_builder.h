// The generated parser's contexts to ast nodes, by direct walk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "FlowParser.h"
#include "compiler/ast/ast.h"
#include "compiler/parse/parse.h"

namespace flow::parse {

using grammar::FlowParser;

// Builds one statement. Reports what the grammar lets through and the language does not: unknown
// types and units, limits, and all constructs that are not supported yet.
class TreeBuilder {
 public:
  TreeBuilder(const SourceFile& file, const ParseOptions& options, Diagnostics& out)
      : file_(file), options_(options), out_(out) {}

  // Nothing if the statement cannot stand in the tree; what it declares is then in `declared`.
  std::optional<ast::Statement> Statement(FlowParser::StatementContext* context,
                                          std::vector<ast::Name>* declared);

 private:
  // tree_statement.cc
  std::unique_ptr<ast::SourceStmt> Source(FlowParser::SourceStatementContext* context);
  std::unique_ptr<ast::FunctionStmt> Function(FlowParser::FunctionStatementContext* context);
  std::unique_ptr<ast::ViewStmt> View(FlowParser::ViewStatementContext* context);
  std::unique_ptr<ast::SinkStmt> Sink(FlowParser::SinkStatementContext* context);
  void RefuseStatement(FlowParser::LaterStatementContext* context);
  ast::ColumnDef Column(FlowParser::ColumnDefinitionContext* context);
  void Emission(FlowParser::EmitClauseContext* context, ast::ViewStmt* view);

  // tree_tests.cc
  std::unique_ptr<ast::TestStmt> Test(FlowParser::TestStatementContext* context);
  ast::GivenClause Given(FlowParser::GivenClauseContext* context);
  void GivenRows(FlowParser::GivenRowsContext* context, std::vector<ast::GivenRow>* rows);
  std::vector<ast::TestColumn> TestColumns(FlowParser::TestColumnsContext* context);
  ast::ExpectClause Expected(FlowParser::ExpectClauseContext* context);
  void ExpectedRows(FlowParser::ExpectedRowsContext* context, ast::ExpectClause* expect);
  void ExpectedCount(antlr4::ParserRuleContext* what, antlr4::tree::TerminalNode* number,
                     ast::ExpectClause* expect);

  // tree_connector.cc
  ast::ConnectorClause Connector(FlowParser::ConnectorContext* context);
  ast::FormatClause Format(FlowParser::FormatClauseContext* context);
  std::vector<ast::Option> Options(const std::vector<FlowParser::OptionContext*>& contexts);
  ast::Option Option(FlowParser::OptionContext* context);
  std::string OptionText(FlowParser::StringContext* context, bool* unset);
  ast::InlineRows Inline(FlowParser::InlineRowsContext* context);
  std::vector<ast::ExprPtr> Row(FlowParser::RowContext* context);
  // The rows of PARTITION `number`; nullptr after a report.
  template <typename Rows>
  Rows* PartitionOf(antlr4::tree::TerminalNode* number, std::vector<Rows>* partitions) {
    std::optional<size_t> index = PartitionNumber(number);
    if (!index) return nullptr;
    if (partitions->size() <= *index) partitions->resize(*index + 1);
    return &(*partitions)[*index];
  }
  std::optional<size_t> PartitionNumber(antlr4::tree::TerminalNode* number);
  // A whole number of NUMBER; nullopt: it is none, or too large.
  std::optional<int64_t> WholeNumber(antlr4::tree::TerminalNode* number) const;
  static std::optional<int64_t> WholeNumber(std::string_view text);

  // tree_query.cc
  ast::QueryPtr Query(FlowParser::QueryContext* context);
  void QueryTerm(FlowParser::QueryTermContext* context, ast::Query* query);
  static void OrderAll(ast::Query* query);
  void Limit(FlowParser::LimitClauseContext* context, ast::Query* query);
  ast::Select Select(FlowParser::SelectContext* context);
  ast::SelectItem SelectItem(FlowParser::SelectItemContext* context);
  ast::Relation Relation(FlowParser::RelationContext* context);
  void Window(FlowParser::RelationContext* context, ast::Relation* relation);
  void Joined(FlowParser::JoinedContext* context, ast::Select* select);
  void Unnest(FlowParser::JoinedContext* context, ast::Select* select);
  void RefuseJoin(FlowParser::JoinedContext* context);

  // tree_expression.cc, tree_primary.cc
  ast::ExprPtr Expression(FlowParser::ExpressionContext* context);
  ast::ExprPtr Conjunction(FlowParser::ConjunctionContext* context);
  ast::ExprPtr Negation(FlowParser::NegationContext* context);
  ast::ExprPtr Predicate(FlowParser::PredicateContext* context);
  ast::ExprPtr Comparison(FlowParser::ComparisonContext* context);
  ast::ExprPtr Membership(FlowParser::MembershipContext* context);
  ast::ExprPtr CaseBlindLike(ast::ExprPtr left, FlowParser::MembershipTestContext* test);
  ast::ExprPtr Concatenation(FlowParser::ConcatenationContext* context);
  ast::ExprPtr Sum(FlowParser::SumContext* context);
  ast::ExprPtr Product(FlowParser::ProductContext* context);
  ast::ExprPtr Signed(FlowParser::SignedTermContext* context);
  ast::ExprPtr Cast(FlowParser::CastContext* context);
  ast::ExprPtr AtTimeZone(ast::ExprPtr time, FlowParser::AtTimeZoneContext* context);
  // `of`: what the brackets stand behind, or nullptr.
  ast::ExprPtr Elements(FlowParser::ElementsContext* context, ast::ExprPtr of);
  ast::ExprPtr Primary(FlowParser::PrimaryContext* context);
  ast::ExprPtr NameOrCall(FlowParser::NameOrCallContext* context);
  ast::ExprPtr TypedLiteral(FlowParser::NameOrCallContext* context);
  ast::ExprPtr Extract(ast::ExprPtr call, FlowParser::ArgumentContext* argument);
  ast::ExprPtr Call(FlowParser::NameOrCallContext* context);
  void Over(FlowParser::OverClauseContext* context, ast::Expr* call);
  ast::ExprPtr OrderItem(FlowParser::OrderItemContext* context);
  ast::ExprPtr Case(FlowParser::CaseExpressionContext* context);
  ast::ExprPtr CastCall(FlowParser::CastCallContext* context);
  ast::ExprPtr Field(ast::ExprPtr of, FlowParser::FieldContext* context);
  ast::ExprPtr Fields(ast::ExprPtr of, const std::vector<FlowParser::FieldContext*>& fields);
  ast::Name FieldName(FlowParser::ArgumentContext* argument);
  ast::ExprPtr Binary(ast::ExprPtr left, std::string op, Span op_span, ast::ExprPtr right);
  // A chain of left-associative operators: operand, operator, operand, ...
  template <typename Operand>
  ast::ExprPtr Chain(antlr4::ParserRuleContext* context,
                     ast::ExprPtr (TreeBuilder::*operand)(Operand*));

  // Makes the child the parent's next one. A tree that grows over kMaxHeight is reported, once, and
  // goes on without what is below.
  void Adopt(ast::Expr* parent, ast::ExprPtr child);

  // tree_type.cc
  Type TypeOf(FlowParser::TypeContext* context);
  Type SimpleType(FlowParser::SimpleTypeContext* context);
  Type Decimal(FlowParser::SimpleTypeContext* context);
  Type NestedType(FlowParser::NestedTypeContext* context);
  using Parameters = std::vector<FlowParser::TypeParameterContext*>;
  Type StructType(const Parameters& parameters);
  Type ElementsType(const Parameters& parameters, TypeKind kind, Span span);
  bool WithElements(const Type& type, Span span);
  ast::Duration Duration(FlowParser::DurationContext* context);

  // tree_builder.cc
  ast::Name Identifier(antlr4::ParserRuleContext* context);
  std::string String(FlowParser::StringContext* context);
  Span SpanOfNode(antlr4::ParserRuleContext* context) const;
  Span SpanOfToken(antlr4::tree::TerminalNode* node) const;
  std::string_view TextOf(antlr4::ParserRuleContext* context) const;
  // An error after which the statement is left out of the tree.
  Diagnostic& Fail(Span span, std::string message, std::string code);
  // "not supported yet: what". The statement stays in the tree if the rest makes sense without.
  enum class Rest { kMakesSense, kIsLost };
  void Refuse(Span span, const std::string& what, Rest rest);

  const SourceFile& file_;
  const ParseOptions& options_;
  Diagnostics& out_;
  std::vector<ast::Name> declared_;
  Span star_;  // where `t.*` is allowed: the whole of this select item
  bool in_sink_ = false;
  bool failed_ = false;    // leave the statement out
  bool too_high_ = false;  // reported
};

}  // namespace flow::parse
