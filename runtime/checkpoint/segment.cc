// SegmentWriter and SegmentReader.
#include "runtime/checkpoint/segment.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace flow {

namespace {

constexpr std::string_view kMagic = "FLOWSEG1";
constexpr size_t kFrameHeader = 12;
constexpr uint32_t kMaxFrame = 1u << 30;

uint64_t Chain(uint64_t chain, uint64_t hash) {
  uint64_t pair[2] = {chain, hash};
  return XXH3_64bits(pair, sizeof pair);
}

Error Damaged(const std::string& path, const std::string& what) {
  return DataError("damaged state: " + path + ": " + what,
                   "restore the state directory from a copy, or start again with --reset-state");
}
Error EndsEarly(const std::string& path) { return Damaged(path, "it ends early"); }
Error TooLong(const std::string& path) { return Damaged(path, "a frame is longer than the file"); }

// The file, if it has the right size and begins like one.
Result<std::unique_ptr<InputFile>> OpenSegment(Files* files, const std::string& path,
                                               const SegmentInfo& info) {
  FLOW_TRY(std::unique_ptr<InputFile> file, files->Open(path));
  FLOW_TRY(int64_t size, files->Size(path));
  if (size != info.size) {
    return Damaged(
        path, "it has " + std::to_string(size) + " bytes instead of " + std::to_string(info.size));
  }
  char magic[8];
  FLOW_TRY(size_t n, file->ReadAt(0, magic, sizeof magic));
  if (std::string_view(magic, n) != kMagic) return Damaged(path, "it is no segment");
  return file;
}

// At the end: `at` is behind it, `hash` what it says, `chain` that of the frames.
Status CheckEnd(const std::string& path, const SegmentInfo& info, int64_t at,
                [[maybe_unused]] uint64_t hash, [[maybe_unused]] uint64_t chain) {
  if (at != info.size) return Damaged(path, "bytes follow its end");
#if !defined(FLOW_MUTANT_NO_CHECKSUM) && !defined(FLOW_MUTANT_NO_ORDER)
  if (hash != chain || chain != info.chain) return Damaged(path, "its checksums do not match");
#endif
  return OkStatus();
}

Status ReadPayload(const InputFile& file, const std::string& path, int64_t at, size_t size,
                   [[maybe_unused]] uint64_t hash, char* to) {
  FLOW_TRY(size_t got, file.ReadAt(at, to, size));
  if (got < size) return EndsEarly(path);
#ifndef FLOW_MUTANT_NO_CHECKSUM
  if (XXH3_64bits(to, size) != hash) {
    return Damaged(path, "a checksum does not match at byte " + std::to_string(at));
  }
#endif
  return OkStatus();
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
  char header[kFrameHeader];
  std::memcpy(header, &size, 4);
  std::memcpy(header + 4, &hash, 8);
  chain_ = Chain(chain_, hash);
  FLOW_RETURN_IF_ERROR(Write({header, sizeof header}));
  return Write(payload);
}

Status SegmentWriter::Finish(SegmentInfo* info) {
  if (!begun_) FLOW_RETURN_IF_ERROR(Write(kMagic));
  char end[kFrameHeader] = {};
  std::memcpy(end + 4, &chain_, 8);
  FLOW_RETURN_IF_ERROR(Write({end, sizeof end}));
  info->size = size_;
  info->chain = chain_;
  return file_->Sync();
}

Result<std::unique_ptr<SegmentReader>> SegmentReader::Open(Files* files, const std::string& root,
                                                           const SegmentInfo& info) {
  const std::string path = root + "/" + info.file;
  FLOW_TRY(std::unique_ptr<InputFile> file, OpenSegment(files, path, info));
  std::unique_ptr<SegmentReader> reader(new SegmentReader(std::move(file), path, info));
  reader->at_ = static_cast<int64_t>(kMagic.size());
  return reader;
}

Result<bool> SegmentReader::Next(std::vector<char>* payload) {
  char header[kFrameHeader];
  FLOW_TRY(size_t n, file_->ReadAt(at_, header, sizeof header));
  if (n < sizeof header) return EndsEarly(path_);
  uint32_t size;
  uint64_t hash;
  std::memcpy(&size, header, 4);
  std::memcpy(&hash, header + 4, 8);
  at_ += static_cast<int64_t>(kFrameHeader);
  if (size == 0) {
    FLOW_RETURN_IF_ERROR(CheckEnd(path_, info_, at_, hash, chain_));
    return false;
  }
  if (size > kMaxFrame || at_ + size > info_.size) return TooLong(path_);
  payload->resize(size);
  FLOW_RETURN_IF_ERROR(ReadPayload(*file_, path_, at_, size, hash, payload->data()));
  at_ += size;
  chain_ = Chain(chain_, hash);
  return true;
}

Result<std::string_view> SegmentReader::Next() {
  FLOW_TRY(bool more, Next(&buffer_));
  return more ? std::string_view(buffer_.data(), buffer_.size()) : std::string_view();
}

Result<std::unique_ptr<SegmentFrames>> SegmentFrames::Open(Files* files, const std::string& root,
                                                           const SegmentInfo& info) {
  const std::string path = root + "/" + info.file;
  FLOW_TRY(std::unique_ptr<InputFile> file, OpenSegment(files, path, info));
  std::unique_ptr<SegmentFrames> segment(new SegmentFrames(std::move(file), path));
  int64_t at = static_cast<int64_t>(kMagic.size());
  uint64_t chain = 0;
  while (true) {
    char header[kFrameHeader];
    FLOW_TRY(size_t n, segment->file_->ReadAt(at, header, sizeof header));
    if (n < sizeof header) return EndsEarly(path);
    Frame frame{at + static_cast<int64_t>(kFrameHeader), 0, 0};
    std::memcpy(&frame.size, header, 4);
    std::memcpy(&frame.hash, header + 4, 8);
    if (frame.size == 0) {
      FLOW_RETURN_IF_ERROR(CheckEnd(path, info, frame.at, frame.hash, chain));
      return segment;
    }
    if (frame.size > kMaxFrame || frame.at + frame.size > info.size) return TooLong(path);
    at = frame.at + frame.size;
    chain = Chain(chain, frame.hash);
    segment->frames_.push_back(frame);
  }
}

Status SegmentFrames::Read(size_t frame, char* to) const {
  const Frame& it = frames_[frame];
  return ReadPayload(*file_, path_, it.at, it.size, it.hash, to);
}

}  // namespace flow
