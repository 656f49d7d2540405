// SegmentWriter and SegmentReader.
#include "runtime/checkpoint/segment.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace flow {

namespace {

constexpr std::string_view kMagic = "FLOWSEG1";
constexpr size_t kHeader = 12;
constexpr uint32_t kMaxFrame = 1u << 30;

uint64_t Chain(uint64_t chain, uint64_t hash) {
  uint64_t pair[2] = {chain, hash};
  return XXH3_64bits(pair, sizeof pair);
}

}  // namespace

Status SegmentWriter::Write(std::string_view data) {
  size_ += static_cast<int64_t>(data.size());
  return file_->Append(data);
}

Status SegmentWriter::Frame(std::string_view payload) {
  if (payload.empty()) return OkStatus();
  if (!begun_) FLOW_RETURN_IF_ERROR(Write(kMagic));
  begun_ = true;
  uint32_t size = static_cast<uint32_t>(payload.size());
  uint64_t hash = XXH3_64bits(payload.data(), payload.size());
  char header[kHeader];
  std::memcpy(header, &size, 4);
  std::memcpy(header + 4, &hash, 8);
  chain_ = Chain(chain_, hash);
  FLOW_RETURN_IF_ERROR(Write({header, sizeof header}));
  return Write(payload);
}

Status SegmentWriter::Finish(SegmentInfo* info) {
  if (!begun_) FLOW_RETURN_IF_ERROR(Write(kMagic));
  char end[kHeader] = {};
  std::memcpy(end + 4, &chain_, 8);
  FLOW_RETURN_IF_ERROR(Write({end, sizeof end}));
  info->size = size_;
  info->chain = chain_;
  return file_->Sync();
}

Result<std::unique_ptr<SegmentReader>> SegmentReader::Open(Files* files, const std::string& root,
                                                           const SegmentInfo& info) {
  const std::string path = root + "/" + info.file;
  FLOW_TRY(std::unique_ptr<InputFile> file, files->Open(path));
  std::unique_ptr<SegmentReader> reader(new SegmentReader(std::move(file), path, info));
  FLOW_TRY(int64_t size, files->Size(path));
  if (size != info.size) {
    return reader->Damaged("it has " + std::to_string(size) + " bytes instead of " +
                           std::to_string(info.size));
  }
  char magic[8];
  FLOW_TRY(size_t n, reader->file_->Read(magic, sizeof magic));
  if (std::string_view(magic, n) != kMagic) return reader->Damaged("it is no segment");
  reader->at_ = static_cast<int64_t>(kMagic.size());
  return reader;
}

Error SegmentReader::Damaged(const std::string& what) const {
  return DataError("damaged state: " + path_ + ": " + what,
                   "restore the state directory from a copy, or start again with --reset-state");
}

Result<std::string_view> SegmentReader::Next() {
  char header[kHeader];
  FLOW_TRY(size_t n, file_->Read(header, sizeof header));
  if (n < sizeof header) return Damaged("it ends early");
  uint32_t size;
  uint64_t hash;
  std::memcpy(&size, header, 4);
  std::memcpy(&hash, header + 4, 8);
  at_ += static_cast<int64_t>(kHeader);
  if (size == 0) {
    if (at_ != info_.size) return Damaged("bytes follow its end");
#ifndef FLOW_MUTANT_NO_CHECKSUM
#ifdef FLOW_MUTANT_NO_ORDER
    return std::string_view();
#endif
    if (hash != chain_ || chain_ != info_.chain) return Damaged("its checksums do not match");
#endif
    return std::string_view();
  }
  if (size > kMaxFrame || at_ + size > info_.size)
    return Damaged("a frame is longer than the file");
  buffer_.resize(size);
  FLOW_TRY(size_t got, file_->Read(buffer_.data(), size));
  if (got < size) return Damaged("it ends early");
#ifndef FLOW_MUTANT_NO_CHECKSUM
  if (XXH3_64bits(buffer_.data(), size) != hash) {
    return Damaged("a checksum does not match at byte " + std::to_string(at_));
  }
#endif
  at_ += size;
  chain_ = Chain(chain_, hash);
  return std::string_view(buffer_);
}

}  // namespace flow
