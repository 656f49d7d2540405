// links: compiler/bind compiler/optimize compiler/lower compiler/interpret
// constant-folding, and looking functions up.
#include <algorithm>

#include "compiler/catalog/function.h"
#include "tests/support/plan_text.h"

namespace flow {
namespace {

std::string Folded(const std::string& expr) {
  logical::Plan plan = test::PlanText(
      "SOURCE t (b BOOLEAN, i INT, d DECIMAL(8,2), s STRING) FROM FILE (path = 't') FORMAT JSON;"
      "VIEW v AS SELECT " +
      expr + " AS x FROM t;");
  const logical::Node& project = *plan.views[0].root;
  return ToText(*project.exprs[0], logical::NamesOf(*project.inputs[0]));
}

TEST(ConstantFolding, Values) {
  EXPECT_EQ(Folded("1 + 2 * 3"), "7");
  EXPECT_EQ(Folded("i + (2 - 1)"), "i + 1");
  EXPECT_EQ(Folded("'a' || upper('b')"), "'aB'");
  EXPECT_EQ(Folded("d / 1e1"), "CAST(d AS DOUBLE) / 10");
  EXPECT_EQ(Folded("CAST('2026-01-01' AS DATE) + 1d"), "TIMESTAMP '2026-01-02 00:00:00'");
  EXPECT_EQ(Folded("NULL + 1"), "NULL");
  EXPECT_EQ(Folded("TRY_CAST('x' AS INT)"), "NULL");
}

TEST(ConstantFolding, ErrorsStayErrors) {
  EXPECT_EQ(Folded("1 / 0"), "<division by zero>");
  EXPECT_EQ(Folded("i + 2147483647 * 2"), "i + <numeric overflow>");
  EXPECT_EQ(Folded("COALESCE(1 / 0, 2)"), "<division by zero>");
  EXPECT_EQ(Folded("1 / 0 = 1 AND 1 = 2"), "FALSE");
  EXPECT_EQ(Folded("b AND 1 / 0 = 1"), "b AND <division by zero>");
}

TEST(ConstantFolding, LogicCaseAndCoalesce) {
  EXPECT_EQ(Folded("b AND 1 = 1"), "b");
  EXPECT_EQ(Folded("b AND i > 1 AND 1 = 2"), "FALSE");
  EXPECT_EQ(Folded("b OR 1 = 1"), "TRUE");
  EXPECT_EQ(Folded("b OR NULL"), "b OR NULL");
  EXPECT_EQ(Folded("CASE WHEN 1 = 2 THEN i WHEN b THEN 2 ELSE 3 END"),
            "CASE WHEN b THEN 2 ELSE 3 END");
  EXPECT_EQ(Folded("CASE WHEN b THEN 1 WHEN 1 = 1 THEN 2 ELSE 3 END"),
            "CASE WHEN b THEN 1 ELSE 2 END");
  EXPECT_EQ(Folded("CASE WHEN NULL THEN 1 ELSE i END"), "i");
  EXPECT_EQ(Folded("COALESCE(NULL, i, 1, s::INT)"), "COALESCE(i, 1)");
  EXPECT_EQ(Folded("COALESCE(NULL, i)"), "i");
}

TEST(Functions, Overloads) {
  auto find = [](const char* name, std::vector<Type> types) {
    const Function* function = FindFunction(name, types);
    return function == nullptr ? std::string("none") : function->ToString();
  };
  const Type kInt(TypeKind::kInt), kBigint(TypeKind::kBigint), kDouble(TypeKind::kDouble);
  const Type kString(TypeKind::kString), kNull(TypeKind::kNull), kDate(TypeKind::kDate);
  EXPECT_EQ(find("abs", {kInt}), "abs(int) -> int");
  EXPECT_EQ(find("abs", {kBigint}), "abs(bigint) -> bigint");
  EXPECT_EQ(find("power", {kInt, kDouble}), "power(double, double) -> double");
  EXPECT_EQ(find("greatest", {kInt, kBigint}), "greatest(bigint, bigint) -> bigint");
  EXPECT_EQ(find("year", {kDate}), "year(timestamp) -> bigint");
  EXPECT_EQ(find("upper", {kNull}), "upper(string) -> string");
  EXPECT_EQ(find("upper", {kInt}), "none");
  EXPECT_EQ(find("upper", {kString, kString}), "none");
  EXPECT_EQ(find("no_such", {}), "none");
  EXPECT_TRUE(FunctionExists("lower"));
  EXPECT_FALSE(FunctionExists("LOWER"));
  std::vector<std::string> names = FunctionNames();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::count(names.begin(), names.end(), "abs"), 1);
}

}  // namespace
}  // namespace flow
