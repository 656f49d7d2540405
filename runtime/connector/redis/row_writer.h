// Rows of a view as Redis keys and values, packed for the scripts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/program/program.h"
#include "runtime/program/text_template.h"

namespace flow::redis {

enum class ValueForm {
  kHash,    // a field a column; none for NULL
  kJson,    // the row as a JSON object
  kString,  // one column; no key at all for NULL
};

// What every key of the sinks themselves begins with.
inline constexpr char kOwnPrefix[] = "flowc:";

// After Make and set_structs it is only read: several threads may use it at once, as an epoch is
// written while the rows of the next one are asked for refusals.
class RowWriter {
 public:
  // `field`: the column of kString. Columns of the template must be columns of the view.
  static Result<RowWriter> Make(const std::string& who, const program::TextTemplate& key,
                                ValueForm form, const std::string& field,
                                std::vector<std::string> columns, std::vector<Type> types);

  // The key's text. Different keys of the view have different texts: in a value `%` and the first
  // byte of the text that comes next are written as %25 and so on, NULL is %NULL. (A TIMESTAMP or
  // DATE says itself where it ends, and stays as it is.)
  void AppendKey(const Batch& rows, int32_t row, std::string* out) const;
  // The row, weight > 0: set, else: deleted, as scripts.h packs it.
  void Pack(const Batch& rows, int32_t row, std::string* out) const;
  // STRUCT columns are objects in JSON values.
  void set_structs(std::vector<program::StructColumns> structs) { structs_ = std::move(structs); }
  // Why Redis can never take this row.
  std::optional<std::string> Refusal(const Batch& rows, int32_t row) const;

 private:
  struct Place {
    int column = 0;
    std::string before;
    std::optional<char> stop;  // what comes next, if a value could hold it
  };

  void AppendText(const Batch& rows, int32_t column, int32_t row, std::string* out) const;

  std::vector<Place> places_;
  std::string end_;
  ValueForm form_ = ValueForm::kHash;
  int field_ = -1;
  std::vector<std::string> columns_;
  std::vector<program::StructColumns> structs_;
  std::vector<Type> types_;
};

}  // namespace flow::redis
