// ResolveColumn and the helpers of messages: see scope.h.
#include "compiler/bind/scope.h"

#include <algorithm>

namespace flow {

std::string Quoted(const std::string& text) { return "`" + text + "`"; }

std::string ListOf(const std::vector<std::string>& names, size_t limit) {
  std::string text;
  size_t shown = names.size() <= limit ? names.size() : limit - 1;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += Quoted(names[i]);
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string Suggest(const std::string& name, const std::vector<std::string>& candidates,
                    const std::string& otherwise) {
  std::string near = DidYouMean(name, candidates);
  return near.empty() ? otherwise : "did you mean " + Quoted(near) + "?";
}

const bound::Visible* FindVisible(const std::vector<bound::Visible>& names,
                                  const std::string& name) {
  for (const bound::Visible& visible : names) {
    if (visible.name == name) return &visible;
  }
  return nullptr;
}

std::vector<std::string> ColumnNames(const bound::Schema& schema) {
  std::vector<std::string> names;
  for (const bound::Column& column : schema.columns) names.push_back(column.name);
  return names;
}

std::vector<Offer::Candidate> CandidatesOf(const std::vector<bound::Visible>& names) {
  std::vector<Offer::Candidate> candidates;
  for (const bound::Visible& visible : names) {
    candidates.push_back({visible.name, visible.type.ToString()});
  }
  return candidates;
}

std::vector<Offer::Candidate> CandidatesOf(const std::vector<std::string>& names) {
  std::vector<Offer::Candidate> candidates;
  for (const std::string& name : names) candidates.push_back({name, ""});
  return candidates;
}

namespace {

void Note(const Scope& scope, const std::vector<ast::Name>& path, size_t first, Span qualifier) {
  if (scope.index == nullptr) return;
  if (first == 1) scope.index->uses.push_back({path[0].span, qualifier});
  const bound::Visible* column = FindVisible(scope.schema->names, path[first].text);
  if (column != nullptr && column->declared.end > 0) {
    scope.index->uses.push_back({path[first].span, column->declared});
  }
}

std::vector<std::string> NamesOf(const std::vector<bound::Visible>& names) {
  std::vector<std::string> result;
  for (const bound::Visible& visible : names) result.push_back(visible.name);
  return result;
}

// Is `found` among the names that `qualifier` stands for?
bool IsOf(const Scope& scope, const std::string& qualifier, const bound::Visible* found) {
  if (scope.unnested == nullptr) return true;
  const auto number = static_cast<size_t>(found - scope.schema->names.data());
  for (const bound::Unnested& unnested : *scope.unnested) {
    if (number >= unnested.begin && number < unnested.end) return qualifier == unnested.name;
  }
  return qualifier == scope.qualifier;
}

// Where `qualifier` is declared; nullptr: it is none.
const Span* FindQualifier(const Scope& scope, const std::string& qualifier) {
  if (scope.parameters) return nullptr;
  if (qualifier == scope.qualifier) return &scope.qualifier_declared;
  if (scope.unnested == nullptr) return nullptr;
  for (const bound::Unnested& unnested : *scope.unnested) {
    if (qualifier == unnested.name) return &unnested.declared;
  }
  return nullptr;
}

// Follows path[first..] below `names`; *depth is where it stopped.
const bound::Visible* Follow(const std::vector<bound::Visible>* names,
                             const std::vector<ast::Name>& path, size_t first, size_t* depth) {
  const bound::Visible* found = nullptr;
  for (*depth = first; *depth < path.size(); ++*depth) {
    found = names == nullptr ? nullptr : FindVisible(*names, path[*depth].text);
    if (found == nullptr) return nullptr;
    names = found->expr == nullptr ? &found->fields : nullptr;
  }
  return found;
}

}  // namespace

const bound::Visible* ResolveColumn(const Scope& scope, const std::vector<ast::Name>& path,
                                    Span span, Diagnostics* out) {
  if (scope.schema == nullptr) {
    Diagnostic& d = out->Error(span, "a column cannot be used here");
    d.label = "only constants";
    d.code = "not-constant";
    return nullptr;
  }
  const std::vector<bound::Visible>& names = scope.schema->names;
  size_t depth = 0;
  const Span* declared = path.size() > 1 ? FindQualifier(scope, path[0].text) : nullptr;
  const bool qualified = declared != nullptr;
  if (qualified) {
    const bound::Visible* column = FindVisible(names, path[1].text);
    const bool own = column == nullptr || IsOf(scope, path[0].text, column);
    if (const bound::Visible* found = own ? Follow(&names, path, 1, &depth) : nullptr) {
      Note(scope, path, 1, *declared);
      return found;
    }
    if (!own) depth = 1;
  }
  size_t plain_depth = 0;
  if (const bound::Visible* found = Follow(&names, path, 0, &plain_depth)) {
    Note(scope, path, 0, {});
    return found;
  }
  size_t first = qualified && plain_depth == 0 ? 1 : 0;
  if (first == 0) depth = plain_depth;

  // Where it stopped: an unknown name, or a field of something that has none.
  const ast::Name& wrong = path[depth];
  if (depth == first) {
    const std::string& of = qualified ? path[0].text : scope.qualifier;
    std::vector<std::string> known;
    for (const bound::Visible& visible : names) {
      if (!qualified || IsOf(scope, of, &visible)) known.push_back(visible.name);
    }
    if (out->Asked(wrong.span)) {
      Offer offer{Offer::Kind::kColumn, CandidatesOf(names)};
      if (depth == 0 && !scope.parameters)
        offer.candidates.push_back({scope.qualifier, "relation"});
      out->Answer(std::move(offer));
    }
    if (scope.parameters) {
      Diagnostic& d = out->Error(wrong.span, "unknown parameter " + Quoted(wrong.text));
      d.code = "unknown-column";
      d.label = "a FUNCTION knows its parameters only";
      d.hint = Suggest(wrong.text, known,
                       scope.qualifier + (known.empty() ? " has none" : " has " + ListOf(known)));
      return nullptr;
    }
    Diagnostic& d = out->Error(wrong.span, "unknown column " + Quoted(wrong.text));
    d.code = "unknown-column";
    if (depth + 1 < path.size() && !qualified) {
      d.label = "neither a relation nor a column here";
    } else {
      d.label = "not a column of " + of;
    }
    std::string columns = known.empty() ? "" : "columns of " + of + ": " + ListOf(known);
    if (depth + 1 < path.size() && !qualified) known.push_back(scope.qualifier);
    d.hint = Suggest(wrong.text, known, columns);
    if (std::find(scope.later.begin(), scope.later.end(), wrong.text) != scope.later.end()) {
      d.label = "declared further down";
      d.hint = "columns are computed in their order: put this one behind it";
    }
    if (wrong.text == "window_start" || wrong.text == "window_end") {
      d.hint = "a window call adds it: FROM TUMBLE(" + scope.qualifier + ", 1m)";
    }
    return nullptr;
  }
  std::vector<ast::Name> before(path.begin(), path.begin() + static_cast<ptrdiff_t>(depth));
  size_t ignored = 0;
  const bound::Visible* parent = Follow(&names, before, first, &ignored);
  if (out->Asked(wrong.span)) out->Answer({Offer::Kind::kField, CandidatesOf(parent->fields)});
  Diagnostic& d =
      out->Error(wrong.span, Quoted(parent->name) + " has no field " + Quoted(wrong.text));
  d.code = "unknown-field";
  d.label = parent->expr != nullptr ? "of type " + parent->type.ToString() : "unknown field";
  d.hint = Suggest(wrong.text, NamesOf(parent->fields),
                   parent->fields.empty() ? "" : "fields: " + ListOf(NamesOf(parent->fields)));
  if (parent->type.is(TypeKind::kArray)) {
    d.hint = "of an element: " + parent->name + "[1]." + wrong.text + "; of each: UNNEST(" +
             parent->name + ")";
  }
  if (parent->type.is(TypeKind::kMap))
    d.hint = "of a MAP: " + parent->name + "['" + wrong.text + "']";
  if (parent->type.is(TypeKind::kJson)) {
    d.hint = "of JSON: " + parent->name + " -> '" + wrong.text + "', or ->> for its text";
  }
  return nullptr;
}

bool HasName(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace flow
