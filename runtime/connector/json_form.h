// The JSON record that a typed row would have been: for dead letters and datagen.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/datum.h"
#include "runtime/program/program.h"

namespace flow {

// What stands around the values of an object with one field for each column, nested as their
// paths say: before[0], a value, before[1], a value, ..., end.
struct JsonFrame {
  std::vector<std::string> before;
  std::string end;
};
// Columns whose paths begin alike stand together (see JsonOrder).
JsonFrame FrameOf(const std::vector<program::SourceColumn>& columns);

// The columns in an order in which those whose paths begin alike stand together; else as given.
std::vector<size_t> JsonOrder(const std::vector<program::SourceColumn>& columns);

// The object with these values.
std::string JsonForm(const std::vector<program::SourceColumn>& declared,
                     const std::vector<Datum>& row);

}  // namespace flow
