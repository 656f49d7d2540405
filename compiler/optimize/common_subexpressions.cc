// common-subexpressions: code generation computes equal subexpressions of a pipeline once.
#include "compiler/optimize/rules.h"

namespace flow::optimize {

void ShareSubexpressions(logical::Plan* plan) { plan->common_subexpressions = true; }

}  // namespace flow::optimize
