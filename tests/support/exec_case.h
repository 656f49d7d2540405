// What tests of runs share: a pipeline compiled for the interpreter with all of its views, and
// digests as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "compiler/driver/compile.h"
#include "runtime/exec/job.h"
#include "runtime/format/encode.h"
#include "tests/support/temp_folder.h"

namespace flow::test {

class ExecTest : public ::testing::Test {
 protected:
  void Compile(const std::string& text) {
    CompileOptions options;
    options.engine = EngineKind::kInterpreter;
    options.all_views = true;
    SourceFile file("x.flow", text);
    Diagnostics diagnostics;
    auto result = flow::Compile(file, options, diagnostics);
    ASSERT_FALSE(diagnostics.has_errors()) << diagnostics.ToText(file, false);
    ASSERT_TRUE(result.ok());
    compilation_ = std::move(result).value();
  }
  static std::string Digests(const RunReport& report) {
    std::string text;
    for (const ViewDigest& d : report.digests) {
      text += d.view + " " + std::to_string(d.rows) + " " + HashText(d.hash) + "\n";
    }
    return text;
  }

  TempFolder folder_;
  std::unique_ptr<Compilation> compilation_;
};

}  // namespace flow::test
