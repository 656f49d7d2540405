// links: compiler/driver tests/generator
// parts: 8 10
//
// `flowc test` on random pipelines: what a first run says that came out, written as a TEST, holds
// in every way of running it, with records shuffled as far as lateness allows.
//
// FLOW_CASES: how many cases (default 40); FLOW_SEED: the first seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "compiler/driver/testing/run_tests.h"
#include "tests/generator/case_generator.h"
#include "tests/generator/random.h"

namespace flow::test {
namespace {

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

// The rows of each source, as they are written: VALUES (...) PARTITION 1 VALUES (...).
std::string Given(const std::string& text) {
  static const std::regex kSource(R"(SOURCE (\w+) \([^)]*(?:\([^)]*\)[^)]*)*\)\nFROM INLINE \()");
  std::string given;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), kSource);
       it != std::sregex_iterator(); ++it) {
    const size_t begin = static_cast<size_t>(it->position() + it->length());
    size_t end = begin;
    bool quoted = false;
    for (int depth = 1; depth > 0; ++end) {
      if (text[end] == '\'') quoted = !quoted;
      if (quoted) continue;
      depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
    }
    given += "GIVEN " + (*it)[1].str() + " " + text.substr(begin, end - 1 - begin) + "\n";
  }
  return given;
}

std::vector<std::string> Named(const std::string& text, const std::string& before) {
  const std::regex pattern(before + R"( (\w+))");
  std::vector<std::string> names;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), pattern);
       it != std::sregex_iterator(); ++it) {
    names.push_back((*it)[1]);
  }
  return names;
}

// Empty after a failure.
std::vector<testing::TestResult> RunText(const std::string& text, int runs, uint64_t seed) {
  SourceFile file("case.flow", text);
  CompileOptions compile;
  compile.variable = [](const std::string&) { return std::nullopt; };
  testing::TestOptions options;
  options.runs = runs;
  options.seed = seed;
  Diagnostics diagnostics;
  auto result = testing::RunTests(file, compile, options, diagnostics, nullptr);
  EXPECT_TRUE(result.ok());
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToText(file, false);
  return result.ok() ? std::move(result).value().results : std::vector<testing::TestResult>();
}

TEST(RandomTests, WhatCameOutOnceComesOutInEveryWay) {
  const int64_t cases = FromEnvironment("FLOW_CASES", 40);
  const uint64_t first = static_cast<uint64_t>(FromEnvironment("FLOW_SEED", 1));
  size_t rows = 0, dead = 0;
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(cases); ++seed) {
    const GeneratedCase generated = WithUnnest(Generate(seed));
    const std::string given = Given(generated.text);
    std::vector<std::string> relations = Named(generated.text, "VIEW");
    for (const std::string& late : Named(generated.text, "LATE TO")) relations.push_back(late);
    std::string question = "TEST q\n" + given;
    for (const std::string& name : relations) question += "EXPECT " + name + " EMPTY\n";
    for (const GeneratedSource& source : generated.sources) {
      question +=
          "EXPECT " + source.name + " DEAD LETTER (partition, offset) VALUES (999, 999999)\n";
    }
    const auto asked = RunText(generated.text + question + ";", 0, 1);
    ASSERT_EQ(asked.size(), 1u) << "seed " << seed << "\n" << generated.text << question;
    ASSERT_EQ(asked[0].error, "") << "seed " << seed << "\n" << generated.text << question;
    std::string answer = "TEST a\n" + given;
    for (const testing::Difference& difference : asked[0].differences) {
      const bool letters = difference.what.starts_with("dead letters of ");
      if (difference.unexpected.empty()) continue;
      answer += "EXPECT " +
                (letters ? difference.what.substr(16) + " DEAD LETTER (partition, offset)"
                         : difference.what) +
                " VALUES";
      (letters ? dead : rows) += difference.unexpected.size();
      for (size_t i = 0; i < difference.unexpected.size(); ++i) {
        answer += (i == 0 ? " " : ",\n  ") + difference.unexpected[i];
      }
      answer += "\n";
    }
    for (const std::string& name : relations) {
      const bool found =
          std::any_of(asked[0].differences.begin(), asked[0].differences.end(),
                      [&](const auto& d) { return d.what == name && !d.unexpected.empty(); });
      if (!found) answer += "EXPECT " + name + " EMPTY\n";
    }
    const auto answered = RunText(generated.text + answer + ";", 15, seed * 100);
    ASSERT_EQ(answered.size(), 1u) << "seed " << seed << "\n" << generated.text << answer;
    ASSERT_TRUE(answered[0].passed)
        << "seed " << seed << "\n"
        << testing::FailureText(answered[0]) << generated.text << answer;
  }
  std::printf("%lld cases, %zu rows, %zu dead letters\n", static_cast<long long>(cases), rows,
              dead);
  EXPECT_GT(rows, static_cast<size_t>(cases) * 5);
  EXPECT_GT(dead, static_cast<size_t>(cases) / 4);
}

}  // namespace
}  // namespace flow::test
