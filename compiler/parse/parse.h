// Text to syntax tree. The only folder that includes ANTLR.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "compiler/ast/ast.h"
#include "compiler/source/diagnostic.h"

namespace flow {

struct ParseOptions {
  // Looks up ${NAME} in string literals: --set values, then the environment.
  std::function<std::optional<std::string>(const std::string& name)> variable;
};

// Parses the whole file and reports every syntax error found. Statements that could be read are in
// the result even when there were errors. Never throws, never overflows the stack: nesting deeper
// than kMaxNesting and files over kMaxFileBytes are errors with a place.
ast::Script Parse(const SourceFile& file, const ParseOptions& options, Diagnostics& out);

inline constexpr int kMaxNesting = 200;
inline constexpr size_t kMaxFileBytes = 16u << 20;
inline constexpr int kMaxTerms = 20000;  // of one AND / OR / + chain, IN list, ...

}  // namespace flow
