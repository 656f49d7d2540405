// TokenRange: a parser's view of a stretch of tokens.
#include "compiler/parse/token_range.h"

#include <algorithm>

namespace flow::parse {

void TokenRange::consume() {
  if (at_ < end_) ++at_;
}

antlr4::Token* TokenRange::LT(ssize_t k) {
  if (k > 0) return tokens_[std::min(at_ + k - 1, end_)].get();
  ssize_t index = static_cast<ssize_t>(at_) + k;
  if (k == 0 || index < static_cast<ssize_t>(begin_)) return nullptr;
  return tokens_[index].get();
}

antlr4::TokenSource* TokenRange::getTokenSource() const { return tokens_[end_]->getTokenSource(); }

}  // namespace flow::parse
