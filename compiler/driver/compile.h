// The whole compiler as one function from text to a program that can run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/bind/bind.h"
#include "compiler/codegen/codegen.h"
#include "compiler/logical/logical.h"
#include "compiler/lower/lower.h"
#include "compiler/source/diagnostic.h"
#include "runtime/base/status.h"

namespace flow {

enum class EngineKind { kJit, kInterpreter };

struct CompileOptions {
  std::function<std::optional<std::string>(const std::string&)> variable;
  EngineKind engine = EngineKind::kJit;
  std::vector<std::string> views;  // wanted; empty: those with sinks, else the last
  bool all_views = false;
  bool sinks = true;   // of the wanted views
  bool tests = false;  // bind them
  bool sinks_unset =
      false;  // nothing is written: their options may have variables that are not set
  std::vector<std::string> disabled_rules;
  codegen::Options jit;
  bool kernels = true;  // fill the kernel slots
};

// What each stage yields; kept for EXPLAIN.
struct Compilation {
  ast::Script script;
  BoundScript bound;
  std::vector<bound::Test> tests;  // if they were wanted
  logical::Plan logical;
  logical::Plan optimized;
  LoweredProgram lowered;
  std::unique_ptr<codegen::Engine> engine;  // null for the interpreter
};

// Diagnostics go to `out`; an Error is only for what is not the text's fault (the JIT failed). The
// result may be run if there are no errors in `out`.
Result<std::unique_ptr<Compilation>> Compile(const SourceFile& file, const CompileOptions& options,
                                             Diagnostics& out);

}  // namespace flow
