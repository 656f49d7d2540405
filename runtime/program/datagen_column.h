// How the values of one column of a DATAGEN source are distributed: 'zipf(1000, 1.1) null 0.01'.
#pragma once

#include <string>

#include "runtime/program/datagen.h"

namespace flow::program {

// That of a column about which nothing is said.
GeneratedColumn UsualDistribution(const Type& type);

// False: `mistake` says why, without naming the option.
bool ReadDistribution(const std::string& text, const Type& type, GeneratedColumn* column,
                      DatagenMistake* mistake);

}  // namespace flow::program
