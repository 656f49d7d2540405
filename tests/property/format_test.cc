// links: compiler/format compiler/parse compiler/ast compiler/source tests/generator
//
// A layout changes nothing but the layout: over every .flow text of the repository, over generated
// ones, and over both with their spaces shaken and comments put between any two tokens.
#include "compiler/format/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/parse/parse.h"
#include "compiler/parse/syntax.h"
#include "tests/generator/case_generator.h"
#include "tests/generator/random.h"
#include "tests/support/quick.h"

namespace flow::test {
namespace {

struct Text {
  std::string name, text;
};

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The parts of a text between a line that `begins` and the next that `ends`.
void AddParts(const std::string& name, const std::string& text, const std::string& begins,
              const std::string& ends, std::vector<Text>* out) {
  for (size_t at = text.find(begins); at != std::string::npos; at = text.find(begins, at)) {
    at = text.find('\n', at + 1) + 1;
    size_t end = text.find(ends, at - 1);
    if (end == std::string::npos) end = text.size();
    std::string part = text.substr(at, end < at ? 0 : end + 1 - at);
    out->push_back({name + "@" + std::to_string(at), std::move(part)});
  }
}

std::vector<Text> OfTheRepository() {
  std::vector<Text> texts;
  const std::filesystem::path root = FLOW_SOURCE_DIR;
  for (const char* folder : {"docs", "examples", "tests", "tools", "compiler", "runtime"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = entry.path().string();
      const std::string extension = entry.path().extension();
      if (extension == ".flow") texts.push_back({name, ReadAll(entry.path())});
      if (extension == ".flowtest") {
        AddParts(name, ReadAll(entry.path()), "\n== flow\n", "\n== ", &texts);
      }
      if (extension == ".md") AddParts(name, ReadAll(entry.path()), "\n```flow", "\n```", &texts);
    }
  }
  AddParts("README.md", ReadAll(root / "README.md"), "\n```flow", "\n```", &texts);
  return texts;
}

// The tree as text; "": it has errors. A variable stands for itself.
std::string Tree(const std::string& text, Diagnostics& out) {
  SourceFile file("x.flow", text);
  ParseOptions options;
  options.variable = [](const std::string& name) { return "${" + name + "}"; };
  return ast::Print(Parse(file, options, out));
}

// Comments as the lexer's rules find them, without the formatter's help.
std::vector<std::string> Comments(const std::string& text) {
  std::vector<std::string> comments;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '\'' || text[i] == '"') {
      end = text.find(text[i], i + 1) + 1;
    } else if (text.compare(i, 2, "--") == 0) {
      end = std::min(text.find('\n', i), text.size());
    } else if (text.compare(i, 2, "/*") == 0) {
      end = text.find("*/", i + 2) + 2;
    }
    if (end > i + 1 && text[i] != '\'' && text[i] != '"') {
      std::string comment = text.substr(i, end - i);
      comment.erase(comment.find_last_not_of(" \t\r") + 1);
      comments.push_back(std::move(comment));
    }
    i = end;
  }
  return comments;
}

// Fails unless the text has a layout that says the same. False: it has syntax errors.
bool Check(const Text& input) {
  SCOPED_TRACE(input.name + "\n" + input.text);
  SourceFile file("x.flow", input.text);
  Diagnostics errors;
  auto formatted = Format(file, errors);
  EXPECT_TRUE(formatted.ok()) << (formatted.ok() ? "" : formatted.error().message);
  Diagnostics before_errors, after_errors;
  const std::string before = Tree(input.text, before_errors);
  if (!formatted.ok()) return true;
  if (errors.has_errors()) {
    // Whatever has a layout parses, but for what the language refuses.
    EXPECT_TRUE(before_errors.has_errors());
    EXPECT_EQ("", formatted.value());
    return false;
  }
  const std::string& after = formatted.value();
  EXPECT_EQ(before, Tree(after, after_errors)) << after;
  EXPECT_EQ(before_errors.error_count(), after_errors.error_count());
  EXPECT_EQ(Comments(input.text), Comments(after)) << after;
  Diagnostics none;
  auto again = Format(SourceFile("x.flow", after), none);
  EXPECT_TRUE(again.ok() && again.value() == after)
      << after << "---- and again\n"
      << (again.ok() ? again.value() : again.error().message);
  EXPECT_TRUE(after.empty() || after.back() == '\n') << after;
  for (size_t at = 0; at < after.size() && after.back() == '\n';) {
    size_t end = after.find('\n', at);
    EXPECT_FALSE(end > at && after[end - 1] == ' ' && Comments(after).empty()) << after;
    at = end + 1;
  }
  return true;
}

// Other spaces between the tokens, and sometimes a comment.
Text Shaken(const Text& input, uint64_t seed) {
  Random random(seed);
  SourceFile file("x.flow", input.text);
  Diagnostics errors;
  Syntax syntax = ReadSyntax(file, errors);
  if (errors.has_errors()) return input;
  std::string text;
  auto space = [&] {
    int comments = random.Chance(12) ? static_cast<int>(random.Between(1, 3)) : 0;
    text += random.Chance(80) ? " " : random.Chance(70) ? "\n" : "\n\n  ";
    for (int i = 0; i < comments; ++i) {
      const std::string name = std::to_string(random.Between(0, 999));
      text += random.Chance(45)   ? "-- c" + name + "\n"
              : random.Chance(80) ? "/* c" + name + " */"
                                  : "/* c\n   " + name + "*/";
      text += random.Chance(40) ? "\n" : random.Chance(40) ? " " : "";
    }
  };
  for (const Span& token : syntax.tokens) {
    space();
    text += file.Text(token);
  }
  space();
  return {input.name + " shaken by " + std::to_string(seed), text};
}

TEST(Format, TextsOfTheRepository) {
  int laid_out = 0;
  for (const Text& text : OfTheRepository()) {
    laid_out += Check(text) ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GE(laid_out, 60);
}

TEST(Format, TextsOfTheRepositoryShaken) {
  const std::vector<Text> texts = OfTheRepository();
  for (int64_t seed = 1; seed <= AllOr(8, 2); ++seed) {
    for (const Text& text : texts) {
      Check(Shaken(text, static_cast<uint64_t>(seed)));
      if (HasFailure()) return;
    }
  }
}

TEST(Format, GeneratedTexts) {
  for (int64_t i = 1; i <= AllOr(100, 15); ++i) {
    const auto seed = static_cast<uint64_t>(i);
    Text text = {"seed " + std::to_string(seed), Generate(seed).text};
    EXPECT_TRUE(Check(text));
    Check(Shaken(text, seed));
    if (HasFailure()) return;
  }
}

TEST(Format, AnythingElseIsReportedOrLeftAlone) {
  for (const char* text : {"", "\n\n", "-- only a comment", ";;", "/* a */;-- b\n"}) {
    EXPECT_TRUE(Check({"odd", text}));
  }
  for (const char* text :
       {"VIEW", "VIEW v AS SELECT 1 FROM s", "/* open", "SELECT 1;", "VIEW v AS 'x;"}) {
    EXPECT_FALSE(Check({"wrong", text}));
  }
}

}  // namespace
}  // namespace flow::test
