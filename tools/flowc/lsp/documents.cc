// OpenDocument: edits, and the analysis of what they made.
#include "tools/flowc/lsp/documents.h"

#include "tools/flowc/lsp/convert.h"

namespace flowc::lsp {

void OpenDocument::Forget() {
  analysed_.reset();
  positions_.reset();
}

bool OpenDocument::Change(const Json& change) {
  if (!change.is_object() || !change.contains("text") || !change["text"].is_string()) return false;
  std::string text = change["text"].get<std::string>();
  if (!change.contains("range") || change["range"].is_null()) {
    text_ = std::move(text);
    Forget();
    return true;
  }
  const Json& range = change["range"];
  if (!range.is_object() || !range.contains("start") || !range.contains("end")) return false;
  const std::optional<Position> start = ReadPosition(range["start"]);
  const std::optional<Position> end = ReadPosition(range["end"]);
  if (!start || !end) return false;
  const uint32_t begin = positions().ToByte(*start);
  const uint32_t stop = std::max(begin, positions().ToByte(*end));
  text_.replace(begin, stop - begin, text);
  Forget();
  return true;
}

const libflow::language::Document& OpenDocument::analysed(
    const std::map<std::string, std::string>& variables) {
  if (analysed_ == nullptr) {
    analysed_ = std::make_unique<libflow::language::Document>(uri_, text_, variables);
  }
  return *analysed_;
}

const TextPositions& OpenDocument::positions() {
  if (!positions_) positions_.emplace(text_);
  return *positions_;
}

}  // namespace flowc::lsp
