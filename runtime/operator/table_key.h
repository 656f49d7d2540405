// Keys of an aggregate's saved entries begin with their table:
//   'w' start           a window (not windowed: start 0)
//   's' start skip      a slice, with the first window that accepts its rows
// Numbers are big-endian with the sign flipped, so that bytes sort as they do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flow {

struct TableKey {
  bool slice = false;
  int64_t start = 0;
  int32_t skip = 0;
  size_t size = 0;  // bytes of the prefix
};

std::string WindowPrefix(int64_t start);
std::string SlicePrefix(int64_t slice, int32_t skip);
// nullopt: it is no such key.
std::optional<TableKey> ParseTableKey(std::string_view key);

}  // namespace flow
