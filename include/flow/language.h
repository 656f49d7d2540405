// Questions about places in a .flow text, for editors: `flowc lsp` is a thin client of this header.
//
// Places are bytes of the text. Nothing throws, whatever the text is. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/flow.h"

namespace libflow::language {

struct Range {  // half-open
  uint32_t begin = 0, end = 0;
};

enum class Severity { kError, kWarning, kInformation };

struct Problem {
  Range range;
  Severity severity = Severity::kError;
  std::string code, message, label, hint;
  struct Related {
    Range range;
    std::string message;
  };
  std::vector<Related> related;
};

struct Hover {
  Range range;
  std::string markdown;
};

enum class ItemKind {
  kKeyword,
  kFunction,
  kColumn,
  kRelation,
  kConnector,
  kOption,
  kValue,
  kType,
};

struct Item {
  std::string label;
  ItemKind kind = ItemKind::kKeyword;
  std::string detail;         // a type, a signature
  std::string documentation;  // markdown
  std::string insert;         // what is written
};

struct Completion {
  Range replaced;  // the word at the place
  std::vector<Item> items;
};

struct Edit {
  Range range;
  std::string text;
};

struct Renaming {
  std::vector<Edit> edits;  // ascending, not overlapping
  std::string refused;      // not empty: why it is not done
};

enum class OutlineKind { kSource, kFunction, kView, kSink, kColumn, kParameter };

struct Outline {
  std::string name, detail;
  OutlineKind kind = OutlineKind::kSource;
  Range range, name_range;
  std::vector<Outline> children;
};

class DocumentImpl;

// A text and what the compiler finds in it; both never change.
class FLOW_EXPORT Document {
 public:
  // `variables`: as CompileOptions::variables. What neither they nor the environment have is no
  // error here, as a run may give it.
  Document(std::string name, std::string text, std::map<std::string, std::string> variables = {});
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const std::string& text() const;
  std::vector<Problem> Problems() const;
  std::optional<Hover> HoverAt(uint32_t byte) const;
  Completion CompleteAt(uint32_t byte) const;
  // Where the name at `byte` is declared.
  std::optional<Range> DefinitionOf(uint32_t byte) const;
  // Where it is used, its declaration among them.
  std::vector<Range> ReferencesTo(uint32_t byte) const;
  // The name at `byte`, if it can be renamed; `refused` else.
  Renaming CanRename(uint32_t byte, Range* name) const;
  Renaming Rename(uint32_t byte, const std::string& name) const;
  std::vector<Outline> Symbols() const;

 private:
  std::unique_ptr<DocumentImpl> impl_;
};

// The words of the language, for highlighting: sorted. Upper case, but windows and functions.
struct Words {
  std::vector<std::string> reserved, soft, types, connectors, formats, windows, functions;
};
FLOW_EXPORT Words AllWords();

}  // namespace libflow::language
