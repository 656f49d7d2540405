// Column memory of a batch.
#include "runtime/base/batch.h"

#include <algorithm>
#include <cstring>

namespace flow {

namespace {
std::unique_ptr<char[]> NewColumn(int width, int32_t capacity) {
  // Zeroed: cells under a NULL or an error are initialised too. One memory block holds values
  // and statuses.
  return std::make_unique<char[]>(static_cast<size_t>(capacity) * static_cast<size_t>(width + 1) +
                                  16);
}
void Bind(FlowColumn* column, char* memory, int width, int32_t capacity) {
  column->values = memory;
  column->status = reinterpret_cast<uint8_t*>(memory) +
                   static_cast<size_t>(capacity) * static_cast<size_t>(width);
}
}  // namespace

void Batch::Reset(std::vector<Type> types, int32_t capacity) {
  capacity = std::max(capacity, 1);
  types_ = std::move(types);
  capacity_ = capacity;
  columns_.assign(types_.size(), FlowColumn{});
  memory_.clear();
  for (size_t i = 0; i < types_.size(); ++i) {
    memory_.push_back(NewColumn(types_[i].width(), capacity));
    Bind(&columns_[i], memory_[i].get(), types_[i].width(), capacity);
  }
  Clear();
}

void Batch::Clear() {
  rows = 0;
  weights.clear();
  kept.clear();
  arena_->Reset();
}

void Batch::Reserve(int32_t capacity) {
  if (capacity <= capacity_) return;
  capacity = std::max(capacity, capacity_ * 2);
  for (size_t i = 0; i < types_.size(); ++i) {
    int width = types_[i].width();
    std::unique_ptr<char[]> memory = NewColumn(width, capacity);
    FlowColumn next;
    Bind(&next, memory.get(), width, capacity);
    std::memcpy(next.values, columns_[i].values,
                static_cast<size_t>(rows) * static_cast<size_t>(width));
    std::memcpy(next.status, columns_[i].status, static_cast<size_t>(rows));
    memory_[i] = std::move(memory);
    columns_[i] = next;
  }
  capacity_ = capacity;
}

void Batch::SetRow(int32_t at, const Batch& from, int32_t row) {
  for (size_t i = 0; i < types_.size(); ++i) {
    const FlowColumn& source = from.columns_[i];
    FlowColumn& target = columns_[i];
    target.status[at] = source.status[row];
    if (types_[i].is_variable()) {
      const FlowString& s = static_cast<const FlowString*>(source.values)[row];
      FlowString* out = &static_cast<FlowString*>(target.values)[at];
      if (source.status[row] == kFlowValue) {
        flow_string_copy(out, flow_string_data(&s), s.size, arena_->abi());
      } else {
        flow_string_set(out, "", 0);
      }
    } else {
      size_t width = static_cast<size_t>(types_[i].width());
      std::memcpy(static_cast<char*>(target.values) + width * static_cast<size_t>(at),
                  static_cast<const char*>(source.values) + width * static_cast<size_t>(row),
                  width);
    }
  }
}

void Batch::AppendRow(const Batch& from, int32_t row) {
  Reserve(rows + 1);
  SetRow(rows, from, row);
  if (!weights.empty() || !from.weights.empty()) {
    weights.resize(static_cast<size_t>(rows), 1);
    weights.push_back(from.weight(row));
  }
  ++rows;
}

}  // namespace flow
