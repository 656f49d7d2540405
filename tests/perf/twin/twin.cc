// The parts that all hand-written queries share.
#include "tests/perf/twin/twin.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/format/encode.h"
#include "runtime/format/field.h"

namespace flow::twin {

namespace {

constexpr size_t kBlockBytes = size_t{1} << 18;

std::vector<Type> TypesOf(const std::vector<program::SourceColumn>& columns) {
  std::vector<Type> types;
  for (const program::SourceColumn& column : columns) types.push_back(column.type);
  return types;
}

}  // namespace

program::SourceColumn Field(std::vector<std::string> path, Type type) {
  program::SourceColumn column;
  column.name = path.back();
  column.type = std::move(type);
  for (std::string& key : path) column.path.push_back({std::move(key), -1});
  return column;
}

void Fail(const std::string& message) {
  std::fprintf(stderr, "twin: %s\n", message.c_str());
  std::exit(1);
}

Log::Log(std::vector<program::SourceColumn> columns)
    : columns_(std::move(columns)),
      decoder_(columns_, TimestampUnit::kMillis, false),
      memory_(decoder_),
      batch_(TypesOf(columns_), kBatchRows),
      buffer_(kBlockBytes) {}

Log::~Log() {
  if (fd_ >= 0) close(fd_);
}

void Log::Open(const std::string& path) {
  if (fd_ >= 0) close(fd_);
  fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) Fail(path + " can not be read");
  path_ = path;
  begin_ = end_ = 0;
  ended_ = false;
}

// Reads on behind the line that is not complete yet.
bool Log::Fill() {
  if (ended_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const ssize_t size = read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  if (size < 0) Fail(path_ + " can not be read");
  ended_ = size == 0;
  end_ += static_cast<size_t>(size);
  return true;
}

const Batch* Log::Next() {
  for (;;) {
    batch_.Clear();
    PresetAbsent(columns_, 0, kBatchRows, &batch_);
    int32_t rows = 0;
    while (rows < kBatchRows && begin_ < end_) {
      const char* line = buffer_.data() + begin_;
      const void* found = std::memchr(line, '\n', end_ - begin_);
      if (found == nullptr && !ended_) break;
      const size_t size = found == nullptr
                              ? end_ - begin_
                              : static_cast<size_t>(static_cast<const char*>(found) - line);
      begin_ += size + (found == nullptr ? 0 : 1);
      if (size == 0) continue;
      if (decoder_.Decode(line, size, buffer_.data() + end_, rows, &batch_, &memory_)) {
        ++rows;
      } else {
        PresetAbsent(columns_, rows, 1, &batch_);
      }
    }
    batch_.rows = rows;
    if (rows != 0) return &batch_;
    if (!Fill()) return nullptr;
  }
}

Output::Output(std::vector<std::pair<std::string, Type>> columns, bool print) : print_(print) {
  std::vector<Type> types;
  for (auto& [name, type] : columns) {
    names_.push_back(std::move(name));
    types.push_back(std::move(type));
  }
  batch_.Reset(std::move(types), kBatchRows);
}

void Output::Flush() {
  rows_ += batch_.rows;
  for (int32_t row = 0; row < batch_.rows; ++row) {
    if (print_) {
      AppendJsonRow(batch_, row, names_, {}, &text_);
      text_ += '\n';
    } else {
      hash_ += RowHash(batch_, row);
    }
  }
  std::fwrite(text_.data(), 1, text_.size(), stdout);
  text_.clear();
  for (int32_t c = 0; c < batch_.column_count(); ++c) {
    std::memset(batch_.column(c).status, kFlowValue, static_cast<size_t>(batch_.rows));
  }
  batch_.rows = 0;
}

void Output::Finish() {
  Flush();
  if (!print_) std::printf("v %lld %s\n", static_cast<long long>(rows_), HashText(hash_).c_str());
}

}  // namespace flow::twin
