// The generated parser's error strategy: stop at the first error, knowing all that could have stood
// there.
#pragma once

#include <antlr4-runtime.h>

#include <vector>

namespace flow::parse {

// Throws antlr4::ParseCancellationException at the first error of a statement; Parse() catches it.
class FirstError : public antlr4::ANTLRErrorStrategy {
 public:
  // The token that does not fit, and the parser states in which it was looked at: as the grammar is
  // LL(1), the tokens that may follow these states are exactly those that would have fitted.
  size_t token_index() const { return token_index_; }
  const std::vector<size_t>& states() const { return states_; }
  // The same for the token before it; empty if there was no choice.
  const std::vector<size_t>& states_before() const { return states_before_; }

  void reset(antlr4::Parser* parser) override;
  void sync(antlr4::Parser* parser) override;
  antlr4::Token* recoverInline(antlr4::Parser* parser) override;
  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& e) override;
  void recover(antlr4::Parser* parser, std::exception_ptr e) override;
  bool inErrorRecoveryMode(antlr4::Parser* /*parser*/) override { return false; }
  void reportMatch(antlr4::Parser* /*parser*/) override {}

 private:
  void Visit(antlr4::Parser* parser);

  size_t token_index_ = 0;
  std::vector<size_t> states_;
  std::vector<size_t> states_before_;
};

}  // namespace flow::parse
