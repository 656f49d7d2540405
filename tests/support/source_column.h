// A column of a source that takes a field of its records.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/program/program.h"

namespace flow::test {

// `path`: the keys that lead to it.
inline program::SourceColumn FieldColumn(const std::vector<std::string>& path, Type type) {
  program::SourceColumn column;
  column.type = std::move(type);
  for (const std::string& key : path) column.path.push_back({key, -1});
  column.name = path.back();
  return column;
}

}  // namespace flow::test
