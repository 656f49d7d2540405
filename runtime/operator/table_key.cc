// Table prefixes of saved keys.
#include "runtime/operator/table_key.h"

#include "runtime/base/ordered_bytes.h"

namespace flow {

namespace {

constexpr size_t kWindowPrefix = 9;
constexpr size_t kSlicePrefix = 13;

}  // namespace

std::string WindowPrefix(int64_t start) {
  std::string out = "w";
  AppendOrderedSigned(start, &out);
  return out;
}

std::string SlicePrefix(int64_t slice, int32_t skip) {
  std::string out = "s";
  AppendOrderedSigned(slice, &out);
  AppendOrdered(static_cast<uint32_t>(skip), 4, &out);
  return out;
}

std::optional<TableKey> ParseTableKey(std::string_view key) {
  TableKey table;
  if (key.empty() || (key[0] != 'w' && key[0] != 's')) return std::nullopt;
  table.slice = key[0] == 's';
  table.size = table.slice ? kSlicePrefix : kWindowPrefix;
  if (key.size() < table.size) return std::nullopt;
  table.start = ReadOrderedSigned(key.substr(1, 8));
  if (table.slice) table.skip = static_cast<int32_t>(ReadOrdered(key.substr(9, 4)));
  return table;
}

}  // namespace flow
