// Expressions, conditions and keys over any relation.
#include <algorithm>

#include "tests/generator/generator.h"

namespace flow::test {

std::string Generator::ColumnOf(const Relation& relation, Kind kind) {
  std::vector<std::string> names;
  for (const Column& column : relation.columns) {
    if (column.kind == kind) names.push_back(column.name);
  }
  if (names.empty()) return "";
  return random_.Pick(names);
}

std::string Generator::Leaf(const Relation& relation, Kind kind) {
  std::string column = ColumnOf(relation, kind);
  if (!column.empty() && random_.Chance(75)) return column;
  switch (kind) {
    case Kind::kInt:
      return std::to_string(random_.Between(0, 5));
    case Kind::kBigint:
      return "CAST(" + std::to_string(random_.Between(0, 100)) + " AS BIGINT)";
    case Kind::kDouble:
      return std::to_string(random_.Between(0, 50)) + "e-1";
    case Kind::kDecimal:
      return "CAST(" + std::to_string(random_.Between(0, 99)) + ".25 AS DECIMAL(12,2))";
    case Kind::kString:
      return random_.Chance(50) ? "'a'" : "'abc'";
    case Kind::kBoolean:
      return random_.Chance(50) ? "TRUE" : "FALSE";
  }
  return "NULL";
}

std::string Generator::Condition(const Relation& relation, int depth) {
  static const std::vector<std::string> compare = {"=", "<>", "<", "<=", ">", ">="};
  static const std::vector<Kind> kinds = {Kind::kInt, Kind::kBigint, Kind::kDouble, Kind::kDecimal,
                                          Kind::kString};
  if (depth > 0 && random_.Chance(35)) {
    return "(" + Condition(relation, depth - 1) + (random_.Chance(50) ? " AND " : " OR ") +
           Condition(relation, depth - 1) + ")";
  }
  Kind kind = random_.Pick(kinds);
  switch (random_.Between(0, 6)) {
    case 0:
      return "NOT (" + Condition(relation, 0) + ")";
    case 1:
      return Expr(relation, kind, depth) + " IS " + (random_.Chance(50) ? "NOT " : "") + "NULL";
    case 2:
      return Expr(relation, kind, depth) + " IN (" + Leaf(relation, kind) + ", " +
             Leaf(relation, kind) + ")";
    case 3:
      return Expr(relation, kind, depth) + " BETWEEN " + Leaf(relation, kind) + " AND " +
             Leaf(relation, kind);
    case 4:
      return Leaf(relation, Kind::kBoolean);
    default:
      return Expr(relation, kind, depth) + " " + random_.Pick(compare) + " " +
             Expr(relation, kind, depth);
  }
}

std::string Generator::Operation(Kind kind, const std::string& op, const std::string& a,
                                 const std::string& b) {
  auto infix = [&](const std::string& x, const std::string& y) {
    const std::string text = "(" + x + " " + op + " " + y + ")";
    return kind == Kind::kDecimal ? "CAST(" + text + " AS DECIMAL(12,2))" : text;
  };
  if (!calls_.Chance(25)) return infix(a, b);
  const std::string name = "f" + std::to_string(calls_.Between(0, 9));
  auto [found, fresh] = functions_.try_emplace(name, Function{kind, ""});
  if (fresh) {
    const std::string type = TypeName(kind);
    std::string body = infix("x", "y");
    // Now and then of one that stands before it.
    const auto inner = std::find_if(functions_.begin(), found,
                                    [&](const auto& other) { return other.second.kind == kind; });
    if (inner != found && calls_.Chance(50)) body = inner->first + "(" + body + ", x)";
    switch (calls_.Between(0, 4)) {
      case 0:
        body = "CASE WHEN x = y THEN x WHEN y IS NULL THEN y ELSE " + body + " END";
        break;
      case 1:
        body = "COALESCE(x, " + body + ")";
        break;
      case 2:
        body = "x";
        break;
      default:
        break;
    }
    found->second.text = "FUNCTION " + name + "(x " + type + ", y " + type + ") RETURNS " + type +
                         " AS " + body + ";\n";
  }
  if (found->second.kind != kind) return infix(a, b);
  ++case_.calls;
  return name + "(" + a + ", " + b + ")";
}

std::string Generator::Expr(const Relation& relation, Kind kind, int depth) {
  if (depth <= 0 || random_.Chance(35)) return Leaf(relation, kind);
  --depth;
  switch (random_.Between(0, 3)) {
    case 0:
      return "CASE WHEN " + Condition(relation, depth) + " THEN " + Expr(relation, kind, depth) +
             (random_.Chance(70) ? " ELSE " + Expr(relation, kind, depth) : "") + " END";
    case 1:
      return "COALESCE(" + Expr(relation, kind, depth) + ", " + Leaf(relation, kind) + ")";
    default:
      break;
  }
  std::string a = Expr(relation, kind, depth);
  std::string b = Expr(relation, kind, depth);
  switch (kind) {
    case Kind::kInt:
    case Kind::kBigint: {
      static const std::vector<std::string> ops = {"+", "-", "*", "/", "%"};
      return Operation(kind, random_.Pick(ops), a, b);
    }
    case Kind::kDouble: {
      static const std::vector<std::string> ops = {"+", "-", "*", "/"};
      return Operation(kind, random_.Pick(ops), a, b);
    }
    case Kind::kDecimal: {
      static const std::vector<std::string> ops = {"+", "-", "*", "/"};
      return Operation(kind, random_.Pick(ops), a, b);
    }
    case Kind::kString:
      return random_.Chance(50) ? "upper(" + a + ")" : "concat(" + a + ", " + b + ")";
    case Kind::kBoolean:
      return "(" + Condition(relation, depth) + ")";
  }
  return a;
}

std::string Generator::Key(const Relation& relation, Kind* kind) {
  static const std::vector<Kind> kinds = {Kind::kString, Kind::kString,  Kind::kInt,
                                          Kind::kInt,    Kind::kBoolean, Kind::kDouble};
  *kind = random_.Pick(kinds);
  return Expr(relation, *kind, random_.Chance(70) ? 0 : 1);
}

std::string Generator::Where(const Relation& relation) {
  return random_.Chance(55) ? "\nWHERE " + Condition(relation, 2) : "";
}

}  // namespace flow::test
