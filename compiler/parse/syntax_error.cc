// ReportSyntaxError: the message, the hint, and recovery.
#include "compiler/parse/syntax_error.h"

#include <algorithm>

#include "compiler/parse/expected.h"
#include "compiler/parse/text_check.h"

namespace flow::parse {

namespace {

using antlr4::Token;
using grammar::FlowParser;

bool IsStatementHead(size_t type) {
  switch (type) {
    case FlowParser::SOURCE:
    case FlowParser::VIEW:
    case FlowParser::SINK:
    case FlowParser::TABLE:
    case FlowParser::FUNCTION:
    case FlowParser::EXPECT:
    case FlowParser::RECONCILE:
    case FlowParser::TEST:
      return true;
    default:
      return false;
  }
}

bool IsComparison(size_t type) {
  return type >= FlowParser::EQUAL && type <= FlowParser::GREATER_EQUAL;
}

// The fixed order of the clauses, if the statement has one and the token begins a clause of it.
std::string ClauseOrder(size_t head, size_t type) {
  switch (type) {
    case FlowParser::FORMAT:
    case FlowParser::EVENT:
    case FlowParser::DEAD:
    case FlowParser::UNIQUE:
    case FlowParser::ARCHIVE:
    case FlowParser::VERSION:
    case FlowParser::IDLE:
    case FlowParser::AHEAD:
    case FlowParser::WATERMARK:
    case FlowParser::MAX:
    case FlowParser::OVERLOAD:
      if (head == FlowParser::SOURCE) {
        return "the clauses of a SOURCE come in this order: columns, FROM, FORMAT, EVENT TIME "
               "(WATERMARK, IDLE, AHEAD), UNIQUE BY, MAX RATE, OVERLOAD, DEAD LETTER";
      }
      if (head == FlowParser::SINK) {
        return "the clauses of a SINK come in this order: FROM, INTO, FORMAT, APPEND or UPSERT";
      }
      return "";
    case FlowParser::GIVEN:
      if (head != FlowParser::TEST) return "";
      return "the clauses of a TEST come in this order: GIVEN source (columns) VALUES rows, "
             "EXPECT view (columns) VALUES rows";
    case FlowParser::WHERE:
    case FlowParser::GROUP:
    case FlowParser::HAVING:
    case FlowParser::QUALIFY:
    case FlowParser::UNION:
    case FlowParser::ORDER:
    case FlowParser::LIMIT:
    case FlowParser::ALLOW:
    case FlowParser::LATE:
    case FlowParser::EMIT:
    case FlowParser::RETAIN:
      if (head == FlowParser::VIEW) {
        return "the clauses come in this order: SELECT, FROM, WHERE, GROUP BY, HAVING, QUALIFY, "
               "UNION ALL, ORDER BY ... LIMIT, ALLOW LATENESS, LATE TO, EMIT, RETAIN";
      }
      return "";
    default:
      return "";
  }
}

class Reporter {
 public:
  Reporter(const SourceFile& file, const Lexed& lexed, const StatementTokens& statement,
           FlowParser& parser, const FirstError& error)
      : file_(file),
        lexed_(lexed),
        statement_(statement),
        at_(error.token_index()),
        expected_(ExpectedAt(parser, error.states())),
        expected_before_(ExpectedAt(parser, error.states_before())) {}

  size_t Report(Diagnostics& out) const {
    size_t resume = NextHead();
    if (resume == at_ && at_ > statement_.begin && expected_.end) {
      ReportMissingSemicolon(at_ - 1, "statements end in `;`", out);
      return resume;
    }
    if (AtEnd() && !statement_.closed && expected_.end) {
      ReportMissingSemicolon(at_ - 1, "statements end in `;`, the last one too", out);
      return resume;
    }
    if (resume < at_) {
      // A head was taken for a name: `WHERE VIEW v AS ...`.
      Diagnostic& d = out.Error(SpanAt(resume),
                                "the statement before this " + TextAt(resume) + " is not finished");
      d.code = "syntax";
      d.hint = "statements end in `;`";
      return resume;
    }
    size_t guilty = at_;
    const Expected* expected = &expected_;
    std::string meant = MeantAt(at_, expected_);
    if (meant.empty() && at_ > statement_.begin) {
      // A misspelled keyword may have been taken for an alias: the error shows one token later.
      meant = MeantAt(at_ - 1, expected_);
      if (meant.empty()) {
        meant = MeantAt(at_ - 1, expected_before_);
        if (!meant.empty()) expected = &expected_before_;
      }
      if (!meant.empty()) guilty = at_ - 1;
    }
    Diagnostic& d =
        out.Error(SpanAt(guilty), "expected " + expected->ToString() + ", found " + TextAt(guilty));
    d.code = "syntax";
    d.hint = IsSubstringFor() ? "arguments are separated by `,`: substring(text, 2, 3)"
             : meant.empty()  ? Hint()
                              : "did you mean `" + meant + "`?";
    return resume;
  }

 private:
  const Token& TokenAt(size_t index) const { return *lexed_.tokens[index]; }
  size_t TypeAt(size_t index) const { return TokenAt(index).getType(); }
  bool AtEnd() const { return at_ == statement_.end; }

  Span SpanAt(size_t index) const {
    if (index < statement_.end || statement_.closed) return SpanOf(TokenAt(index));
    // Trailing blank lines are no place to point at: show the end of the last token.
    uint32_t end = SpanOf(TokenAt(index - 1)).end;
    return {end, end};
  }

  std::string TextAt(size_t index) const {
    if (index < statement_.end) return "`" + Shorten(file_.Text(SpanOf(TokenAt(index)))) + "`";
    return statement_.closed ? "`;`" : "the end of the file";
  }

  void ReportMissingSemicolon(size_t after, const char* hint, Diagnostics& out) const {
    uint32_t end = SpanOf(TokenAt(after)).end;
    Diagnostic& d = out.Error({end, end}, "expected `;`");
    d.code = "syntax";
    d.hint = hint;
  }

  // The keyword that the name at `index` seems to mean.
  std::string MeantAt(size_t index, const Expected& expected) const {
    if (index >= statement_.end || TypeAt(index) != FlowParser::IDENTIFIER) return "";
    std::vector<std::string> first_words;
    for (const std::string& keyword : expected.keywords) {
      first_words.push_back(keyword.substr(0, keyword.find(' ')));
    }
    return DidYouMean(ToUpper(file_.Text(SpanOf(TokenAt(index)))), first_words);
  }

  // Where the next statement begins if its predecessor's `;` is missing: a head keyword at the
  // error itself, or behind it at the beginning of a line.
  size_t NextHead() const {
    if (at_ > statement_.begin + 1 && at_ < statement_.end && IsStatementHead(TypeAt(at_ - 1)) &&
        BeginsLine(at_ - 1) && NameFollows(at_ - 1)) {
      return at_ - 1;
    }
    for (size_t i = at_; i + 1 < statement_.end; ++i) {
      if (i == statement_.begin || !IsStatementHead(TypeAt(i)) || !NameFollows(i)) continue;
      if (IsPartOfTest(i)) continue;
      if (i == at_ || BeginsLine(i)) return i;
    }
    return statement_.end;
  }

  // EXPECT begins a statement, and a clause of TEST.
  bool IsPartOfTest(size_t index) const {
    return TypeAt(statement_.begin) == FlowParser::TEST && TypeAt(index) == FlowParser::EXPECT;
  }

  bool NameFollows(size_t index) const {
    size_t type = TypeAt(index + 1);
    bool name = type == FlowParser::IDENTIFIER || type == FlowParser::QUOTED ||
                (IsKeyword(type) && !IsReserved(type));
    return name;
  }

  bool BeginsLine(size_t index) const {
    return TokenAt(index).getLine() > TokenAt(index - 1).getLine();
  }

  bool IsSubstringFor() const {
    return ToUpper(TextAt(at_)) == "`FOR`" && ToUpper(OpenCall()) == "SUBSTRING";
  }

  std::string Hint() const {
    size_t head = TypeAt(statement_.begin);
    size_t type = TypeAt(at_);
    if (at_ == statement_.begin) {
      if (type == FlowParser::SELECT || type == FlowParser::WITH) {
        return "a query belongs to a view: VIEW name AS SELECT ...";
      }
      return "a statement begins with SOURCE, FUNCTION, VIEW, SINK or TEST";
    }
    size_t before = TypeAt(at_ - 1);
    if (type == FlowParser::UNNEST && TypeAt(at_ + 1) == FlowParser::LPAREN) {
      return "it stands behind a relation: FROM s CROSS JOIN UNNEST(s.items) AS item";
    }
    if (type == FlowParser::ON && before == FlowParser::DISTINCT) {
      return "the first row of each: QUALIFY ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...) <= "
             "1";
    }
    if (IsReserved(type) && (expected_.name || (expected_.expression && StandsAsName()))) {
      return TextAt(at_) + " is a keyword; as a name it is written in double quotes";
    }
    if (type == FlowParser::NULL_ && before == FlowParser::NOT) {
      return "the test is written IS NOT NULL";
    }
    if (expected_.expression && before == FlowParser::COMMA) {
      return "remove the `,` before " + TextAt(at_) + ", or say what follows it";
    }
    if (type == FlowParser::EQUAL && before == FlowParser::EQUAL) {
      return "equality is written `=`";
    }
    if (IsComparison(type) && expected_.operators) {
      return "comparisons cannot be chained: join them with AND";
    }
    bool clause = type == FlowParser::FROM || !ClauseOrder(head, type).empty();
    if (expected_.close && (AtEnd() || clause)) {
      if (std::string open = OpenParenthesis(); !open.empty()) return open;
    }
    if (expected_.duration && type == FlowParser::NUMBER) {
      return "a duration has a unit: 250ms, 10s, 5m, 2h, 7d";
    }
    if (expected_.name && type == FlowParser::STRING) {
      return "names are written plainly, or in double quotes";
    }
    if (ToUpper(OpenCall()) == "SESSION") return "sessions are written SESSION(r, GAP 10m BY key)";
    if (type == FlowParser::COMMA && Expects("EVERY")) {
      return "windows that overlap are written HOP(r, size EVERY slide)";
    }
    return ClauseOrder(head, type);
  }

  // Does what follows the token look as if it was meant as a column?
  bool StandsAsName() const {
    if (TypeAt(at_) == FlowParser::FROM || AtEnd()) return false;
    size_t next = TypeAt(at_ + 1);
    return next == FlowParser::COMMA || next == FlowParser::FROM || next == FlowParser::RPAREN ||
           next == FlowParser::AS || next == Token::EOF || IsComparison(next);
  }

  bool Expects(std::string_view word) const {
    return std::find(expected_.words.begin(), expected_.words.end(), word) != expected_.words.end();
  }

  // The innermost `(` that is open at the error; the statement's end if there is none.
  size_t LastOpen() const {
    std::vector<size_t> open;
    for (size_t i = statement_.begin; i < at_; ++i) {
      if (TypeAt(i) == FlowParser::LPAREN) open.push_back(i);
      if (TypeAt(i) == FlowParser::RPAREN && !open.empty()) open.pop_back();
    }
    return open.empty() ? statement_.end : open.back();
  }

  // The name before it.
  std::string_view OpenCall() const {
    size_t open = LastOpen();
    if (open == statement_.end || open == statement_.begin) return "";
    return file_.Text(SpanOf(TokenAt(open - 1)));
  }

  std::string OpenParenthesis() const {
    size_t open = LastOpen();
    if (open == statement_.end) return "";
    SourceFile::Place place = file_.PlaceOf(SpanOf(TokenAt(open)).begin);
    return "the `(` at " + std::to_string(place.line) + ":" + std::to_string(place.column) +
           " is not closed";
  }

  const SourceFile& file_;
  const Lexed& lexed_;
  const StatementTokens& statement_;
  size_t at_;
  Expected expected_;
  Expected expected_before_;  // at the token before
};

}  // namespace

size_t ReportSyntaxError(const SourceFile& file, const Lexed& lexed,
                         const StatementTokens& statement, FlowParser& parser,
                         const FirstError& error, Diagnostics& out) {
  return Reporter(file, lexed, statement, parser, error).Report(out);
}

}  // namespace flow::parse
