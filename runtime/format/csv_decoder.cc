// Gives SplitCsvRecord and CsvLayout.
#include "runtime/format/csv_decoder.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

#include "runtime/format/json_scan.h"
#include "runtime/format/utf8.h"

namespace flow {

namespace {

// The first `a` or `b` at or after p; `end` if there is none.
const char* FindEither(const char* p, const char* end, char a, char b) {
  const __m128i first = _mm_set1_epi8(a);
  const __m128i second = _mm_set1_epi8(b);
  for (; p + 16 <= end; p += 16) {
    const __m128i v = json::Load16(p);
    const int mask =
        _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, first), _mm_cmpeq_epi8(v, second)));
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
  while (p < end && *p != a && *p != b) ++p;
  return p;
}

// The name that a column has in a header: its path, or its own.
std::string HeaderName(const program::SourceColumn& column) {
  std::string name;
  for (const program::PathStep& step : column.path) {
    if (step.index >= 0) return column.name;
    name += (name.empty() ? "" : ".") + step.key;
  }
  return name.empty() ? column.name : name;
}

bool IsField(const program::SourceColumn& column) {
  return column.from == program::ColumnFrom::kField ||
         column.from == program::ColumnFrom::kPresence;
}

bool LooksLikeNumber(std::string_view text) {
  if (text.empty()) return false;
  const char* end = text.data() + text.size();
  return (json::IsDigit(text.front()) || text.front() == '-') &&
         json::ScanNumber(text.data(), end) == end;
}

}  // namespace

Result<CsvOptions> ReadCsvOptions(const std::string& who, const program::Options& format_options,
                                  bool header_by_default) {
  CsvOptions options;
  options.header = header_by_default;
  FLOW_TRY(options.unit, ParseTimestampUnit(format_options));
  for (const auto& [name, value] : format_options) {
    if (name == "delimiter") {
      const std::string text = value == "\\t" ? "\t" : value;
      if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r") {
        return UserError(who + ": delimiter = '" + value + "' is not one character",
                         "like ',', ';', '|' or '\\t'");
      }
      options.delimiter = text.front();
    } else if (name == "header") {
      if (value != "true" && value != "false") {
        return UserError(who + ": header = '" + value + "' is neither 'true' nor 'false'");
      }
      options.header = value == "true";
    } else if (name == "null") {
      options.null = value;
    } else if (name != "timestamp_unit") {
      return UserError(who + ": FORMAT CSV has no option '" + name + "'",
                       "its options are delimiter, header, null, timestamp_unit");
    }
  }
  return options;
}

bool SplitCsvRecord(const char* data, size_t size, char delimiter, std::vector<CsvField>* fields) {
  fields->clear();
  const char* p = data;
  const char* end = data + size;
  for (;;) {
    CsvField field;
    if (p < end && *p == '"') {
      field.quoted = true;
      const char* start = ++p;
      for (;;) {
        p = static_cast<const char*>(std::memchr(p, '"', static_cast<size_t>(end - p)));
        if (p == nullptr) return false;
        if (p + 1 == end || p[1] != '"') break;
        field.doubled = true;
        p += 2;
        if (p == end) return false;
      }
      field.text = std::string_view(start, static_cast<size_t>(p - start));
      ++p;
      if (p < end && *p != delimiter) return false;
    } else {
      const char* start = p;
      p = FindEither(p, end, delimiter, '"');
      if (p < end && *p != delimiter) return false;
      field.text = std::string_view(start, static_cast<size_t>(p - start));
    }
    fields->push_back(field);
    if (p == end) return true;
    ++p;
  }
}

std::string CsvFieldText(const CsvField& field) {
  if (!field.doubled) return std::string(field.text);
  std::string text;
  for (size_t i = 0; i < field.text.size(); ++i) {
    text += field.text[i];
    if (field.text[i] == '"') ++i;
  }
  return text;
}

CsvLayout::CsvLayout(size_t field_count, const CsvOptions& options)
    : options_(options), fields_(field_count) {}

void CsvLayout::Add(size_t field, int index, const program::SourceColumn& column) {
  ++matched_;
  if (column.from == program::ColumnFrom::kPresence) {
    fields_[field].presences.push_back(index);
  } else {
    fields_[field].values.push_back(
        {index, column.type, options_.unit.value_or(TimestampUnit::kMillis)});
  }
}

Result<CsvLayout> CsvLayout::FromHeader(std::string_view header,
                                        const std::vector<program::SourceColumn>& columns,
                                        const CsvOptions& options) {
  std::vector<CsvField> fields;
  if (!SplitCsvRecord(header.data(), header.size(), options.delimiter, &fields)) {
    return DataError("the header is not a CSV record");
  }
  std::vector<std::string> names;
  for (const CsvField& field : fields) names.push_back(CsvFieldText(field));
  CsvLayout layout(fields.size(), options);
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!IsField(columns[i])) continue;
    const auto it = std::find(names.begin(), names.end(), HeaderName(columns[i]));
    if (it == names.end()) continue;
    layout.Add(static_cast<size_t>(it - names.begin()), static_cast<int>(i), columns[i]);
  }
  return layout;
}

CsvLayout CsvLayout::FromPositions(size_t field_count,
                                   const std::vector<program::SourceColumn>& columns,
                                   const CsvOptions& options) {
  CsvLayout layout(field_count, options);
  for (size_t i = 0; i < columns.size(); ++i) {
    const int position = columns[i].position;
    if (!IsField(columns[i]) || position < 0 || static_cast<size_t>(position) >= field_count) {
      continue;
    }
    layout.Add(static_cast<size_t>(position), static_cast<int>(i), columns[i]);
  }
  return layout;
}

bool CsvLayout::Decode(const char* data, size_t size, int32_t row, Batch* batch,
                       std::vector<CsvField>* scratch) const {
  if (!IsUtf8(data, size)) return false;
  if (!SplitCsvRecord(data, size, options_.delimiter, scratch)) return false;
  if (scratch->size() != fields_.size()) return false;
  for (size_t i = 0; i < fields_.size(); ++i) {
    const CsvField& field = (*scratch)[i];
    const Field& wanted = fields_[i];
    if (wanted.values.empty() && wanted.presences.empty()) continue;
    if (!field.quoted && field.text == options_.null) continue;
    for (int column : wanted.presences) batch->values<uint8_t>(column)[row] = 1;
    std::string_view text = field.text;
    if (field.doubled) {
      const std::string plain = CsvFieldText(field);
      char* kept = batch->arena().Allocate(plain.size());
      std::memcpy(kept, plain.data(), plain.size());
      text = std::string_view(kept, plain.size());
    }
    for (const FieldTarget& target : wanted.values) {
      FlowColumn* column = &batch->column(target.column);
      if (options_.unit.has_value() && target.type.is(TypeKind::kTimestamp) &&
          LooksLikeNumber(text)) {
        StoreNumber(target, text.data(), text.size(), column, row, batch->arena().abi());
      } else {
        StoreText(target, text.data(), text.size(), column, row, batch->arena().abi());
      }
    }
  }
  return true;
}

}  // namespace flow
