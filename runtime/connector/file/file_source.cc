// Gives OpenFileSource.
#include "runtime/connector/file/file_source.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/connector/file/file_identity.h"
#include "runtime/connector/file/file_offset.h"
#include "runtime/connector/file/file_reader.h"
#include "runtime/connector/options.h"
#include "runtime/connector/record_decoder.h"

namespace flow {

namespace {

class FileSource : public SourceConnector {
 public:
  FileSource(std::vector<std::vector<InputFile>> files, FileReadOptions options,
             std::unique_ptr<RecordDecoder> decoder, bool by_file)
      : files_(std::move(files)),
        by_file_(by_file),
        options_(std::move(options)),
        decoder_(std::move(decoder)) {
    DescribePartitions();
  }

  void KeepNumbers(const std::vector<std::string>& names) override {
    if (!by_file_) return;
    std::vector<std::vector<InputFile>> ordered;
    for (const std::string& name : names) {
      for (auto& files : files_) {
        if (files.empty() || files.front().name != name) continue;
        ordered.push_back(std::exchange(files, {}));
        break;
      }
    }
    for (auto& files : files_) {
      if (!files.empty()) ordered.push_back(std::move(files));
    }
    files_ = std::move(ordered);
    DescribePartitions();
  }

  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }

  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    if (partition < 0 || static_cast<size_t>(partition) >= files_.size()) {
      return UserError(options_.who + " has no partition " + std::to_string(partition));
    }
    const std::vector<InputFile>& files = files_[static_cast<size_t>(partition)];
    if (from < 0 || FileOfOffset(from) >= static_cast<int64_t>(files.size())) {
      return UserError(options_.who + " has no offset " + std::to_string(from));
    }
    FileReadOptions options = options_;
    if (options.header) {
      options.on_header = [this, partition](int64_t file, std::string_view header) -> Status {
        Status status = decoder_->SetHeader(partition, file, header);
        if (status.ok()) return status;
        const InputFile& of = files_[static_cast<size_t>(partition)][static_cast<size_t>(file)];
        status.error().message = options_.who + ": " + of.path + ": " + status.error().message;
        return status;
      };
    }
    return std::unique_ptr<PartitionReader>(
        new FileReader(partition, files, std::move(options), pool_, from, to));
  }

  Status VerifyFingerprint(int partition, int64_t next_offset,
                           const RecordFingerprint& last) override {
    const auto& files = files_[static_cast<size_t>(partition)];
    const auto file = static_cast<size_t>(FileOfOffset(last.offset));
    if (file >= files.size()) {
      return DataError(options_.who + ": file " + std::to_string(file + 1) +
                           " in name order was read last, and there are " +
                           std::to_string(files.size()),
                       "files that were read must stay; new ones must come after them in name "
                       "order");
    }
    const bool same = FileOfOffset(next_offset) == FileOfOffset(last.offset);
    const int64_t position =
        same ? PositionOfOffset(next_offset) : PositionOfOffset(last.offset) + last.size;
    return FileIdentity(files[file]).Verify(options_.who, position, last);
  }

  std::string OffsetToText(int partition, int64_t offset) const override {
    const auto& files = files_[static_cast<size_t>(partition)];
    const size_t file = std::min(static_cast<size_t>(FileOfOffset(offset)), files.size() - 1);
    return files[file].name + "=" + std::to_string(PositionOfOffset(offset));
  }

  std::optional<std::pair<int, int64_t>> ParseOffset(const std::string& partition,
                                                     int64_t value) const override {
    if (value < 0) return std::nullopt;
    std::optional<std::pair<int, int64_t>> found;
    for (size_t p = 0; p < files_.size(); ++p) {
      for (size_t f = 0; f < files_[p].size(); ++f) {
        if (files_[p][f].name != partition) continue;
        if (found.has_value()) return std::nullopt;  // two files of that name
        found = {static_cast<int>(p), FileOffset(static_cast<int64_t>(f), value)};
      }
    }
    if (found.has_value()) return value > kMaxFilePosition ? std::nullopt : found;
    for (const PartitionInfo& info : partitions_) {
      if (std::to_string(info.id) == partition) return std::pair<int, int64_t>(info.id, value);
    }
    return std::nullopt;
  }

 private:
  void DescribePartitions() {
    partitions_.clear();
    for (size_t p = 0; p < files_.size(); ++p) {
      const std::vector<InputFile>& of = files_[p];
      PartitionInfo info;
      info.id = static_cast<int>(p);
      info.name = of.size() == 1 ? of.front().name : std::to_string(p);
      info.bounded = !options_.follow;
      const InputFile& last = of.back();
      if (last.regular && last.compression == Compression::kNone) {
        info.end = FileOffset(static_cast<int64_t>(of.size()) - 1, last.size);
      }
      partitions_.push_back(std::move(info));
    }
  }

  std::vector<std::vector<InputFile>> files_;  // by partition
  const bool by_file_;
  const FileReadOptions options_;
  const std::unique_ptr<RecordDecoder> decoder_;
  const std::shared_ptr<BlockPool> pool_ = std::make_shared<BlockPool>();
  std::vector<PartitionInfo> partitions_;
};

}  // namespace

namespace {

// Of several files in one partition only the last could grow without a record being missed.
Status CheckFollowed(const std::string& who, const std::vector<InputFile>& files,
                     const std::string& partitions) {
  if (files.size() > 1 && partitions != "file") {
    return UserError(who + ": follow needs a single file, or partitions = 'file'",
                     "files that are one partition are read one after the other, and all but the "
                     "last must be complete");
  }
  for (const InputFile& file : files) {
    if (file.regular && file.compression == Compression::kNone) continue;
    return UserError(who + ": " + file.path + " can not be followed",
                     file.regular ? "it is compressed" : "it is no file that is stored");
  }
  return OkStatus();
}

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenFileSource(const program::Source& source) {
  FileReadOptions options;
  options.who = "source " + source.name;
  FLOW_RETURN_IF_ERROR(
      CheckOptions("FILE (" + options.who + ")", source.options,
                   {"path", "partitions", "compression", "follow", "max_record_bytes"}));
  FLOW_TRY(options.follow, BooleanOption(options.who, source.options, "follow", false));
  FLOW_TRY(const std::string path, RequiredOption(options.who, source.options, "path"));
  FLOW_TRY(options.max_record_bytes, IntegerOption(options.who, source.options, "max_record_bytes",
                                                   options.max_record_bytes, 1, int64_t{1} << 30));
  const std::string partitions = OptionOr(source.options, "partitions", "");
  if (!partitions.empty() && partitions != "file") {
    return UserError(options.who + ": partitions = '" + partitions + "' is not known",
                     "partitions = 'file' makes each file a partition; without it all files, in "
                     "name order, are one");
  }
  FLOW_TRY(std::vector<InputFile> files,
           ListFiles(options.who, path, OptionOr(source.options, "compression", "")));
  if (static_cast<int64_t>(files.size()) > kMaxFiles) {
    return UserError(options.who + ": more than " + std::to_string(kMaxFiles) + " files");
  }
  if (options.follow) FLOW_RETURN_IF_ERROR(CheckFollowed(options.who, files, partitions));
  std::vector<std::vector<InputFile>> by_partition;
  if (partitions == "file") {
    for (InputFile& file : files) by_partition.push_back({std::move(file)});
  } else {
    by_partition.push_back(std::move(files));
  }
  FLOW_TRY(std::unique_ptr<RecordDecoder> decoder, MakeRecordDecoder(source));
  options.csv = decoder->is_csv();
  options.header = decoder->has_header();
  options.splitter = decoder->splitter();
  return std::unique_ptr<SourceConnector>(new FileSource(
      std::move(by_partition), std::move(options), std::move(decoder), partitions == "file"));
}

}  // namespace flow
