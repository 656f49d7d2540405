// links: compiler/parse compiler/ast compiler/source
// labels: long
// Whatever the file holds: an answer within two seconds, never a crash. The deep trees that are
// accepted are printed too, as those who walk them recurse.
#include <time.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/parse_text.h"

namespace flow {
namespace {

using test::Parsed;
using test::ParseText;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif
// Of CPU time: two seconds are the promise on an idle machine; what is quadratic takes hours.
constexpr double kSeconds = kSlow ? 100 : 10;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string Times(size_t n, const std::string& text) {
  std::string all;
  all.reserve(n * text.size());
  for (size_t i = 0; i < n; ++i) all += text;
  return all;
}

// Parses in time; gives the first line of the diagnostics.
std::string FirstError(const std::string& text) {
  double begin = CpuSeconds();
  Parsed parsed = ParseText(text);
  std::string printed = parsed.Print();
  EXPECT_LT(CpuSeconds() - begin, kSeconds);
  EXPECT_LE(parsed.errors, kMaxErrors + 1);
  return parsed.text.substr(0, parsed.text.find('\n'));
}

std::string View(const std::string& expression) {
  return "VIEW v AS SELECT " + expression + " FROM s;";
}

TEST(FrontLimit, NestingBeyondTheLimit) {
  std::string too_deep = "error[too-deep]: nested deeper than 200 levels";
  EXPECT_EQ(FirstError(View(Times(400'000, "(") + "1" + Times(400'000, ")"))), too_deep);
  EXPECT_EQ(FirstError(Times(400'000, "(")), too_deep);
  EXPECT_EQ(FirstError(View(Times(100'000, "CASE WHEN "))), too_deep);
  EXPECT_EQ(FirstError(View(Times(100'000, "CASE ") + "1" + Times(100'000, " END"))), too_deep);
  EXPECT_EQ(FirstError(View(Times(100'000, "f("))), too_deep);
  EXPECT_EQ(FirstError("VIEW v AS SELECT * FROM " + Times(50'000, "(SELECT * FROM ")), too_deep);
  EXPECT_EQ(FirstError("VIEW v AS " + Times(100'000, "(")), too_deep);
  EXPECT_EQ(FirstError(View("f(1) OVER " + Times(100'000, "("))), too_deep);
  EXPECT_EQ(FirstError("SOURCE s (a " + Times(100'000, "STRUCT<a ") + "INT"), too_deep);
  EXPECT_EQ(FirstError("SOURCE s (a " + Times(100'000, "ARRAY<") + "INT"), too_deep);
}

TEST(FrontLimit, NestingWithinTheLimit) {
  EXPECT_EQ(
      FirstError(View(Times(200, "(") + "a OR b AND NOT c = d || e + f * -g" + Times(200, ")"))),
      "");
  EXPECT_EQ(FirstError(View(Times(199, "CASE WHEN a THEN ") + "1" + Times(199, " END"))), "");
  EXPECT_EQ(FirstError("VIEW v AS SELECT * FROM " + Times(200, "(SELECT * FROM ") + "s" +
                       Times(200, ")") + ";"),
            "");
  EXPECT_EQ(
      FirstError("SOURCE s (a " + Times(198, "STRUCT<a ") + "INT" + Times(198, ">") + ") FROM x;"),
      "");
  // What is closed does not count.
  EXPECT_EQ(FirstError(View(Times(1000, "(1) + CASE WHEN a THEN 1 END < ANY_OF(1) OR ") + "a")),
            "");
}

TEST(FrontLimit, TreesBeyondTheLimit) {
  std::string too_deep = "error[too-deep]: this expression is deeper than 1000 levels";
  EXPECT_EQ(FirstError(View(Times(100'000, "1 + ") + "1")), too_deep);
  EXPECT_EQ(FirstError(View(Times(100'000, "a || ") + "a")), too_deep);
  EXPECT_EQ(FirstError(View(Times(100'000, "NOT ") + "a")), too_deep);
  EXPECT_EQ(FirstError(View(Times(100'000, "- ") + "a")), too_deep);
  EXPECT_EQ(FirstError(View("a" + Times(100'000, "::INT"))), too_deep);
  EXPECT_EQ(FirstError(View("a" + Times(100'000, " IS NULL"))), too_deep);
  // Levels of nesting times chains.
  EXPECT_EQ(FirstError(View(Times(150, "(") + "1" + Times(150, Times(100, " + 1") + ")"))),
            too_deep);
  EXPECT_EQ(FirstError(View(Times(998, "1 + ") + "1")), "");
}

TEST(FrontLimit, LongChainsAndLists) {
  std::string ands = "VIEW v AS SELECT a FROM s WHERE a";
  EXPECT_EQ(FirstError(ands + Times(1'000'000, " AND a = 1") + ";"),
            "error[too-large]: more than 20000 terms in one AND chain");
  EXPECT_EQ(FirstError(ands + Times(1'000'000, " OR a") + ";"),
            "error[too-large]: more than 20000 terms in one OR chain");
  EXPECT_EQ(FirstError(ands + Times(19'999, " AND a") + ";"), "");
  EXPECT_EQ(FirstError(ands + " IN (1" + Times(20'000, ", 1") + ");"),
            "error[too-large]: more than 20000 values in one IN list");
  EXPECT_EQ(FirstError(ands + " IN (1" + Times(19'999, ", 1") + ");"), "");
  EXPECT_EQ(FirstError(View("a" + Times(100'000, ", a"))), "");
  EXPECT_EQ(FirstError(View("a" + Times(100'000, ".a"))), "");
  EXPECT_EQ(
      FirstError("VIEW v AS " + Times(20'000, "SELECT a FROM s UNION ALL ") + "SELECT a FROM s;"),
      "");
  EXPECT_EQ(FirstError("SOURCE s (a INT) FROM INLINE (VALUES (1)" + Times(100'000, ", (1)") + ");"),
            "");
}

TEST(FrontLimit, HugeFiles) {
  std::string too_many = "error[too-large]: the file has more than 500000 tokens";
  EXPECT_EQ(FirstError(std::string(kMaxFileBytes + 1, ' ')),
            "error[too-large]: the file is larger than 16 MiB");
  EXPECT_EQ(FirstError(std::string(kMaxFileBytes, ' ')), "");
  EXPECT_EQ(FirstError(std::string(kMaxFileBytes, ';')), too_many);
  EXPECT_EQ(FirstError("VIEW v AS SELECT a FROM s;" + Times(2'000'000, "/**/a ")), too_many);
  EXPECT_EQ(FirstError(View("'" + std::string(15u << 20, 'x') + "'")), "");
  EXPECT_EQ(FirstError(View("'" + Times(7u << 20, "''") + "'")), "");
  EXPECT_EQ(FirstError(View("/*" + std::string(15u << 20, '*') + "*/ 1")), "");
  EXPECT_EQ(FirstError(std::string(kMaxFileBytes, 'a')),
            "error[syntax]: expected `SOURCE`, `FUNCTION`, `VIEW`, `SINK` or `TEST`, found "
            "`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...`");
  EXPECT_EQ(FirstError(std::string(kMaxFileBytes, '9')),
            "error[syntax]: expected `SOURCE`, `FUNCTION`, `VIEW`, `SINK` or `TEST`, found "
            "`9999999999999999999999999999999999999...`");
  EXPECT_EQ(FirstError(Times(60'000, "VIEW v AS SELCT a FROM s;\n")),
            "error[syntax]: expected `SELECT`, found `SELCT`");
  EXPECT_EQ(FirstError(Times(60'000, "@;")),
            "error[unexpected-character]: unexpected character `@`");
}

TEST(FrontLimit, UnclosedFormsAreReadOnce) {
  EXPECT_EQ(FirstError(Times(5u << 20, "/* ")), "error[not-closed]: this comment is not closed");
  EXPECT_EQ(FirstError("'" + Times(4u << 20, "x;\n")),
            "error[not-closed]: this string is not closed");
  EXPECT_EQ(FirstError(Times(1u << 20, "\"x;\n")),
            "error[not-closed]: this quoted name is not closed");
}

TEST(FrontLimit, BinaryGarbage) {
  std::mt19937 random(7);
  std::string bytes;
  for (int i = 0; i < 400'000; ++i) bytes += static_cast<char>(random());
  EXPECT_TRUE(
      FirstError(bytes).starts_with("error[not-text]: the file is not UTF-8 text: byte 0x"));
  EXPECT_EQ(FirstError(std::string("VIEW\0", 5)),
            "error[not-text]: the file is not UTF-8 text: byte 0x00 at offset 4");
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_TRUE(FirstError(bad).starts_with("error[not-text]")) << bad;
  }
}

TEST(FrontLimit, ArbitraryTextIsSurvived) {
  const std::vector<std::string> pieces = {
      "VIEW ", "SOURCE ", "SELECT ", "FROM ", "(",     ")",     ",",      ";\n",   "a ",
      "b ",    "'x' ",    "1 ",      "10s ",  "CASE ", "WHEN ", "END ",   "AS ",   "AND ",
      "OR ",   "NOT ",    "- ",      "* ",    "= ",    "IN ",   "IS ",    "NULL ", ". ",
      "EMIT ", "EVERY ",  "GROUP ",  "BY ",   "<",     ">",     "::",     "INT ",  "'",
      "\"",    "/* ",     "-- ",     "@",     "WITH ", "v ",    "UNION ", "ALL ",  "TUMBLE"};
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937 random(seed);
    std::string text = seed % 2 == 0 ? "VIEW v AS SELECT a FROM s " : "";
    for (int i = 0; i < 60; ++i) text += pieces[random() % pieces.size()];
    SCOPED_TRACE(seed);
    Parsed parsed = ParseText(text);
    parsed.Print();
    bool comment = text.starts_with("-- ") || text.starts_with("/* ");
    EXPECT_TRUE(parsed.errors > 0 || comment || !parsed.script.statements.empty()) << text;
  }
}

TEST(FrontLimit, ThreadsParseAtTheSameTime) {
  std::vector<std::string> texts;
  std::vector<std::string> answers;
  for (int i = 0; i < 20; ++i) {
    std::string text = "VIEW v" + std::to_string(i) + " AS SELECT a + " + Times(i, "-(") + "1" +
                       Times(i % 7 == 0 ? 0 : i, ")") + " FROM s " + (i % 3 == 0 ? "WHER" : "") +
                       " EMIT CHANGES;";
    Parsed parsed = ParseText(text);
    texts.push_back(text);
    answers.push_back(parsed.Print() + parsed.text);
  }
  std::vector<std::thread> threads;
  std::atomic<int> differences = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 200; ++i) {
        size_t at = (i * 7 + t) % texts.size();
        Parsed parsed = ParseText(texts[at]);
        if (parsed.Print() + parsed.text != answers[at]) ++differences;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(differences, 0);
}

}  // namespace
}  // namespace flow
