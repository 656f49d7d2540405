// links: compiler/parse compiler/ast compiler/source
// Expressions: PostgreSQL's precedence, every kind of node, and text that reads back as the same
// tree.
#include <random>

#include "tests/support/parse_text.h"

namespace flow {
namespace {

using ast::Expr;
using ast::ExprKind;
using ast::ExprPtr;
using test::ParseExpression;
using test::ParseText;
using test::Structure;

std::string StructureOf(const std::string& text) {
  ExprPtr expr = ParseExpression(text);
  return expr ? Structure(*expr) : "";
}

TEST(FrontExpression, PrecedenceIsPostgres) {
  EXPECT_EQ(StructureOf("a OR b AND c"), "(or a (and b c))");
  EXPECT_EQ(StructureOf("a AND b OR c AND d"), "(or (and a b) (and c d))");
  EXPECT_EQ(StructureOf("NOT a AND b"), "(and (NOT a) b)");
  EXPECT_EQ(StructureOf("NOT a = b"), "(NOT (= a b))");
  EXPECT_EQ(StructureOf("NOT a IS NULL"), "(NOT (null? a))");
  EXPECT_EQ(StructureOf("a = b IS NULL"), "(null? (= a b))");
  EXPECT_EQ(StructureOf("a < b LIKE c"), "(< a (like b c))");
  EXPECT_EQ(StructureOf("a || b + c"), "(|| a (+ b c))");
  EXPECT_EQ(StructureOf("a LIKE b || c"), "(like a (|| b c))");
  EXPECT_EQ(StructureOf("a + b * c - d"), "(- (+ a (* b c)) d)");
  EXPECT_EQ(StructureOf("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(StructureOf("a / b % c"), "(% (/ a b) c)");
  EXPECT_EQ(StructureOf("-a * b"), "(* (- a) b)");
  EXPECT_EQ(StructureOf("-a::INT"), "(- (cast:INT a))");
  EXPECT_EQ(StructureOf("a * -b"), "(* a (- b))");
  EXPECT_EQ(StructureOf("- - +a"), "(- (- (+ a)))");
  EXPECT_EQ(StructureOf("a - -1"), "(- a (- 1))");
  EXPECT_EQ(StructureOf("a BETWEEN 1 AND 2 AND b"), "(and (between a 1 2) b)");
  EXPECT_EQ(StructureOf("a BETWEEN 1 + 2 AND 3 * 4 OR b"), "(or (between a (+ 1 2) (* 3 4)) b)");
  EXPECT_EQ(StructureOf("a BETWEEN 1 AND 2 = b"), "(= (between a 1 2) b)");
  EXPECT_EQ(StructureOf("a IS DISTINCT FROM b AND c"), "(and (distinct a b) c)");
  EXPECT_EQ(StructureOf("a IS DISTINCT FROM b = c"), "(distinct a (= b c))");
  EXPECT_EQ(StructureOf("(a OR b) AND c"), "(and (or a b) c)");
  EXPECT_EQ(StructureOf("a - (b - c)"), "(- a (- b c))");
  EXPECT_EQ(StructureOf("x::INT < 5"), "(< (cast:INT x) 5)");
  EXPECT_EQ(StructureOf("x::Array<map<STRING, ARRAY<INT>>> IS NULL"),
            StructureOf("CAST(x AS ARRAY<MAP<STRING, ARRAY<INT>>>) IS NULL"));
  EXPECT_EQ(StructureOf("x::STRUCT<a INT, b ARRAY<INT>>"),
            StructureOf("CAST(x AS STRUCT<a INT, b ARRAY<INT>>)"));
  EXPECT_EQ(StructureOf("array < 5"), "(< array 5)");
}

TEST(FrontExpression, ChainsOfAndOrAreFlatAsWritten) {
  EXPECT_EQ(StructureOf("a AND b AND c"), "(and a b c)");
  EXPECT_EQ(StructureOf("(a AND b) AND c"), "(and (and a b) c)");
  EXPECT_EQ(StructureOf("a OR b OR c OR d"), "(or a b c d)");
}

TEST(FrontExpression, Literals) {
  EXPECT_EQ(StructureOf("NULL"), "null");
  EXPECT_EQ(StructureOf("true"), "true");
  EXPECT_EQ(StructureOf("False"), "false");
  EXPECT_EQ(StructureOf("12"), "12");
  EXPECT_EQ(StructureOf("1.50"), "1.50");
  EXPECT_EQ(StructureOf(".5"), ".5");
  EXPECT_EQ(StructureOf("1e3"), "1e3");
  EXPECT_EQ(StructureOf("1.5E-3"), "1.5E-3");
  EXPECT_EQ(StructureOf("'it''s'"), "'it's'");
  EXPECT_EQ(StructureOf("''"), "''");
  EXPECT_EQ(StructureOf("'a\nb -- c /* d'"), "'a\nb -- c /* d'");
  EXPECT_EQ(StructureOf("DATE '2026-01-01'"), "DATE'2026-01-01'");
  EXPECT_EQ(StructureOf("timestamp '2026-01-01 10:00:00'"), "TIMESTAMP'2026-01-01 10:00:00'");
}

TEST(FrontExpression, Durations) {
  EXPECT_EQ(StructureOf("250ms"), "250000us");
  EXPECT_EQ(StructureOf("10s"), "10000000us");
  EXPECT_EQ(StructureOf("1m"), "60000000us");
  EXPECT_EQ(StructureOf("2H"), "7200000000us");
  EXPECT_EQ(StructureOf("7d"), "604800000000us");
  EXPECT_EQ(StructureOf("1w"), "604800000000us");
  EXPECT_EQ(StructureOf("INTERVAL '10' SECOND"), "10000000us");
  EXPECT_EQ(StructureOf("INTERVAL '1.5' hours"), "5400000000us");
  EXPECT_EQ(StructureOf("INTERVAL '1 minute 5s'"), "65000000us");
  EXPECT_EQ(StructureOf("INTERVAL '-0:00:00.5' + second"), "(+ -500000us second)");
  EXPECT_EQ(StructureOf("INTERVAL ' -2 ' MINUTE"), "-120000000us");
  EXPECT_EQ(StructureOf("INTERVAL '0.0000005' SECOND"), "1us");
  EXPECT_EQ(StructureOf("9223372036854775ms"), "9223372036854775000us");
  EXPECT_EQ(StructureOf("ts - 10s"), "(- ts 10000000us)");
}

TEST(FrontExpression, ColumnsAndNames) {
  EXPECT_EQ(StructureOf("a.b.c"), "a.b.c");
  EXPECT_EQ(StructureOf("t.*"), "t.*");
  EXPECT_EQ(StructureOf("\"select\".\"a \"\"b\"\"\""), "select.a \"b\"");
  EXPECT_EQ(StructureOf("Straße"), "Straße");
  // Case counts.
  EXPECT_EQ(StructureOf("Page"), "Page");
}

TEST(FrontExpression, FieldsOfValues) {
  EXPECT_EQ(StructureOf("a[1].b"), "(.b (element_at a 1))");
  EXPECT_EQ(StructureOf("a.b[1].c.d[2]"), "(element_at (.d (.c (element_at a.b 1))) 2)");
  EXPECT_EQ(StructureOf("f(x).a"), "(.a (f x))");
  EXPECT_EQ(StructureOf("(a).b.c + 1"), "(+ (.c (.b a)) 1)");
  EXPECT_EQ(StructureOf("CAST(a AS STRUCT<x INT>).x::INT"),
            "(cast:INT (.x (cast:STRUCT<x INT> a)))");
}

TEST(FrontExpression, Predicates) {
  EXPECT_EQ(StructureOf("a IS NULL"), "(null? a)");
  EXPECT_EQ(StructureOf("a IS NOT NULL"), "(not-null? a)");
  EXPECT_EQ(StructureOf("a IS TRUE"), "(true? a)");
  EXPECT_EQ(StructureOf("a IS NOT FALSE"), "(not-false? a)");
  EXPECT_EQ(StructureOf("a IS NOT DISTINCT FROM b"), "(not-distinct a b)");
  EXPECT_EQ(StructureOf("a IN (1, b + 1)"), "(in a 1 (+ b 1))");
  EXPECT_EQ(StructureOf("a NOT IN (1)"), "(not-in a 1)");
  EXPECT_EQ(StructureOf("a NOT BETWEEN 1 AND 2"), "(not-between a 1 2)");
  EXPECT_EQ(StructureOf("a NOT LIKE 'x%'"), "(not-like a 'x%')");
  EXPECT_EQ(StructureOf("a != b"), "(<> a b)");
  EXPECT_EQ(StructureOf("a <> b"), "(<> a b)");
  EXPECT_EQ(StructureOf("a >= b"), "(>= a b)");
}

TEST(FrontExpression, CallsCasesCasts) {
  EXPECT_EQ(StructureOf("COUNT(*)"), "(COUNT *)");
  EXPECT_EQ(StructureOf("COUNT(DISTINCT a)"), "(COUNT:distinct a)");
  EXPECT_EQ(StructureOf("f(a, b ORDER BY c, d + 1 DESC)"),
            "(f a b (order c) (order:desc:nulls-first (+ d 1)))");
  EXPECT_EQ(StructureOf("SUM(a) FILTER (WHERE b > 1)"), "(SUM a filter (> b 1))");
  EXPECT_EQ(StructureOf("now()"), "(now)");
  EXPECT_EQ(StructureOf("left(a, 3)"), "(left a 3)");
  EXPECT_EQ(StructureOf("CASE WHEN a THEN 1 WHEN b THEN 2 END"), "(case a 1 b 2)");
  EXPECT_EQ(StructureOf("CASE x WHEN 1 THEN 'a' ELSE 'b' END"), "(case-of-else x 1 'a' 'b')");
  EXPECT_EQ(StructureOf("CAST(a AS DECIMAL(12, 2))"), "(cast:DECIMAL(12,2) a)");
  EXPECT_EQ(StructureOf("try_cast(a AS bigint)"), "(try-cast:BIGINT a)");
  EXPECT_EQ(StructureOf("a::STRING::INT"), "(cast:INT (cast:STRING a))");
}

TEST(FrontExpression, SpansCoverWhatIsWritten) {
  std::string text = "VIEW v AS SELECT a + foo(b) FROM t WHERE NOT c IS NULL;";
  SourceFile file("x", text);
  Diagnostics out;
  ast::Script script = Parse(file, {}, out);
  ASSERT_EQ(out.error_count(), 0);
  const ast::Select& select = script.statements[0].view->query->selects[0];
  const Expr& sum = *select.items[0].expr;
  EXPECT_EQ(file.Text(sum.span), "a + foo(b)");
  EXPECT_EQ(file.Text(sum.op_span), "+");
  EXPECT_EQ(file.Text(sum.children[1]->span), "foo(b)");
  EXPECT_EQ(file.Text(select.where->span), "NOT c IS NULL");
  EXPECT_EQ(file.Text(select.where->children[0]->op_span), "IS NULL");
}

TEST(FrontExpression, HeightCountsLevels) {
  EXPECT_EQ(ParseExpression("a")->height, 1);
  EXPECT_EQ(ParseExpression("a + b + c")->height, 3);
  EXPECT_EQ(ParseExpression("a AND b AND c")->height, 2);
  EXPECT_EQ(ParseExpression("COUNT(*) FILTER (WHERE a > 1)")->height, 3);
}

// --- Text and back -------------------------------------------------------------------------------

// Trees of every kind, drawn at random.
class TreeMaker {
 public:
  explicit TreeMaker(uint32_t seed) : random_(seed) {}

  ExprPtr Make(int depth) {
    if (depth == 0) return Leaf();
    switch (Draw(14)) {
      case 0:
        return Leaf();
      case 1:
        return Node(ExprKind::kAnd, depth, 2 + Draw(2));
      case 2:
        return Node(ExprKind::kOr, depth, 2 + Draw(2));
      case 3:
        return Operator(ExprKind::kUnary, depth, 1, {"-", "+", "NOT"});
      case 4:
      case 5:
        return Operator(ExprKind::kBinary, depth, 2,
                        {"+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">="});
      case 6:
        return Node(ExprKind::kIsNull, depth, 1);
      case 7:
        return Node(ExprKind::kIsTruth, depth, 1);
      case 8:
        return Node(ExprKind::kIsDistinct, depth, 2);
      case 9:
        return Node(ExprKind::kIn, depth, 2 + Draw(3));
      case 10:
        return Node(ExprKind::kBetween, depth, 3);
      case 11:
        return Node(ExprKind::kLike, depth, 2);
      case 12:
        return Case(depth);
      default:
        return Draw(2) == 0 ? Cast(depth) : Call(depth);
    }
  }

 private:
  int Draw(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

  ExprPtr Node(ExprKind kind, int depth, int children) {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    bool negatable = kind == ExprKind::kIsNull || kind == ExprKind::kIsTruth ||
                     kind == ExprKind::kIsDistinct || kind == ExprKind::kIn ||
                     kind == ExprKind::kBetween || kind == ExprKind::kLike;
    expr->negated = negatable && Draw(2) == 0;
    expr->bool_value = kind == ExprKind::kIsTruth && Draw(2) == 0;
    for (int i = 0; i < children; ++i) expr->children.push_back(Make(depth - 1 - Draw(depth)));
    return expr;
  }

  ExprPtr Operator(ExprKind kind, int depth, int children, std::vector<const char*> operators) {
    ExprPtr expr = Node(kind, depth, children);
    expr->op = operators[Draw(static_cast<int>(operators.size()))];
    return expr;
  }

  ExprPtr Case(int depth) {
    bool operand = Draw(2) == 0;
    bool otherwise = Draw(2) == 0;
    int branches = 1 + Draw(2);
    ExprPtr expr = Node(ExprKind::kCase, depth, 2 * branches + operand + otherwise);
    expr->has_operand = operand;
    expr->has_else = otherwise;
    return expr;
  }

  ExprPtr Cast(int depth) {
    ExprPtr expr = Node(ExprKind::kCast, depth, 1);
    expr->try_cast = Draw(2) == 0;
    expr->type = Draw(2) == 0 ? Type(TypeKind::kBigint) : Type::Decimal(20, 3);
    return expr;
  }

  ExprPtr Call(int depth) {
    ExprPtr expr = Node(ExprKind::kCall, depth, Draw(3));
    expr->path.push_back({Draw(2) == 0 ? "lower" : "left", {}});
    expr->distinct = !expr->children.empty() && Draw(3) == 0;
    if (Draw(4) == 0) expr->filter = Make(depth - 1);
    return expr;
  }

  ExprPtr Leaf() {
    auto expr = std::make_unique<Expr>();
    switch (Draw(7)) {
      case 0:
        return expr;
      case 1:
        expr->kind = ExprKind::kBool;
        expr->bool_value = Draw(2) == 0;
        return expr;
      case 2:
        expr->kind = ExprKind::kNumber;
        expr->text = Draw(2) == 0 ? "12.50" : "7";
        return expr;
      case 3:
        expr->kind = ExprKind::kString;
        expr->text = Draw(2) == 0 ? "it's ${X} $$ ü" : "";
        return expr;
      case 4:
        expr->kind = ExprKind::kDuration;
        expr->number = Draw(2) == 0 ? 90'000'000 : -1'500;
        return expr;
      case 5:
        expr->kind = ExprKind::kTyped;
        expr->type = Type(TypeKind::kDate);
        expr->text = "2026-01-01";
        return expr;
      default:
        expr->kind = ExprKind::kColumn;
        for (int i = 0; i <= Draw(3); ++i) {
          const char* names[] = {"a", "date", "select", "a\"b", "Ünï", "1x", "emit"};
          expr->path.push_back({names[Draw(7)], {}});
        }
        return expr;
    }
  }

  std::mt19937 random_;
};

TEST(FrontExpression, SqlTextReadsBackAsTheSameTree) {
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    ExprPtr made = TreeMaker(seed).Make(static_cast<int>(seed % 6));
    std::string sql = ast::ToSql(*made);
    ExprPtr read = ParseExpression(sql);
    ASSERT_NE(read, nullptr) << "seed " << seed;
    ASSERT_EQ(Structure(*made), Structure(*read)) << "seed " << seed << "\n" << sql;
    ASSERT_EQ(ast::ToSql(*read), sql) << "seed " << seed;
  }
}

TEST(FrontExpression, SqlTextHasNoNeedlessParentheses) {
  for (const char* text :
       {"a OR b AND NOT c = d", "(a OR b) AND c", "a - (b - c)", "a - b - c", "(a = b) = c", "- -a",
        "-(a + b)", "(a IS NULL) = b", "a IS NULL IS TRUE", "a || b + c * d", "(NOT a) IS NULL",
        "NOT a IS NULL"}) {
    EXPECT_EQ(ast::ToSql(*ParseExpression(text)), text);
  }
}

}  // namespace
}  // namespace flow
