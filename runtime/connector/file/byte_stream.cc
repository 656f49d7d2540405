// Gives OpenByteStream: plain files and pipes, and the choice of a decompressor.
#include "runtime/connector/file/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

namespace flow {

namespace {

class PlainStream : public ByteStream {
 public:
  PlainStream(int fd, std::string name, int64_t position, int64_t end)
      : fd_(fd), name_(std::move(name)), position_(position), end_(end) {}
  ~PlainStream() override { close(fd_); }

  Result<Chunk> Read(char* out, size_t size) override {
    if (position_ >= end_) return Chunk{0, true};
    size = std::min(size, static_cast<size_t>(end_ - position_));
    ssize_t got;
    do {
      got = pread(fd_, out, size, position_);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return ExternalError(name_ + ": " + std::strerror(errno));
    if (got == 0) {
      return DataError(name_ + ": the file became shorter while it was read: it had " +
                           std::to_string(end_) + " bytes, and ends at " +
                           std::to_string(position_) + " now",
                       "a source's file may grow, but must not be cut or rewritten");
    }
    position_ += got;
    return Chunk{static_cast<size_t>(got), position_ >= end_};
  }

 private:
  const int fd_;
  const std::string name_;
  int64_t position_;
  const int64_t end_;
};

// The text of a file as it grows.
class GrowingStream : public ByteStream {
 public:
  GrowingStream(int fd, std::string path, std::string name, int64_t position)
      : fd_(fd), path_(std::move(path)), name_(std::move(name)), position_(position) {}
  ~GrowingStream() override { close(fd_); }

  Result<Chunk> Read(char* out, size_t size) override {
    ssize_t got;
    do {
      got = pread(fd_, out, size, position_);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return ExternalError(name_ + ": " + std::strerror(errno));
    if (got == 0) FLOW_RETURN_IF_ERROR(CheckFile());
    position_ += got;
    return Chunk{static_cast<size_t>(got), false};
  }

 private:
  // Looks at the file now and then, while nothing comes.
  Status CheckFile() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_check_ < std::chrono::milliseconds(50)) return OkStatus();
    last_check_ = now;
    const char* hint = "a file that is followed may grow, but must not be cut, replaced or removed";
    struct stat open{};
    struct stat named{};
    if (fstat(fd_, &open) != 0) return ExternalError(name_ + ": " + std::strerror(errno));
    if (open.st_size < position_) {
      return DataError(
          name_ + ": the file became shorter while it was followed: " + std::to_string(position_) +
              " bytes were read, and it ends at " + std::to_string(open.st_size) + " now",
          hint);
    }
    if (stat(path_.c_str(), &named) != 0) {
      if (errno == ENOENT)
        return DataError(name_ + ": the file was removed while it was followed", hint);
      return ExternalError(name_ + ": " + std::strerror(errno));
    }
    if (named.st_ino != open.st_ino || named.st_dev != open.st_dev) {
      return DataError(name_ + ": the file was replaced while it was followed", hint);
    }
    return OkStatus();
  }

  const int fd_;
  const std::string path_;
  const std::string name_;
  int64_t position_;
  std::chrono::steady_clock::time_point last_check_;
};

class PipeStream : public ByteStream {
 public:
  PipeStream(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  ~PipeStream() override {
    if (fd_ != STDIN_FILENO) close(fd_);
  }

  Result<Chunk> Read(char* out, size_t size) override {
    pollfd ready{fd_, POLLIN, 0};
    const int count = poll(&ready, 1, 1);
    if (count < 0 && errno != EINTR) return ExternalError(name_ + ": " + std::strerror(errno));
    if (count <= 0) return Chunk{};
    const ssize_t got = read(fd_, out, size);
    if (got < 0) {
      if (errno == EINTR || errno == EAGAIN) return Chunk{};
      return ExternalError(name_ + ": " + std::strerror(errno));
    }
    return Chunk{static_cast<size_t>(got), got == 0};
  }

 private:
  const int fd_;
  const std::string name_;
};

// Throws away the first bytes of another stream. It may take several reads to get there.
class SkippingStream : public ByteStream {
 public:
  SkippingStream(std::unique_ptr<ByteStream> inner, std::string name, int64_t skip)
      : inner_(std::move(inner)), name_(std::move(name)), skip_(skip), left_(skip) {}

  Result<Chunk> Read(char* out, size_t size) override {
    if (left_ == 0) return inner_->Read(out, size);
    FLOW_TRY(Chunk chunk, inner_->Read(out, std::min(size, static_cast<size_t>(std::min<int64_t>(
                                                               left_, int64_t{1} << 20)))));
    left_ -= static_cast<int64_t>(chunk.size);
    if (chunk.end && left_ > 0) {
      return DataError(name_ + " has " + std::to_string(skip_ - left_) +
                       " bytes; there is no offset " + std::to_string(skip_) + " in it");
    }
    return Chunk{0, chunk.end};
  }

 private:
  const std::unique_ptr<ByteStream> inner_;
  const std::string name_;
  const int64_t skip_;
  int64_t left_;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> OpenByteStream(const std::string& who, const InputFile& file,
                                                   int64_t position) {
  const std::string name = who + ": " + (file.path == "-" ? "standard input" : file.path);
  int fd = STDIN_FILENO;
  if (file.path != "-") {
    fd = open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return ExternalError(name + ": " + std::strerror(errno),
                           errno == EACCES ? "this user may not read it" : "");
    }
  }
  if (file.regular && file.compression == Compression::kNone) {
    posix_fadvise(fd, position, 0, POSIX_FADV_SEQUENTIAL);
    return std::unique_ptr<ByteStream>(new PlainStream(fd, name, position, file.size));
  }
  std::unique_ptr<ByteStream> stream;
  if (file.regular) {
    stream = std::make_unique<PlainStream>(fd, name, 0, file.size);
  } else {
    stream = std::make_unique<PipeStream>(fd, name);
  }
  switch (file.compression) {
    case Compression::kNone:
      break;
    case Compression::kGzip:
      stream = MakeGzipStream(std::move(stream), name);
      break;
    case Compression::kZstd:
      stream = MakeZstdStream(std::move(stream), name);
      break;
  }
  if (position > 0) {
    stream = std::make_unique<SkippingStream>(std::move(stream), name, position);
  }
  return stream;
}

Result<std::unique_ptr<ByteStream>> OpenGrowingFile(const std::string& who, const InputFile& file,
                                                    int64_t position) {
  const std::string name = who + ": " + file.path;
  const int fd = open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ExternalError(name + ": " + std::strerror(errno));
  return std::unique_ptr<ByteStream>(new GrowingStream(fd, file.path, name, position));
}

}  // namespace flow
