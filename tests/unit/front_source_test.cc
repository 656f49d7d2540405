// links: compiler/source
// Places, the look of diagnostics, JSON, and "did you mean".
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compiler/source/diagnostic.h"

namespace flow {
namespace {

TEST(FrontSource, PlacesCountLinesAndCharacters) {
  SourceFile file("f", "ab\n\tü€x\r\n\nlast");
  auto place = [&](uint32_t byte) {
    SourceFile::Place p = file.PlaceOf(byte);
    return std::to_string(p.line) + ":" + std::to_string(p.column);
  };
  EXPECT_EQ(place(0), "1:1");
  EXPECT_EQ(place(2), "1:3");  // the line's end
  EXPECT_EQ(place(3), "2:1");  // a tab is one character
  EXPECT_EQ(place(4), "2:2");  // ü
  EXPECT_EQ(place(6), "2:3");  // €
  EXPECT_EQ(place(9), "2:4");  // x
  EXPECT_EQ(place(12), "3:1");
  EXPECT_EQ(place(13), "4:1");
  EXPECT_EQ(place(17), "4:5");  // the file's end
  EXPECT_EQ(place(1000), "4:5");
  EXPECT_EQ(file.Line(1), "ab");
  EXPECT_EQ(file.Line(2), "\tü€x");
  EXPECT_EQ(file.Line(3), "");
  EXPECT_EQ(file.Line(4), "last");
  EXPECT_EQ(file.Line(0), "");
  EXPECT_EQ(file.Line(5), "");
  EXPECT_EQ(file.Text({3, 6}), "\tü");
  EXPECT_EQ(file.Text({13, 1000}), "last");
  EXPECT_EQ(file.Text({1000, 5}), "");
}

// One error on the bytes [begin, end) of the text.
std::string TextOf(const std::string& text, uint32_t begin, uint32_t end, bool color = false) {
  SourceFile file("file.flow", text);
  Diagnostics out;
  Diagnostic& d = out.Error({begin, end}, "message");
  d.code = "code";
  d.label = "label";
  d.hint = "hint";
  return out.ToText(file, color);
}

TEST(FrontSource, LooksLikeRustc) {
  SourceFile file("clicks.flow", "VIEW v AS\n\nSELECT pgae, COUNT(*) FROM clicks;\n");
  Diagnostics out;
  Diagnostic& d = out.Error({18, 22}, "unknown column `pgae`");
  d.code = "unknown-column";
  d.label = "not a column of clicks";
  d.hint = "did you mean `page`?";
  out.Warning({5, 6}, "a view that nobody reads");
  EXPECT_TRUE(out.has_errors());
  EXPECT_EQ(out.error_count(), 1);
  // In the order of places.
  EXPECT_EQ(out.ToText(file, false), R"(warning: a view that nobody reads
 --> clicks.flow:1:6
  |
1 | VIEW v AS
  |      ^

error[unknown-column]: unknown column `pgae`
 --> clicks.flow:3:8
  |
3 | SELECT pgae, COUNT(*) FROM clicks;
  |        ^^^^ not a column of clicks
  |
  = hint: did you mean `page`?
)");
}

TEST(FrontSource, GutterGrowsWithTheLineNumber) {
  std::string text;
  for (int i = 0; i < 99; ++i) text += "x\n";
  EXPECT_EQ(TextOf(text + "here", 198, 202), R"(error[code]: message
   --> file.flow:100:1
    |
100 | here
    | ^^^^ label
    |
    = hint: hint
)");
}

TEST(FrontSource, TabsAndWideCharactersKeepTheCaretsInPlace) {
  EXPECT_EQ(TextOf("\tab\tc", 4, 5), R"(error[code]: message
 --> file.flow:1:5
  |
1 |     ab    c
  |           ^ label
  |
  = hint: hint
)");
  // ü takes one column, 漢 two.
  EXPECT_EQ(TextOf("ü漢 x漢", 6, 10), R"(error[code]: message
 --> file.flow:1:4
  |
1 | ü漢 x漢
  |     ^^^ label
  |
  = hint: hint
)");
}

TEST(FrontSource, SpansOverLinesShowTheFirst) {
  EXPECT_EQ(TextOf("one two\nthree", 4, 13), R"(error[code]: message
 --> file.flow:1:5
  |
1 | one two
  |     ^^^ label
  |
  = hint: hint
)");
}

TEST(FrontSource, EmptySpansHaveOneCaret) {
  EXPECT_EQ(TextOf("", 0, 0), R"(error[code]: message
 --> file.flow:1:1
  |
1 |
  | ^ label
  |
  = hint: hint
)");
  EXPECT_EQ(TextOf("ab", 2, 2), R"(error[code]: message
 --> file.flow:1:3
  |
1 | ab
  |   ^ label
  |
  = hint: hint
)");
}

TEST(FrontSource, LongLinesAreCutAroundTheSpan) {
  std::string text = std::string(100'000, 'a') + "ERROR" + std::string(100'000, 'b');
  std::string shown = TextOf(text, 100'000, 100'005);
  EXPECT_LT(shown.size(), 600u);
  EXPECT_NE(shown.find("1 | ... aaaa"), std::string::npos);
  EXPECT_NE(shown.find("bbb ...\n"), std::string::npos);
  size_t error = shown.find("ERROR");
  size_t carets = shown.find("^^^^^ label");
  ASSERT_NE(error, std::string::npos);
  ASSERT_NE(carets, std::string::npos);
  EXPECT_EQ(error - shown.rfind('\n', error), carets - shown.rfind('\n', carets));
}

TEST(FrontSource, NothingThatDisturbsATerminalIsShown) {
  std::string shown = TextOf("a\x1b[31mb\xff\x00 c", 0, 1);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find('\xff'), std::string::npos);
  EXPECT_NE(shown.find("a\uFFFD[31mb\uFFFD"), std::string::npos);
}

TEST(FrontSource, ColorsOnlyWhenAsked) {
  EXPECT_EQ(TextOf("abc", 0, 1).find('\x1b'), std::string::npos);
  std::string colored = TextOf("abc", 0, 1, true);
  EXPECT_TRUE(colored.starts_with("\x1b[1;31merror[code]\x1b[0m"));
}

TEST(FrontSource, JsonIsOneObjectALine) {
  SourceFile file("a\"b.flow", "x\nü abc\n");
  Diagnostics out;
  Diagnostic& d = out.Error({5, 8}, "say \"\xff\"");
  d.code = "code";
  d.label = "label";
  d.hint = "hint\n2";
  out.Warning({0, 1}, "w");
  std::string json = out.ToJson(file);
  size_t line_end = json.find('\n');
  EXPECT_EQ(json.substr(0, line_end),
            R"({"severity":"warning","code":"","message":"w","label":"","hint":"",)"
            R"("file":"a\"b.flow","line":1,"column":1,"end_line":1,"end_column":2})");
  auto object = nlohmann::json::parse(json.substr(line_end + 1));
  EXPECT_EQ(object["severity"], "error");
  EXPECT_EQ(object["message"], "say \"\uFFFD\"");
  EXPECT_EQ(object["hint"], "hint\n2");
  EXPECT_EQ(object["line"], 2);
  EXPECT_EQ(object["column"], 3);
  EXPECT_EQ(object["end_column"], 6);
  EXPECT_EQ(json.back(), '\n');
}

TEST(FrontSource, DidYouMeanFindsSlips) {
  std::vector<std::string> names = {"page", "country", "revenue", "ts", "Url"};
  EXPECT_EQ(DidYouMean("pgae", names), "page");       // swapped
  EXPECT_EQ(DidYouMean("contry", names), "country");  // left out
  EXPECT_EQ(DidYouMean("revenues", names), "revenue");
  EXPECT_EQ(DidYouMean("PAGE", names), "page");  // case only
  EXPECT_EQ(DidYouMean("url", names), "Url");
  EXPECT_EQ(DidYouMean("TS", names), "ts");
  EXPECT_EQ(DidYouMean("xy", names), "");  // too short to be a slip of ts
  EXPECT_EQ(DidYouMean("user", names), "");
  EXPECT_EQ(DidYouMean("", names), "");
  EXPECT_EQ(DidYouMean("page", {"page"}), "");  // it is that name
  EXPECT_EQ(DidYouMean(std::string(100'000, 'x'), names), "");
  // The nearest, and of equals the first.
  EXPECT_EQ(DidYouMean("amount", {"amounts1", "amounts"}), "amounts");
  EXPECT_EQ(DidYouMean("cat", {"bat", "hat"}), "bat");
}

}  // namespace
}  // namespace flow
