// Parsing of short texts in tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "compiler/ast/ast.h"
#include "compiler/parse/parse.h"
#include "compiler/source/diagnostic.h"

namespace flow::test {

struct Parsed {
  ast::Script script;
  int errors = 0;
  std::string text;  // the diagnostics
  std::string json;
  std::string Print() const { return ast::Print(script); }
};

inline Parsed ParseText(const std::string& text,
                        const std::map<std::string, std::string>& variables = {}) {
  SourceFile file("test.flow", text);
  Diagnostics diagnostics;
  ParseOptions options;
  options.variable = [&](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  Parsed parsed;
  parsed.script = Parse(file, options, diagnostics);
  parsed.errors = diagnostics.error_count();
  parsed.text = diagnostics.ToText(file, false);
  parsed.json = diagnostics.ToJson(file);
  return parsed;
}

// The expression of VIEW v AS SELECT <text> FROM t; nothing if it does not parse.
inline ast::ExprPtr ParseExpression(const std::string& text) {
  Parsed parsed = ParseText("VIEW v AS SELECT " + text + " FROM t;");
  if (parsed.errors > 0) {
    ADD_FAILURE() << text << "\n" << parsed.text;
    return nullptr;
  }
  return std::move(parsed.script.statements.at(0).view->query->selects.at(0).items.at(0).expr);
}

// The tree without any doubt about what belongs to what: an operator and its operands in ( ).
inline std::string Structure(const ast::Expr& expr) {
  auto list = [&](const std::string& head) {
    std::string text = "(" + head;
    for (const auto& child : expr.children) text += " " + Structure(*child);
    if (expr.filter) text += " filter " + Structure(*expr.filter);
    return text + ")";
  };
  auto path = [&] {
    std::string text;
    for (const auto& name : expr.path) text += (text.empty() ? "" : ".") + name.text;
    return text;
  };
  std::string negated = expr.negated ? "not-" : "";
  switch (expr.kind) {
    case ast::ExprKind::kNull:
      return "null";
    case ast::ExprKind::kBool:
      return expr.bool_value ? "true" : "false";
    case ast::ExprKind::kNumber:
      return expr.text;
    case ast::ExprKind::kString:
      return "'" + expr.text + "'";
    case ast::ExprKind::kDuration:
      return std::to_string(expr.number) + "us";
    case ast::ExprKind::kTyped:
      return expr.type.ToString() + "'" + expr.text + "'";
    case ast::ExprKind::kColumn:
      return path();
    case ast::ExprKind::kField:
      return list("." + path());
    case ast::ExprKind::kStar:
      return expr.path.empty() ? "*" : path() + ".*";
    case ast::ExprKind::kUnary:
      return list(expr.op);
    case ast::ExprKind::kBinary:
      return list(expr.op);
    case ast::ExprKind::kAnd:
      return list("and");
    case ast::ExprKind::kOr:
      return list("or");
    case ast::ExprKind::kIsNull:
      return list(negated + "null?");
    case ast::ExprKind::kIsTruth:
      return list(negated + (expr.bool_value ? "true?" : "false?"));
    case ast::ExprKind::kIsDistinct:
      return list(negated + "distinct");
    case ast::ExprKind::kIn:
      return list(negated + "in");
    case ast::ExprKind::kBetween:
      return list(negated + "between");
    case ast::ExprKind::kLike:
      return list(negated + "like");
    case ast::ExprKind::kCase:
      return list(std::string("case") + (expr.has_operand ? "-of" : "") +
                  (expr.has_else ? "-else" : ""));
    case ast::ExprKind::kCast:
      return list((expr.try_cast ? "try-cast:" : "cast:") + expr.type.ToString());
    case ast::ExprKind::kCall:
      return list(path() + (expr.distinct ? ":distinct" : ""));
    case ast::ExprKind::kOrder:
      return list(std::string("order") + (expr.negated ? ":desc" : "") +
                  (expr.bool_value ? ":nulls-first" : ""));
  }
  return "?";
}

}  // namespace flow::test
