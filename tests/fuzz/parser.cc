// Any bytes: the parser neither crashes nor hangs, its diagnostics can be shown, and what it
// accepts is printed as text that reads back as the same.
#include <cstdlib>
#include <iostream>
#include <string>

#include "compiler/parse/parse.h"

namespace {

using flow::ast::Expr;

void Require(bool holds, const char* what, const std::string& detail) {
  if (holds) return;
  std::cerr << what << "\n" << detail << "\n";
  std::abort();
}

flow::ast::Script ParseText(const std::string& text, flow::Diagnostics* out) {
  flow::SourceFile file("fuzz.flow", text);
  flow::ParseOptions options;
  options.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "value";
    return std::nullopt;
  };
  flow::ast::Script script = flow::Parse(file, options, *out);
  for (const flow::Diagnostic& d : out->all()) {
    Require(d.span.begin <= d.span.end && d.span.end <= text.size(), "span", d.message);
    Require(!d.message.empty() && !d.code.empty(), "empty diagnostic", d.message);
  }
  out->ToText(file, true);
  out->ToJson(file);
  return script;
}

void CheckReadsBack(const Expr& expr) {
  std::string sql = flow::ast::ToSql(expr);
  flow::Diagnostics out;
  flow::ast::Script again = ParseText("VIEW v AS SELECT " + sql + " FROM s;", &out);
  // Printed strings and parentheses may need more levels than were written.
  if (out.has_errors()) {
    Require(out.all()[0].code == "too-deep", "printed text does not parse",
            sql + ": " + out.all()[0].message);
    return;
  }
  const Expr& read = *again.statements.at(0).view->query->selects.at(0).items.at(0).expr;
  Require(flow::ast::ToSql(read) == sql, "printed text reads differently", sql);
}

void CheckQuery(const flow::ast::Query& query) {
  for (const auto& cte : query.ctes) CheckQuery(*cte.query);
  for (const auto& select : query.selects) {
    for (const auto& item : select.items) CheckReadsBack(*item.expr);
    if (select.from.subquery) CheckQuery(*select.from.subquery);
    if (select.where) CheckReadsBack(*select.where);
    for (const auto& key : select.group_by) CheckReadsBack(*key);
    if (select.having) CheckReadsBack(*select.having);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  flow::Diagnostics out;
  flow::ast::Script script = ParseText(text, &out);
  flow::ast::Print(script);
  for (const auto& statement : script.statements) {
    if (statement.view) CheckQuery(*statement.view->query);
    if (!statement.source) continue;
    for (const auto& column : statement.source->columns) {
      if (column.computed) CheckReadsBack(*column.computed);
    }
  }
  return 0;
}
