// Where the keys and accumulators of an aggregate's entry stand.
#pragma once

#include "runtime/program/program.h"

namespace flow::lower {

// As program.h documents; `updating` input needs a count of live rows and multisets.
program::AggregateLayout LayOut(const std::vector<Type>& keys,
                                const std::vector<program::AggregateCall>& calls, bool updating);

}  // namespace flow::lower
