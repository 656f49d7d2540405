// A file that is written beside another and takes its place when it is complete, so that nobody
// ever reads half of it. What is not replaced leaves the old one as it was.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/status.h"

namespace flow {

class FileReplacement {
 public:
  // The new file is FOLDER/.NAME.new. What is no regular file (a device, a pipe) can not be
  // replaced: it is written itself. `who` is for messages.
  static Result<std::unique_ptr<FileReplacement>> Open(const std::string& who,
                                                       const std::string& path);
  // Removes the new file if it has not replaced the old one.
  ~FileReplacement();
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;

  // Open for writing; the caller closes it.
  int fd() const { return fd_; }
  // Renames the new file over the old one.
  Status Replace();

 private:
  FileReplacement(std::string who, std::string path)
      : who_(std::move(who)), path_(std::move(path)) {}
  Error Failure(const std::string& path) const;

  const std::string who_;
  std::string path_;
  std::string temporary_;  // empty: path_ itself is written, or it has been replaced
  int fd_ = -1;
};

}  // namespace flow
