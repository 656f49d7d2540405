// What the values of ARRAY, MAP and STRUCT are made of: parts of sort keys
// (runtime/abi/sort_key.h), one after the other, so that arrays are equal, and sort, as their bytes
// do.
//
//   ARRAY<T>         its elements; NULL is '~', which is greater than every value
//   MAP<STRING, T>   key, value, key, value, ...; keys ascending, each once
//   STRUCT<a T, ...> its fields
//
// A DOUBLE in them is canonical: -0 is 0, and there is one NaN.
#pragma once

#include <string>
#include <string_view>

#include "runtime/abi/abi.h"
#include "runtime/base/datum.h"

namespace flow {

// The parts of a value, from the first to the last.
class Parts {
 public:
  explicit Parts(std::string_view value) : rest_(value) {}
  // false: there are no more.
  bool Next(std::string_view* part);

 private:
  std::string_view rest_;
};

inline bool IsNullPart(std::string_view part) { return part.empty() || part[0] == '~'; }

// One element as the cell of a column.
class ElementCell {
 public:
  ElementCell() = default;
  ElementCell(const ElementCell&) = delete;
  ElementCell& operator=(const ElementCell&) = delete;

  // The cell borrows from `part` until the next call.
  void Load(std::string_view part, const Type& type);
  FlowColumn column() { return {value_, &status_}; }
  uint8_t status() const { return status_; }

 private:
  alignas(16) char value_[16] = {};
  uint8_t status_ = kFlowNull;
  std::string scratch_;
};

// Appends the part of a cell; what is no value is NULL.
void AppendPart(const FlowColumn& column, const Type& type, int32_t row, std::string* out);
void AppendPart(const Datum& value, std::string* out);
void AppendStringPart(std::string_view text, std::string* out);

}  // namespace flow
