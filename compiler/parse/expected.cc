// ExpectedAt: from parser states to readable words.
#include "compiler/parse/expected.h"

#include <algorithm>
#include <array>

namespace flow::parse {

namespace {

using antlr4::misc::IntervalSet;
using grammar::FlowParser;

// Constructs that are refused anyway: nobody should be led to them.
bool IsForLater(size_t type) {
  switch (type) {
    case FlowParser::JOIN:
    case FlowParser::INNER:
    case FlowParser::LEFT:
    case FlowParser::RIGHT:
    case FlowParser::FULL:
    case FlowParser::OUTER:
    case FlowParser::CROSS:
    case FlowParser::NATURAL:
    case FlowParser::ASOF:
    case FlowParser::SEMI:
    case FlowParser::ANTI:
    case FlowParser::USING:
    case FlowParser::VERSION:
    case FlowParser::ARCHIVE:
    case FlowParser::INTERSECT:
    case FlowParser::EXCEPT:
    case FlowParser::TABLE:
    case FlowParser::EXPECT:
    case FlowParser::RECONCILE:
    case FlowParser::GAP:  // of SESSION only
      return true;
    default:
      return false;
  }
}

bool IsOperator(size_t type) {
  switch (type) {
    case FlowParser::LBRACKET:
    case FlowParser::ARROW:
    case FlowParser::AT:
    case FlowParser::LONG_ARROW:
    case FlowParser::AND:
    case FlowParser::OR:
    case FlowParser::NOT:
    case FlowParser::IS:
    case FlowParser::IN:
    case FlowParser::LIKE:
    case FlowParser::ILIKE:
    case FlowParser::BETWEEN:
    case FlowParser::STAR:
    case FlowParser::SLASH:
    case FlowParser::PERCENT:
    case FlowParser::PLUS:
    case FlowParser::MINUS:
    case FlowParser::CONCAT:
    case FlowParser::DOUBLE_COLON:
    case FlowParser::EQUAL:
    case FlowParser::NOT_EQUAL:
    case FlowParser::BANG_EQUAL:
    case FlowParser::LESS:
    case FlowParser::LESS_EQUAL:
    case FlowParser::GREATER:
    case FlowParser::GREATER_EQUAL:
      return true;
    default:
      return false;
  }
}

// Keywords that always come with a second one.
std::string WordOf(FlowParser& parser, size_t type) {
  switch (type) {
    case FlowParser::GROUP:
      return "GROUP BY";
    case FlowParser::ORDER:
      return "ORDER BY";
    case FlowParser::UNION:
      return "UNION ALL";
    case FlowParser::EVENT:
      return "EVENT TIME";
    case FlowParser::DEAD:
      return "DEAD LETTER";
    case FlowParser::ALLOW:
      return "ALLOW LATENESS";
    case FlowParser::LATE:
      return "LATE TO";
    case FlowParser::UNIQUE:
      return "UNIQUE BY";
    case FlowParser::AT:
      return "AT TIME ZONE";
    case FlowParser::NUMBER:
      return "a number";
    case FlowParser::STRING:
      return "a string";
    case FlowParser::DURATION:
      return "a duration";
    default: {
      std::string literal = parser.getVocabulary().getLiteralName(type);
      return literal.size() > 2 ? literal.substr(1, literal.size() - 2) : literal;
    }
  }
}

bool Has(const IntervalSet& set, size_t type) { return set.contains(type); }

IntervalSet StartOf(FlowParser& parser, size_t rule) {
  const antlr4::atn::ATN& atn = parser.getATN();
  return atn.nextTokens(atn.ruleToStartState[rule]);
}

void AddState(FlowParser& parser, size_t state, Expected& expected) {
  const antlr4::atn::ATN& atn = parser.getATN();
  IntervalSet set = atn.nextTokens(atn.states[state]);
  // May the parser also go on without any of these? Then what is left out below is one choice of
  // many, and only noise.
  bool optional = Has(set, antlr4::Token::EPSILON);
  bool named = Has(set, FlowParser::IDENTIFIER);
  bool is_expression = named && Has(set, FlowParser::CASE);
  bool is_value = named && !is_expression && Has(set, FlowParser::NUMBER);
  // ALLOW can be a name, but not an alias without AS.
  bool is_alias = named && (Has(set, FlowParser::AS) || !Has(set, FlowParser::ALLOW));
  bool is_query = !named && Has(set, FlowParser::SELECT);
  bool is_join = Has(set, FlowParser::JOIN);
  if (is_expression) {
    expected.expression = true;
    set = set.subtract(StartOf(parser, FlowParser::RuleExpression));
  } else if (is_value) {
    expected.value = true;
    set = set.subtract(StartOf(parser, FlowParser::RuleOptionValue));
  } else if (named) {
    bool is_option = Has(set, FlowParser::SELECT);
    expected.name = expected.name || !is_alias;
    set = set.subtract(
        StartOf(parser, is_option ? FlowParser::RuleOptionName : FlowParser::RuleIdentifier));
  }
  for (ssize_t type : set.toList()) {
    if (type == static_cast<ssize_t>(antlr4::Token::EOF)) {
      expected.end = true;
      continue;
    }
    if (type <= 0) continue;
    size_t token = static_cast<size_t>(type);
    // EXPECT for itself is for later, the clause of a TEST is not.
    const bool clause = token == FlowParser::EXPECT && !Has(set, FlowParser::SOURCE);
    const bool later = IsForLater(token) && !clause;
    if (IsKeyword(token)) {
      expected.keywords.push_back(WordOf(parser, token));
      if (!later) expected.offered.push_back(expected.keywords.back());
      // With UNNEST they work, and with SESSION.
      const bool unnests = token == FlowParser::CROSS || token == FlowParser::LEFT;
      if (is_join && unnests) expected.offered.push_back(expected.keywords.back() + " JOIN");
      if (token == FlowParser::GAP) expected.offered.push_back(expected.keywords.back());
    }
    if (later || (is_alias && token == FlowParser::AS)) continue;
    if (is_join && token == FlowParser::COMMA) continue;
    if (is_expression && (token == FlowParser::SELECT || token == FlowParser::WITH ||
                          token == FlowParser::ALL || token == FlowParser::DISTINCT)) {
      continue;
    }
    if (is_query && token != FlowParser::SELECT) continue;
    if (IsOperator(token) && optional) {
      expected.operators = true;
      continue;
    }
    if (token == FlowParser::DOT || token == FlowParser::COLON) continue;
    if (token == FlowParser::UNIT || token == FlowParser::NESTED) continue;    // names, too
    if (token == FlowParser::ORDER && !Has(set, FlowParser::LIMIT)) continue;  // of a call
    if (optional && (token == FlowParser::LPAREN || token == FlowParser::STRING ||
                     token == FlowParser::FILTER || token == FlowParser::OVER)) {
      continue;
    }
    if (token == FlowParser::INTERVAL && Has(set, FlowParser::DURATION)) continue;
    if (token == FlowParser::DURATION) {
      expected.duration = true;
      continue;
    }
    if (token == FlowParser::RPAREN) expected.close = true;
    std::string word = WordOf(parser, token);
    if (std::find(expected.words.begin(), expected.words.end(), word) == expected.words.end()) {
      expected.words.push_back(std::move(word));
    }
  }
}

// Clauses are named in the order in which they are written.
size_t RankOf(const std::string& word) {
  constexpr std::array<std::string_view, 26> kOrder = {
      "SOURCE",    "FUNCTION", "VIEW",        "SINK",           "TEST",     "META",   "AS",
      "FROM",      "INTO",     "FORMAT",      "EVENT TIME",     "IDLE",     "AHEAD",  "UNIQUE BY",
      "MAX RATE",  "OVERLOAD", "DEAD LETTER", "WHERE",          "GROUP BY", "HAVING", "QUALIFY",
      "UNION ALL", "ORDER BY", "LIMIT",       "ALLOW LATENESS", "LATE TO"};
  auto found = std::find(kOrder.begin(), kOrder.end(), word);
  if (found != kOrder.end()) return 1 + static_cast<size_t>(found - kOrder.begin());
  if (word == "RETAIN") return kOrder.size() + 2;
  return word == "EMIT" || word == "APPEND" || word == "UPSERT" ? kOrder.size() + 1 : 0;
}

std::string Quoted(const std::string& word) {
  return word.starts_with("a ") ? word : "`" + word + "`";
}

}  // namespace

bool IsReserved(size_t type) { return type >= FlowParser::ALL && type <= FlowParser::WITH; }

bool IsKeyword(size_t type) { return type >= FlowParser::ALL && type <= FlowParser::ZONE; }

Expected ExpectedAt(FlowParser& parser, const std::vector<size_t>& states) {
  Expected expected;
  std::vector<size_t> seen;
  for (size_t state : states) {
    if (std::find(seen.begin(), seen.end(), state) != seen.end()) continue;
    seen.push_back(state);
    AddState(parser, state, expected);
  }
  std::stable_sort(
      expected.words.begin(), expected.words.end(),
      [](const std::string& a, const std::string& b) { return RankOf(a) < RankOf(b); });
  return expected;
}

std::string Expected::ToString() const {
  constexpr size_t kMostWords = 6;
  std::vector<std::string> parts;
  if (expression) parts.push_back("an expression");
  if (value) parts.push_back("a value");
  if (name) parts.push_back("a name");
  if (duration) parts.push_back("a duration");
  std::vector<std::string> shown = words;
  bool more = shown.size() > kMostWords;
  if (more) shown.resize(kMostWords - 2);
  for (const std::string& word : shown) parts.push_back(Quoted(word));
  if (more) parts.push_back("another clause");
  if (end) parts.push_back("`;`");
  if (parts.empty() && operators) parts.push_back("an operator");
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " or " : ", ";
    text += parts[i];
  }
  return text;
}

}  // namespace flow::parse
