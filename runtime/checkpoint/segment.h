// Files of checksummed frames: deltas and runs of state, outboxes.
//
//   file   = "FLOWSEG1", frame*, end
//   frame  = u32 size, u64 XXH3-64(payload), payload     (little-endian; size > 0)
//   end    = u32 0, u64 chain                            (the chain of all frames' hashes)
//
// A file is named elsewhere with its size and chain, so that a wrong, torn or flipped file is found
// before anything of it is used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/checkpoint/files.h"

namespace flow {

// What a manifest says of a file.
struct SegmentInfo {
  std::string file;  // relative to the state directory
  int64_t size = 0;
  uint64_t chain = 0;
};

// Frames into memory or a file.
class SegmentWriter {
 public:
  // Frames are handed to `file` as they fill; it must outlive the writer.
  explicit SegmentWriter(OutputFile* file) : file_(file) {}
  // Adds one frame.
  Status Frame(std::string_view payload);
  // Ends the file and syncs it. `info->file` is the caller's.
  Status Finish(SegmentInfo* info);

 private:
  Status Write(std::string_view data);
  OutputFile* file_;
  bool begun_ = false;
  int64_t size_ = 0;
  uint64_t chain_ = 0;
};

// Reads the frames of a file and checks them: a data error names the file and what is wrong.
class SegmentReader {
 public:
  static Result<std::unique_ptr<SegmentReader>> Open(Files* files, const std::string& root,
                                                     const SegmentInfo& info);
  // The next payload, valid until the next call; empty at the end, when the whole file is verified.
  Result<std::string_view> Next();

 private:
  SegmentReader(std::unique_ptr<InputFile> file, std::string path, const SegmentInfo& info)
      : file_(std::move(file)), path_(std::move(path)), info_(info) {}
  Error Damaged(const std::string& what) const;

  std::unique_ptr<InputFile> file_;
  std::string path_;
  SegmentInfo info_;
  int64_t at_ = 0;
  uint64_t chain_ = 0;
  std::string buffer_;
};

}  // namespace flow
