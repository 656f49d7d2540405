// LimitGuard: how deep the tokens nest, how long the chains are.
#include "compiler/parse/limits.h"

#include "FlowLexer.h"
#include "compiler/parse/parse.h"
#include "compiler/parse/text_check.h"

namespace flow::parse {

using grammar::FlowLexer;

bool LimitGuard::ReportExcess(size_t type, Span span, std::string_view text, Diagnostics& out) {
  bool may_open_type = after_generic_;
  after_generic_ = type == FlowLexer::IDENTIFIER &&
                   (EqualsIgnoringCase(text, "STRUCT") || EqualsIgnoringCase(text, "ARRAY") ||
                    EqualsIgnoringCase(text, "MAP"));
  auto chain = [&](int& terms, const char* what) {
    if (++terms < kMaxTerms) return false;
    Diagnostic& d = out.Error(
        span, "more than " + std::to_string(kMaxTerms) + " terms in one " + what + " chain");
    d.code = "too-large";
    return true;
  };
  auto open = [&] {
    open_.push_back({type});
    if (static_cast<int>(open_.size()) <= kMaxNesting + 1) return false;
    Diagnostic& d =
        out.Error(span, "nested deeper than " + std::to_string(kMaxNesting) + " levels");
    d.code = "too-deep";
    return true;
  };
  auto top_is = [&](size_t opener) { return open_.size() > 1 && open_.back().opened_by == opener; };
  switch (type) {
    case FlowLexer::LPAREN:
    case FlowLexer::LBRACKET:
    case FlowLexer::CASE:
      return open();
    case FlowLexer::LESS:
      return may_open_type && open();
    case FlowLexer::GREATER:
      if (top_is(FlowLexer::LESS)) open_.pop_back();
      return false;
    case FlowLexer::END:
      if (top_is(FlowLexer::CASE)) open_.pop_back();
      return false;
    case FlowLexer::RPAREN:
      // Whatever was opened inside ends with it.
      while (open_.size() > 1 && !top_is(FlowLexer::LPAREN)) open_.pop_back();
      if (open_.size() > 1) open_.pop_back();
      return false;
    case FlowLexer::RBRACKET:
      if (top_is(FlowLexer::LBRACKET)) open_.pop_back();
      return false;
    case FlowLexer::AND:
      return chain(open_.back().ands, "AND");
    case FlowLexer::OR:
      return chain(open_.back().ors, "OR");
    case FlowLexer::COMMA:
    case FlowLexer::WHEN:
    case FlowLexer::THEN:
      open_.back().ands = 0;
      open_.back().ors = 0;
      return false;
    default:
      return false;
  }
}

}  // namespace flow::parse
