// The JSON record that a typed row would have been: for dead letters and datagen.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/datum.h"
#include "runtime/program/program.h"

namespace flow {

// An object with one field for each declared column, nested as their paths say.
std::string JsonForm(const std::vector<program::SourceColumn>& declared,
                     const std::vector<Datum>& row);

}  // namespace flow
