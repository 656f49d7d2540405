// Gives FileReplacement.
#include "runtime/connector/file/file_replacement.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace flow {

Error FileReplacement::Failure(const std::string& path) const {
  const int code = errno;
  return ExternalError(who_ + ": " + path + ": " + std::strerror(code),
                       code == ENOENT ? "its directory must exist" : "");
}

Result<std::unique_ptr<FileReplacement>> FileReplacement::Open(const std::string& who,
                                                               const std::string& path) {
  std::unique_ptr<FileReplacement> file(new FileReplacement(who, path));
  struct stat old{};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) {
    file->fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file->fd_ < 0) return file->Failure(path);
    return file;
  }
  if (exists) {
    // A link stays one: what it leads to is replaced.
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) == nullptr) return file->Failure(path);
    file->path_ = resolved;
  }
  const size_t slash = file->path_.rfind('/');
  const size_t base = slash == std::string::npos ? 0 : slash + 1;
  std::string temporary = file->path_;
  temporary.insert(base, ".");
  temporary += ".new";
  file->fd_ = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file->fd_ < 0) return file->Failure(temporary);
  if (::flock(file->fd_, LOCK_EX | LOCK_NB) != 0) {
    Error error = errno == EWOULDBLOCK ? UserError(who + ": another run writes " + path,
                                                   "wait for it, or give this sink another path")
                                       : file->Failure(temporary);
    ::close(file->fd_);
    return error;
  }
  file->temporary_ = std::move(temporary);
  // What a killed run left.
  if (::ftruncate(file->fd_, 0) != 0) return file->Failure(file->temporary_);
  if (exists) (void)::fchmod(file->fd_, old.st_mode & 07777);
  return file;
}

FileReplacement::~FileReplacement() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status FileReplacement::Replace() {
  if (temporary_.empty()) return OkStatus();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return Failure(path_);
  temporary_.clear();
  return OkStatus();
}

}  // namespace flow
