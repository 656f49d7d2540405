// late-decoding: the columns that no filter reads are decoded only for rows that a filter lets
// through. Lowering chooses them (lower/late_columns.cc). It is safe: a row that no path's filter
// lets through ends there, as filtered or dead by the filter's own error, and nobody looks at its
// other columns; whether a record is well-formed does not depend on which columns are wanted.
#include "compiler/optimize/rules.h"

namespace flow::optimize {

void DecodeLate(logical::Plan* plan) { plan->late_decoding = true; }

}  // namespace flow::optimize
