// The decoder of sources whose records are bytes: JSON or CSV into columns, with the metadata
// columns that every such source has.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/connector/connector.h"
#include "runtime/format/json_decoder.h"

namespace flow {

// Makes the decoder of source.format for source.columns. `source` must outlive it.
Result<std::unique_ptr<Decoder>> MakeRecordDecoder(const program::Source& source);

// Clears `rows`, and makes room for `count` rows of `columns`.
void PrepareRows(const std::vector<program::SourceColumn>& columns, int64_t count,
                 DecodedRows* rows);
// Fills the metadata columns of all rows from the morsel and from rows->offsets and
// rows->log_timestamps.
void FillMetadata(const std::vector<program::SourceColumn>& columns, const Morsel& morsel,
                  DecodedRows* rows);

}  // namespace flow
