// Small helpers over rows that the aggregates share.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/base/batch.h"
#include "runtime/program/program.h"

namespace flow {

// The hash of a key of no columns, before the mask.
inline uint64_t GlobalHash() { return FLOW_HASH_SEED; }

// Bytes of a value of each input column of an aggregate: keys, then arguments.
std::vector<int> AggregateInputWidths(const program::Aggregate& spec);

// Does some accumulator keep strings in the arena of its table?
bool AccumulatorsUseArena(const program::Aggregate& spec);

// Columns that begin at row `row`.
void ShiftColumns(const FlowColumn* columns, const std::vector<int>& widths, int32_t row,
                  std::vector<FlowColumn>* out);

// Fills window_start and window_end, the last two output columns, of the windows called so.
void FillWindowColumns(const program::Aggregate& spec, const int64_t* windows, int32_t count,
                       Batch* out);

// The same values, NULLs and errors in every column, bit for bit.
bool RowsEqual(const Batch& a, int32_t row_a, const Batch& b, int32_t row_b);

}  // namespace flow
