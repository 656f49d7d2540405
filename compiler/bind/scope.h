// What names mean inside one SELECT.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/bind/bound.h"
#include "compiler/bind/index.h"
#include "compiler/source/diagnostic.h"

namespace flow {

// The FUNCTIONs declared so far, by name in lower case.
using SqlFunctions = std::map<std::string, std::shared_ptr<const bound::SqlFunction>>;

struct Scope {
  // Of the computed columns of a source: a place in the record; nullptr after a report.
  using FieldOf = std::function<std::optional<bound::Visible>(const ast::Expr& call)>;

  const bound::Schema* schema = nullptr;                   // nullptr: no columns at all
  std::string qualifier;                                   // the relation's alias or name
  const std::vector<bound::Unnested>* unnested = nullptr;  // other qualifiers
  BoundExprPtr event_time;  // for EVENT_TIME() and LOG_TIME(), where they are known
  BoundExprPtr log_time;
  Span qualifier_declared;  // where `qualifier` is
  Index* index = nullptr;   // what is resolved is noted there
  bool updating = false;    // rows can be taken back
  const SqlFunctions* functions = nullptr;
  FieldOf field;
  std::vector<std::string> later;  // columns that are declared further down
  bool parameters = false;         // the names are those of the parameters of function `qualifier`
};

// The name's meaning, or nullptr after reporting an error.
const bound::Visible* ResolveColumn(const Scope& scope, const std::vector<ast::Name>& path,
                                    Span span, Diagnostics* out);

// The names as answers to a question (Diagnostics::Asked), with their types.
std::vector<Offer::Candidate> CandidatesOf(const std::vector<bound::Visible>& names);
std::vector<Offer::Candidate> CandidatesOf(const std::vector<std::string>& names);

// Without a report; nullptr if there is no such name.
const bound::Visible* FindVisible(const std::vector<bound::Visible>& names,
                                  const std::string& name);

// Columns named after the relation's columns: what ToText wants.
std::vector<std::string> ColumnNames(const bound::Schema& schema);

// "a, b, c" with at most `limit` names; "`a`, `b` and 12 more".
std::string ListOf(const std::vector<std::string>& names, size_t limit = 8);

// "did you mean `x`?" if a candidate is near, else `otherwise`.
std::string Suggest(const std::string& name, const std::vector<std::string>& candidates,
                    const std::string& otherwise = "");

bool HasName(const std::vector<std::string>& names, const std::string& name);

// A text in backquotes, as messages show names.
std::string Quoted(const std::string& text);

}  // namespace flow
