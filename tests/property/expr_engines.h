// The engines under comparison: the interpreter, and generated code of both tiers.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compiler/codegen/codegen.h"
#include "compiler/interpret/interpret.h"
#include "compiler/lower/kernel_spec.h"

namespace flow::kernel_test {

struct EngineCase {
  std::string name;
  std::function<void(const LoweredProgram&, std::unique_ptr<codegen::Engine>*)> fill;
};

inline EngineCase Generated(const std::string& name, bool tier0, bool tier1, bool cse) {
  return {name, [=](const LoweredProgram& program, std::unique_ptr<codegen::Engine>* keep) {
            codegen::Options options;
            options.tier0 = tier0;
            options.tier1 = tier1;
            options.cse = cse;
            options.background = false;
            auto engine = codegen::Generate(program, options);
            ASSERT_TRUE(engine.ok()) << engine.error().message;
            ASSERT_TRUE(engine.value()->Wait().ok());
            *keep = std::move(engine).value();
          }};
}

// The first one is the reference.
inline std::vector<EngineCase> Engines() {
  return {{"interpreter",
           [](const LoweredProgram& program, std::unique_ptr<codegen::Engine>*) {
             ASSERT_TRUE(interpret::Install(program).ok());
           }},
          Generated("tier 0", true, false, true),
          Generated("tier 1", false, true, true),
          Generated("tier 0 without cse", true, false, false)};
}

// Runs `use` once an engine, with all slots filled by it, and gives what it returned, by engine.
template <typename Use>
auto RunAll(const LoweredProgram& program, Use use) {
  std::vector<decltype(use())> results;
  for (const EngineCase& engine : Engines()) {
    std::unique_ptr<codegen::Engine> keep;
    engine.fill(program, &keep);
    if (testing::Test::HasFatalFailure()) return results;
    results.push_back(use());
  }
  return results;
}

}  // namespace flow::kernel_test
