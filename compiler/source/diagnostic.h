// Places in a .flow file and what is said about them.
#pragma once

#include <cstdint>
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
  SourceFile(std::string name, std::string text);
  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  std::string_view Text(Span span) const;
  struct Place {
    int line;
    int column;
  };
  Place PlaceOf(uint32_t byte) const;
  std::string_view Line(int line) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  Span span;
  std::string message;  // "unknown column `pgae`"
  std::string label;    // under the carets: "not a column of clicks"
  std::string hint;     // "did you mean `page`?"
  std::string code;     // stable, kebab case: "unknown-column"
};

// Collects diagnostics of one compilation; sorted by place when printed.
class Diagnostics {
 public:
  // Returns the diagnostic, so that label, hint and code can be added.
  Diagnostic& Error(Span span, std::string message);
  Diagnostic& Warning(Span span, std::string message);
  bool has_errors() const { return errors_ > 0; }
  int error_count() const { return errors_; }
  const std::vector<Diagnostic>& all() const { return all_; }

  // file:line:column, the source line, carets, label, hint; as rustc prints them.
  std::string ToText(const SourceFile& file, bool color) const;
  // One JSON object a line: {"severity","code","message","label","hint","file","line","column",
  // "end_line","end_column"}.
  std::string ToJson(const SourceFile& file) const;

 private:
  std::vector<Diagnostic> all_;
  int errors_ = 0;
};

// The candidate nearest to `name` by edit distance, if near enough to be a slip; else "".
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace flow
