// LayOut: one function for each form of syntax; what has none is written word by word.
#include "compiler/format/layout.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace flow::format {

namespace {

constexpr int kIndent = 4;
// Names longer than this do not move the types of all other columns to the right.
constexpr int kMaxNameColumn = 24;

using Docs = std::vector<Doc>;

std::string ToUpper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

class Layout {
 public:
  Layout(const SourceFile& file, const Syntax& syntax, const std::vector<TokenComments>& comments,
         size_t first)
      : file_(file), syntax_(syntax), comments_(comments), first_(first) {}

  Doc Of(const SyntaxNode& node) {
    if (node.rule.empty()) return Token(node.token, node.keyword);
    using Member = Doc (Layout::*)(const SyntaxNode&);
    static const std::unordered_map<std::string_view, Member> forms = {
        {"sourceStatement", &Layout::Source},
        {"functionStatement", &Layout::Function},
        {"viewStatement", &Layout::View},
        {"sinkStatement", &Layout::Sink},
        {"testStatement", &Layout::Test},
        {"givenClause", &Layout::TestClause},
        {"expectClause", &Layout::TestClause},
        {"expectedCount", &Layout::Upper},
        {"testColumns", &Layout::List},
        {"testColumn", &Layout::TestColumn},
        {"laterStatement", &Layout::AsWritten},
        {"connector", &Layout::Connector},
        {"formatClause", &Layout::NamedOptions},
        {"inlineRows", &Layout::InlineRows},
        {"inlinePartition", &Layout::Rows},
        {"row", &Layout::List},
        {"option", &Layout::Option},
        {"optionValue", &Layout::OptionValue},
        {"overloadClause", &Layout::Upper},
        {"query", &Layout::Query},
        {"withClause", &Layout::With},
        {"cte", &Layout::WithBlock},
        {"queryTerm", &Layout::WithBlock},
        {"select", &Layout::Select},
        {"relation", &Layout::Relation},
        {"windowInput", &Layout::WithBlock},
        {"windowArguments", &Layout::Words},
        {"joined", &Layout::Words},
        {"unnest", &Layout::Tight},
        {"unnestAlias", &Layout::Tight},
        {"whereClause", &Layout::Clause},
        {"groupClause", &Layout::Clause},
        {"havingClause", &Layout::Clause},
        {"qualifyClause", &Layout::Clause},
        {"orderClause", &Layout::Clause},
        {"uniqueClause", &Layout::Words},
        {"expression", &Layout::Chain},
        {"conjunction", &Layout::Chain},
        {"comparison", &Layout::Chain},
        {"concatenation", &Layout::Chain},
        {"sum", &Layout::Chain},
        {"product", &Layout::Chain},
        {"comparisonOperator", &Layout::Words},
        {"membershipTest", &Layout::Membership},
        {"signedTerm", &Layout::Signed},
        {"cast", &Layout::Tight},
        {"primary", &Layout::Primary},
        {"nameOrCall", &Layout::NameOrCall},
        {"pathStep", &Layout::Tight},
        {"field", &Layout::Tight},
        {"callTail", &Layout::CallTail},
        {"argument", &Layout::Argument},
        {"caseExpression", &Layout::Case},
        {"castCall", &Layout::Tight},
        {"duration", &Layout::Upper},
        {"type", &Layout::Tight},
        {"nestedType", &Layout::Tight},
        {"simpleType", &Layout::Type},
        {"typeParameter", &Layout::TypeParameter},
        {"overClause", &Layout::Over},
        {"partitionClause", &Layout::Clause},
        {"frameClause", &Layout::Loose},
        {"balanced", &Layout::Loose},
        {"subquery", &Layout::Loose},
    };
    auto form = forms.find(node.rule);
    return form == forms.end() ? Words(node) : (this->*form->second)(node);
  }

  Doc Token(size_t token, bool keyword) {
    std::string_view text = file_.Text(syntax_.tokens[token]);
    return WithComments(token, keyword ? ToUpper(text) : std::string(text), true);
  }

 private:
  // --- Tokens ---------------------------------------------------------------------------------

  std::string_view TextOf(const SyntaxNode& node) const {
    return node.rule.empty() ? file_.Text(syntax_.tokens[node.token]) : std::string_view();
  }

  static Doc Before(const Comment& comment) {
    return comment.line || !comment.joins_next ? OwnLine(comment.text) : Text(comment.text + " ");
  }

  // `before`: with the comments before it.
  Doc WithComments(size_t token, std::string text, bool before) {
    const TokenComments& at = comments_[token];
    Docs parts;
    // Those before a statement are written with it.
    if (before && token != first_) {
      for (const Comment& comment : at.before) parts.push_back(Before(comment));
    }
    parts.push_back(Text(std::move(text)));
    for (const Comment& comment : at.behind) {
      parts.push_back(comment.line ? EndOfLine(comment.text) : Text(" " + comment.text));
    }
    return parts.size() == 1 ? std::move(parts.front()) : Concat(std::move(parts));
  }

  bool BrokenBefore(const SyntaxNode& node) const {
    return comments_[FirstToken(node)].new_line_before;
  }

  // A name that is a word of the language where it stands: a type, a unit, a connector.
  Doc UpperName(const SyntaxNode& node) {
    if (!node.rule.empty() && node.children.size() == 1) return UpperName(node.children.front());
    if (!node.rule.empty()) return Of(node);
    std::string_view text = TextOf(node);
    bool plain = text[0] != '"' && text[0] != '\'' && !(text[0] >= '0' && text[0] <= '9');
    return Token(node.token, plain);
  }

  // --- Lists of words -------------------------------------------------------------------------

  static bool NoSpaceBefore(std::string_view text) {
    return text == "," || text == ")" || text == "." || text == "::" || text == ">" || text == "]";
  }
  static bool NoSpaceBehind(std::string_view text) {
    return text == "(" || text == "." || text == "::" || text == "<" || text == "[" || text == ":";
  }

  // A space between two but at brackets, commas and dots.
  Doc Words(const SyntaxNode& node) { return Join(node.children, false, false); }
  // No space before an opening bracket either: calls, types.
  Doc Tight(const SyntaxNode& node) { return Join(node.children, true, false); }
  Doc Upper(const SyntaxNode& node) { return Join(node.children, false, true); }

  Doc Join(const std::vector<SyntaxNode>& nodes, bool tight, bool upper) {
    Docs parts;
    for (size_t i = 0; i < nodes.size(); ++i) {
      std::string_view text = TextOf(nodes[i]);
      bool space = i > 0 && !NoSpaceBefore(text) && !NoSpaceBehind(TextOf(nodes[i - 1])) &&
                   nodes[i].rule != "slice";
      if (tight) {
        space = space && text != "(" && text != "<" && nodes[i].rule != "pathStep" &&
                nodes[i].rule != "field" && nodes[i].rule != "callTail" &&
                nodes[i].rule != "elements";
      }
      if (space) parts.push_back(Text(" "));
      parts.push_back(upper && nodes[i].is("identifier") ? UpperName(nodes[i]) : Of(nodes[i]));
    }
    return Concat(std::move(parts));
  }

  // Spaces where there were some.
  Doc Loose(const SyntaxNode& node) {
    Docs parts;
    for (const SyntaxNode& child : node.children) {
      if (!parts.empty() && comments_[FirstToken(child)].space_before) parts.push_back(Text(" "));
      parts.push_back(Of(child));
    }
    return Concat(std::move(parts));
  }

  Doc AsWritten(const SyntaxNode& node) {
    Span span = {syntax_.tokens[FirstToken(node)].begin, syntax_.tokens[LastToken(node)].end};
    Docs parts;
    parts.push_back(Text(std::string(file_.Text(span))));
    for (const Comment& comment : comments_[LastToken(node)].behind) {
      parts.push_back(comment.line ? EndOfLine(comment.text) : Text(" " + comment.text));
    }
    return Concat(std::move(parts));
  }

  // Children from `begin` to `end` with commas between them, as parts of a Fill. `kept`: where a
  // line was broken between two, it stays broken.
  Docs Items(const SyntaxNode& node, size_t begin, size_t end, bool kept) {
    Docs parts;
    for (size_t i = begin; i < end; i += 2) {
      const SyntaxNode& item = node.children[i];
      if (i > begin) parts.push_back(kept && BrokenBefore(item) ? HardLine() : Line());
      Docs with_comma;
      with_comma.push_back(Of(item));
      if (i + 1 < end) with_comma.push_back(Of(node.children[i + 1]));
      parts.push_back(Concat(std::move(with_comma)));
    }
    return parts;
  }

  // ( a, b, c ) at the end of a row, an IN list and the like: all children.
  Doc List(const SyntaxNode& node) {
    Docs parts;
    parts.push_back(Of(node.children.front()));
    parts.push_back(Align(Group(Fill(Items(node, 1, node.children.size() - 1, false)))));
    parts.push_back(Of(node.children.back()));
    return Concat(std::move(parts));
  }

  // ( inside ), where the inside gets lines of its own if it does not fit or had them.
  Doc Block(const SyntaxNode& open, Doc inside, const SyntaxNode& first, const SyntaxNode& close) {
    const bool broken = BrokenBefore(first);
    const TokenComments& at = comments_[close.token];
    Docs inner;
    inner.push_back(broken ? HardLine() : SoftLine());
    inner.push_back(std::move(inside));
    for (const Comment& comment : at.before) {
      inner.push_back(HardLine());
      inner.push_back(OwnLine(comment.text));
    }
    Docs parts;
    parts.push_back(Of(open));
    parts.push_back(Nest(kIndent, Concat(std::move(inner))));
    parts.push_back(broken || !at.before.empty() ? HardLine() : SoftLine());
    parts.push_back(WithComments(close.token, ")", false));
    return Group(Concat(std::move(parts)));
  }

  // Items one a line where they do not fit on one.
  Doc Lines(const SyntaxNode& node, size_t begin, size_t end) {
    Docs parts;
    for (size_t i = begin; i < end; ++i) {
      parts.push_back(Of(node.children[i]));
      if (TextOf(node.children[i]) == ",") parts.push_back(Line());
    }
    return Concat(std::move(parts));
  }

  // Words around one pair of brackets, which is a block of items or of a query.
  Doc WithBlock(const SyntaxNode& node) { return BlockAmong(node, 0, node.children.size()); }

  Doc BlockAmong(const SyntaxNode& node, size_t begin, size_t end) {
    Docs parts;
    for (size_t i = begin; i < end; ++i) {
      const SyntaxNode& child = node.children[i];
      if (i > begin) parts.push_back(Text(" "));
      if (TextOf(child) != "(") {
        parts.push_back(Of(child));
        continue;
      }
      size_t close = i + 1;
      while (TextOf(node.children[close]) != ")") ++close;
      if (close == i + 1) {
        parts.push_back(Of(child));
        parts.push_back(Of(node.children[close]));
      } else {
        parts.push_back(
            Block(child, Lines(node, i + 1, close), node.children[i + 1], node.children[close]));
      }
      i = close;
    }
    return Concat(std::move(parts));
  }

  // --- Statements -----------------------------------------------------------------------------

  Doc Source(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    size_t from = 0;
    while (TextOf(all[from]) != "(" && !all[from].is("connector")) ++from;
    Docs parts;
    if (TextOf(all[from]) == "(") {
      size_t close = from;
      while (TextOf(all[close]) != ")") ++close;
      parts.push_back(Join({all[0], all[1]}, false, false));
      parts.push_back(Text(" "));
      parts.push_back(Block(all[from], Columns(node, from + 1, close), all[from + 1], all[close]));
      from = close + 1;
    } else {
      parts.push_back(Join({all[0], all[1]}, false, false));
      from = 2;
    }
    parts.push_back(HardLine());
    parts.push_back(Of(all[from]));  // FROM
    parts.push_back(Text(" "));
    parts.push_back(Of(all[from + 1]));
    for (size_t i = from + 2; i < all.size(); ++i) {
      parts.push_back(HardLine());
      parts.push_back(Of(all[i]));
    }
    return Concat(std::move(parts));
  }

  // Types stand below each other where the columns have lines of their own.
  Doc Columns(const SyntaxNode& node, size_t begin, size_t end) {
    auto write = [&](int name_column) {
      Docs parts;
      for (size_t i = begin; i < end; ++i) {
        const SyntaxNode& child = node.children[i];
        if (TextOf(child) == ",") {
          parts.push_back(Of(child));
          parts.push_back(Line());
          continue;
        }
        Docs column;
        for (const SyntaxNode& word : child.children) {
          if (!column.empty()) {
            int pad = column.size() == 1 ? name_column - NameWidth(child) : 0;
            column.push_back(Text(std::string(static_cast<size_t>(std::max(pad, 0)) + 1, ' ')));
          }
          column.push_back(Of(word));
        }
        parts.push_back(Concat(std::move(column)));
      }
      return Concat(std::move(parts));
    };
    const SyntaxNode& first = node.children[begin];
    Doc flat = write(0);
    bool lines = flat.hard || BrokenBefore(first) || !comments_[FirstToken(first)].before.empty();
    // In one line if that fits: `SOURCE name (`, the columns, `)`.
    int width = Width(file_.Text({syntax_.tokens[first_].begin, syntax_.tokens[first_].end})) +
                Width(TextOf(node.children[1].children[0])) + 4;
    if (!lines) lines = width + Width(Render(flat, 1 << 20)) > 100;
    if (!lines) return flat;
    int name_column = 0;
    for (size_t i = begin; i < end; i += 2) {
      int name = NameWidth(node.children[i]);
      if (name <= kMaxNameColumn) name_column = std::max(name_column, name);
    }
    Doc aligned = write(name_column);
    aligned.hard = true;
    return aligned;
  }

  int NameWidth(const SyntaxNode& column) const {
    return Width(file_.Text(syntax_.tokens[FirstToken(column)]));
  }

  // FUNCTION name(parameters) RETURNS type AS body; AS begins a line if need be.
  Doc Function(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    size_t open = 0;
    while (TextOf(all[open]) != "(") ++open;
    size_t close = open;
    while (TextOf(all[close]) != ")") ++close;
    Docs parts;
    parts.push_back(Join({all[0], all[1]}, false, false));
    parts.push_back(Of(all[open]));
    parts.push_back(Align(Group(Fill(Items(node, open + 1, close, false)))));
    parts.push_back(Of(all[close]));
    for (size_t i = close + 1; i + 2 < all.size(); ++i) {
      parts.push_back(Text(" "));
      parts.push_back(Of(all[i]));
    }
    Docs body;
    body.push_back(Line());
    body.push_back(Of(all[all.size() - 2]));
    body.push_back(Text(" "));
    body.push_back(Of(all.back()));
    parts.push_back(Nest(kIndent, Concat(std::move(body))));
    return Group(Concat(std::move(parts)));
  }

  Doc View(const SyntaxNode& node) {
    Docs parts;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const SyntaxNode& child = node.children[i];
      std::string_view text = TextOf(child);
      bool clause =
          child.is("query") || child.is("emitClause") || child.is("retainClause") || text == ";";
      bool keyword = child.rule.empty() && child.keyword;
      if (keyword && ToUpper(text) == "ALLOW") clause = true;
      // ALLOW LATENESS 30s LATE TO name is one line.
      if (keyword && ToUpper(text) == "LATE") clause = node.children[i - 1].is("query");
      if (i > 0) parts.push_back(clause ? HardLine() : Text(" "));
      parts.push_back(Of(child));
    }
    return Concat(std::move(parts));
  }

  Doc Sink(const SyntaxNode& node) {
    bool broken = false;
    auto begins = [&](const SyntaxNode& child) {
      return child.is("formatClause") ||
             (child.rule.empty() && child.keyword && ToUpper(TextOf(child)) != "FROM" &&
              ToUpper(TextOf(child)) != "SINK");
    };
    for (const SyntaxNode& child : node.children) {
      broken = broken || (begins(child) && BrokenBefore(child));
    }
    Docs parts;
    for (const SyntaxNode& child : node.children) {
      if (!parts.empty()) {
        parts.push_back(begins(child) ? (broken ? HardLine() : Line()) : Text(" "));
      }
      parts.push_back(Of(child));
    }
    return Group(Concat(std::move(parts)));
  }

  // A clause a line.
  Doc Test(const SyntaxNode& node) {
    Docs parts;
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) parts.push_back(i == 1 ? Text(" ") : HardLine());
      parts.push_back(Of(node.children[i]));
    }
    return Concat(std::move(parts));
  }

  // GIVEN source (columns) VALUES rows PARTITION 1 VALUES rows, EXPECT view LATE 2, DEAD 1 and the
  // like: VALUES has a line of its own where not all fits on one.
  Doc TestClause(const SyntaxNode& node) {
    Docs parts;
    AddTestParts(node, &parts);
    return Group(Nest(kIndent, Concat(std::move(parts))));
  }

  void AddTestParts(const SyntaxNode& node, Docs* parts) {
    const std::vector<SyntaxNode>& all = node.children;
    for (size_t i = 0; i < all.size(); ++i) {
      const SyntaxNode& child = all[i];
      if (child.is("givenRows") || child.is("expectedRows")) {
        AddTestParts(child, parts);
      } else if (child.is("givenPartition")) {
        parts->push_back(HardLine());
        parts->push_back(Join({child.children[0], child.children[1]}, false, false));
        parts->push_back(Text(" "));
        parts->push_back(TestRows(child.children[2], 0));
      } else if (child.rule.empty() && child.keyword && ToUpper(TextOf(child)) == "VALUES") {
        parts->push_back(Line());
        parts->push_back(TestRows(node, i));
        return;
      } else {
        if (!parts->empty() && TextOf(child) != ",") parts->push_back(Text(" "));
        // The word behind the name: EMPTY, LATE.
        const bool word = i == 2 && node.is("expectClause") && child.is("identifier");
        parts->push_back(word ? UpperName(child) : Of(child));
      }
    }
  }

  // VALUES, which is child `values`, and the rows behind it.
  Doc TestRows(const SyntaxNode& node, size_t values) {
    Docs parts;
    parts.push_back(Of(node.children[values]));
    parts.push_back(Text(" "));
    parts.push_back(Align(Fill(Items(node, values + 1, node.children.size(), true))));
    return Concat(std::move(parts));
  }

  // META key
  Doc TestColumn(const SyntaxNode& node) {
    if (node.children.size() != 2) return Words(node);
    Docs parts;
    parts.push_back(UpperName(node.children[0]));
    parts.push_back(Text(" "));
    parts.push_back(Of(node.children[1]));
    return Concat(std::move(parts));
  }

  // --- Connectors -----------------------------------------------------------------------------

  Doc Connector(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    if (all.size() == 4 && all[2].is("inlineRows") && !BrokenBefore(all[2])) {
      Docs parts;
      parts.push_back(UpperName(all[0]));
      parts.push_back(Text(" "));
      parts.push_back(Of(all[1]));
      parts.push_back(Align(Of(all[2])));
      parts.push_back(Of(all[3]));
      return Concat(std::move(parts));
    }
    return NamedOptions(node);
  }

  // KAFKA (...), FORMAT CSV (...): the name before the brackets is a word of the language.
  Doc NamedOptions(const SyntaxNode& node) {
    size_t open = 0;
    while (open < node.children.size() && TextOf(node.children[open]) != "(") ++open;
    Docs parts;
    for (size_t i = 0; i < open; ++i) {
      if (i > 0) parts.push_back(Text(" "));
      parts.push_back(UpperName(node.children[i]));
    }
    if (open < node.children.size()) {
      parts.push_back(Text(" "));
      parts.push_back(BlockAmong(node, open, node.children.size()));
    }
    return Concat(std::move(parts));
  }

  // VALUES (...), (...) PARTITION 1 VALUES (...)
  Doc InlineRows(const SyntaxNode& node) {
    size_t end = 0;
    while (end < node.children.size() && !node.children[end].is("inlinePartition")) ++end;
    Docs parts;
    parts.push_back(RowsUpTo(node, end));
    for (size_t i = end; i < node.children.size(); ++i) {
      parts.push_back(HardLine());
      parts.push_back(Of(node.children[i]));
    }
    return Concat(std::move(parts));
  }

  Doc Rows(const SyntaxNode& node) { return RowsUpTo(node, node.children.size()); }

  Doc RowsUpTo(const SyntaxNode& node, size_t end) {
    size_t begin = 0;
    while (!node.children[begin].is("row")) ++begin;
    Docs parts;
    for (size_t i = 0; i < begin; ++i) {
      parts.push_back(Of(node.children[i]));
      parts.push_back(Text(" "));
    }
    parts.push_back(Align(Fill(Items(node, begin, end, true))));
    return Concat(std::move(parts));
  }

  Doc Option(const SyntaxNode& node) { return Words(node); }

  // SECRET('NAME'), -1
  Doc OptionValue(const SyntaxNode& node) {
    Docs parts;
    for (size_t i = 0; i < node.children.size(); ++i) {
      bool secret = i == 0 && node.children.size() > 1;
      parts.push_back(secret ? UpperName(node.children[i]) : Of(node.children[i]));
    }
    return Concat(std::move(parts));
  }

  // --- Queries --------------------------------------------------------------------------------

  Doc Query(const SyntaxNode& node) {
    Docs parts;
    for (const SyntaxNode& child : node.children) {
      if (!parts.empty()) parts.push_back(Line());
      parts.push_back(Of(child));
    }
    return Concat(std::move(parts));
  }

  Doc With(const SyntaxNode& node) {
    Docs parts;
    parts.push_back(Of(node.children[0]));
    parts.push_back(Text(" "));
    parts.push_back(Lines(node, 1, node.children.size()));
    return Concat(std::move(parts));
  }

  Doc Select(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    size_t items = 0;
    while (!all[items].is("selectItem")) ++items;
    size_t from = items;
    while (all[from].is("selectItem") || TextOf(all[from]) == ",") ++from;
    Docs parts;
    for (size_t i = 0; i < items; ++i) {
      parts.push_back(Of(all[i]));
      parts.push_back(Text(" "));
    }
    Docs list;
    list.push_back(Align(Fill(Items(node, items, from, true))));
    parts.push_back(Concat(std::move(list)));
    for (size_t i = from; i < all.size(); ++i) {
      // FROM and its relation are one line.
      bool relation = all[i].is("relation");
      bool comma = all[i].is("joined") && TextOf(all[i].children[0]) == ",";
      if (!comma) parts.push_back(relation ? Text(" ") : Line());
      parts.push_back(Of(all[i]));
    }
    return Concat(std::move(parts));
  }

  Doc Relation(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    if (!all[0].is("identifier") || all.size() < 2 || TextOf(all[1]) != "(") {
      return WithBlock(node);
    }
    Docs parts;
    parts.push_back(UpperName(all[0]));
    parts.push_back(Of(all[1]));
    parts.push_back(Of(all[2]));
    parts.push_back(Of(all[3]));
    if (all.size() > 4) {
      parts.push_back(Text(" "));
      parts.push_back(Of(all[4]));
    }
    return Concat(std::move(parts));
  }

  // WHERE, GROUP BY and the like: keywords, then expressions.
  Doc Clause(const SyntaxNode& node) {
    size_t begin = 0;
    Docs parts;
    while (node.children[begin].rule.empty() && begin + 1 < node.children.size()) {
      parts.push_back(Of(node.children[begin++]));
      parts.push_back(Text(" "));
    }
    parts.push_back(Align(Fill(Items(node, begin, node.children.size(), true))));
    return Concat(std::move(parts));
  }

  // --- Expressions ----------------------------------------------------------------------------

  // a AND b AND c, a + b - c, a = b: lines begin with the operator.
  Doc Chain(const SyntaxNode& node) {
    Docs parts;
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) parts.push_back(i % 2 == 1 ? Line() : Text(" "));
      parts.push_back(Of(node.children[i]));
    }
    return Group(Align(Concat(std::move(parts))));
  }

  Doc Membership(const SyntaxNode& node) {
    size_t open = 0;
    while (open < node.children.size() && TextOf(node.children[open]) != "(") ++open;
    Docs parts;
    for (size_t i = 0; i < open; ++i) {
      if (i > 0) parts.push_back(Text(" "));
      parts.push_back(Of(node.children[i]));
    }
    if (open < node.children.size()) {
      parts.push_back(Text(" "));
      parts.push_back(Of(node.children[open]));
      parts.push_back(Align(Fill(Items(node, open + 1, node.children.size() - 1, false))));
      parts.push_back(Of(node.children.back()));
    }
    return Concat(std::move(parts));
  }

  Doc Signed(const SyntaxNode& node) {
    Docs parts;
    for (const SyntaxNode& child : node.children) {
      // Two signs in a row: `--` would begin a comment.
      if (!parts.empty() && (child.rule.empty() || child.is("atTimeZone"))) {
        parts.push_back(Text(" "));
      }
      parts.push_back(Of(child));
    }
    return Concat(std::move(parts));
  }

  // A bracketed expression, EXISTS (...), a literal.
  Doc Primary(const SyntaxNode& node) {
    Docs parts;
    for (size_t i = 0; i < node.children.size(); ++i) {
      std::string_view text = TextOf(node.children[i]);
      if (i == 1 && text == "(") parts.push_back(Text(" "));
      parts.push_back(i > 0 && TextOf(node.children[i - 1]) == "(" ? Align(Of(node.children[i]))
                                                                   : Of(node.children[i]));
    }
    return Concat(std::move(parts));
  }

  Doc NameOrCall(const SyntaxNode& node) {
    if (node.children.size() == 2 && node.children[1].is("string")) return Upper(node);
    const bool outside = in_struct_;
    in_struct_ = ToUpper(file_.Text(syntax_.tokens[FirstToken(node)])) == "STRUCT";
    Doc doc = Tight(node);
    in_struct_ = outside;
    return doc;
  }

  // (DISTINCT a, b ORDER BY c) FILTER (WHERE d)
  Doc CallTail(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    size_t close = 0;
    while (TextOf(all[close]) != ")") ++close;
    size_t begin = 1;
    Docs parts;
    parts.push_back(Of(all[0]));
    if (begin < close && all[begin].rule.empty()) {
      parts.push_back(Of(all[begin++]));
      parts.push_back(Text(" "));
    }
    size_t end = close > begin && all[close - 1].is("orderClause") ? close - 1 : close;
    Docs inside;
    inside.push_back(Fill(Items(node, begin, end, false)));
    if (end < close) {
      inside.push_back(Line());
      inside.push_back(Of(all[end]));
    }
    parts.push_back(Align(Group(Concat(std::move(inside)))));
    for (size_t i = close; i < all.size(); ++i) {
      if (i > close) parts.push_back(Text(" "));
      parts.push_back(Of(all[i]));
    }
    return Concat(std::move(parts));
  }

  // OVER (PARTITION BY a ORDER BY b)
  Doc Over(const SyntaxNode& node) {
    const std::vector<SyntaxNode>& all = node.children;
    Docs parts;
    parts.push_back(Of(all[0]));
    parts.push_back(Text(" "));
    if (all.size() == 2) {
      parts.push_back(Of(all[1]));
      return Concat(std::move(parts));
    }
    parts.push_back(Of(all[1]));
    Docs inside;
    for (size_t i = 2; i + 1 < all.size(); ++i) {
      if (i > 2) inside.push_back(Line());
      inside.push_back(Of(all[i]));
    }
    parts.push_back(Align(Group(Concat(std::move(inside)))));
    parts.push_back(Of(all.back()));
    return Concat(std::move(parts));
  }

  Doc Case(const SyntaxNode& node) {
    Docs parts, branches;
    parts.push_back(Of(node.children[0]));
    for (size_t i = 1; i + 1 < node.children.size(); ++i) {
      const SyntaxNode& child = node.children[i];
      bool begins = child.is("whenBranch") || child.rule.empty();
      Docs& to = !begins && branches.empty() ? parts : branches;
      to.push_back(begins ? Line() : Text(" "));
      to.push_back(Of(child));
    }
    parts.push_back(Nest(kIndent, Concat(std::move(branches))));
    parts.push_back(Line());
    parts.push_back(Of(node.children.back()));
    return Group(Align(Concat(std::move(parts))));
  }

  Doc Type(const SyntaxNode& node) {
    Docs parts;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const SyntaxNode& child = node.children[i];
      if (i > 0 && TextOf(node.children[i - 1]) == ",") parts.push_back(Text(" "));
      parts.push_back(i == 0 ? UpperName(child) : Of(child));
    }
    return Concat(std::move(parts));
  }

  // A field of a STRUCT is a name and a type; the grammar reads both as types.
  Doc TypeParameter(const SyntaxNode& node) {
    if (node.children.size() == 1) return Of(node.children[0]);
    return Concat({Name(node.children[0]), Text(" "), Of(node.children[1])});
  }

  Doc Name(const SyntaxNode& node) {
    const SyntaxNode* name = &node;
    while (!name->rule.empty() && name->children.size() == 1) name = &name->children[0];
    return name->rule.empty() ? Of(*name) : Words(*name);
  }

  // STRUCT(x AS name): what the grammar reads as a type is a name here.
  Doc Argument(const SyntaxNode& node) {
    if (!in_struct_ || node.children.size() < 3) return Words(node);
    return Concat(
        {Of(node.children[0]), Text(" "), Of(node.children[1]), Text(" "), Name(node.children[2])});
  }

  const SourceFile& file_;
  const Syntax& syntax_;
  const std::vector<TokenComments>& comments_;
  const size_t first_;  // token of the statement
  bool in_struct_ = false;
};

}  // namespace

Doc LayOut(const SourceFile& file, const Syntax& syntax, const std::vector<TokenComments>& comments,
           const SyntaxStatement& statement) {
  Layout layout(file, syntax, comments, FirstToken(statement.root));
  Docs parts;
  parts.push_back(layout.Of(statement.root));
  parts.push_back(layout.Token(statement.end, false));
  return Concat(std::move(parts));
}

}  // namespace flow::format
