// The tokens of one statement as the generated parser reads them.
#pragma once

#include <antlr4-runtime.h>

#include <memory>
#include <string>
#include <vector>

#include "compiler/source/diagnostic.h"

namespace flow::parse {

using Tokens = std::vector<std::unique_ptr<antlr4::CommonToken>>;

inline Span SpanOf(const antlr4::Token& token) {
  return {static_cast<uint32_t>(token.getStartIndex()),
          static_cast<uint32_t>(token.getStopIndex() + 1)};
}

// tokens[begin..end]; tokens[end] must be of type EOF. Lighter than ANTLR's buffered streams, and
// parsing can begin again in the middle.
class TokenRange : public antlr4::TokenStream {
 public:
  // `tokens` must outlive the stream.
  TokenRange(const Tokens& tokens, size_t begin, size_t end)
      : tokens_(tokens), begin_(begin), end_(end), at_(begin) {}

  void consume() override;
  size_t LA(ssize_t i) override { return LT(i)->getType(); }
  antlr4::Token* LT(ssize_t k) override;
  antlr4::Token* get(size_t index) const override { return tokens_[index].get(); }
  ssize_t mark() override { return 0; }
  void release(ssize_t /*marker*/) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return end_ + 1; }
  std::string getSourceName() const override { return "flow"; }
  antlr4::TokenSource* getTokenSource() const override;
  // Texts are cut from the file by span; nothing asks the stream for them.
  std::string getText(const antlr4::misc::Interval& /*interval*/) override { return ""; }
  std::string getText() override { return ""; }
  std::string getText(antlr4::RuleContext* /*context*/) override { return ""; }
  std::string getText(antlr4::Token* /*start*/, antlr4::Token* /*stop*/) override { return ""; }

 private:
  const Tokens& tokens_;
  size_t begin_;
  size_t end_;
  size_t at_;
};

}  // namespace flow::parse
