// Offsets of a partition that is one or more files: which file, and the byte in its text.
#pragma once

#include <cstdint>

namespace flow {

inline constexpr int kFilePositionBits = 43;
inline constexpr int64_t kMaxFilePosition = (int64_t{1} << kFilePositionBits) - 1;
inline constexpr int64_t kMaxFiles = int64_t{1} << (62 - kFilePositionBits);

inline int64_t FileOffset(int64_t file, int64_t position) {
  return (file << kFilePositionBits) | position;
}
inline int64_t FileOfOffset(int64_t offset) { return offset >> kFilePositionBits; }
inline int64_t PositionOfOffset(int64_t offset) { return offset & kMaxFilePosition; }

}  // namespace flow
