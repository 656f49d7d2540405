// OpenFileTarget: appending to a file with its length in a marker beside it.
//
// The order is: lines, fsync, marker (a new file renamed over the old one), fsync of the folder. So
// the marker never names what is not there, and what is there beyond it is not there yet. The
// marker has a checksum: with a wrong length the file would be cut.
#include "runtime/connector/file/file_target.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/connector/file/file_replacement.h"
#include "runtime/connector/file/row_text.h"
#include "runtime/connector/options.h"

namespace flow {

namespace {

class FileTarget : public EpochTarget {
 public:
  FileTarget(const program::Sink& sink, const program::View& view, int index, std::string path,
             const PipelineIdentity& pipeline)
      : name_(sink.name),
        sinks_{index},
        path_(std::move(path)),
        uid_(pipeline.uid),
        replaces_(pipeline.replaces),
        text_(sink.format, view) {
    size_t slash = path_.rfind('/');
    folder_ = slash == std::string::npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
    std::string base = slash == std::string::npos ? path_ : path_.substr(slash + 1);
    marker_path_ = folder_ + "/." + base + ".flowc";
  }
  ~FileTarget() override {
    if (file_ >= 0) ::close(file_);
    if (lock_ >= 0) ::close(lock_);
  }

  const std::vector<int>& sinks() const override { return sinks_; }

  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    FLOW_RETURN_IF_ERROR(TakeLock());
    std::vector<std::optional<EpochMarker>> found(1);
    FLOW_TRY(bool known, ReadMarker());
    if (!known) return found;
    // Who wrote it may have died between its name and the folder's sync.
    FLOW_RETURN_IF_ERROR(SyncFolder());
    if (!replaces_) FLOW_RETURN_IF_ERROR(OpenAt(length_));
    found[0] = marker_;
    return found;
  }

  Status Create(int /*sink*/, const EpochMarker& marker) override {
    FLOW_RETURN_IF_ERROR(OpenAt(0));
    length_ = 0;
    FLOW_RETURN_IF_ERROR(Append(text_.Header()));
    return Commit(marker);
  }

  Status Apply(const std::vector<SinkStep>& steps) override {
    const SinkStep& step = steps.front();
    if (!(marker_ == step.from)) {
      return DataError("sink " + name_ + ": " + path_ + " is at epoch " +
                       std::to_string(marker_.epoch) + ", not at " +
                       std::to_string(step.from.epoch));
    }
    // What an Apply that failed half way left.
    if (::ftruncate(file_, length_) != 0) return Failure("write", path_);
    if (::lseek(file_, length_, SEEK_SET) < 0) return Failure("write", path_);
    written_ = length_;
#ifdef FLOW_MUTANT_MARKER_FIRST
    FLOW_RETURN_IF_ERROR(Commit(step.to));
#endif
    std::string lines;
    for (int32_t row = 0; step.rows != nullptr && row < step.rows->rows; ++row) {
      text_.Append(*step.rows, row, step.to.epoch, &lines);
      if (lines.size() < kPiece) continue;
      FLOW_RETURN_IF_ERROR(Append(lines));
      lines.clear();
    }
    FLOW_RETURN_IF_ERROR(Append(lines));
    return Commit(step.to);
  }

  std::optional<std::string> Refusal(int, const Batch&, int32_t) override { return std::nullopt; }

  bool CanResync(int /*sink*/) const override { return true; }
  Status Resync(int /*sink*/, const EpochMarker& to,
                const std::function<Result<const Batch*>()>& next) override {
    // Nobody sees half of it, and what is there stays until all of the new is durable.
    FLOW_TRY(auto replacement, FileReplacement::Open("sink " + name_, path_));
    if (file_ >= 0) ::close(file_);
    file_ = replacement->fd();
    written_ = 0;
    FLOW_RETURN_IF_ERROR(Append(text_.Header()));
    while (true) {
      FLOW_TRY(const Batch* rows, next());
      if (rows == nullptr) break;
      std::string lines;
      // How many epochs a batch took depends on how often it was killed.
      const int64_t revision = replaces_ ? 1 : to.epoch;
      for (int32_t row = 0; row < rows->rows; ++row) text_.Append(*rows, row, revision, &lines);
      FLOW_RETURN_IF_ERROR(Append(lines));
    }
    if (::fdatasync(file_) != 0) return Failure("make durable", path_);
    // Without a marker the file counts as never attached: so between here and Commit.
    if (::unlink(marker_path_.c_str()) != 0 && errno != ENOENT) {
      return Failure("remove", marker_path_);
    }
    FLOW_RETURN_IF_ERROR(SyncFolder());
    FLOW_RETURN_IF_ERROR(replacement->Replace());
    return Commit(to);
  }

 private:
  static constexpr size_t kPiece = 256 << 10;

  Error Failure(const char* what, const std::string& path) const {
    return ExternalError("sink " + name_ + ": can not " + what + " " + path + ": " +
                         std::strerror(errno));
  }

  // Held as long as the target lives: fences another run, and is given up by a killed one.
  Status TakeLock() {
    if (lock_ >= 0) return OkStatus();
    const std::string path = marker_path_ + ".lock";
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) return Failure("write", path);
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return OkStatus();
    Error error = errno == EWOULDBLOCK
                      ? UserError("sink " + name_ + ": another run writes to " + path_,
                                  "stop it first, or give this sink another path")
                      : Failure("lock", path);
    ::close(lock_);
    lock_ = -1;
    return error;
  }

  // False: there is none of this pipeline.
  Result<bool> ReadMarker() {
    int fd = ::open(marker_path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      if (errno == ENOENT) return false;
      return Failure("read", marker_path_);
    }
    std::string text(4096, '\0');
    ssize_t n = ::read(fd, text.data(), text.size());
    ::close(fd);
    if (n < 0) return Failure("read", marker_path_);
    text.resize(static_cast<size_t>(n));
    auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object() || !json.value("uid", nlohmann::json()).is_string() ||
        !json.value("epoch", nlohmann::json()).is_number_integer() ||
        !json.value("manifest", nlohmann::json()).is_string() ||
        !json.value("length", nlohmann::json()).is_number_integer() ||
        json.value("check", nlohmann::json()) != Check(json)) {
      return DataError("sink " + name_ + ": " + marker_path_ + " is no marker",
                       "remove it and " + path_ + " to start the file again with --reset-state");
    }
    if (json["uid"] != uid_ || json["sink"] != name_) return false;
    marker_ = {json["epoch"].get<int64_t>(), json["manifest"].get<std::string>()};
    length_ = json["length"].get<int64_t>();
    return true;
  }

  // Over all other members.
  static std::string Check(const nlohmann::json& json) {
    nlohmann::json rest = json;
    rest.erase("check");
    const std::string text = rest.dump();
    return std::to_string(XXH3_64bits(text.data(), text.size()));
  }

  // Opens the file and cuts it to `length`; it must have that much.
  Status OpenAt(int64_t length) {
    if (file_ >= 0) ::close(file_);
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) return Failure("write", path_);
    struct stat info{};
    if (::fstat(file_, &info) != 0) return Failure("read", path_);
    if (info.st_size < length) {
      return DataError("sink " + name_ + ": " + path_ + " has " + std::to_string(info.st_size) +
                           " bytes, but " + std::to_string(length) + " had been written",
                       "it was cut or replaced: move it away and start again with --reset-state");
    }
#ifdef FLOW_MUTANT_NO_TRUNCATE
    length_ = length = info.st_size;
#endif
    if (::ftruncate(file_, length) != 0 || ::lseek(file_, length, SEEK_SET) < 0) {
      return Failure("write", path_);
    }
    written_ = length;
    return OkStatus();
  }

  Status Append(std::string_view data) {
    while (!data.empty()) {
      ssize_t n = ::write(file_, data.data(), data.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Failure("write", path_);
      data.remove_prefix(static_cast<size_t>(n));
      written_ += n;
    }
    return OkStatus();
  }

  Status Commit(const EpochMarker& marker) {
#ifndef FLOW_MUTANT_NO_DATA_SYNC
    if (::fdatasync(file_) != 0) return Failure("make durable", path_);
#endif
    nlohmann::ordered_json json = {{"uid", uid_},
                                   {"sink", name_},
                                   {"epoch", marker.epoch},
                                   {"manifest", marker.manifest},
                                   {"length", written_}};
    json["check"] = Check(json);
    const std::string text = json.dump() + "\n";
    const std::string temporary = marker_path_ + ".tmp";
    int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return Failure("write", temporary);
    bool ok = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              ::fdatasync(fd) == 0;
    int code = errno;
    ::close(fd);
    errno = code;
    if (!ok) return Failure("write", temporary);
    if (::rename(temporary.c_str(), marker_path_.c_str()) != 0) {
      return Failure("write", marker_path_);
    }
    FLOW_RETURN_IF_ERROR(SyncFolder());
    marker_ = marker;
    length_ = written_;
    return OkStatus();
  }

  Status SyncFolder() const {
    int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return Failure("open", folder_);
    int result = ::fsync(fd);
    ::close(fd);
    return result == 0 ? OkStatus() : Status(Failure("make durable", folder_));
  }

  const std::string name_;
  const std::vector<int> sinks_;
  const std::string path_;
  std::string folder_;
  std::string marker_path_;
  const std::string uid_;
  const bool replaces_;
  const RowText text_;
  int lock_ = -1;
  int file_ = -1;
  EpochMarker marker_;
  int64_t length_ = 0;   // that the marker states
  int64_t written_ = 0;  // of this Apply
};

}  // namespace

Result<std::unique_ptr<EpochTarget>> OpenFileTarget(const program::Program& program, int sink,
                                                    const PipelineIdentity& pipeline) {
  const program::Sink& spec = program.sinks[static_cast<size_t>(sink)];
  const std::string who = "sink " + spec.name;
  FLOW_RETURN_IF_ERROR(CheckOptions("FILE (" + who + ")", spec.options, {"path"}));
  FLOW_TRY(const std::string path, RequiredOption(who, spec.options, "path"));
  return std::unique_ptr<EpochTarget>(
      new FileTarget(spec, program.views[static_cast<size_t>(spec.view)], sink, path, pipeline));
}

}  // namespace flow
