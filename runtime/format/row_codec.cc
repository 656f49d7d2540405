// Rows to bytes and back.
#include "runtime/format/row_codec.h"

#include <cstring>

namespace flow {

void AppendCell(const Type& type, const void* value, uint8_t status, std::string* out) {
  *out += static_cast<char>(status);
  if (status != kFlowValue) return;
  if (type.is_variable()) {
    FlowString s;
    std::memcpy(&s, value, sizeof s);
    out->append(reinterpret_cast<const char*>(&s.size), 4);
    out->append(flow_string_data(&s), s.size);
    return;
  }
  out->append(static_cast<const char*>(value), static_cast<size_t>(type.width()));
}

bool ReadCellBytes(const Type& type, std::string_view* in, void* value, uint8_t* status,
                   FlowArena* arena) {
  if (in->empty()) return false;
  *status = static_cast<uint8_t>(in->front());
  in->remove_prefix(1);
  const size_t width = static_cast<size_t>(type.width());
  if (*status != kFlowValue) {
    std::memset(value, 0, width);
    return true;
  }
  if (type.is_variable()) {
    uint32_t size;
    if (in->size() < 4) return false;
    std::memcpy(&size, in->data(), 4);
    in->remove_prefix(4);
    if (in->size() < size) return false;
    FlowString s;
    flow_string_copy(&s, in->data(), size, arena);
    std::memcpy(value, &s, sizeof s);
    in->remove_prefix(size);
    return true;
  }
  if (in->size() < width) return false;
  std::memcpy(value, in->data(), width);
  in->remove_prefix(width);
  return true;
}

void AppendRowBytes(const Batch& batch, int32_t row, std::string* out) {
  int64_t weight = batch.weight(row);
  out->append(reinterpret_cast<const char*>(&weight), 8);
  for (int32_t c = 0; c < batch.column_count(); ++c) {
    const Type& type = batch.types()[static_cast<size_t>(c)];
    const FlowColumn& column = batch.column(c);
    AppendCell(type,
               static_cast<const char*>(column.values) +
                   static_cast<size_t>(type.width()) * static_cast<size_t>(row),
               column.status[row], out);
  }
}

Status ReadRowBytes(std::string_view in, Batch* out) {
  while (!in.empty()) {
    int64_t weight;
    if (in.size() < 8) return DataError("a stored row is cut short");
    std::memcpy(&weight, in.data(), 8);
    in.remove_prefix(8);
    out->Reserve(out->rows + 1);
    for (int32_t c = 0; c < out->column_count(); ++c) {
      const Type& type = out->types()[static_cast<size_t>(c)];
      FlowColumn& column = out->column(c);
      void* cell = static_cast<char*>(column.values) +
                   static_cast<size_t>(type.width()) * static_cast<size_t>(out->rows);
      if (!ReadCellBytes(type, &in, cell, &column.status[out->rows], out->arena().abi())) {
        return DataError("a stored row is cut short");
      }
    }
    out->weights.resize(static_cast<size_t>(out->rows), 1);
    out->weights.push_back(weight);
    ++out->rows;
  }
  return OkStatus();
}

}  // namespace flow
