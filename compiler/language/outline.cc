// OutlineOf: the statements of the file with their columns.
#include <algorithm>

#include "compiler/language/analysis.h"

namespace flow::language {

namespace {

using libflow::language::Outline;
using libflow::language::OutlineKind;

Outline Make(const ast::Name& name, OutlineKind kind, std::string detail, Span span) {
  Outline outline;
  outline.name = name.text;
  outline.kind = kind;
  outline.detail = std::move(detail);
  outline.range = ToRange(span);
  outline.name_range = ToRange(name.span);
  return outline;
}

Outline SourceOutline(const ast::SourceStmt& source) {
  Outline outline =
      Make(source.name, OutlineKind::kSource, source.from.connector.text, source.span);
  for (const ast::ColumnDef& column : source.columns) {
    outline.children.push_back(
        Make(column.name, OutlineKind::kColumn, column.type.ToString(),
             {column.name.span.begin, std::max(column.name.span.end, column.type_span.end)}));
  }
  return outline;
}

Outline FunctionOutline(const ast::FunctionStmt& function) {
  Outline outline =
      Make(function.name, OutlineKind::kFunction, function.returns.ToString(), function.span);
  for (const ast::Parameter& parameter : function.parameters) {
    outline.children.push_back(Make(parameter.name, OutlineKind::kParameter,
                                    parameter.type.ToString(),
                                    {parameter.name.span.begin, parameter.type_span.end}));
  }
  return outline;
}

// `bound` is nullptr if the view has errors.
Outline ViewOutline(const ast::ViewStmt& view, const bound::View* bound) {
  Outline outline = Make(view.name, OutlineKind::kView, "", view.span);
  if (bound == nullptr) return outline;
  for (const bound::Visible& column : bound->schema.names) {
    // A `*` brings columns that are declared elsewhere.
    Span span = column.declared;
    if (span.begin < view.span.begin || span.end > view.span.end) span = view.name.span;
    outline.children.push_back(
        Make({column.name, span}, OutlineKind::kColumn, column.type.ToString(), span));
  }
  return outline;
}

}  // namespace

std::vector<Outline> OutlineOf(const Analysis& analysis) {
  std::map<uint32_t, const bound::View*> views;  // by the place of the name
  for (const bound::View& view : analysis.bound.views) views.emplace(view.span.begin, &view);
  std::vector<Outline> all;
  for (const ast::Statement& statement : analysis.script.statements) {
    if (statement.source != nullptr) all.push_back(SourceOutline(*statement.source));
    if (statement.function != nullptr) all.push_back(FunctionOutline(*statement.function));
    if (statement.view != nullptr) {
      auto bound = views.find(statement.view->name.span.begin);
      all.push_back(ViewOutline(*statement.view, bound == views.end() ? nullptr : bound->second));
    }
    if (statement.sink != nullptr) {
      all.push_back(Make(statement.sink->name, OutlineKind::kSink,
                         statement.sink->into.connector.text, statement.sink->span));
    }
  }
  for (const ast::Name& name : analysis.script.refused) {
    all.push_back(Make(name, OutlineKind::kView, "has errors", name.span));
  }
  std::sort(all.begin(), all.end(),
            [](const Outline& a, const Outline& b) { return a.range.begin < b.range.begin; });
  return all;
}

}  // namespace flow::language
