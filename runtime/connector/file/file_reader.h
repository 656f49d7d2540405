// Reads the records of one partition: one or more files, one after the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/connector/connector.h"
#include "runtime/connector/file/block.h"
#include "runtime/connector/file/byte_stream.h"
#include "runtime/connector/file/file_identity.h"
#include "runtime/format/record_split.h"

namespace flow {

struct FileReadOptions {
  std::string who;  // for messages
  RecordSplitter splitter;
  bool csv = false;     // records can only be found from the beginning of a file
  bool header = false;  // the first record of each file is its header
  bool follow = false;  // where no end is given: wait for more at the end of a file
  int64_t max_record_bytes = int64_t{64} << 20;
  // Called with each file's header record before any other of its records is returned.
  std::function<Status(int64_t file, std::string_view header)> on_header;
};

class FileReader : public PartitionReader {
 public:
  // Reads records that begin in [from, to); to < 0: to the end of the last file.
  FileReader(int partition, std::vector<InputFile> files, FileReadOptions options,
             std::shared_ptr<BlockPool> pool, int64_t from, int64_t to);

  Result<ReadState> Read(int64_t max_records, int64_t max_bytes, Morsel* out) override;
  int64_t next_offset() const override { return next_offset_; }
  int64_t lag() const override;
  std::optional<RecordFingerprint> last_record() const override;

 private:
  Status OpenFile();
  void NextFile();
  Result<bool> Refill();
  void TakeLines(size_t max_records, int64_t max_bytes, Morsel* out);
  Status TakeRecords(size_t max_records, int64_t max_bytes, Morsel* out);
  bool Finished() const;
  Error TooLong() const;

  const int partition_;
  const std::vector<InputFile> files_;
  const FileReadOptions options_;
  const std::shared_ptr<BlockPool> pool_;
  const int64_t to_;
  int64_t next_offset_;

  // The file that is open, and its text as far as it is read: bytes [at_, filled_) of the block,
  // the first of which stands at `position_` of the file.
  size_t file_ = 0;
  std::unique_ptr<ByteStream> stream_;
  RecordSplitter splitter_;
  std::shared_ptr<Block> block_;
  size_t at_ = 0;
  size_t filled_ = 0;
  int64_t position_ = 0;
  bool stream_ended_ = false;
  bool header_due_ = false;
  std::optional<FileIdentity> identity_;  // of the file that is open
  // The last record returned: in the open file, or else its fingerprint.
  int64_t last_offset_ = -1;
  std::string last_text_;
  std::optional<RecordFingerprint> last_record_;
  int64_t start_ = 0;  // records before this position are passed over
};

}  // namespace flow
