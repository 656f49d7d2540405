// What the hand-written queries share: a log as batches of decoded rows, hash tables, windows, and
// rows that go out. The decoder, the form of a batch and the hash of a row are the project's own,
// so that a twin and flowc differ in what the compiler and the engine add.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/format/json_decoder.h"
#include "runtime/program/program.h"

namespace flow::twin {

inline constexpr int64_t kSecond = 1'000'000;
inline constexpr int64_t kMinute = 60 * kSecond;

using Paths = std::vector<std::string>;  // the partitions of a log, a file each

// A column of a log: a field, or a field of an object.
program::SourceColumn Field(std::vector<std::string> path, Type type);

// Ends the program with a message.
[[noreturn]] void Fail(const std::string& message);

// Reads files of JSON lines in one thread.
class Log {
 public:
  explicit Log(std::vector<program::SourceColumn> columns);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  void Open(const std::string& path);
  // The next rows of the file, without the lines that are malformed; nullptr: there are none left.
  // They are good until the next call.
  const Batch* Next();

 private:
  bool Fill();

  std::vector<program::SourceColumn> columns_;
  JsonDecoder decoder_;
  JsonDecoder::Memory memory_;
  Batch batch_;
  std::string path_;
  int fd_ = -1;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is not decoded yet
  size_t end_ = 0;
  bool ended_ = false;
};

// Calls rows(batch) for all rows of all files, and file() before each file.
template <typename File, typename Rows>
void ReadAll(Log* log, const Paths& paths, const File& file, const Rows& rows) {
  for (const std::string& path : paths) {
    log->Open(path);
    file();
    while (const Batch* batch = log->Next()) rows(*batch);
  }
}

template <typename T>
const T* Values(const Batch& batch, int column) {
  return batch.values<T>(column);
}

inline bool IsValue(const Batch& batch, int column, int32_t row) {
  return batch.column(column).status[row] == kFlowValue;
}

// The event time that the rows of one file have reached.
class Clock {
 public:
  explicit Clock(int64_t delay) : delay_(delay) {}
  void Start() { watermark_ = INT64_MIN; }
  // A row at this time: is the window that ends then over?
  bool Late(int64_t time, int64_t window_end) {
    const bool late = watermark_ >= window_end;
    if (time - delay_ > watermark_) watermark_ = time - delay_;
    return late;
  }

 private:
  int64_t delay_;
  int64_t watermark_ = INT64_MIN;
};

// The start of the aligned window of `size` that a time is in.
inline int64_t Truncate(int64_t time, int64_t size) {
  const int64_t rest = time % size;
  return time - (rest < 0 ? rest + size : rest);
}

inline uint64_t Mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0x9E3779B97F4A7C15ULL;
  return x ^ x >> 29;
}

// A hash table with linear probing that grows at one half. What is looked up is a Key or something
// that a Key can be compared with and made of; `Hash` gives the same 64 bits for both.
template <typename Key, typename Value, typename Hash>
class Table {
 public:
  template <typename Lookup = Key>
  Value& operator[](const Lookup& key) {
    const uint64_t mask = slots_.size() - 1;
    for (uint64_t i = Hash()(key) & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.used && slot.key == key) return slot.value;
      if (slot.used) continue;
      if (++used_ * 2 > slots_.size()) {
        Grow();
        return (*this)[key];
      }
      slot.used = true;
      slot.key = Key(key);
      return slot.value;
    }
  }
  template <typename F>
  void ForEach(const F& f) const {
    for (const Slot& slot : slots_) {
      if (slot.used) f(slot.key, slot.value);
    }
  }

 private:
  struct Slot {
    bool used = false;
    Key key{};
    Value value{};
  };
  void Grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    used_ = 0;
    for (Slot& slot : old) {
      if (slot.used) (*this)[slot.key] = std::move(slot.value);
    }
  }
  std::vector<Slot> slots_ = std::vector<Slot>(64);
  size_t used_ = 0;
};

struct MixHash {
  uint64_t operator()(int64_t key) const { return Mix(static_cast<uint64_t>(key)); }
};
template <typename Value>
using NumberTable = Table<int64_t, Value, MixHash>;

// A table for each window (or slice); rows that follow each other are mostly of one.
template <typename Table>
class Windows {
 public:
  Table& At(int64_t start) {
    if (last_ == nullptr || start != last_start_) {
      last_ = &tables_[start];
      last_start_ = start;
    }
    return *last_;
  }
  const std::map<int64_t, Table>& tables() const { return tables_; }

 private:
  std::map<int64_t, Table> tables_;
  Table* last_ = nullptr;
  int64_t last_start_ = 0;
};

// The rows of an answer: printed as JSON lines, or counted and hashed as flowc's --digest does.
class Output {
 public:
  Output(std::vector<std::pair<std::string, Type>> columns, bool print);
  // A row whose cells the caller sets; all of them are values.
  int32_t Next() {
    if (batch_.rows == batch_.capacity()) Flush();
    return batch_.rows++;
  }
  template <typename T>
  T& Cell(int column, int32_t row) {
    return batch_.values<T>(column)[row];
  }
  void SetNull(int column, int32_t row) { batch_.column(column).status[row] = kFlowNull; }
  // The cell of a decoded row, value or not.
  template <typename T>
  void Copy(const Batch& from, int from_column, int32_t from_row, int column, int32_t row) {
    Cell<T>(column, row) = from.values<T>(from_column)[from_row];
    batch_.column(column).status[row] = from.column(from_column).status[from_row];
  }
  // Before strings that the rows borrow go away, and at the end.
  void Flush();
  void Finish();

 private:
  std::vector<std::string> names_;
  bool print_;
  Batch batch_;
  std::string text_;
  int64_t rows_ = 0;
  unsigned __int128 hash_ = 0;
};

// The queries.
void Q0(const Paths& paths, bool print);
void Q1(const Paths& paths, bool print);
void Q2(const Paths& paths, bool print);
void Q11(const Paths& paths, bool print);
void Q12(const Paths& paths, bool print);
void Q14(const Paths& paths, bool print);
void Q15(const Paths& paths, bool print);
void Q16(const Paths& paths, bool print);
void Q17(const Paths& paths, bool print);
void Q21(const Paths& paths, bool print);
void Q22(const Paths& paths, bool print);
void Clicks(const Paths& paths, bool print);
void Ysb(const Paths& paths, bool print);
void Hop5m(const Paths& paths, bool print);
void Groups(const Paths& paths, bool print);

}  // namespace flow::twin
