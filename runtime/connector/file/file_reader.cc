// Gives FileReader: blocks of a file, the records in them, one file after the other.
#include "runtime/connector/file/file_reader.h"

#include <emmintrin.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "runtime/connector/file/file_offset.h"

namespace flow {

namespace {

bool IsBlankLine(const char* data, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (data[i] != ' ' && data[i] != '\t' && data[i] != '\r') return false;
  }
  return true;
}

int64_t WallClockMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The first line end in [p, end), or nullptr.
const char* FindLineEnd(const char* p, const char* end) {
  const __m128i newline = _mm_set1_epi8('\n');
  for (int i = 0; i < 4 && p + 16 <= end; ++i, p += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(v, newline));
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
  return static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
}

constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";

}  // namespace

FileReader::FileReader(int partition, std::vector<InputFile> files, FileReadOptions options,
                       std::shared_ptr<BlockPool> pool, int64_t from, int64_t to)
    : partition_(partition),
      files_(std::move(files)),
      options_(std::move(options)),
      pool_(std::move(pool)),
      to_(to),
      next_offset_(from),
      file_(static_cast<size_t>(FileOfOffset(from))),
      start_(PositionOfOffset(from)) {}

bool FileReader::Finished() const {
  return file_ >= files_.size() || (to_ >= 0 && next_offset_ >= to_);
}

int64_t FileReader::lag() const {
  int64_t bytes = 0;
  for (size_t i = file_; i < files_.size(); ++i) {
    if (!files_[i].regular || files_[i].compression != Compression::kNone) return -1;
    struct stat now{};
    const bool grows = options_.follow && stat(files_[i].path.c_str(), &now) == 0;
    bytes += grows ? static_cast<int64_t>(now.st_size) : files_[i].size;
  }
  if (file_ < files_.size()) bytes -= PositionOfOffset(next_offset_);
  return std::max<int64_t>(bytes, 0);
}

Status FileReader::OpenFile() {
  // Lines can be found from anywhere: whether the byte before `start_` ends one tells whether a
  // record begins there. Quotes of CSV are known from the beginning only.
  const InputFile& file = files_[file_];
  if (file.regular && file.compression == Compression::kNone && start_ > file.size) {
    return DataError(options_.who + ": " + file.path + " has " + std::to_string(file.size) +
                     " bytes; there is no offset " + std::to_string(start_) + " in it");
  }
  position_ = options_.csv || start_ == 0 ? 0 : start_ - 1;
  const bool follow = options_.follow && to_ < 0;
  FLOW_TRY(stream_, follow ? OpenGrowingFile(options_.who, file, position_)
                           : OpenByteStream(options_.who, file, position_));
  identity_.emplace(file);
  splitter_ = options_.splitter;
  block_ = nullptr;
  at_ = filled_ = 0;
  stream_ended_ = false;
  header_due_ = options_.header;
  return OkStatus();
}

std::optional<RecordFingerprint> FileReader::last_record() const {
  if (last_offset_ < 0 || !identity_.has_value()) return last_record_;
  return identity_->Of(last_offset_, PositionOfOffset(last_offset_), last_text_);
}

void FileReader::NextFile() {
  last_record_ = last_record();
  last_offset_ = -1;
  identity_.reset();
  stream_ = nullptr;
  block_ = nullptr;
  start_ = 0;
  ++file_;
  if (file_ < files_.size()) next_offset_ = FileOffset(static_cast<int64_t>(file_), 0);
}

Error FileReader::TooLong() const {
  return DataError(options_.who + ": " + files_[file_].path + ": the record at offset " +
                       std::to_string(position_) + " is longer than " +
                       std::to_string(options_.max_record_bytes) + " bytes",
                   "are its lines ended by line feeds?");
}

// Gets more of the file; false: nothing now. What morsels borrow stays where it is.
Result<bool> FileReader::Refill() {
  const size_t rest = filled_ - at_;
  if (static_cast<int64_t>(rest) > options_.max_record_bytes) return TooLong();
  if (block_ == nullptr || filled_ == block_->capacity) {
    if (rest == 0) block_ = nullptr;  // perhaps the pool gives the same one back
    std::shared_ptr<Block> next = pool_->Take(rest * 2);
    if (rest > 0) std::memcpy(next->data.get(), block_->data.get() + at_, rest);
    block_ = std::move(next);
    at_ = 0;
    filled_ = rest;
  }
  FLOW_TRY(ByteStream::Chunk chunk,
           stream_->Read(block_->data.get() + filled_, block_->capacity - filled_));
  filled_ += chunk.size;
  stream_ended_ = chunk.end;
  return chunk.size > 0 || chunk.end;
}

// Takes whole lines, as TakeRecords would: as long as nothing is special about them.
void FileReader::TakeLines(size_t max_records, int64_t max_bytes, Morsel* out) {
  if (!splitter_.at_line() || header_due_ || position_ == 0 || position_ < start_) return;
  const char* p = block_->data.get() + at_;
  const char* const end = block_->data.get() + filled_;
  const auto file = static_cast<int64_t>(file_);
  const int64_t stop = to_ < 0 ? INT64_MAX : to_;
  int64_t position = position_;
  while (p < end && out->records.size() < max_records && out->bytes < max_bytes &&
         FileOffset(file, position) < stop) {
    const char* line_end = FindLineEnd(p, end);
    if (line_end == nullptr) break;
    const int64_t whole = line_end + 1 - p;
    if (whole > options_.max_record_bytes || position + whole > kMaxFilePosition) break;
    size_t size = static_cast<size_t>(whole - 1);
    if (size > 0 && p[size - 1] == '\r') --size;
    if (!IsBlankLine(p, size)) {
      RawRecord& record = out->records.emplace_back();
      record.data = p;
      record.size = static_cast<uint32_t>(size);
      record.offset = FileOffset(file, position);
      out->bytes += static_cast<int64_t>(size);
    }
    p = line_end + 1;
    position += whole;
  }
  if (position == position_) return;
  at_ += static_cast<size_t>(position - position_);
  position_ = position;
  next_offset_ = FileOffset(file, position);
}

// Takes records that are whole in the block.
Status FileReader::TakeRecords(size_t max_records, int64_t max_bytes, Morsel* out) {
  auto full = [&] {
    return out->records.size() >= max_records || out->bytes >= max_bytes || Finished();
  };
  while (!full()) {
    if (block_ != nullptr) TakeLines(max_records, max_bytes, out);
    if (full()) break;
    const size_t available = filled_ - at_;
    if (available == 0) break;
    const char* text = block_->data.get() + at_;
    size_t size = splitter_.Find(text, available);
    if (size == RecordSplitter::kIncomplete) {
      if (!stream_ended_) break;
      splitter_.Restart();
      size = available;  // the last line may lack its end
    }
    if (static_cast<int64_t>(size) > options_.max_record_bytes) return TooLong();
    const int64_t begin = position_;
    at_ += size;
    position_ += static_cast<int64_t>(size);
    if (position_ > kMaxFilePosition) {
      return DataError(options_.who + ": " + files_[file_].path + " is longer than 8 TiB");
    }
    if (text[size - 1] == '\n') --size;
    if (size > 0 && text[size - 1] == '\r') --size;
    if (begin == 0 && size >= 3 && std::memcmp(text, kByteOrderMark, 3) == 0) {
      text += 3;
      size -= 3;
    }
    const int64_t after = FileOffset(static_cast<int64_t>(file_), position_);
    if (header_due_) {
      header_due_ = false;
      FLOW_RETURN_IF_ERROR(
          options_.on_header(static_cast<int64_t>(file_), std::string_view(text, size)));
      next_offset_ = std::max(next_offset_, after);
      continue;
    }
    if (begin < start_) continue;
    next_offset_ = after;
    if (IsBlankLine(text, size)) continue;
    RawRecord record;
    record.data = text;
    record.size = static_cast<uint32_t>(size);
    record.offset = FileOffset(static_cast<int64_t>(file_), begin);
    out->records.push_back(record);
    out->bytes += static_cast<int64_t>(size);
  }
  return OkStatus();
}

Result<ReadState> FileReader::Read(int64_t max_records, int64_t max_bytes, Morsel* out) {
  out->partition = partition_;
  out->Clear();
  while (!Finished()) {
    if (stream_ == nullptr) FLOW_RETURN_IF_ERROR(OpenFile());
    FLOW_RETURN_IF_ERROR(
        TakeRecords(static_cast<size_t>(std::max<int64_t>(max_records, 1)), max_bytes, out));
    if (!out->records.empty()) {
      out->keep = block_;
      out->readable = block_->data.get() + filled_;
      out->row_count = static_cast<int64_t>(out->records.size());
      out->begin_offset = out->records.front().offset;
      last_offset_ = out->records.back().offset;
      last_text_.assign(out->records.back().data, out->records.back().size);
      out->next_offset = next_offset_;
      out->arrival_us = WallClockMicros();
      return ReadState::kData;
    }
    if (Finished()) break;
    if (stream_ended_ && at_ == filled_) {
      NextFile();
      continue;
    }
    FLOW_TRY(const bool more, Refill());
    if (!more) return ReadState::kIdle;
  }
  out->next_offset = next_offset_;
  return ReadState::kEnd;
}

}  // namespace flow
