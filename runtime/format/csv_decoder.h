// CSV records (RFC 4180) into the columns that a program wants.
//
// A field may stand in quotes, with quotes in it doubled; an unquoted field that equals `null` (by
// default: is empty) is NULL. A record is malformed if it has another number of fields than its
// layout, a quote within an unquoted field or text after a closing quote, or is not UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/base/status.h"
#include "runtime/format/field.h"
#include "runtime/program/program.h"

namespace flow {

struct CsvOptions {
  char delimiter = ',';
  bool header = true;
  std::string null;
  std::optional<TimestampUnit> unit;  // numbers are taken for TIMESTAMPs only where it is stated
};

// The format options delimiter, header, null and timestamp_unit.
Result<CsvOptions> ReadCsvOptions(const std::string& who, const program::Options& format_options,
                                  bool header_by_default);

// One field of a record.
struct CsvField {
  std::string_view text;  // without the quotes around it
  bool quoted = false;
  bool doubled = false;  // has doubled quotes
};
// False: malformed. `fields` is overwritten.
bool SplitCsvRecord(const char* data, size_t size, char delimiter, std::vector<CsvField>* fields);
// The field's text with doubled quotes made single.
std::string CsvFieldText(const CsvField& field);

// Which field goes where.
class CsvLayout {
 public:
  // By the names in a header record.
  static Result<CsvLayout> FromHeader(std::string_view header,
                                      const std::vector<program::SourceColumn>& columns,
                                      const CsvOptions& options);
  // By SourceColumn::position among `field_count` declared fields.
  static CsvLayout FromPositions(size_t field_count,
                                 const std::vector<program::SourceColumn>& columns,
                                 const CsvOptions& options);
  // Of the columns given, is any in the file?
  bool empty() const { return matched_ == 0; }

  // Decodes a record into row `row`, whose cells are as PresetAbsent leaves them. STRINGs borrow
  // from `data` or live in the batch's arena. False: malformed; the cells are anything.
  bool Decode(const char* data, size_t size, int32_t row, Batch* batch,
              std::vector<CsvField>* scratch) const;

 private:
  struct Field {
    std::vector<FieldTarget> values;
    std::vector<int> presences;
  };
  CsvLayout(size_t field_count, const CsvOptions& options);
  void Add(size_t field, int index, const program::SourceColumn& column);

  CsvOptions options_;
  std::vector<Field> fields_;
  size_t matched_ = 0;
};

}  // namespace flow
