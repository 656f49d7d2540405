// Compile: parse, bind, plan, optimize, lower, generate. The stages and their text forms are
// described in compiler/README.md.
#include "compiler/driver/compile.h"

#include <algorithm>

#include "compiler/driver/definitions.h"
#include "compiler/interpret/interpret.h"
#include "compiler/optimize/optimize.h"
#include "compiler/parse/parse.h"

namespace flow {

Result<std::unique_ptr<Compilation>> Compile(const SourceFile& file, const CompileOptions& options,
                                             Diagnostics& out) {
  auto made = std::make_unique<Compilation>();
  made->script = Parse(file, ParseOptions{options.variable, options.sinks_unset}, out);
  made->bound = Bind(made->script, out, options.tests ? &made->tests : nullptr);
  if (out.has_errors()) return made;
  made->logical = BuildLogical(made->bound);
  made->optimized = made->logical;
  Optimize(&made->optimized, options.disabled_rules);
  made->lowered =
      Lower(made->optimized, {file.name(), options.all_views, options.views, options.sinks});
  program::Program& program = made->lowered.program;
  for (const bound::Source& source : made->bound.sources) {
    bool read = std::any_of(program.sources.begin(), program.sources.end(),
                            [&](const auto& s) { return s.name == source.spec.name; });
    if (!read) program.unread_sources.push_back(source.spec.name);
  }
  program.definitions = Definitions(made->bound);
  if (!options.kernels) return made;
  if (options.engine == EngineKind::kInterpreter) {
    FLOW_RETURN_IF_ERROR(interpret::Install(made->lowered));
    return made;
  }
  codegen::Options jit = options.jit;
  jit.cse = std::find(options.disabled_rules.begin(), options.disabled_rules.end(),
                      "common-subexpressions") == options.disabled_rules.end();
  FLOW_TRY(made->engine, codegen::Generate(made->lowered, jit));
  return made;
}

}  // namespace flow
