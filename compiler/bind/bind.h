// Names and types: from the syntax tree to the bound tree.
#pragma once

#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/bind/bound.h"
#include "compiler/bind/bound_test.h"
#include "compiler/bind/index.h"
#include "compiler/source/diagnostic.h"

namespace flow {

// Reports every error it finds; the result may be used only if there are none. Never throws; deep
// nesting is an error with a place. Tests are bound if `tests` is there, with a view in the script
// for each source (or LATE TO) whose rows they expect. `index`, if there is one, gets what is known
// about names, also where there are errors.
BoundScript Bind(const ast::Script& script, Diagnostics& out,
                 std::vector<bound::Test>* tests = nullptr, Index* index = nullptr);

// The bound tree as text, one relation or clause a line.
std::string PrintBound(const BoundScript& script);

// All connectors, of sources and sinks.
std::vector<std::string> ConnectorNames();

}  // namespace flow
