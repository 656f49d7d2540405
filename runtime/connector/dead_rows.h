// Dead letters as rows of a view of their own, so that they ride in epochs as any other rows do.
#pragma once

#include <vector>

#include "runtime/base/batch.h"
#include "runtime/connector/connector.h"
#include "runtime/program/program.h"

namespace flow {

// "dead letters of NAME": source, partition, offset, view, error, raw, raw_base64; append-only.
program::View DeadLetterView(const program::Source& source);
// What AppendDeadLetter wrote.
DeadLetterRecord ReadDeadLetter(const Batch& rows, int32_t row);
void AppendDeadLetter(Batch* rows, const DeadLetterRecord& record);
// The columns that the JSON form of such a row has: one of `raw` and `raw_base64`.
std::vector<int> DeadLetterColumns(const Batch& rows, int32_t row);

}  // namespace flow
