// Cells and rows as JSON, CSV and plain text.
#include "runtime/format/encode.h"

#include <algorithm>
#include <string_view>

#include "runtime/abi/convert.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/hash.h"
#include "runtime/format/nested.h"

namespace flow {

namespace {

template <typename T>
const T& At(const FlowColumn& column, int32_t row) {
  return static_cast<const T*>(column.values)[row];
}

bool IsFinite(double d) { return d - d == 0; }

// How many bytes the UTF-8 character at `p` has; 0 if it is not well-formed (Unicode, table 3-7).
size_t Utf8Length(const unsigned char* p, size_t left) {
  auto tail = [&](size_t i, unsigned least, unsigned most) {
    return i < left && p[i] >= least && p[i] <= most;
  };
  const unsigned lead = p[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned least = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned most = lead == 0xED ? 0x9F : 0xBF;
    return tail(1, least, most) && tail(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned least = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned most = lead == 0xF4 ? 0x8F : 0xBF;
    return tail(1, least, most) && tail(2, 0x80, 0xBF) && tail(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

// Appends the text of a value that is not a string.
void AppendPlain(const FlowColumn& column, const Type& type, int32_t row, bool iso,
                 std::string* out) {
  char text[kFlowTextMax];
  size_t size = 0;
  switch (type.kind) {
    case TypeKind::kBoolean:
      *out += At<uint8_t>(column, row) != 0 ? "true" : "false";
      return;
    case TypeKind::kInt:
      size = flow_format_bigint(At<int32_t>(column, row), text);
      break;
    case TypeKind::kBigint:
      size = flow_format_bigint(At<int64_t>(column, row), text);
      break;
    case TypeKind::kDouble:
      size = flow_format_double(At<double>(column, row), text);
      break;
    case TypeKind::kDecimal:
      size = flow_format_decimal(At<FlowInt128>(column, row), type.scale, text);
      break;
    case TypeKind::kDate:
      size = flow_format_date(At<int32_t>(column, row), text);
      break;
    case TypeKind::kTimestamp:
      size = iso ? flow_format_timestamp_iso(At<int64_t>(column, row), text)
                 : flow_format_timestamp(At<int64_t>(column, row), text);
      break;
    case TypeKind::kInterval:
      size = flow_format_interval(At<int64_t>(column, row), text);
      break;
    case TypeKind::kString:
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return;
  }
  out->append(text, size);
}

std::string TextOf(const Type& type, const FlowString& s) {
  const std::string_view value(flow_string_data(&s), s.size);
  if (type.is(TypeKind::kString)) return std::string(value);
  std::string text;
  AppendNestedText(type, value, &text);
  return text;
}

bool IsQuotedInJson(const FlowColumn& column, const Type& type, int32_t row) {
  switch (type.kind) {
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return true;
    case TypeKind::kDouble:
      return !IsFinite(At<double>(column, row));
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDecimal:
    case TypeKind::kString:
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return false;
  }
  return false;
}

void AppendCsvText(std::string_view text, std::string* out) {
  if (!text.empty() && text.find_first_of("\",\r\n") == std::string_view::npos) {
    *out += text;
    return;
  }
  *out += '"';
  for (char c : text) {
    if (c == '"') *out += '"';
    *out += c;
  }
  *out += '"';
}

}  // namespace

// What is not well-formed UTF-8 (it can come from CSV) becomes U+FFFD, byte by byte: the output is
// always JSON that others can read.
void AppendJsonString(const char* data, size_t size, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  size_t plain = 0;  // from here to `i` the bytes are copied as they are
  for (size_t i = 0; i < size;) {
    const unsigned char c = static_cast<unsigned char>(data[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      const size_t length = Utf8Length(reinterpret_cast<const unsigned char*>(data) + i, size - i);
      if (length > 0) {
        i += length;
        continue;
      }
    }
    out->append(data + plain, i - plain);
    switch (c) {
      case '"':
      case '\\':
        *out += '\\';
        *out += static_cast<char>(c);
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (c < 0x20) {
          *out += "\\u00";
          *out += kHex[c >> 4];
          *out += kHex[c & 15];
        } else {
          *out += "\xEF\xBF\xBD";
        }
    }
    plain = ++i;
  }
  out->append(data + plain, size - plain);
  *out += '"';
}

void AppendJsonCell(const FlowColumn& column, const Type& type, int32_t row, std::string* out) {
  if (column.status[row] != kFlowValue) {
    *out += "null";
    return;
  }
  if (type.is_variable()) {
    const FlowString& s = At<FlowString>(column, row);
    if (type.is(TypeKind::kString)) {
      AppendJsonString(flow_string_data(&s), s.size, out);
    } else {
      AppendNestedJson(type, {flow_string_data(&s), s.size}, out);
    }
    return;
  }
  const bool quoted = IsQuotedInJson(column, type, row);
  if (quoted) *out += '"';
  AppendPlain(column, type, row, /*iso=*/true, out);
  if (quoted) *out += '"';
}

void AppendJsonRow(const Batch& batch, int32_t row, const std::vector<std::string>& names,
                   const std::vector<int>& columns, std::string* out) {
  *out += '{';
  const size_t count = columns.empty() ? names.size() : columns.size();
  for (size_t i = 0; i < count; ++i) {
    const size_t c = columns.empty() ? i : static_cast<size_t>(columns[i]);
    if (i > 0) *out += ',';
    AppendJsonString(names[c].data(), names[c].size(), out);
    *out += ':';
    AppendJsonCell(batch.column(static_cast<int32_t>(c)), batch.types()[c], row, out);
  }
  *out += '}';
}

void AppendJsonRow(const Batch& batch, int32_t row, const std::vector<std::string>& names,
                   const std::vector<int>& columns,
                   const std::vector<program::StructColumns>& structs, std::string* out) {
  if (structs.empty()) {
    AppendJsonRow(batch, row, names, columns, out);
    return;
  }
  std::vector<int> all = columns;
  if (columns.empty()) {
    for (int c = 0; c < static_cast<int>(names.size()); ++c) all.push_back(c);
  }
  // Objects that are open, outermost first: their STRUCT, or nullptr for the row.
  std::vector<const program::StructColumns*> open = {nullptr};
  bool first = true;
  const program::StructColumns* gone = nullptr;  // the last STRUCT that is not there
  auto key = [&](const std::string& text) {
    if (!first) *out += ',';
    AppendJsonString(text.data(), text.size(), out);
    *out += ':';
    first = false;
  };
  *out += '{';
  for (int c : all) {
    while (open.back() != nullptr && (c < open.back()->begin || c >= open.back()->end)) {
      *out += '}';
      open.pop_back();
      first = false;
    }
    if (gone != nullptr && c >= gone->begin && c < gone->end) continue;
    const auto group =
        std::find_if(structs.begin(), structs.end(), [&](const auto& g) { return g.begin == c; });
    if (group != structs.end()) {
      const FlowColumn& presence = batch.column(c);
      key(group->key);
      if (presence.status[row] != kFlowValue || At<uint8_t>(presence, row) == 0) {
        *out += "null";
        gone = &*group;
      } else {
        *out += '{';
        open.push_back(&*group);
        first = true;
      }
      continue;
    }
    const std::string& name = names[static_cast<size_t>(c)];
    key(open.back() == nullptr ? name : name.substr(open.back()->name.size() + 1));
    AppendJsonCell(batch.column(c), batch.types()[static_cast<size_t>(c)], row, out);
  }
  out->append(open.size(), '}');
}

std::vector<int> ShownColumns(const program::View& view) {
  std::vector<int> columns;
  for (int c = 0; c < static_cast<int>(view.columns.size()); ++c) {
    const bool presence = std::any_of(view.structs.begin(), view.structs.end(),
                                      [&](const auto& group) { return group.begin == c; });
    if (!presence) columns.push_back(c);
  }
  return columns;
}

std::vector<std::string> ShownNames(const program::View& view) {
  std::vector<std::string> names;
  for (int c : ShownColumns(view)) names.push_back(view.columns[static_cast<size_t>(c)]);
  return names;
}

void AppendCsvHeader(const std::vector<std::string>& names, std::string* out) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) *out += ',';
    AppendCsvText(names[i], out);
  }
  *out += '\n';
}

void AppendCsvRow(const Batch& batch, int32_t row, std::string* out) {
  std::vector<int> columns;
  for (int32_t c = 0; c < batch.column_count(); ++c) columns.push_back(c);
  AppendCsvRow(batch, row, columns, out);
}

void AppendCsvRow(const Batch& batch, int32_t row, const std::vector<int>& columns,
                  std::string* out) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) *out += ',';
    const FlowColumn& column = batch.column(columns[i]);
    const Type& type = batch.types()[static_cast<size_t>(columns[i])];
    if (column.status[row] != kFlowValue) continue;
    if (type.is_variable()) {
      const FlowString& s = At<FlowString>(column, row);
      AppendCsvText(TextOf(type, s), out);
    } else {
      AppendPlain(column, type, row, /*iso=*/false, out);
    }
  }
  *out += '\n';
}

std::string CellText(const FlowColumn& column, const Type& type, int32_t row) {
  const uint8_t status = column.status[row];
  if (status == kFlowNull) return "NULL";
  if (status != kFlowValue) return std::string("<") + FlowErrorText(status) + ">";
  std::string text;
  if (type.is_variable()) {
    text = TextOf(type, At<FlowString>(column, row));
  } else {
    AppendPlain(column, type, row, /*iso=*/false, &text);
  }
  return text;
}

}  // namespace flow
