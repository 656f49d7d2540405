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
#include <vector>

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
  // The same into a buffer of the caller's; false at the end.
  Result<bool> Next(std::vector<char>* payload);

 private:
  SegmentReader(std::unique_ptr<InputFile> file, std::string path, const SegmentInfo& info)
      : file_(std::move(file)), path_(std::move(path)), info_(info) {}

  std::unique_ptr<InputFile> file_;
  std::string path_;
  SegmentInfo info_;
  int64_t at_ = 0;
  uint64_t chain_ = 0;
  std::vector<char> buffer_;
};

// The frames of a file for several threads, in any order. That they are the file's is verified when
// it is opened, each frame's bytes when they are read.
class SegmentFrames {
 public:
  static Result<std::unique_ptr<SegmentFrames>> Open(Files* files, const std::string& root,
                                                     const SegmentInfo& info);
  size_t count() const { return frames_.size(); }
  size_t size(size_t frame) const { return frames_[frame].size; }
  // Puts the payload at `to`.
  Status Read(size_t frame, char* to) const;

 private:
  struct Frame {
    int64_t at;  // of its payload
    uint32_t size;
    uint64_t hash;
  };
  SegmentFrames(std::unique_ptr<InputFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  std::unique_ptr<InputFile> file_;
  std::string path_;
  std::vector<Frame> frames_;
};

}  // namespace flow
