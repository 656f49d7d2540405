// Parse: a whole file, statement by statement.
#include "compiler/parse/parse.h"

#include <memory>

#include "FlowParser.h"
#include "compiler/parse/first_error.h"
#include "compiler/parse/lex.h"
#include "compiler/parse/syntax_error.h"
#include "compiler/parse/token_range.h"
#include "compiler/parse/tree_builder.h"

namespace flow {

namespace {

using grammar::FlowParser;
using parse::StatementTokens;

bool IsHead(size_t type) {
  return type == FlowParser::SOURCE || type == FlowParser::VIEW || type == FlowParser::TABLE;
}

class FileParser {
 public:
  FileParser(const SourceFile& file, const ParseOptions& options, Diagnostics& out)
      : file_(file), options_(options), out_(out), lexed_(parse::Lex(file, out)) {}

  ast::Script Run() {
    for (const StatementTokens& statement : lexed_.statements) {
      StatementTokens rest = statement;
      while (rest.begin < rest.end) rest.begin = ParseOne(rest);
    }
    return std::move(script_);
  }

 private:
  // Parses the statement; gives where to go on, mostly its end.
  size_t ParseOne(const StatementTokens& statement) {
    if (statement.broken || out_.error_count() >= kMaxErrors) {
      RefuseNames(statement);
      return statement.end;
    }
    parse::TokenRange stream(lexed_.tokens, statement.begin, statement.end);
    FlowParser& parser = ParserOn(&stream);
    FlowParser::StatementContext* context = nullptr;
    try {
      context = parser.statement();
    } catch (const antlr4::ParseCancellationException&) {
      size_t resume =
          parse::ReportSyntaxError(file_, lexed_, statement, parser, *first_error_, out_);
      StatementTokens read = statement;
      read.end = resume;
      RefuseNames(read);
      return resume;
    }
    std::vector<ast::Name> declared;
    auto built = parse::TreeBuilder(file_, options_, out_).Statement(context, &declared);
    if (built) {
      script_.statements.push_back(std::move(*built));
    } else if (declared.empty()) {
      RefuseNames(statement);
    } else {
      for (ast::Name& name : declared) script_.refused.push_back(std::move(name));
    }
    if (!statement.closed) ReportMissingEnd(statement);
    return statement.end;
  }

  // The parser is made once, with the first statement.
  FlowParser& ParserOn(parse::TokenRange* stream) {
    if (parser_ == nullptr) {
      parser_ = std::make_unique<FlowParser>(stream);
      parser_->removeErrorListeners();
      parser_->setErrorHandler(first_error_);
    } else {
      parser_->setTokenStream(stream);
    }
    return *parser_;
  }

  void ReportMissingEnd(const StatementTokens& statement) {
    uint32_t end = parse::SpanOf(*lexed_.tokens[statement.end - 1]).end;
    Diagnostic& d = out_.Error({end, end}, "expected `;`");
    d.code = "syntax";
    d.hint = "statements end in `;`, the last one too";
  }

  // The name behind the statement's head, and those behind LATE TO.
  void RefuseNames(const StatementTokens& statement) {
    switch (lexed_.tokens[statement.begin]->getType()) {
      case FlowParser::SINK:
      case FlowParser::EXPECT:
      case FlowParser::RECONCILE:
      case FlowParser::TEST:
        // They declare nothing that others use.
        return;
      default: {
        // VIEW name, but also CREATE VIEW name.
        size_t name = statement.begin + 1;
        if (name + 1 < statement.end && IsHead(lexed_.tokens[name]->getType())) ++name;
        Refuse(name, statement.end);
      }
    }
    for (size_t i = statement.begin + 1; i + 2 < statement.end; ++i) {
      if (lexed_.tokens[i]->getType() == FlowParser::LATE &&
          lexed_.tokens[i + 1]->getType() == FlowParser::TO) {
        Refuse(i + 2, statement.end);
      }
    }
  }

  void Refuse(size_t index, size_t end) {
    if (index >= end) return;
    Span span = parse::SpanOf(*lexed_.tokens[index]);
    std::string text(file_.Text(span));
    if (text.size() > 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    script_.refused.push_back({std::move(text), span});
  }

  const SourceFile& file_;
  const ParseOptions& options_;
  Diagnostics& out_;
  parse::Lexed lexed_;
  std::shared_ptr<parse::FirstError> first_error_ = std::make_shared<parse::FirstError>();
  std::unique_ptr<FlowParser> parser_;
  ast::Script script_;
};

}  // namespace

ast::Script Parse(const SourceFile& file, const ParseOptions& options, Diagnostics& out) {
  return FileParser(file, options, out).Run();
}

}  // namespace flow
