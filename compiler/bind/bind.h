// Names and types: from the syntax tree to the bound tree.
#pragma once

#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/bind/bound.h"
#include "compiler/bind/bound_test.h"
#include "compiler/source/diagnostic.h"

namespace flow {

// Reports every error it finds; the result may be used only if there are none. Never throws; deep
// nesting is an error with a place. Tests are bound if `tests` is there, with a view in the script
// for each source (or LATE TO) whose rows they expect.
BoundScript Bind(const ast::Script& script, Diagnostics& out,
                 std::vector<bound::Test>* tests = nullptr);

// The bound tree as text, one relation or clause a line.
std::string PrintBound(const BoundScript& script);

}  // namespace flow
