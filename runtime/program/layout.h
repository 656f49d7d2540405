// Where the keys and accumulators of an aggregate's entry stand.
#pragma once

#include "runtime/program/program.h"

namespace flow::program {

// As program.h documents; `updating` input needs a count of live rows and multisets, a session its
// bounds.
AggregateLayout LayOut(const std::vector<Type>& keys, const std::vector<AggregateCall>& calls,
                       bool updating, bool session = false);

}  // namespace flow::program
