// Server: what is asked about a document.
#include <variant>

#include "tools/flowc/lsp/convert.h"
#include "tools/flowc/lsp/server.h"

namespace flowc::lsp {

namespace {

using libflow::language::Document;
using libflow::language::Edit;
using libflow::language::Hover;
using libflow::language::Outline;
using libflow::language::Range;
using libflow::language::Renaming;

Json EditsOf(OpenDocument& document, const std::vector<Edit>& edits) {
  Json list = Json::array();
  for (const Edit& edit : edits) list.push_back(EditOf(document.positions(), edit));
  return list;
}

}  // namespace

Server::Answer Server::AtPlace(const std::string& method, const Json& params,
                               OpenDocument& document, uint32_t byte) {
  const Document& analysed = document.analysed(variables_);
  const TextPositions& positions = document.positions();
  auto location = [&](Range range) -> Json {
    return {{"uri", document.uri()}, {"range", RangeOf(positions, range)}};
  };
  if (method == "textDocument/hover") {
    std::optional<Hover> hover = analysed.HoverAt(byte);
    if (!hover) return Json(nullptr);
    return Json{{"contents", {{"kind", "markdown"}, {"value", hover->markdown}}},
                {"range", RangeOf(positions, hover->range)}};
  }
  if (method == "textDocument/completion") {
    return CompletionOf(positions, analysed.CompleteAt(byte));
  }
  if (method == "textDocument/definition") {
    std::optional<Range> range = analysed.DefinitionOf(byte);
    return range ? location(*range) : Json(nullptr);
  }
  if (method == "textDocument/references") {
    Json list = Json::array();
    for (Range range : analysed.ReferencesTo(byte)) list.push_back(location(range));
    return list;
  }
  if (method == "textDocument/prepareRename") {
    Range name;
    Renaming renaming = analysed.CanRename(byte, &name);
    if (!renaming.refused.empty()) return RpcError{kRequestFailed, renaming.refused};
    return RangeOf(positions, name);
  }
  if (!params.contains("newName") || !params["newName"].is_string()) {
    return RpcError{kInvalidParams, "newName is missing"};
  }
  Renaming renaming = analysed.Rename(byte, params["newName"].get<std::string>());
  if (!renaming.refused.empty()) return RpcError{kRequestFailed, renaming.refused};
  return Json{{"changes", {{document.uri(), EditsOf(document, renaming.edits)}}}};
}

Server::Answer Server::OfDocument(const std::string& method, OpenDocument& document) {
  if (method == "textDocument/documentSymbol") {
    Json list = Json::array();
    for (const Outline& outline : document.analysed(variables_).Symbols()) {
      list.push_back(OutlineOf(document.positions(), outline));
    }
    return list;
  }
  libflow::FormatResult formatted = libflow::Format(document.uri(), document.text());
  if (formatted.code != libflow::kOk) {
    return RpcError{kRequestFailed,
                    formatted.error.empty() ? "the file has syntax errors" : formatted.error};
  }
  if (formatted.text == document.text()) return Json::array();
  const Range whole{0, static_cast<uint32_t>(document.text().size())};
  return EditsOf(document, {{whole, formatted.text}});
}

}  // namespace flowc::lsp
