// Rows of a view as lines of a file: JSON or CSV; an updating view's as changes.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/program/program.h"

namespace flow {

class RowText {
 public:
  RowText(program::Format format, const program::View& view);
  // What a file begins with: CSV's header.
  std::string Header() const;
  // Appends the line (or lines, by weight) of one row. `revision`: of a change.
  void Append(const Batch& rows, int32_t row, int64_t revision, std::string* out) const;

 private:
  void AppendChange(const Batch& rows, int32_t row, int64_t revision, std::string* out) const;

  const bool csv_;
  const bool changes_;
  const bool omit_nulls_;  // dead letters: either `raw` or `raw_base64`
  const std::string view_;
  const std::vector<std::string> columns_;
  const std::vector<program::StructColumns> structs_;
  const std::vector<int> shown_;
  const std::vector<std::string> names_;
};

}  // namespace flow
