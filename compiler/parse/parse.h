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
  // Nothing will be written: the options of sinks may have variables that are not set.
  bool sinks_unset = false;
};

// Parses the whole file and reports every syntax error found. Statements that could be read are in
// the result even when there were errors; the names of the others are in Script::refused. Never
// throws, never overflows the stack: what goes beyond the limits below is an error with a place.
// 512 KiB of stack are enough. Safe to call from several threads.
ast::Script Parse(const SourceFile& file, const ParseOptions& options, Diagnostics& out);

inline constexpr int kMaxNesting = 200;  // of ( ), CASE and STRUCT<...>
inline constexpr int kMaxHeight = 1000;  // of an expression's tree: a + b + ... is one level a term
inline constexpr int kMaxTerms = 20000;  // of one AND or OR chain, of one IN list
inline constexpr int kMaxTokens = 500000;
inline constexpr size_t kMaxFileBytes = 16u << 20;
// More errors than these help nobody: what follows is only searched for names.
inline constexpr int kMaxErrors = 50;

}  // namespace flow
