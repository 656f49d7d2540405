// TreeBuilder: types and durations.
#include <array>
#include <charconv>
#include <utility>

#include "compiler/parse/duration.h"
#include "compiler/parse/expect.h"
#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"

namespace flow::parse {

namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 14> kTypes = {{
    {"BOOLEAN", TypeKind::kBoolean},
    {"INT", TypeKind::kInt},
    {"BIGINT", TypeKind::kBigint},
    {"DOUBLE", TypeKind::kDouble},
    {"DECIMAL", TypeKind::kDecimal},
    {"STRING", TypeKind::kString},
    {"DATE", TypeKind::kDate},
    {"TIMESTAMP", TypeKind::kTimestamp},
    {"STRUCT", TypeKind::kStruct},
    // Other names of the same types; "did you mean" does not offer them.
    {"BOOL", TypeKind::kBoolean},
    {"INTEGER", TypeKind::kInt},
    {"NUMERIC", TypeKind::kDecimal},
    {"VARCHAR", TypeKind::kString},
    {"TEXT", TypeKind::kString},
}};
constexpr size_t kOwnNames = 9;

constexpr std::array<std::string_view, 5> kLaterTypes = {"BYTES", "INTERVAL", "ARRAY", "MAP",
                                                         "JSON"};

// What people used to other systems write.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kForeign = {{
    {"FLOAT", "DOUBLE"},
    {"FLOAT8", "DOUBLE"},
    {"REAL", "DOUBLE"},
    {"SMALLINT", "INT"},
    {"TINYINT", "INT"},
    {"LONG", "BIGINT"},
    {"INT64", "BIGINT"},
    {"INT32", "INT"},
    {"DATETIME", "TIMESTAMP"},
    {"CHAR", "STRING"},
}};

std::string Suggestion(const std::string& name) {
  for (const auto& [foreign, ours] : kForeign) {
    if (name == foreign) return std::string(ours);
  }
  std::vector<std::string> known;
  for (size_t i = 0; i < kOwnNames; ++i) known.emplace_back(kTypes[i].first);
  return DidYouMean(name, known);
}

}  // namespace

Type TreeBuilder::SimpleType(FlowParser::SimpleTypeContext* context) {
  Span span = SpanOfNode(context);
  antlr4::ParserRuleContext* identifier = context->identifier();
  std::string written =
      identifier != nullptr ? std::string(TextOf(identifier)) : std::string("INTERVAL");
  std::string name = ToUpper(written);
  for (std::string_view later : kLaterTypes) {
    if (name != later) continue;
    Refuse(span, "type " + name, Rest::kIsLost);
    return Type();
  }
  for (const auto& [known, kind] : kTypes) {
    if (name != known) continue;
    if (kind == TypeKind::kDecimal) return Decimal(context);
    if (!context->NUMBER().empty()) {
      Fail(span, "type " + name + " has no parameters", "bad-type");
    }
    if (kind == TypeKind::kStruct) return Type();  // StructType() reads what follows
    return Type(kind);
  }
  if (out_.Asked(span)) {
    Offer offer{Offer::Kind::kType, {}};
    for (size_t i = 0; i < kOwnNames; ++i) {
      offer.candidates.push_back({std::string(kTypes[i].first), ""});
    }
    out_.Answer(std::move(offer));
  }
  std::string meant = Suggestion(name);
  Fail(span, "unknown type `" + Shorten(written) + "`", "unknown-type").hint =
      meant.empty() ? "the types are BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p,s), STRING, DATE, "
                      "TIMESTAMP and STRUCT<name T, ...>"
                    : "did you mean `" + meant + "`?";
  return Type();
}

Type TreeBuilder::Decimal(FlowParser::SimpleTypeContext* context) {
  constexpr int kMostDigits = 38;
  auto numbers = context->NUMBER();
  if (numbers.empty()) {
    Fail(SpanOfNode(context), "DECIMAL needs its digits", "bad-type").hint =
        "DECIMAL(12, 2): 12 digits, 2 of them behind the point";
    return Type();
  }
  int values[2] = {0, 0};
  for (size_t i = 0; i < numbers.size(); ++i) {
    Span span = SpanOfToken(numbers[i]);
    std::string_view text = file_.Text(span);
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), values[i]);
    bool whole = error == std::errc() && end == text.data() + text.size();
    int least = i == 0 ? 1 : 0;
    int most = i == 0 ? kMostDigits : values[0];
    if (whole && values[i] >= least && values[i] <= most) continue;
    std::string what = i == 0 ? "precision" : "scale";
    Fail(span,
         "the " + what + " of this DECIMAL is between " + std::to_string(least) + " and " +
             std::to_string(most),
         "bad-type");
    return Type();
  }
  return Type::Decimal(values[0], values[1]);
}

Type TreeBuilder::TypeOf(FlowParser::TypeContext* context) {
  auto* simple = context->simpleType();
  bool is_struct = EqualsIgnoringCase(TextOf(simple), "STRUCT");
  auto parameters = context->typeParameter();
  if (is_struct && !parameters.empty()) return StructType(context);
  Type type = SimpleType(simple);
  if (is_struct) {
    Fail(SpanOfNode(context), "STRUCT needs its fields", "bad-type").hint =
        "STRUCT<auction BIGINT, price BIGINT>";
  } else if (!parameters.empty() && !failed_) {
    Fail(SpanOfNode(parameters.front()), "only STRUCT has fields", "bad-type");
  }
  return type;
}

Type TreeBuilder::StructType(FlowParser::TypeContext* context) {
  std::vector<StructField> fields;
  for (auto* parameter : context->typeParameter()) {
    auto parts = parameter->type();
    // Two types: the first is the field's name.
    auto* name_part = parts[0]->simpleType();
    bool named = parts.size() == 2 && parts[0]->typeParameter().empty() &&
                 name_part->NUMBER().empty() && name_part->identifier() != nullptr;
    if (!named) {
      Fail(SpanOfNode(parameter), "a field of a STRUCT has a name and a type", "bad-type").hint =
          "STRUCT<auction BIGINT, price BIGINT>";
      return Type();
    }
    ast::Name name = Identifier(name_part->identifier());
    for (const StructField& field : fields) {
      if (field.name != name.text) continue;
      Fail(name.span, "field `" + name.text + "` is there twice", "duplicate-name");
    }
    fields.push_back({name.text, TypeOf(parts[1])});
  }
  return Type::Struct(std::move(fields));
}

ast::Duration TreeBuilder::Duration(FlowParser::DurationContext* context) {
  ast::Duration duration;
  duration.span = SpanOfNode(context);
  if (context->DURATION() != nullptr) {
    if (auto us = ReadDuration(TextOf(context))) {
      duration.us = *us;
    } else {
      Fail(duration.span, "this duration is too long", "bad-number");
    }
    return duration;
  }
  std::string text = String(context->string());
  std::string unit = ToUpper(TextOf(context->unit));
  int64_t length = UnitLength(unit);
  if (length == 0) {
    if (unit.starts_with("MONTH") || unit.starts_with("YEAR")) {
      Refuse(SpanOfNode(context->unit), "INTERVAL in " + unit, Rest::kIsLost);
      return duration;
    }
    std::string meant =
        DidYouMean(unit, {"MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK"});
    Fail(SpanOfNode(context->unit), "unknown unit `" + Shorten(TextOf(context->unit)) + "`",
         "unknown-unit")
        .hint = meant.empty() ? "the units are MILLISECOND, SECOND, MINUTE, HOUR, DAY and WEEK"
                              : "did you mean `" + meant + "`?";
    return duration;
  }
  if (auto us = ReadInterval(text, length)) {
    duration.us = *us;
  } else {
    Fail(SpanOfNode(context->string()), "the length of this INTERVAL is no number", "bad-number")
        .hint = "INTERVAL '10' SECOND";
  }
  return duration;
}

}  // namespace flow::parse

namespace flow {

std::vector<std::string> TypeWords() {
  std::vector<std::string> words;
  for (const auto& [name, kind] : parse::kTypes) words.emplace_back(name);
  return words;
}

}  // namespace flow
