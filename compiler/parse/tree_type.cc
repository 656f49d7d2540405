// TreeBuilder: types and durations.
#include <array>
#include <charconv>
#include <utility>

#include "compiler/parse/duration.h"
#include "compiler/parse/expect.h"
#include "compiler/parse/text_check.h"
#include "compiler/parse/tree_builder.h"
#include "runtime/abi/convert_interval.h"
#include "runtime/abi/error_code.h"

namespace flow::parse {

namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 20> kTypes = {{
    {"BOOLEAN", TypeKind::kBoolean},
    {"INT", TypeKind::kInt},
    {"BIGINT", TypeKind::kBigint},
    {"DOUBLE", TypeKind::kDouble},
    {"DECIMAL", TypeKind::kDecimal},
    {"STRING", TypeKind::kString},
    {"DATE", TypeKind::kDate},
    {"TIMESTAMP", TypeKind::kTimestamp},
    {"STRUCT", TypeKind::kStruct},
    {"INTERVAL", TypeKind::kInterval},
    {"BYTES", TypeKind::kBytes},
    {"ARRAY", TypeKind::kArray},
    {"MAP", TypeKind::kMap},
    {"JSON", TypeKind::kJson},
    // Other names of the same types; "did you mean" does not offer them.
    {"BOOL", TypeKind::kBoolean},
    {"INTEGER", TypeKind::kInt},
    {"NUMERIC", TypeKind::kDecimal},
    {"VARCHAR", TypeKind::kString},
    {"TEXT", TypeKind::kString},
    {"BYTEA", TypeKind::kBytes},
}};
constexpr size_t kOwnNames = 14;

// What people used to other systems write.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kForeign = {{
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
    {"BLOB", "BYTES"},
    {"BINARY", "BYTES"},
    {"VARBINARY", "BYTES"},
    {"JSONB", "JSON"},
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
  for (const auto& [known, kind] : kTypes) {
    if (name != known) continue;
    if (kind == TypeKind::kDecimal) return Decimal(context);
    if (!context->NUMBER().empty()) {
      Fail(span, "type " + name + " has no parameters", "bad-type");
    }
    // TypeOf() reads what follows.
    if (kind == TypeKind::kStruct || kind == TypeKind::kArray || kind == TypeKind::kMap) {
      return Type(kind);
    }
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
      meant.empty()
          ? "the types are BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p,s), STRING, DATE, "
            "TIMESTAMP, INTERVAL, BYTES, JSON, ARRAY<T>, MAP<STRING, T> and STRUCT<name T, ...>"
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
  auto parameters = context->typeParameter();
  if (EqualsIgnoringCase(TextOf(simple), "STRUCT") && !parameters.empty()) {
    return StructType(parameters);
  }
  const Type type = SimpleType(simple);
  if (type.has_elements() && !parameters.empty()) {
    return ElementsType(parameters, type.kind, SpanOfNode(context));
  }
  if (!WithElements(type, SpanOfNode(context))) return Type();
  if (!parameters.empty() && !failed_) {
    Fail(SpanOfNode(parameters.front()), "only STRUCT, ARRAY and MAP have types inside",
         "bad-type");
  }
  return type;
}

// x::ARRAY<INT>.
Type TreeBuilder::NestedType(FlowParser::NestedTypeContext* context) {
  const std::string_view name = file_.Text(SpanOfToken(context->NESTED()));
  if (EqualsIgnoringCase(name, "STRUCT")) return StructType(context->typeParameter());
  const TypeKind kind = EqualsIgnoringCase(name, "ARRAY") ? TypeKind::kArray : TypeKind::kMap;
  return ElementsType(context->typeParameter(), kind, SpanOfNode(context));
}

// A report if what is in a STRUCT, an ARRAY or a MAP was not written.
bool TreeBuilder::WithElements(const Type& type, Span span) {
  if (type.is(TypeKind::kStruct) && type.fields == nullptr) {
    Fail(span, "STRUCT needs its fields", "bad-type").hint = "STRUCT<auction BIGINT, price BIGINT>";
    return false;
  }
  if (!type.has_elements() || type.element != nullptr) return true;
  const bool array = type.is(TypeKind::kArray);
  Fail(span, type.ToString() + " needs the type of its values", "bad-type").hint =
      array ? "ARRAY<STRING>" : "MAP<STRING, INT>";
  return false;
}

Type TreeBuilder::ElementsType(const Parameters& parameters, TypeKind kind, Span span) {
  const bool array = kind == TypeKind::kArray;
  Type element;
  bool fits = parameters.size() == (array ? 1u : 2u);
  for (size_t i = 0; fits && i < parameters.size(); ++i) {
    auto parts = parameters[i]->type();
    fits = parts.size() == 1;
    if (!fits) break;
    element = TypeOf(parts[0]);
    if (!array && i == 0 && !element.is(TypeKind::kString)) fits = false;
  }
  if (failed_) return Type();
  if (!fits) {
    Fail(span, array ? "ARRAY has one type inside" : "MAP has STRING and a type inside", "bad-type")
        .hint = array ? "ARRAY<STRING>" : "MAP<STRING, INT>";
    return Type();
  }
  return array ? Type::Array(std::move(element)) : Type::Map(std::move(element));
}

Type TreeBuilder::StructType(const Parameters& parameters) {
  std::vector<StructField> fields;
  for (auto* parameter : parameters) {
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
  const std::string text = String(context->string());
  const Span inside = SpanOfNode(context->string());
  if (context->UNIT() == nullptr) {
    const uint8_t status = flow_parse_interval(text.data(), text.size(), &duration.us);
    if (status == kFlowErrOutOfRange || status == kFlowErrOverflow) {
      Fail(inside, "this INTERVAL is too long", "bad-number");
    } else if (status != kFlowValue && NamesMonths(text)) {
      Refuse(inside, "INTERVAL in months or years", Rest::kIsLost);  // they have no fixed length
    } else if (status != kFlowValue) {
      Fail(inside, "this is no length of time", "bad-number").hint =
          "INTERVAL '1 day 2 hours', INTERVAL '02:30:00' or INTERVAL '10' SECOND; units are ms, "
          "second, minute, hour, day and week";
    }
    return duration;
  }
  const Span unit_span = SpanOfToken(context->UNIT());
  const std::string unit = ToUpper(file_.Text(unit_span));
  const int64_t length = UnitLength(unit);
  if (length == 0 && NamesMonths(unit)) {
    Refuse(unit_span, "INTERVAL in " + unit, Rest::kIsLost);
  } else if (length == 0) {
    const std::string meant =
        DidYouMean(unit, {"MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK"});
    Fail(unit_span, "unknown unit `" + Shorten(file_.Text(unit_span)) + "`", "unknown-unit").hint =
        meant.empty() ? "the units are MILLISECOND, SECOND, MINUTE, HOUR, DAY and WEEK"
                      : "did you mean `" + meant + "`?";
  } else if (auto us = ReadInterval(text, length)) {
    duration.us = *us;
  } else {
    Fail(inside, "the length of this INTERVAL is no number", "bad-number").hint =
        "INTERVAL '10' SECOND; a name of the result is written with AS";
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
