// Places in a .flow file and what is said about them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flow {

// A half-open range of bytes of the file's text.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// The text of a .flow file. Lines and columns are counted from 1; columns in characters (UTF-8).
class SourceFile {
 public:
  // The first `prelude` bytes, whole lines, are what stands before the text as people know it: they
  // are not counted, and no warning is about them.
  SourceFile(std::string name, std::string text, size_t prelude = 0);
  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  std::string_view Text(Span span) const;
  struct Place {
    int line;
    int column;
  };
  Place PlaceOf(uint32_t byte) const;
  std::string_view Line(int line) const;
  bool InPrelude(Span span) const { return span.begin < prelude_; }

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
  size_t prelude_;
  int prelude_lines_ = 0;
};

enum class Severity { kError, kWarning };

// Another place that a diagnostic is about.
struct RelatedPlace {
  Span span;
  std::string message;  // "declared here"
};

struct Diagnostic {
  Severity severity = Severity::kError;
  Span span;
  std::string message;  // "unknown column `pgae`"
  std::string label;    // under the carets: "not a column of clicks"
  std::string hint;     // "did you mean `page`?"
  std::string code;     // stable, kebab case: "unknown-column"
  std::vector<RelatedPlace> related;
};

// The names that could stand at a place, each with a word about it: its type, what it is.
struct Offer {
  enum class Kind {
    kColumn,
    kField,
    kRelation,
    kConnector,
    kOption,
    kValue,
    kFormat,
    kType,
    kMeta
  };
  struct Candidate {
    std::string name;
    std::string detail;
  };
  Kind kind = Kind::kColumn;
  std::vector<Candidate> candidates;
};

// Collects diagnostics of one compilation; sorted by place when printed.
class Diagnostics {
 public:
  // Returns the diagnostic, so that label, hint and code can be added.
  Diagnostic& Error(Span span, std::string message);
  Diagnostic& Warning(Span span, std::string message);
  // The latest, to say more about it.
  Diagnostic& last() { return all_.back(); }
  bool has_errors() const { return errors_ > 0; }
  int error_count() const { return errors_; }
  const std::vector<Diagnostic>& all() const { return all_; }

  // For completion: whoever reports that the name at `byte` is unknown is to say which there are.
  void AskAt(uint32_t byte) { asked_at_ = byte; }
  bool Asked(Span span) const {
    return asked_at_ && span.begin <= *asked_at_ && *asked_at_ <= span.end;
  }
  void Answer(Offer offer) { answer_ = std::move(offer); }
  const std::optional<Offer>& answer() const { return answer_; }

  // file:line:column, the source line, carets, label, hint; as rustc prints them.
  std::string ToText(const SourceFile& file, bool color) const;
  // One JSON object a line: {"severity","code","message","label","hint","file","line","column",
  // "end_line","end_column"}, and "related" if there are other places.
  std::string ToJson(const SourceFile& file) const;

 private:
  std::vector<Diagnostic> all_;
  int errors_ = 0;
  std::optional<uint32_t> asked_at_;
  std::optional<Offer> answer_;
};

// The candidate nearest to `name` by edit distance, if near enough to be a slip; else "".
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace flow
