// The text of a record that holds some values: what a decoder would read them from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ast/ast.h"
#include "runtime/program/program.h"

namespace flow {

// A JSON value that grows by what stands where in it.
class JsonTree {
 public:
  // Puts a JSON value at `path`. False: something else is there already.
  bool Put(const std::vector<program::PathStep>& path, std::string value, size_t depth = 0);
  // {} where nothing was put.
  std::string ToText() const;

 private:
  std::optional<std::string> value_;
  std::vector<std::pair<std::string, JsonTree>> fields_;
  std::vector<JsonTree> items_;
};

// A literal as a JSON value; nullopt: the expression is none (NULL is a literal).
std::optional<std::string> JsonValue(const ast::Expr& literal);

// A literal as a field of a CSV record with these options; nullopt as above.
std::optional<std::string> CsvField(const ast::Expr& literal, const program::Options& options);

// The character between the fields.
std::string CsvDelimiter(const program::Options& options);

}  // namespace flow
