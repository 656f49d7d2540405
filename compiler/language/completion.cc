// CompleteAt: keywords from the grammar; names from the binder, which is asked what could have
// stood in the place of a name that nobody has.
#include <algorithm>
#include <array>
#include <set>

#include "compiler/language/analysis.h"
#include "compiler/parse/expect.h"
#include "compiler/parse/parse.h"

namespace flow::language {

namespace {

using libflow::language::Completion;
using libflow::language::Item;
using libflow::language::ItemKind;

constexpr const char* kNobody = "flow_nobody_";

// What makes a statement whole that ends at the place, tried in this order. `)` stands for as many
// as are open.
constexpr std::array<const char*, 11> kEndings = {
    ");",                           // WHERE x = |
    " = '');",                      // KAFKA ( |
    " = '') FORMAT JSON;",          //
    " INTO NULL;",                  // SINK s FROM |
    ") FROM INLINE (VALUES (1));",  // SOURCE s (a |
    " WATERMARK 1s;",               // EVENT TIME |
    " THEN 1 END);",                // CASE WHEN |
    ", 1m);",                       // TUMBLE( |
    ") RETURNS INT AS 1;",          // FUNCTION f(a |
    " AS 1;",                       // FUNCTION f() RETURNS |
    " AS STRING);",                 // CAST( |
};
constexpr size_t kMostBytesForEndings = 1u << 20;

// The brackets that are open at `byte` in its statement, closed.
std::string Closing(const std::string& text, uint32_t byte) {
  size_t open = 0;
  for (uint32_t at = 0; at < byte;) {
    const Piece piece = PieceAt(text, at);
    if (piece.inside == Inside::kCode) {
      if (text[at] == ';') open = 0;
      if (text[at] == '(') ++open;
      if (text[at] == ')' && open > 0) --open;
    }
    at = piece.end;
  }
  return std::string(open, ')');
}

std::optional<Offer> AskBinder(const Analysis& analysis, std::string text, uint32_t at) {
  const SourceFile file(analysis.file.name(), std::move(text));
  Diagnostics diagnostics;
  diagnostics.AskAt(at);
  ParseOptions options;
  options.variable = [](const std::string&) { return std::optional<std::string>("1"); };
  const ast::Script script = Parse(file, options, diagnostics);
  Bind(script, diagnostics);
  return diagnostics.answer();
}

// Who the name at `word` could be.
std::optional<Offer> AskName(const Analysis& analysis, Span word) {
  const std::string& text = analysis.file.text();
  const std::string before = text.substr(0, word.begin) + kNobody;
  const uint32_t at = word.begin + 1;
  if (auto offer = AskBinder(analysis, before + text.substr(word.end), at)) return offer;
  if (text.size() > kMostBytesForEndings) return std::nullopt;
  const std::string closing = Closing(text, word.begin);
  for (const std::string ending : kEndings) {
    std::string end = ending;
    const size_t bracket = end.find(')');
    if (bracket != std::string::npos) end.replace(bracket, 1, closing);
    if (auto offer = AskBinder(analysis, before + end, at)) return offer;
  }
  return std::nullopt;
}

class Collector {
 public:
  explicit Collector(Completion* completion) : completion_(completion) {}

  void Add(const std::string& label, ItemKind kind, const std::string& detail = "",
           const std::string& documentation = "", const std::string& insert = "") {
    if (!seen_.insert(label).second) return;
    completion_->items.push_back(
        {label, kind, detail, documentation, insert.empty() ? label : insert});
  }

  void AddName(const std::string& name, ItemKind kind, const std::string& detail) {
    Add(name, kind, detail, "", NeedsQuotes(name) ? "\"" + name + "\"" : name);
  }

  void AddFunctions(const Analysis& analysis, uint32_t byte) {
    for (const auto& function : analysis.bound.functions) {
      if (function->span.begin > byte) break;
      AddName(function->name, ItemKind::kFunction, function->Signature());
    }
    for (const FunctionHelp& help : AllFunctions()) {
      if (help.window) continue;
      Add(help.name, ItemKind::kFunction, help.signatures[0], Markdown(help));
    }
  }

 private:
  static bool NeedsQuotes(const std::string& name) {
    static const std::vector<std::string>* const reserved =
        new std::vector<std::string>(ReservedWords());
    std::string upper = name;
    bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
    for (char& c : upper) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
      plain = plain && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                        static_cast<unsigned char>(c) >= 0x80);
    }
    return !plain || std::find(reserved->begin(), reserved->end(), upper) != reserved->end();
  }

  Completion* completion_;
  std::set<std::string> seen_;
};

ItemKind KindOf(Offer::Kind kind) {
  switch (kind) {
    case Offer::Kind::kColumn:
    case Offer::Kind::kField:
      return ItemKind::kColumn;
    case Offer::Kind::kRelation:
      return ItemKind::kRelation;
    case Offer::Kind::kConnector:
    case Offer::Kind::kFormat:
      return ItemKind::kConnector;
    case Offer::Kind::kOption:
      return ItemKind::kOption;
    case Offer::Kind::kType:
      return ItemKind::kType;
    case Offer::Kind::kValue:
    case Offer::Kind::kMeta:
      return ItemKind::kValue;
  }
  return ItemKind::kValue;
}

void AddOffer(const Offer& offer, Collector* out) {
  for (const Offer::Candidate& candidate : offer.candidates) {
    if (candidate.name == kNobody) continue;
    const bool relation = offer.kind == Offer::Kind::kColumn && candidate.detail == "relation";
    switch (offer.kind) {
      case Offer::Kind::kColumn:
      case Offer::Kind::kField:
      case Offer::Kind::kRelation:
        out->AddName(candidate.name, relation ? ItemKind::kRelation : KindOf(offer.kind),
                     candidate.detail);
        break;
      case Offer::Kind::kConnector:
      case Offer::Kind::kOption:
      case Offer::Kind::kFormat:
      case Offer::Kind::kValue:
      case Offer::Kind::kType:
      case Offer::Kind::kMeta:
        out->Add(candidate.name, KindOf(offer.kind), candidate.detail);
        break;
    }
  }
}

// Inside a string: the value of an option that has a few.
Completion CompleteValue(const Analysis& analysis, uint32_t byte, uint32_t begin) {
  const std::string& text = analysis.file.text();
  Completion completion;
  size_t end = text.find_first_of("'\n", begin + 1);
  end = std::max<size_t>(end == std::string::npos ? text.size() : end, byte);
  completion.replaced = {begin + 1, static_cast<uint32_t>(end)};
  std::string whole = text;
  if (end == text.size() || text[end] != '\'') whole.insert(end, "'");
  std::optional<Offer> offer = AskBinder(analysis, whole, begin + 1);
  Collector out(&completion);
  if (offer && offer->kind == Offer::Kind::kValue) AddOffer(*offer, &out);
  return completion;
}

}  // namespace

Completion CompleteAt(const Analysis& analysis, uint32_t byte) {
  const std::string& text = analysis.file.text();
  Completion completion;
  uint32_t begin = 0;
  switch (InsideOf(text, byte, &begin)) {
    case Inside::kComment:
      return completion;
    case Inside::kString:
      return CompleteValue(analysis, byte, begin);
    case Inside::kQuotedName:
    case Inside::kCode:
      break;
  }
  Span word = WordAt(text, byte);
  if (begin < byte) {  // a quoted name
    size_t end = text.find_first_of("\"\n", begin + 1);
    end = end == std::string::npos ? text.size() : end + (text[end] == '"' ? 1 : 0);
    word = {begin, static_cast<uint32_t>(end)};
  }
  completion.replaced = ToRange(word);
  if (word.begin < word.end && text[word.begin] >= '0' && text[word.begin] <= '9') {
    return completion;  // a number
  }
  Collector out(&completion);
  const bool of_name = word.begin > 0 && text[word.begin - 1] == '.';
  Expectation expected = ExpectAt(analysis.file, word.begin);
  const bool head = !expected.keywords.empty() && expected.keywords[0] == "SOURCE";
  std::optional<Offer> offer;
  if (!head) offer = AskName(analysis, word);
  if (offer) AddOffer(*offer, &out);
  if (of_name) return completion;
  if (offer && offer->kind == Offer::Kind::kRelation && !expected.expression) {
    for (const FunctionHelp& help : AllFunctions()) {
      if (!help.window) continue;
      std::string upper = help.name;
      for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      out.Add(upper, ItemKind::kFunction, help.signatures[0], Markdown(help));
    }
  }
  if (expected.expression) {
    if (!offer) {
      // The relation is not known yet: what there is in all of them.
      for (const bound::Source& source : analysis.bound.sources) {
        for (const bound::Visible& visible : source.schema.names) {
          out.AddName(visible.name, ItemKind::kColumn,
                      visible.type.ToString() + " of " + source.spec.name);
        }
      }
      for (const bound::View& view : analysis.bound.views) {
        for (const bound::Visible& visible : view.schema.names) {
          out.AddName(visible.name, ItemKind::kColumn,
                      visible.type.ToString() + " of " + view.name);
        }
      }
    }
    out.AddFunctions(analysis, byte);
    for (const char* keyword : {"CASE", "CAST", "TRY_CAST", "NOT", "NULL", "TRUE", "FALSE", "DATE",
                                "TIMESTAMP", "INTERVAL"}) {
      out.Add(keyword, ItemKind::kKeyword);
    }
  }
  for (const std::string& keyword : expected.keywords) {
    // A connector of sinks only, which those are offered by name.
    if (keyword == "NULL" && offer && offer->kind == Offer::Kind::kConnector) continue;
    out.Add(keyword, ItemKind::kKeyword);
  }
  return completion;
}

}  // namespace flow::language
