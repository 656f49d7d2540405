// The bytes of one input file from its beginning (or, where it is not compressed, from any place),
// decompressed on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/status.h"
#include "runtime/connector/file/file_list.h"

namespace flow {

class ByteStream {
 public:
  struct Chunk {
    size_t size = 0;  // 0: nothing now, or the end
    bool end = false;
  };
  virtual ~ByteStream() = default;
  // Reads up to `size` bytes. Waits at most about 1 ms (pipes).
  virtual Result<Chunk> Read(char* out, size_t size) = 0;
};

// Opens a file at `position` of its decompressed bytes; what is compressed is read up to there.
// Regular files are read up to their size when they were listed.
Result<std::unique_ptr<ByteStream>> OpenByteStream(const std::string& who, const InputFile& file,
                                                   int64_t position);

// Opens a file that is not compressed and may grow: at its end there is nothing *now*. That it has
// become shorter, or that its path names another file or none, is an error.
Result<std::unique_ptr<ByteStream>> OpenGrowingFile(const std::string& who, const InputFile& file,
                                                    int64_t position);

// The decompressors; `inner` gives the compressed bytes, `name` is for errors.
std::unique_ptr<ByteStream> MakeGzipStream(std::unique_ptr<ByteStream> inner, std::string name);
std::unique_ptr<ByteStream> MakeZstdStream(std::unique_ptr<ByteStream> inner, std::string name);

}  // namespace flow
