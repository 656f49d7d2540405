// The open files as the editor has them.
#pragma once

#include <flow/language.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tools/flowc/lsp/text_positions.h"
#include "tools/flowc/lsp/transport.h"

namespace flowc::lsp {

// A text as it is now. It is analysed when somebody asks.
class OpenDocument {
 public:
  OpenDocument(std::string uri, std::string text, int64_t version)
      : uri_(std::move(uri)), text_(std::move(text)), version_(version) {}

  const std::string& uri() const { return uri_; }
  const std::string& text() const { return text_; }
  int64_t version() const { return version_; }
  // TextDocumentContentChangeEvent: a range, or the whole text; false: it is neither.
  bool Change(const Json& change);
  void SetVersion(int64_t version) { version_ = version; }

  const libflow::language::Document& analysed(const std::map<std::string, std::string>& variables);
  const TextPositions& positions();

 private:
  void Forget();

  std::string uri_, text_;
  int64_t version_ = 0;
  std::unique_ptr<libflow::language::Document> analysed_;
  std::optional<TextPositions> positions_;
};

}  // namespace flowc::lsp
