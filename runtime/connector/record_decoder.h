// The decoder of sources whose records are bytes: JSON or CSV into columns, with the metadata
// columns that every such source has.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/connector/connector.h"
#include "runtime/format/record_split.h"

namespace flow {

class RecordDecoder : public Decoder {
 public:
  // Of each file, the first record is its header, and must be told to SetHeader.
  virtual bool has_header() const { return false; }
  // How to find records in a text.
  virtual RecordSplitter splitter() const { return RecordSplitter(); }
  virtual bool is_csv() const { return false; }
  // Before any record of that file is decoded; thread-safe. `file` as in FileOfOffset.
  virtual Status SetHeader(int partition, int64_t file, std::string_view header);

  std::string Raw(const Morsel& morsel, int64_t index) const override;
};

// Makes the decoder of source.format for source.columns. `source` must outlive it. CSV has a header
// unless the options say otherwise, or `files` is false.
Result<std::unique_ptr<RecordDecoder>> MakeRecordDecoder(const program::Source& source,
                                                         bool files = true);

// Clears `rows`, and makes room for `count` rows of `columns`.
void PrepareRows(const std::vector<program::SourceColumn>& columns, int64_t count,
                 DecodedRows* rows);
// Fills the metadata columns of all rows from the morsel and from rows->offsets and
// rows->log_timestamps.
void FillMetadata(const std::vector<program::SourceColumn>& columns, const Morsel& morsel,
                  DecodedRows* rows);

}  // namespace flow
