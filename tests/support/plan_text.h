// From text to bound tree, plan and program in tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/bind/bind.h"
#include "compiler/logical/logical.h"
#include "compiler/lower/lower.h"
#include "compiler/optimize/optimize.h"
#include "compiler/parse/parse.h"
#include "compiler/source/diagnostic.h"

namespace flow::test {

struct BoundText {
  BoundScript script;
  int errors = 0;
  std::string text;                     // the diagnostics as users see them
  std::vector<Diagnostic> diagnostics;  // syntax errors too
};

inline BoundText BindText(const std::string& text) {
  SourceFile file("test.flow", text);
  Diagnostics out;
  ast::Script script = Parse(file, ParseOptions(), out);
  BoundText bound;
  bound.script = Bind(script, out);
  bound.errors = out.error_count();
  bound.text = out.ToText(file, false);
  bound.diagnostics = out.all();
  return bound;
}

// "code: message | label | hint" a diagnostic, one a line, in the order found.
inline std::string DiagnosticLines(const std::string& text) {
  std::string lines;
  for (const Diagnostic& d : BindText(text).diagnostics) {
    lines +=
        std::string(d.severity == Severity::kWarning ? "warning " : "") + d.code + ": " + d.message;
    if (!d.label.empty() || !d.hint.empty()) lines += " | " + d.label;
    if (!d.hint.empty()) lines += " | " + d.hint;
    lines += "\n";
  }
  return lines;
}

inline logical::Plan PlanText(const std::string& text,
                              const std::vector<std::string>& disabled_rules = {},
                              bool optimize = true) {
  BoundText bound = BindText(text);
  if (bound.errors > 0) {
    ADD_FAILURE() << bound.text;
    return {};
  }
  logical::Plan plan = BuildLogical(bound.script);
  if (optimize) Optimize(&plan, disabled_rules);
  return plan;
}

inline LoweredProgram LowerText(const std::string& text,
                                const std::vector<std::string>& disabled_rules = {},
                                bool all_views = true) {
  LowerOptions options;
  options.all_views = all_views;
  return Lower(PlanText(text, disabled_rules), options);
}

}  // namespace flow::test
