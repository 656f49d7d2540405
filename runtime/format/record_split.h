// Where records of a text end: JSON lines and CSV.
#pragma once

#include <cstddef>

namespace flow {

// Finds the end of the record at the front of a buffer that may grow between calls. It remembers
// how far it looked, so a record that comes in pieces is scanned once.
class RecordSplitter {
 public:
  static constexpr size_t kIncomplete = static_cast<size_t>(-1);

  // Lines end at \n.
  RecordSplitter() = default;
  // CSV: a \n within quotes is part of the field.
  static RecordSplitter Csv(char delimiter) {
    RecordSplitter splitter;
    splitter.csv_ = true;
    splitter.delimiter_ = delimiter;
    return splitter;
  }

  // The size of the record with its \n, or kIncomplete. `record` is the same text as in the call
  // before (perhaps moved, perhaps longer) until a record was found or Restart was called.
  size_t Find(const char* record, size_t size);
  // Lines, of which none was begun.
  bool at_line() const { return !csv_ && scanned_ == 0; }
  void Restart() {
    scanned_ = 0;
    quoted_ = false;
  }

 private:
  size_t FindCsv(const char* record, size_t size);

  bool csv_ = false;
  char delimiter_ = ',';
  bool quoted_ = false;  // scanned_ stands within quotes
  size_t scanned_ = 0;
};

}  // namespace flow
