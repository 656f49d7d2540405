// Files::System: plain POSIX calls.
#include "runtime/checkpoint/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace flow {

namespace {

constexpr const char* kFull = "the disk is full";

Error Failed(const char* what, const std::string& path, int code) {
  std::string text = std::string("can not ") + what + " " + path + ": ";
  if (code == ENOSPC || code == EDQUOT) {
    return ExternalError(text + kFull, "nothing is lost: the run goes on when there is space");
  }
  return ExternalError(text + std::strerror(code));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class SystemOutput : public OutputFile {
 public:
  SystemOutput(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Status Append(std::string_view data) override {
    while (!data.empty()) {
      ssize_t n = ::write(fd_.get(), data.data(), data.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failed("write", path_, errno);
      data.remove_prefix(static_cast<size_t>(n));
    }
    return OkStatus();
  }
  Status Sync() override {
#ifndef FLOW_MUTANT_NO_FILE_SYNC
    if (::fdatasync(fd_.get()) != 0) return Failed("make durable", path_, errno);
#endif
    return OkStatus();
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class SystemInput : public InputFile {
 public:
  SystemInput(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Result<size_t> Read(char* data, size_t size) override {
    FLOW_TRY(size_t done, ReadAt(at_, data, size));
    at_ += static_cast<int64_t>(done);
    return done;
  }
  Result<size_t> ReadAt(int64_t at, char* data, size_t size) const override {
    size_t done = 0;
    while (done < size) {
      ssize_t n = ::pread(fd_.get(), data + done, size - done, at + static_cast<int64_t>(done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failed("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

 private:
  Descriptor fd_;
  std::string path_;
  int64_t at_ = 0;
};

class SystemLock : public FileLock {
 public:
  explicit SystemLock(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;
};

class SystemFiles : public Files {
 public:
  Result<std::unique_ptr<OutputFile>> Create(const std::string& path) override {
    int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return Failed("write", path, errno);
    return std::unique_ptr<OutputFile>(new SystemOutput(fd, path));
  }
  Result<std::unique_ptr<InputFile>> Open(const std::string& path) override {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Failed("read", path, errno);
    return std::unique_ptr<InputFile>(new SystemInput(fd, path));
  }
  bool Exists(const std::string& path) override {
    struct stat info{};
    return ::lstat(path.c_str(), &info) == 0;
  }
  Result<int64_t> Size(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return Failed("read", path, errno);
    return static_cast<int64_t>(info.st_size);
  }
  Status MakeFolder(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return OkStatus();
    if (errno == ENOENT && !FolderOf(path).empty() && FolderOf(path) != path) {
      FLOW_RETURN_IF_ERROR(MakeFolder(FolderOf(path)));
      if (::mkdir(path.c_str(), 0700) == 0) return OkStatus();
    }
    int code = errno;
    struct stat info{};
    if (code == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      return OkStatus();
    }
    return Failed("make folder", path, code);
  }
  Result<std::vector<std::string>> List(const std::string& folder) override {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return Failed("read folder", folder, errno);
    std::vector<std::string> names;
    while (dirent* entry = ::readdir(dir)) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
    }
    ::closedir(dir);
    std::sort(names.begin(), names.end());
    return names;
  }
  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return Failed("rename to", to, errno);
    return OkStatus();
  }
  Status SyncFile(const std::string& path) override {
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return Failed("make durable", path, errno);
    return OkStatus();
  }
  Status SyncFolder(const std::string& path) override {
#ifndef FLOW_MUTANT_NO_FOLDER_SYNC
    Descriptor fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) return Failed("make durable", path, errno);
#endif
    return OkStatus();
  }
  Status SyncNames(const std::string& path) override {
    std::string folder = path;
    while (folder != "/" && folder != ".") {
      folder = FolderOf(folder);
      if (::access(folder.c_str(), W_OK) != 0) continue;
      FLOW_RETURN_IF_ERROR(SyncFolder(folder));
    }
    return OkStatus();
  }
  Status Remove(const std::string& path) override {
    std::error_code code;
    std::filesystem::remove_all(path, code);
    if (code) return Failed("remove", path, code.value());
    return OkStatus();
  }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return Failed("write", path, errno);
    std::unique_ptr<FileLock> lock(new SystemLock(fd));
    // Who only looks whether it is held (ReadStateView) has it for an instant.
    constexpr int kTries = 20;
    for (int i = 0; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++i) {
      if (errno != EWOULDBLOCK) return Failed("lock", path, errno);
      if (i < kTries) {
        ::usleep(10'000);
        continue;
      }
      return UserError(FolderOf(path) + " is in use by another process",
                       "one run at a time: stop it first, or give this one a --state of its own");
    }
    return lock;
  }
};

}  // namespace

Files* Files::System() {
  static SystemFiles* files = new SystemFiles();
  return files;
}

Result<std::string> Files::ReadAll(const std::string& path) {
  FLOW_TRY(std::unique_ptr<InputFile> file, Open(path));
  std::string text;
  constexpr size_t kStep = 64 << 10;
  while (true) {
    size_t at = text.size();
    text.resize(at + kStep);
    FLOW_TRY(size_t n, file->Read(&text[at], kStep));
    text.resize(at + n);
    if (n < kStep) return text;
  }
}

Status Files::WriteSynced(const std::string& path, std::string_view data) {
  FLOW_TRY(std::unique_ptr<OutputFile> file, Create(path));
  FLOW_RETURN_IF_ERROR(file->Append(data));
  return file->Sync();
}

Status Files::Replace(const std::string& path, std::string_view data) {
  FLOW_RETURN_IF_ERROR(WriteSynced(path + ".tmp", data));
  FLOW_RETURN_IF_ERROR(Rename(path + ".tmp", path));
  return SyncFolder(FolderOf(path));
}

bool OutOfSpace(const Error& error) {
  return error.domain == ErrorDomain::kExternal && error.message.find(kFull) != std::string::npos &&
         error.message.find("make durable") == std::string::npos;
}

std::string FolderOf(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace flow
