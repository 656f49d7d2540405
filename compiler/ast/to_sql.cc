// ToSql: an expression as text with no more parentheses than it needs.
#include <string>

#include "compiler/ast/ast.h"
#include "compiler/ast/sql_text.h"

namespace flow::ast {

namespace {

// The levels of grammar/Flow.g4, loosest first.
enum Level {
  kLevelOr,
  kLevelAnd,
  kLevelNot,
  kLevelIs,
  kLevelComparison,
  kLevelMembership,
  kLevelConcatenation,
  kLevelSum,
  kLevelProduct,
  kLevelSign,
  kLevelCast,
  kLevelPrimary,
};

Level LevelOfOperator(const std::string& op) {
  if (op == "||") return kLevelConcatenation;
  if (op == "+" || op == "-") return kLevelSum;
  if (op == "*" || op == "/" || op == "%") return kLevelProduct;
  return kLevelComparison;
}

Level LevelOf(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kOr:
      return kLevelOr;
    case ExprKind::kAnd:
      return kLevelAnd;
    case ExprKind::kUnary:
      return expr.op == "NOT" ? kLevelNot : kLevelSign;
    case ExprKind::kIsNull:
    case ExprKind::kIsTruth:
    case ExprKind::kIsDistinct:
      return kLevelIs;
    case ExprKind::kBinary:
      return LevelOfOperator(expr.op);
    case ExprKind::kIn:
    case ExprKind::kBetween:
    case ExprKind::kLike:
      return kLevelMembership;
    case ExprKind::kNull:
    case ExprKind::kBool:
    case ExprKind::kNumber:
    case ExprKind::kString:
    case ExprKind::kDuration:
    case ExprKind::kTyped:
    case ExprKind::kColumn:
    case ExprKind::kField:
    case ExprKind::kStar:
    case ExprKind::kCase:
    case ExprKind::kCast:
    case ExprKind::kCall:
    case ExprKind::kOrder:
      return kLevelPrimary;
  }
  return kLevelPrimary;
}

class Writer {
 public:
  // Where an expression of at least this level can stand.
  void Write(const Expr& expr, Level least) {
    if (LevelOf(expr) >= least) {
      Bare(expr);
      return;
    }
    text_ += "(";
    Bare(expr);
    text_ += ")";
  }

  std::string Take() { return std::move(text_); }

 private:
  void Bare(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kNull:
        text_ += "NULL";
        return;
      case ExprKind::kBool:
        text_ += expr.bool_value ? "TRUE" : "FALSE";
        return;
      case ExprKind::kNumber:
        text_ += expr.text;
        return;
      case ExprKind::kString:
        text_ += SqlString(expr.text);
        return;
      case ExprKind::kDuration:
        text_ += SqlDuration(expr.number);
        return;
      case ExprKind::kTyped:
        text_ += SqlType(expr.type) + " " + SqlString(expr.text);
        return;
      case ExprKind::kColumn:
        Path(expr);
        return;
      case ExprKind::kField:
        Field(expr);
        return;
      case ExprKind::kStar:
        Path(expr);
        text_ += expr.path.empty() ? "*" : ".*";
        return;
      case ExprKind::kUnary:
        Unary(expr);
        return;
      case ExprKind::kBinary:
        Binary(expr);
        return;
      case ExprKind::kAnd:
        List(expr, 0, " AND ", kLevelNot);
        return;
      case ExprKind::kOr:
        List(expr, 0, " OR ", kLevelAnd);
        return;
      case ExprKind::kIsNull:
        Is(expr, "NULL");
        return;
      case ExprKind::kIsTruth:
        Is(expr, expr.bool_value ? "TRUE" : "FALSE");
        return;
      case ExprKind::kIsDistinct:
        Is(expr, "DISTINCT FROM ");
        Write(*expr.children[1], kLevelComparison);
        return;
      case ExprKind::kIn:
        Membership(expr, "IN (");
        List(expr, 1, ", ", kLevelOr);
        text_ += ")";
        return;
      case ExprKind::kBetween:
        Membership(expr, "BETWEEN ");
        Write(*expr.children[1], kLevelConcatenation);
        text_ += " AND ";
        Write(*expr.children[2], kLevelConcatenation);
        return;
      case ExprKind::kLike:
        Membership(expr, "LIKE ");
        Write(*expr.children[1], kLevelConcatenation);
        return;
      case ExprKind::kCase:
        Case(expr);
        return;
      case ExprKind::kCast:
        text_ += expr.try_cast ? "TRY_CAST(" : "CAST(";
        Write(*expr.children[0], kLevelOr);
        text_ += " AS " + SqlType(expr.type) + ")";
        return;
      case ExprKind::kCall:
        Call(expr);
        return;
      case ExprKind::kOrder:
        Write(*expr.children[0], kLevelOr);
        if (expr.negated) text_ += " DESC";
        if (expr.bool_value != expr.negated) {
          text_ += expr.bool_value ? " NULLS FIRST" : " NULLS LAST";
        }
        return;
    }
  }

  void Path(const Expr& expr) {
    for (size_t i = 0; i < expr.path.size(); ++i) {
      if (i > 0) text_ += ".";
      text_ += SqlName(expr.path[i].text);
    }
  }

  // Behind a column or a literal it would be something else.
  void Field(const Expr& expr) {
    const Expr& of = *expr.children[0];
    const bool plain =
        of.kind == ExprKind::kCall || of.kind == ExprKind::kCast || of.kind == ExprKind::kField;
    if (!plain) text_ += "(";
    Write(of, kLevelOr);
    if (!plain) text_ += ")";
    text_ += "." + SqlName(expr.path[0].text);
  }

  void Unary(const Expr& expr) {
    const Expr& operand = *expr.children[0];
    if (expr.op == "NOT") {
      text_ += "NOT ";
      Write(operand, kLevelNot);
      return;
    }
    text_ += expr.op;
    // Two signs in a row: `--` would begin a comment.
    if (operand.kind == ExprKind::kUnary && operand.op != "NOT") text_ += " ";
    Write(operand, kLevelSign);
  }

  void Binary(const Expr& expr) {
    Level level = LevelOfOperator(expr.op);
    auto tighter = static_cast<Level>(level + 1);
    // Left-associative, but comparisons do not chain.
    Write(*expr.children[0], level == kLevelComparison ? tighter : level);
    text_ += " " + expr.op + " ";
    Write(*expr.children[1], tighter);
  }

  void Is(const Expr& expr, const char* what) {
    Write(*expr.children[0], kLevelIs);
    text_ += expr.negated ? " IS NOT " : " IS ";
    text_ += what;
  }

  void Membership(const Expr& expr, const char* what) {
    Write(*expr.children[0], kLevelConcatenation);
    text_ += expr.negated ? " NOT " : " ";
    text_ += what;
  }

  void List(const Expr& expr, size_t first, const char* separator, Level least) {
    for (size_t i = first; i < expr.children.size(); ++i) {
      const bool ordered = expr.children[i]->kind == ExprKind::kOrder;
      if (i > first) {
        const bool begins = ordered && expr.children[i - 1]->kind != ExprKind::kOrder;
        text_ += begins ? " ORDER BY " : separator;
      }
      Write(*expr.children[i], least);
      if (expr.kind == ExprKind::kCall && !expr.type.is(TypeKind::kNull)) {
        text_ += " AS " + SqlType(expr.type);
      }
      const bool named = expr.kind == ExprKind::kCall && i + 1 < expr.path.size();
      if (named && !expr.path[i + 1].text.empty()) text_ += " AS " + SqlName(expr.path[i + 1].text);
    }
  }

  void Case(const Expr& expr) {
    size_t at = 0;
    text_ += "CASE";
    if (expr.has_operand) {
      text_ += " ";
      Write(*expr.children[at++], kLevelOr);
    }
    size_t end = expr.children.size() - (expr.has_else ? 1 : 0);
    for (; at + 1 < end; at += 2) {
      text_ += " WHEN ";
      Write(*expr.children[at], kLevelOr);
      text_ += " THEN ";
      Write(*expr.children[at + 1], kLevelOr);
    }
    if (expr.has_else) {
      text_ += " ELSE ";
      Write(*expr.children.back(), kLevelOr);
    }
    text_ += " END";
  }

  void Call(const Expr& expr) {
    text_ += SqlName(expr.path[0].text);
    if (expr.over) {
      Over(expr);
      return;
    }
    text_ += expr.distinct ? "(DISTINCT " : "(";
    List(expr, 0, ", ", kLevelOr);
    text_ += ")";
    if (expr.filter == nullptr) return;
    text_ += " FILTER (WHERE ";
    Write(*expr.filter, kLevelOr);
    text_ += ")";
  }

  void Over(const Expr& expr) {
    text_ += "() OVER (";
    for (size_t i = 0; i < expr.children.size(); ++i) {
      const auto partitions = static_cast<size_t>(expr.number);
      if (i > 0) text_ += i == partitions ? " " : ", ";
      if (i == 0 && partitions > 0) text_ += "PARTITION BY ";
      if (i == partitions) text_ += "ORDER BY ";
      Write(*expr.children[i], kLevelOr);
    }
    text_ += ")";
  }

  std::string text_;
};

}  // namespace

std::string ToSql(const Expr& expr) {
  Writer writer;
  writer.Write(expr, kLevelOr);
  return writer.Take();
}

}  // namespace flow::ast
