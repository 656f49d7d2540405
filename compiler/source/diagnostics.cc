// Diagnostics: collecting them, and their two forms: text like rustc's, and JSON.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/source/diagnostic.h"
#include "compiler/source/snippet.h"

namespace flow {

namespace {

constexpr std::string_view kReset = "\033[0m";
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kRed = "\033[1;31m";
constexpr std::string_view kYellow = "\033[1;33m";
constexpr std::string_view kBlue = "\033[1;34m";

std::vector<const Diagnostic*> InOrderOfPlace(const std::vector<Diagnostic>& all,
                                              const SourceFile& file) {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& d : all) {
    if (d.severity == Severity::kError || !file.InPrelude(d.span)) sorted.push_back(&d);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* a, const Diagnostic* b) {
    return a->span.begin < b->span.begin;
  });
  return sorted;
}

std::string_view NameOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
  }
  return "error";
}

class Writer {
 public:
  explicit Writer(bool color) : color_(color) {}
  void Add(std::string_view text) { text_ += text; }
  void Add(std::string_view style, std::string_view text) {
    if (color_) text_ += style;
    text_ += text;
    if (color_) text_ += kReset;
  }
  std::string Take() { return std::move(text_); }

 private:
  bool color_;
  std::string text_;
};

void AddDiagnostic(const Diagnostic& d, const SourceFile& file, Writer& out) {
  std::string_view style = d.severity == Severity::kError ? kRed : kYellow;
  std::string head(NameOf(d.severity));
  if (!d.code.empty()) head += "[" + d.code + "]";
  out.Add(style, head);
  out.Add(kBold, ": " + Printable(d.message));
  out.Add("\n");

  SourceFile::Place place = file.PlaceOf(d.span.begin);
  std::string number = std::to_string(place.line);
  std::string gutter(number.size() + 1, ' ');
  out.Add(gutter.substr(1));
  out.Add(kBlue, "-->");
  out.Add(" " + file.name() + ":" + number + ":" + std::to_string(place.column) + "\n");

  Snippet snippet = MakeSnippet(file, d.span);
  out.Add(kBlue, gutter + "|");
  out.Add("\n");
  out.Add(kBlue, number + " |");
  out.Add((snippet.line.empty() ? "" : " ") + snippet.line + "\n");
  out.Add(kBlue, gutter + "|");
  out.Add(" " + std::string(snippet.indent, ' '));
  std::string carets(snippet.width, '^');
  if (!d.label.empty()) carets += " " + Printable(d.label);
  out.Add(style, carets);
  out.Add("\n");
  if (!d.hint.empty() || !d.related.empty()) {
    out.Add(kBlue, gutter + "|");
    out.Add("\n");
  }
  for (const RelatedPlace& related : d.related) {
    SourceFile::Place at = file.PlaceOf(related.span.begin);
    out.Add(kBlue, gutter + "=");
    out.Add(" ");
    out.Add(kBold, "note:");
    out.Add(" " + Printable(related.message) +
            (file.InPrelude(related.span) ? " before"
                                          : " at " + file.name() + ":" + std::to_string(at.line) +
                                                ":" + std::to_string(at.column)) +
            "\n");
  }
  if (!d.hint.empty()) {
    out.Add(kBlue, gutter + "=");
    out.Add(" ");
    out.Add(kBold, "hint:");
    out.Add(" " + Printable(d.hint) + "\n");
  }
}

}  // namespace

Diagnostic& Diagnostics::Error(Span span, std::string message) {
  ++errors_;
  Diagnostic d;
  d.severity = Severity::kError;
  d.span = span;
  d.message = std::move(message);
  all_.push_back(std::move(d));
  return all_.back();
}

Diagnostic& Diagnostics::Warning(Span span, std::string message) {
  Diagnostic d;
  d.severity = Severity::kWarning;
  d.span = span;
  d.message = std::move(message);
  all_.push_back(std::move(d));
  return all_.back();
}

std::string Diagnostics::ToText(const SourceFile& file, bool color) const {
  Writer out(color);
  bool first = true;
  for (const Diagnostic* d : InOrderOfPlace(all_, file)) {
    if (!first) out.Add("\n");
    first = false;
    AddDiagnostic(*d, file, out);
  }
  return out.Take();
}

std::string Diagnostics::ToJson(const SourceFile& file) const {
  std::string out;
  for (const Diagnostic* d : InOrderOfPlace(all_, file)) {
    SourceFile::Place begin = file.PlaceOf(d->span.begin);
    SourceFile::Place end = file.PlaceOf(std::max(d->span.begin, d->span.end));
    nlohmann::ordered_json object;
    object["severity"] = NameOf(d->severity);
    object["code"] = d->code;
    object["message"] = d->message;
    object["label"] = d->label;
    object["hint"] = d->hint;
    object["file"] = file.name();
    object["line"] = begin.line;
    object["column"] = begin.column;
    object["end_line"] = end.line;
    object["end_column"] = end.column;
    for (const RelatedPlace& related : d->related) {
      SourceFile::Place from = file.PlaceOf(related.span.begin);
      SourceFile::Place to = file.PlaceOf(related.span.end);
      object["related"].push_back({{"message", related.message},
                                   {"line", from.line},
                                   {"column", from.column},
                                   {"end_line", to.line},
                                   {"end_column", to.column}});
    }
    // Messages quote the file, which may hold anything.
    out += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out += "\n";
  }
  return out;
}

}  // namespace flow
