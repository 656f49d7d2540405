// Gives FileIdentity.
#include "runtime/connector/file/file_identity.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/connector/file/file_offset.h"

namespace flow {

namespace {

constexpr int64_t kHeadBytes = 4096;
constexpr int64_t kMarkBytes = 3;  // a byte order mark is no part of the first record

}  // namespace

FileIdentity::FileIdentity(const InputFile& file) : file_(file) {
  if (file.regular) fd_ = open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
}

FileIdentity::~FileIdentity() {
  if (fd_ >= 0) close(fd_);
}

FileIdentity::FileIdentity(FileIdentity&& other) noexcept
    : file_(std::move(other.file_)), fd_(other.fd_) {
  other.fd_ = -1;
}

// nullopt: they are not there.
std::optional<std::string> FileIdentity::Bytes(int64_t at, int64_t size) const {
  std::string bytes(static_cast<size_t>(size), '\0');
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = pread(fd_, bytes.data() + filled, bytes.size() - filled,
                              static_cast<off_t>(at + static_cast<int64_t>(filled)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

std::optional<RecordFingerprint> FileIdentity::Of(int64_t offset, int64_t position,
                                                  std::string_view record) const {
  if (fd_ < 0) return std::nullopt;
  RecordFingerprint print;
  print.offset = offset;
  const bool stored = file_.compression != Compression::kNone;
  const auto head = Bytes(0, std::min(kHeadBytes, stored ? file_.size : position));
  if (!head.has_value()) return std::nullopt;
  print.size = static_cast<int64_t>(stored ? head->size() : record.size());
  print.hash = HashRecord(file_.name + '/' + *head, stored ? std::string_view() : record);
  return print;
}

Status FileIdentity::Verify(const std::string& who, int64_t position,
                            const RecordFingerprint& last) const {
  if (!file_.regular) return OkStatus();
  const char* const hint =
      "a file that was read must stay as it is; it may only grow. State made from the old file can "
      "not be used with another";
  if (fd_ < 0) return ExternalError(who + ": " + file_.path + " can not be opened");
  auto replaced = [&] {
    return DataError(who + ": " + file_.path + " is not the file that was read up to byte " +
                         std::to_string(position) + ": its content is another",
                     hint);
  };
  if (file_.compression != Compression::kNone) {
    const auto head = Bytes(0, last.size);
    if (!head.has_value() || HashRecord(file_.name + '/' + *head, {}) != last.hash) {
      return replaced();
    }
    return OkStatus();
  }
  if (file_.size < position) {
    return DataError(who + ": " + file_.path + " has " + std::to_string(file_.size) +
                         " bytes and was read up to byte " + std::to_string(position) +
                         ": it was truncated or replaced",
                     hint);
  }
  const int64_t begin = PositionOfOffset(last.offset);
  const auto head = Bytes(0, std::min(kHeadBytes, begin));
  for (const int64_t mark : {int64_t{0}, kMarkBytes}) {
    const auto record = Bytes(begin + mark, last.size);
    if (head.has_value() && record.has_value() &&
        HashRecord(file_.name + '/' + *head, *record) == last.hash) {
      return OkStatus();
    }
    if (begin != 0) break;
  }
  return replaced();
}

}  // namespace flow
