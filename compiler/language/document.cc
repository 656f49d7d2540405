// libflow::language::Document: the public interface over the answers.
#include <algorithm>

#include "compiler/language/analysis.h"
#include "compiler/parse/expect.h"

namespace libflow::language {

class DocumentImpl {
 public:
  std::unique_ptr<flow::language::Analysis> analysis;
};

namespace {

using flow::language::Analysis;

// Is it about an option or a text whose value is not known before a run?
bool DependsOnVariable(const Analysis& analysis, const flow::Diagnostic& d) {
  return !analysis.unset.empty() && (d.code == "bad-option" || d.code == "bad-literal") &&
         analysis.file.Text(d.span).find("${") != std::string_view::npos;
}

// `${NAME}` of those without a value.
void AddUnset(const Analysis& analysis, std::vector<Problem>* problems) {
  std::vector<std::string> names = analysis.unset;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::string& text = analysis.file.text();
  for (const std::string& name : names) {
    for (size_t at = text.find("${" + name); at != std::string::npos;
         at = text.find("${" + name, at + 2)) {
      const size_t end = at + 2 + name.size();
      if (end >= text.size() || (text[end] != '}' && text[end] != ':')) continue;
      Problem problem;
      problem.range = {static_cast<uint32_t>(at), static_cast<uint32_t>(end + 1)};
      problem.severity = Severity::kInformation;
      problem.code = "variable";
      problem.message = "variable `" + name + "` is not set here";
      problem.hint = "a run sets it: --set " + name + "=..., or the environment";
      problems->push_back(std::move(problem));
    }
  }
}

}  // namespace

Document::Document(std::string name, std::string text, std::map<std::string, std::string> variables)
    : impl_(std::make_unique<DocumentImpl>()) {
  impl_->analysis = flow::language::Analyse(std::move(name), std::move(text), variables);
}
Document::~Document() = default;

const std::string& Document::text() const { return impl_->analysis->file.text(); }

std::vector<Problem> Document::Problems() const {
  const Analysis& analysis = *impl_->analysis;
  std::vector<Problem> problems;
  for (const flow::Diagnostic& d : analysis.diagnostics.all()) {
    if (DependsOnVariable(analysis, d)) continue;
    Problem problem;
    problem.range = flow::language::ToRange(d.span);
    problem.severity = d.severity == flow::Severity::kError ? Severity::kError : Severity::kWarning;
    problem.code = d.code;
    problem.message = d.message;
    problem.label = d.label;
    problem.hint = d.hint;
    for (const flow::RelatedPlace& related : d.related) {
      problem.related.push_back({flow::language::ToRange(related.span), related.message});
    }
    problems.push_back(std::move(problem));
  }
  AddUnset(analysis, &problems);
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return a.range.begin < b.range.begin;
  });
  return problems;
}

std::optional<Hover> Document::HoverAt(uint32_t byte) const {
  return flow::language::HoverAt(*impl_->analysis, byte);
}
Completion Document::CompleteAt(uint32_t byte) const {
  return flow::language::CompleteAt(*impl_->analysis, byte);
}

std::optional<Range> Document::DefinitionOf(uint32_t byte) const {
  auto declared = flow::language::DeclaredAt(*impl_->analysis, byte);
  if (!declared) return std::nullopt;
  return flow::language::ToRange(*declared);
}

std::vector<Range> Document::ReferencesTo(uint32_t byte) const {
  auto declared = flow::language::DeclaredAt(*impl_->analysis, byte);
  std::vector<Range> places;
  if (!declared) return places;
  places.push_back(flow::language::ToRange(*declared));
  for (const flow::NameUse& use : impl_->analysis->index.uses) {
    if (flow::language::Same(use.declared, *declared)) {
      places.push_back(flow::language::ToRange(use.span));
    }
  }
  auto less = [](const Range& a, const Range& b) { return a.begin < b.begin; };
  auto same = [](const Range& a, const Range& b) { return a.begin == b.begin; };
  std::sort(places.begin(), places.end(), less);
  places.erase(std::unique(places.begin(), places.end(), same), places.end());
  return places;
}

Renaming Document::CanRename(uint32_t byte, Range* name) const {
  flow::Span span;
  Renaming renaming = flow::language::CanRename(*impl_->analysis, byte, &span);
  *name = flow::language::ToRange(span);
  return renaming;
}
Renaming Document::Rename(uint32_t byte, const std::string& name) const {
  return flow::language::Rename(*impl_->analysis, byte, name);
}
std::vector<Outline> Document::Symbols() const {
  return flow::language::OutlineOf(*impl_->analysis);
}

Words AllWords() {
  Words words;
  words.reserved = flow::ReservedWords();
  words.soft = flow::SoftWords();
  words.types = flow::TypeWords();
  words.connectors = flow::ConnectorNames();
  words.formats = {"CSV", "JSON"};
  for (const flow::language::FunctionHelp& help : flow::language::AllFunctions()) {
    (help.window ? words.windows : words.functions).push_back(help.name);
  }
  for (auto* list : {&words.reserved, &words.soft, &words.types, &words.connectors}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return words;
}

}  // namespace libflow::language
