// Which files a path names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace flow {

enum class Compression { kNone, kGzip, kZstd };

struct InputFile {
  std::string path;
  std::string name;  // base name; "stdin" for standard input
  Compression compression = Compression::kNone;
  bool regular = true;  // else a pipe or a device: no size, read once
  int64_t size = 0;     // as stored, when it was listed
};

// `path` is a file, a directory (its files, hidden ones left out), a glob, or '-'. In name order,
// at least one. `compression`: 'none', 'gzip', 'zstd', or empty: by the names' endings.
Result<std::vector<InputFile>> ListFiles(const std::string& who, const std::string& path,
                                         const std::string& compression);

}  // namespace flow
