// The records that a view's changes become: one encoding for all that writes them to a topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/program/program.h"

namespace flow::kafka {

// Upserts: the key is an object of the view's key columns ({} for the one row of a global
// aggregate), the value the row; a delete has a null value. Appended rows have no key.
// Immutable after construction: any thread.
class RowEncoder {
 public:
  RowEncoder(const program::Sink& sink, const program::View& view);

  bool upserts() const { return upserts_; }

  struct Record {
    std::string key;
    std::string value;
    bool has_key = false;
    bool has_value = false;
    std::string_view key_view() const { return has_key ? key : std::string_view(); }
    std::string_view value_view() const { return has_value ? value : std::string_view(); }
  };
  // Row `row` as a record; its strings are reused.
  void Encode(const Batch& rows, int32_t row, Record* out) const;
  // How many times the record is to be written.
  int64_t Copies(const Batch& rows, int32_t row) const { return upserts_ ? 1 : rows.weight(row); }
  // No record of this row is larger: cheap, and often enough to know that it is small.
  int64_t SizeBound(const Batch& rows, int32_t row) const;

 private:
  const bool upserts_;
  const std::vector<std::string> columns_;
  const std::vector<Type> types_;
  const std::vector<program::StructColumns> structs_;
  const std::vector<int> key_;
  const bool dead_letters_;
  int64_t fixed_bound_ = 0;  // of names, signs and cells that are not strings, key included
};

}  // namespace flow::kafka
