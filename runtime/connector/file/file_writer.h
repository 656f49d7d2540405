// A file that is written from its beginning, in large pieces. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/status.h"
#include "runtime/connector/file/file_replacement.h"

namespace flow {

class FileWriter {
 public:
  // Creates the file or empties it. `who` is for messages.
  static Result<std::unique_ptr<FileWriter>> Create(const std::string& who,
                                                    const std::string& path);
  // The file is there with Close, in the place of what was; without it nothing has changed.
  static Result<std::unique_ptr<FileWriter>> Replace(const std::string& who,
                                                     const std::string& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // What the caller appends to; WriteSome takes it over once it is large.
  std::string& buffer() { return buffer_; }
  Status WriteSome() { return buffer_.size() >= kPiece ? Flush() : OkStatus(); }
  // Hands everything to the operating system. What failed is not tried again.
  Status Flush();
  Status Close();

 private:
  static constexpr size_t kPiece = 256 << 10;
  FileWriter(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}
  Error Failure(int code) const;

  const std::string name_;
  int fd_;
  std::string buffer_;
  std::unique_ptr<FileReplacement> replacement_;
};

}  // namespace flow
