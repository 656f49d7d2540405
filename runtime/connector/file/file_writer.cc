// Gives FileWriter.
#include "runtime/connector/file/file_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace flow {

Result<std::unique_ptr<FileWriter>> FileWriter::Create(const std::string& who,
                                                       const std::string& path) {
  const std::string name = who + ": " + path;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    return ExternalError(name + ": " + std::strerror(errno),
                         errno == ENOENT ? "its directory must exist" : "");
  }
  return std::unique_ptr<FileWriter>(new FileWriter(name, fd));
}

Result<std::unique_ptr<FileWriter>> FileWriter::Replace(const std::string& who,
                                                        const std::string& path) {
  FLOW_TRY(auto replacement, FileReplacement::Open(who, path));
  std::unique_ptr<FileWriter> file(new FileWriter(who + ": " + path, replacement->fd()));
  file->replacement_ = std::move(replacement);
  return file;
}

FileWriter::~FileWriter() {
  if (fd_ >= 0) close(fd_);
}

Error FileWriter::Failure(int code) const {
  return ExternalError(name_ + ": can not be written: " + std::strerror(code),
                       code == ENOSPC ? "the disk is full" : "");
}

Status FileWriter::Flush() {
  size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t n = write(fd_, buffer_.data() + written, buffer_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int code = errno;
      buffer_.clear();
      return Failure(code);
    }
    written += static_cast<size_t>(n);
  }
  buffer_.clear();
  return OkStatus();
}

Status FileWriter::Close() {
  if (fd_ < 0) return OkStatus();
  Status status = Flush();
  const int closed = close(fd_);
  fd_ = -1;
  if (status.ok() && closed != 0) return Failure(errno);
  if (status.ok() && replacement_ != nullptr) return replacement_->Replace();
  return status;
}

}  // namespace flow
