// Parts, ElementCell, AppendPart: see elements.h.
#include "runtime/base/elements.h"

#include "runtime/abi/sort_key.h"

namespace flow {

namespace {

void AppendKey(const void* cell, TypeKind kind, std::string* out) {
  const auto number = static_cast<int32_t>(kind);
  const size_t size = out->size();
  out->resize(size + flow_sort_key_room(cell, number));
  out->resize(size + flow_sort_key_write(cell, number, 0, out->data() + size));
}

}  // namespace

bool Parts::Next(std::string_view* part) {
  if (rest_.empty()) return false;
  const size_t size = flow_sort_key_part(rest_);
  if (size == 0) return false;
  *part = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

void ElementCell::Load(std::string_view part, const Type& type) {
  const auto kind = static_cast<int32_t>(type.storage());
  const bool is_value = flow_sort_key_cell(part, kind, value_, &scratch_);
  status_ = is_value ? uint8_t{kFlowValue} : uint8_t{kFlowNull};
}

void AppendPart(const FlowColumn& column, const Type& type, int32_t row, std::string* out) {
  if (column.status[row] != kFlowValue) {
    *out += '~';
    return;
  }
  const auto at = static_cast<size_t>(row) * static_cast<size_t>(type.width());
  AppendKey(static_cast<const char*>(column.values) + at, type.storage(), out);
}

void AppendPart(const Datum& value, std::string* out) {
  if (!value.is_value()) {
    *out += '~';
    return;
  }
  if (value.type.is_variable()) return AppendStringPart(value.s, out);
  alignas(16) char cell[16] = {};
  uint8_t status = kFlowNull;
  const FlowColumn column{cell, &status};
  WriteCell(column, 0, value, nullptr);  // no string: nothing is allocated
  AppendPart(column, value.type, 0, out);
}

void AppendStringPart(std::string_view text, std::string* out) {
  FlowString s;
  flow_string_set(&s, text.data(), static_cast<uint32_t>(text.size()));
  AppendKey(&s, TypeKind::kString, out);
}

}  // namespace flow
