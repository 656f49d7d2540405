// RowWriter: the text of keys and values.
#include "runtime/connector/redis/row_writer.h"

#include <algorithm>
#include <string_view>

#include "runtime/connector/redis/scripts.h"
#include "runtime/format/encode.h"
#include "runtime/format/nested.h"

namespace flow::redis {

namespace {

constexpr size_t kLargest = 512u << 20;  // Redis's limit of a string
constexpr size_t kMostColumns = 30000;

void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    *out += static_cast<char>(value >> shift & 0xFF);
  }
}

void AppendSized(std::string_view text, std::string* out) {
  AppendBigEndian(text.size(), 4, out);
  *out += text;
}

void AppendEscaped(std::string_view text, std::optional<char> stop, std::string* out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (char c : text) {
    if (c != '%' && c != stop) {
      *out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *out += '%';
    *out += kHex[byte >> 4];
    *out += kHex[byte & 15];
  }
}

}  // namespace

Result<RowWriter> RowWriter::Make(const std::string& who, const program::TextTemplate& key,
                                  ValueForm form, const std::string& field,
                                  std::vector<std::string> columns, std::vector<Type> types) {
  const auto index = [&](const std::string& name) -> Result<int> {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) return UserError(who + ": the view has no column " + name);
    return static_cast<int>(found - columns.begin());
  };
  RowWriter writer;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    Place place;
    FLOW_TRY(place.column, index(key.columns[i]));
    place.before = key.texts[i];
    const TypeKind kind = types[static_cast<size_t>(place.column)].kind;
    const bool ends_itself = kind == TypeKind::kTimestamp || kind == TypeKind::kDate;
    if (!ends_itself && !key.texts[i + 1].empty()) place.stop = key.texts[i + 1][0];
    writer.places_.push_back(std::move(place));
  }
  writer.end_ = key.texts.back();
  writer.form_ = form;
  if (form == ValueForm::kString) {
    FLOW_TRY(writer.field_, index(field));
  }
  if (form == ValueForm::kHash && columns.size() > kMostColumns) {
    return UserError(who + ": too many columns for a hash");
  }
  writer.columns_ = std::move(columns);
  writer.types_ = std::move(types);
  return writer;
}

void RowWriter::AppendText(const Batch& rows, int32_t column, int32_t row, std::string* out) const {
  const FlowColumn& cells = rows.column(column);
  const Type& type = types_[static_cast<size_t>(column)];
  if (type.is(TypeKind::kString)) {
    const FlowString& s = static_cast<const FlowString*>(cells.values)[row];
    out->append(flow_string_data(&s), s.size);
    return;
  }
  if (type.is_variable()) {
    const FlowString& s = static_cast<const FlowString*>(cells.values)[row];
    AppendNestedText(type, {flow_string_data(&s), s.size}, out);
    return;
  }
  // As in JSON, but without the quotes of dates and times.
  std::string text;
  AppendJsonCell(cells, type, row, &text);
  const bool quoted = text.starts_with('"');
  out->append(text, quoted ? 1 : 0, quoted ? text.size() - 2 : text.size());
}

void RowWriter::AppendKey(const Batch& rows, int32_t row, std::string* out) const {
  std::string text;
  for (const Place& place : places_) {
    *out += place.before;
    if (rows.column(place.column).status[row] != kFlowValue) {
      *out += "%NULL";
      continue;
    }
    text.clear();
    AppendText(rows, place.column, row, &text);
    AppendEscaped(text, place.stop, out);
  }
  *out += end_;
}

void RowWriter::Pack(const Batch& rows, int32_t row, std::string* out) const {
  std::string key, value;
  AppendKey(rows, row, &key);
  const bool no_value =
      form_ == ValueForm::kString && rows.column(field_).status[row] != kFlowValue;
  const Op op = rows.weight(row) <= 0 || no_value ? Op::kDelete
                : form_ == ValueForm::kHash       ? Op::kHash
                                                  : Op::kString;
  *out += static_cast<char>(op);
  AppendSized(key, out);
  switch (op) {
    case Op::kDelete:
      return;
    case Op::kString:
      value.clear();
      if (form_ == ValueForm::kJson) {
        AppendJsonRow(rows, row, columns_, {}, structs_, &value);
      } else {
        AppendText(rows, field_, row, &value);
      }
      AppendSized(value, out);
      return;
    case Op::kHash: {
      uint64_t count = 0;
      for (int32_t c = 0; c < rows.column_count(); ++c) {
        if (rows.column(c).status[row] == kFlowValue) count += 2;
      }
      AppendBigEndian(count, 2, out);
      for (int32_t c = 0; c < rows.column_count(); ++c) {
        if (rows.column(c).status[row] != kFlowValue) continue;
        value.clear();
        AppendText(rows, c, row, &value);
        AppendSized(columns_[static_cast<size_t>(c)], out);
        AppendSized(value, out);
      }
      return;
    }
  }
}

std::optional<std::string> RowWriter::Refusal(const Batch& rows, int32_t row) const {
  std::string key, packed;
  AppendKey(rows, row, &key);
  if (key.starts_with(kOwnPrefix)) {
    return "its key begins with flowc:, as the sink's own keys do";
  }
  Pack(rows, row, &packed);
  if (packed.size() > kLargest) return "Redis takes no value of this size";
  if (form_ != ValueForm::kHash) return std::nullopt;
  for (int32_t c = 0; c < rows.column_count(); ++c) {
    if (rows.column(c).status[row] == kFlowValue) return std::nullopt;
  }
  return "a hash holds no row of which all columns are NULL";
}

}  // namespace flow::redis
