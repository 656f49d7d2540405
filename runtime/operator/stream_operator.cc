// MakeStreamOperator, and the part of saved keys that all operators share.
#include "runtime/operator/stream_operator.h"

#include "runtime/operator/entry_codec.h"
#include "runtime/operator/stream_aggregate.h"
#include "runtime/operator/stream_sessions.h"
#include "runtime/operator/table_key.h"

namespace flow {

Result<uint64_t> StreamOperator::HashOfKey(std::string_view key) {
  std::optional<TableKey> table = ParseTableKey(key);
  if (!table || key.size() < table->size + kEntryHashBytes)
    return DataError("damaged state: a key is cut short");
  return EntryKeyHash(key.substr(table->size));
}

std::unique_ptr<StreamOperator> MakeStreamOperator(const program::Aggregate* spec,
                                                   MemoryAccount* account,
                                                   std::optional<uint64_t> global_hash,
                                                   const StateRoom& room) {
  if (spec->layout.session_offset >= 0) return std::make_unique<StreamSessions>(spec, account);
  return std::make_unique<StreamAggregate>(spec, account, global_hash, room);
}

}  // namespace flow
