// Ranges, diagnostics, completion items, symbols and edits as JSON.
#include "tools/flowc/lsp/convert.h"

namespace flowc::lsp {

namespace {

using namespace libflow::language;  // NOLINT(google-build-using-namespace): all of it is converted

// The numbers of the protocol.
int SeverityNumber(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return 1;
    case Severity::kWarning:
      return 2;
    case Severity::kInformation:
      return 3;
  }
  return 1;
}

int CompletionKind(ItemKind kind) {
  switch (kind) {
    case ItemKind::kKeyword:
      return 14;
    case ItemKind::kFunction:
      return 3;
    case ItemKind::kColumn:
      return 5;  // Field
    case ItemKind::kRelation:
      return 7;  // Class
    case ItemKind::kConnector:
      return 9;  // Module
    case ItemKind::kOption:
      return 10;  // Property
    case ItemKind::kValue:
      return 12;
    case ItemKind::kType:
      return 22;  // Struct
  }
  return 1;
}

int SymbolKind(OutlineKind kind) {
  switch (kind) {
    case OutlineKind::kSource:
      return 23;  // Struct
    case OutlineKind::kFunction:
      return 12;
    case OutlineKind::kView:
      return 5;  // Class
    case OutlineKind::kSink:
      return 24;  // Event
    case OutlineKind::kColumn:
      return 8;  // Field
    case OutlineKind::kParameter:
      return 13;  // Variable
  }
  return 13;
}

// What fits best comes first: names of the file, then functions, then keywords.
const char* Rank(ItemKind kind) {
  switch (kind) {
    case ItemKind::kColumn:
    case ItemKind::kOption:
    case ItemKind::kValue:
      return "0";
    case ItemKind::kRelation:
    case ItemKind::kConnector:
    case ItemKind::kType:
      return "1";
    case ItemKind::kFunction:
      return "3";
    case ItemKind::kKeyword:
      return "2";
  }
  return "4";
}

}  // namespace

Json ToJson(Position position) {
  return {{"line", position.line}, {"character", position.character}};
}

std::optional<Position> ReadPosition(const Json& json) {
  if (!json.is_object() || !json.contains("line") || !json.contains("character") ||
      !json["line"].is_number_integer() || !json["character"].is_number_integer()) {
    return std::nullopt;
  }
  return Position{json["line"].get<int64_t>(), json["character"].get<int64_t>()};
}

Json RangeOf(const TextPositions& positions, Range range) {
  return {{"start", ToJson(positions.ToPosition(range.begin))},
          {"end", ToJson(positions.ToPosition(range.end))}};
}

Json DiagnosticOf(const TextPositions& positions, const std::string& uri, const Problem& problem) {
  std::string message = problem.message;
  if (!problem.label.empty()) message += "\n" + problem.label;
  if (!problem.hint.empty()) message += "\nhint: " + problem.hint;
  Json json = {{"range", RangeOf(positions, problem.range)},
               {"severity", SeverityNumber(problem.severity)},
               {"source", "flowc"},
               {"message", message}};
  if (!problem.code.empty()) json["code"] = problem.code;
  if (problem.code == "unused") json["tags"] = Json::array({1});
  for (const Problem::Related& related : problem.related) {
    json["relatedInformation"].push_back(
        {{"location", {{"uri", uri}, {"range", RangeOf(positions, related.range)}}},
         {"message", related.message}});
  }
  return json;
}

Json CompletionOf(const TextPositions& positions, const Completion& completion) {
  const Json range = RangeOf(positions, completion.replaced);
  Json items = Json::array();
  for (const Item& item : completion.items) {
    Json json = {{"label", item.label},
                 {"kind", CompletionKind(item.kind)},
                 {"sortText", Rank(item.kind) + item.label},
                 {"filterText", item.insert},
                 {"textEdit", {{"range", range}, {"newText", item.insert}}}};
    if (!item.detail.empty()) json["detail"] = item.detail;
    if (!item.documentation.empty()) {
      json["documentation"] = {{"kind", "markdown"}, {"value", item.documentation}};
    }
    items.push_back(std::move(json));
  }
  return {{"isIncomplete", false}, {"items", std::move(items)}};
}

Json OutlineOf(const TextPositions& positions, const Outline& outline) {
  Json json = {{"name", outline.name},
               {"kind", SymbolKind(outline.kind)},
               {"range", RangeOf(positions, outline.range)},
               {"selectionRange", RangeOf(positions, outline.name_range)}};
  if (!outline.detail.empty()) json["detail"] = outline.detail;
  if (!outline.children.empty()) json["children"] = Json::array();
  for (const Outline& child : outline.children) {
    json["children"].push_back(OutlineOf(positions, child));
  }
  return json;
}

Json EditOf(const TextPositions& positions, const Edit& edit) {
  return {{"range", RangeOf(positions, edit.range)}, {"newText", edit.text}};
}

}  // namespace flowc::lsp
