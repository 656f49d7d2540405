// Table prefixes of saved keys.
#include "runtime/operator/table_key.h"

namespace flow {

namespace {

constexpr size_t kWindowPrefix = 9;
constexpr size_t kSlicePrefix = 13;
constexpr uint64_t kSignBit = uint64_t{1} << 63;

void AppendOrdered(uint64_t value, size_t bytes, std::string* out) {
  for (size_t i = bytes; i-- > 0;) *out += static_cast<char>(value >> (8 * i));
}

uint64_t ReadOrdered(std::string_view in) {
  uint64_t value = 0;
  for (char c : in) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

}  // namespace

std::string WindowPrefix(int64_t start) {
  std::string out = "w";
  AppendOrdered(static_cast<uint64_t>(start) ^ kSignBit, 8, &out);
  return out;
}

std::string SlicePrefix(int64_t slice, int32_t skip) {
  std::string out = "s";
  AppendOrdered(static_cast<uint64_t>(slice) ^ kSignBit, 8, &out);
  AppendOrdered(static_cast<uint32_t>(skip), 4, &out);
  return out;
}

std::optional<TableKey> ParseTableKey(std::string_view key) {
  TableKey table;
  if (key.empty() || (key[0] != 'w' && key[0] != 's')) return std::nullopt;
  table.slice = key[0] == 's';
  table.size = table.slice ? kSlicePrefix : kWindowPrefix;
  if (key.size() < table.size) return std::nullopt;
  table.start = static_cast<int64_t>(ReadOrdered(key.substr(1, 8)) ^ kSignBit);
  if (table.slice) table.skip = static_cast<int32_t>(ReadOrdered(key.substr(9, 4)));
  return table;
}

}  // namespace flow
