// The door to the file system: everything durable goes through here, so that tests can tear, delay
// and forget writes. Paths are absolute or relative to the working directory.
//
// Nothing is durable before Sync of the file *and* of its folder. A failed Sync must end the run:
// the system may have dropped the pages, and a second Sync would lie.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace flow {

// Writing fails with an external error. `OutOfSpace` tells a full disk, which may heal.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Status Append(std::string_view data) = 0;
  virtual Status Sync() = 0;
};

class InputFile {
 public:
  virtual ~InputFile() = default;
  // Reads up to `size` bytes at the reading position; fewer only at the end.
  virtual Result<size_t> Read(char* data, size_t size) = 0;
  // The same at a position of its own: any thread.
  virtual Result<size_t> ReadAt(int64_t at, char* data, size_t size) const = 0;
};

// Held until it is destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::unique_ptr<OutputFile>> Create(const std::string& path) = 0;  // truncates
  virtual Result<std::unique_ptr<InputFile>> Open(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  virtual Result<int64_t> Size(const std::string& path) = 0;
  // Makes the folder (mode 0700) and those above it; fine if it is there.
  virtual Status MakeFolder(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> List(const std::string& folder) = 0;  // sorted names
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status SyncFile(const std::string& path) = 0;
  virtual Status SyncFolder(const std::string& path) = 0;
  // Makes the names of `path` and of all folders above it durable, wherever this user could have
  // made them.
  virtual Status SyncNames(const std::string& path) = 0;
  virtual Status Remove(const std::string& path) = 0;  // a file, or a folder with all in it
  // A user error if another process holds it.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;

  // The operating system's.
  static Files* System();

  Result<std::string> ReadAll(const std::string& path);
  // The file's new content is durable when it returns, but perhaps not its name: SyncFolder.
  Status WriteSynced(const std::string& path, std::string_view data);
  // Writes PATH.tmp, syncs it, renames it to PATH and syncs the folder: all or nothing.
  Status Replace(const std::string& path, std::string_view data);
};

// Is this the error of a full disk (or quota)?
bool OutOfSpace(const Error& error);

std::string FolderOf(const std::string& path);

}  // namespace flow
