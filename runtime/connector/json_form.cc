// Gives FrameOf, JsonOrder and JsonForm.
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

// Appends `columns` to `order`, those with the same key at `depth` together.
void Group(const std::vector<std::vector<std::string>>& keys, const std::vector<size_t>& columns,
           size_t depth, std::vector<size_t>* order) {
  std::vector<bool> done(columns.size(), false);
  for (size_t i = 0; i < columns.size(); ++i) {
    if (done[i]) continue;
    std::vector<size_t> inside;
    for (size_t j = i; j < columns.size(); ++j) {
      if (done[j] || keys[columns[j]][depth] != keys[columns[i]][depth]) continue;
      done[j] = true;
      if (keys[columns[j]].size() == depth + 1) {
        order->push_back(columns[j]);
      } else {
        inside.push_back(columns[j]);
      }
    }
    if (!inside.empty()) Group(keys, inside, depth + 1, order);
  }
}

}  // namespace

std::vector<size_t> JsonOrder(const std::vector<program::SourceColumn>& columns) {
  std::vector<std::vector<std::string>> keys;
  std::vector<size_t> all, order;
  for (size_t i = 0; i < columns.size(); ++i) {
    keys.push_back(KeysOf(columns[i]));
    all.push_back(i);
  }
  Group(keys, all, 0, &order);
  return order;
}

JsonFrame FrameOf(const std::vector<program::SourceColumn>& columns) {
  JsonFrame frame;
  std::string out = "{";
  std::vector<std::string> open;  // objects within the record that are open
  bool first = true;
  for (const program::SourceColumn& column : columns) {
    const std::vector<std::string> keys = KeysOf(column);
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
    frame.before.push_back(std::move(out));
    out.clear();
  }
  frame.end = std::move(out) + std::string(open.size() + 1, '}');
  return frame;
}

std::string JsonForm(const std::vector<program::SourceColumn>& declared,
                     const std::vector<Datum>& row) {
  const JsonFrame frame = FrameOf(declared);
  std::string out;
  for (size_t i = 0; i < declared.size() && i < row.size(); ++i) {
    out += frame.before[i];
    AppendDatum(row[i], &out);
  }
  return out + frame.end;
}

}  // namespace flow
