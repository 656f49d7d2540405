// Is a file still the one that was read? Device and inode say too little (a file may be truncated
// and written again, or copied back): its content up to the last record does.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/connector/connector.h"
#include "runtime/connector/file/file_list.h"

namespace flow {

// An open file, for looking at what was read of it.
class FileIdentity {
 public:
  // Without a file if it can not be opened: then it gives no fingerprints.
  explicit FileIdentity(const InputFile& file);
  ~FileIdentity();
  FileIdentity(FileIdentity&& other) noexcept;
  FileIdentity(const FileIdentity&) = delete;
  FileIdentity& operator=(const FileIdentity&) = delete;

  // Of a record whose bytes begin at `position`: covers the file's name, its first bytes up to the
  // record, and the record. Of a compressed file: its name and first stored bytes only.
  std::optional<RecordFingerprint> Of(int64_t offset, int64_t position,
                                      std::string_view record) const;
  // Why the file is not the one of `last`, which was read up to `position`; OK: it is.
  Status Verify(const std::string& who, int64_t position, const RecordFingerprint& last) const;

 private:
  std::optional<std::string> Bytes(int64_t at, int64_t size) const;

  InputFile file_;
  int fd_ = -1;
};

}  // namespace flow
