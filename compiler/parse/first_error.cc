// FirstError: remembers the decisions taken at the current token, and bails out.
#include "compiler/parse/first_error.h"

namespace flow::parse {

void FirstError::Visit(antlr4::Parser* parser) {
  size_t index = parser->getInputStream()->index();
  if (index != token_index_) {
    states_before_.clear();
    if (index == token_index_ + 1) states_before_.swap(states_);
    token_index_ = index;
    states_.clear();
  }
  states_.push_back(parser->getState());
}

void FirstError::reset(antlr4::Parser* /*parser*/) {
  token_index_ = 0;
  states_.clear();
  states_before_.clear();
}

void FirstError::sync(antlr4::Parser* parser) { Visit(parser); }

antlr4::Token* FirstError::recoverInline(antlr4::Parser* parser) {
  Visit(parser);
  throw antlr4::ParseCancellationException();
}

void FirstError::reportError(antlr4::Parser* parser, const antlr4::RecognitionException& /*e*/) {
  Visit(parser);
}

void FirstError::recover(antlr4::Parser* /*parser*/, std::exception_ptr /*e*/) {
  throw antlr4::ParseCancellationException();
}

}  // namespace flow::parse
