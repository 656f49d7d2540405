// Gives JsonForm.
#include "runtime/connector/json_form.h"

#include "runtime/base/batch.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {

// A column's keys: its path, or its name where the path is empty or has indexes.
std::vector<std::string> KeysOf(const program::SourceColumn& column) {
  std::vector<std::string> keys;
  for (const program::PathStep& step : column.path) {
    if (step.index >= 0) return {column.name};
    keys.push_back(step.key);
  }
  if (keys.empty()) keys.push_back(column.name);
  return keys;
}

void AppendDatum(const Datum& datum, std::string* out) {
  if (!datum.is_value()) {
    *out += "null";
    return;
  }
  Batch cell({datum.type}, 1);
  WriteCell(cell.column(0), 0, datum, cell.arena().abi());
  AppendJsonCell(cell.column(0), datum.type, 0, out);
}

}  // namespace

std::string JsonForm(const std::vector<program::SourceColumn>& declared,
                     const std::vector<Datum>& row) {
  std::string out = "{";
  std::vector<std::string> open;  // objects within the record that are open
  bool first = true;
  for (size_t i = 0; i < declared.size() && i < row.size(); ++i) {
    const std::vector<std::string> keys = KeysOf(declared[i]);
    size_t common = 0;
    while (common < open.size() && common + 1 < keys.size() && open[common] == keys[common]) {
      ++common;
    }
    for (; open.size() > common; open.pop_back()) {
      out += '}';
      first = false;
    }
    for (; open.size() + 1 < keys.size(); first = true) {
      if (!first) out += ',';
      AppendJsonString(keys[open.size()].data(), keys[open.size()].size(), &out);
      out += ":{";
      open.push_back(keys[open.size()]);
    }
    if (!first) out += ',';
    first = false;
    AppendJsonString(keys.back().data(), keys.back().size(), &out);
    out += ':';
    AppendDatum(row[i], &out);
  }
  out.append(open.size() + 1, '}');
  return out;
}

}  // namespace flow
