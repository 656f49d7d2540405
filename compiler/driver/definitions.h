// The parts of a program as a state knows them.
#pragma once

#include <vector>

#include "compiler/bind/bind.h"
#include "runtime/program/program.h"

namespace flow {

// The bound script in its text form, part by part; sources with what decides which records there
// are and how they are read. No addresses, no secrets, nothing of the optimizer's.
std::vector<program::Definition> Definitions(const BoundScript& script);

}  // namespace flow
