// Names and types: from the syntax tree to the bound tree.
#pragma once

#include <string>

#include "compiler/ast/ast.h"
#include "compiler/bind/bound.h"
#include "compiler/bind/index.h"
#include "compiler/source/diagnostic.h"

namespace flow {

// Reports every error it finds; the result may be used only if there are none. Never throws; deep
// nesting is an error with a place. `index`, if there is one, gets what is known about names, also
// where there are errors.
BoundScript Bind(const ast::Script& script, Diagnostics& out, Index* index = nullptr);

// The bound tree as text, one relation or clause a line.
std::string PrintBound(const BoundScript& script);

// All connectors, of sources and sinks.
std::vector<std::string> ConnectorNames();

}  // namespace flow
