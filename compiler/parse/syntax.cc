// ReadSyntax: the generated parser's contexts as plain data.
#include "compiler/parse/syntax.h"

#include <algorithm>
#include <array>

#include "FlowParser.h"
#include "compiler/parse/first_error.h"
#include "compiler/parse/lex.h"
#include "compiler/parse/parse.h"
#include "compiler/parse/syntax_error.h"
#include "compiler/parse/token_range.h"

namespace flow {

namespace {

using grammar::FlowParser;

// Where a keyword is a name or a value, or its meaning is not known.
bool IsNamePlace(size_t rule) {
  constexpr std::array<size_t, 8> kPlaces = {
      FlowParser::RuleSoftKeyword, FlowParser::RuleClauseKeyword, FlowParser::RuleOptionName,
      FlowParser::RuleOptionValue, FlowParser::RuleBalanced,      FlowParser::RuleSubquery,
      FlowParser::RuleBareAlias,   FlowParser::RuleLaterStatement};
  return std::find(kPlaces.begin(), kPlaces.end(), rule) != kPlaces.end();
}

// Those that only say how tightly an operator binds: nothing is lost where they have one child.
bool IsLevel(size_t rule) {
  constexpr std::array<size_t, 12> kLevels = {
      FlowParser::RuleExpression,    FlowParser::RuleConjunction, FlowParser::RuleNegation,
      FlowParser::RulePredicate,     FlowParser::RuleComparison,  FlowParser::RuleMembership,
      FlowParser::RuleConcatenation, FlowParser::RuleSum,         FlowParser::RuleProduct,
      FlowParser::RuleSignedTerm,    FlowParser::RuleCast,        FlowParser::RulePrimary};
  return std::find(kLevels.begin(), kLevels.end(), rule) != kLevels.end();
}

class Reader {
 public:
  Reader(const SourceFile& file, Diagnostics& out)
      : file_(file), out_(out), lexed_(parse::Lex(file, out)), places_(lexed_.tokens.size()) {}

  Syntax Run() {
    for (const parse::StatementTokens& statement : lexed_.statements) {
      if (out_.error_count() >= kMaxErrors) break;
      if (!statement.broken) One(statement);
    }
    return std::move(syntax_);
  }

 private:
  void One(const parse::StatementTokens& statement) {
    parse::StatementTokens rest = statement;
    while (rest.begin < rest.end) {
      parse::TokenRange stream(lexed_.tokens, rest.begin, rest.end);
      FlowParser parser(&stream);
      parser.removeErrorListeners();
      auto first_error = std::make_shared<parse::FirstError>();
      parser.setErrorHandler(first_error);
      try {
        FlowParser::StatementContext* context = parser.statement();
        if (statement.closed) {
          Keep(statement, *context);
        } else {
          ReportMissingEnd(statement);
        }
        return;
      } catch (const antlr4::ParseCancellationException&) {
        rest.begin = parse::ReportSyntaxError(file_, lexed_, statement, parser, *first_error, out_);
      }
    }
  }

  void ReportMissingEnd(const parse::StatementTokens& statement) {
    uint32_t end = parse::SpanOf(*lexed_.tokens[statement.end - 1]).end;
    Diagnostic& d = out_.Error({end, end}, "expected `;`");
    d.code = "syntax";
    d.hint = "statements end in `;`, the last one too";
  }

  void Keep(const parse::StatementTokens& statement, FlowParser::StatementContext& context) {
    for (size_t i = statement.begin; i <= statement.end; ++i) {
      places_[i] = syntax_.tokens.size();
      syntax_.tokens.push_back(parse::SpanOf(*lexed_.tokens[i]));
    }
    SyntaxStatement& kept = syntax_.statements.emplace_back();
    kept.root = Convert(*context.children.front(), FlowParser::RuleStatement);
    kept.end = places_[statement.end];
  }

  SyntaxNode Convert(antlr4::tree::ParseTree& tree, size_t parent) {
    SyntaxNode node;
    if (auto* leaf = dynamic_cast<antlr4::tree::TerminalNode*>(&tree)) {
      node.token = places_[leaf->getSymbol()->getTokenIndex()];
      const size_t type = leaf->getSymbol()->getType();
      const bool word = type == FlowParser::UNIT || type == FlowParser::NESTED;
      node.keyword = word || (type < FlowParser::SEMICOLON && !IsNamePlace(parent));
      return node;
    }
    auto* context = static_cast<antlr4::ParserRuleContext*>(&tree);
    while (IsLevel(context->getRuleIndex()) && context->children.size() == 1) {
      auto* only = dynamic_cast<antlr4::ParserRuleContext*>(context->children.front());
      if (only == nullptr) break;
      context = only;
    }
    node.rule = RuleName(context->getRuleIndex());
    node.children.reserve(context->children.size());
    for (antlr4::tree::ParseTree* child : context->children) {
      node.children.push_back(Convert(*child, context->getRuleIndex()));
    }
    return node;
  }

  // The names live as long as the program: the generated parser's are static.
  static std::string_view RuleName(size_t rule) {
    static const std::vector<std::string> names = [] {
      parse::Tokens none;
      parse::TokenRange stream(none, 0, 0);
      return FlowParser(&stream).getRuleNames();
    }();
    return names[rule];
  }

  const SourceFile& file_;
  Diagnostics& out_;
  parse::Lexed lexed_;
  std::vector<size_t> places_;  // of the lexer's tokens in syntax_.tokens
  Syntax syntax_;
};

}  // namespace

Syntax ReadSyntax(const SourceFile& file, Diagnostics& out) { return Reader(file, out).Run(); }

size_t FirstToken(const SyntaxNode& node) {
  const SyntaxNode* at = &node;
  while (!at->rule.empty()) at = &at->children.front();
  return at->token;
}

size_t LastToken(const SyntaxNode& node) {
  const SyntaxNode* at = &node;
  while (!at->rule.empty()) at = &at->children.back();
  return at->token;
}

}  // namespace flow
