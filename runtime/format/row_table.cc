// RowTable and Consolidate.
#include "runtime/format/row_table.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "runtime/format/encode.h"

namespace flow {

namespace {

using Key = unsigned __int128;

template <typename T>
int Compare(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

int CompareCells(const Type& type, const FlowColumn& a, int32_t row_a, const FlowColumn& b,
                 int32_t row_b) {
  uint8_t status_a = a.status[row_a];
  uint8_t status_b = b.status[row_b];
  if (status_a != kFlowValue || status_b != kFlowValue) return Compare(status_a, status_b);
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Compare(static_cast<const uint8_t*>(a.values)[row_a],
                     static_cast<const uint8_t*>(b.values)[row_b]);
    case TypeKind::kInt:
    case TypeKind::kDate:
      return Compare(static_cast<const int32_t*>(a.values)[row_a],
                     static_cast<const int32_t*>(b.values)[row_b]);
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kInterval:
      return Compare(static_cast<const int64_t*>(a.values)[row_a],
                     static_cast<const int64_t*>(b.values)[row_b]);
    case TypeKind::kDouble: {
      double x = static_cast<const double*>(a.values)[row_a];
      double y = static_cast<const double*>(b.values)[row_b];
      bool x_nan = x != x;
      bool y_nan = y != y;
      if (x_nan || y_nan) return Compare(x_nan, y_nan);
      return Compare(x, y);
    }
    case TypeKind::kDecimal:
      return Compare(static_cast<const FlowInt128*>(a.values)[row_a],
                     static_cast<const FlowInt128*>(b.values)[row_b]);
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return flow_string_compare(&static_cast<const FlowString*>(a.values)[row_a],
                                 &static_cast<const FlowString*>(b.values)[row_b]);
    case TypeKind::kNull:
      return 0;
  }
  return 0;
}

int64_t RowWindowEnd(const program::View& view, const Batch& batch, int32_t row) {
  if (view.window_end_column >= 0 &&
      batch.column(view.window_end_column).status[row] == kFlowValue) {
    return batch.values<int64_t>(view.window_end_column)[row];
  }
  if (view.window_start_column >= 0 &&
      batch.column(view.window_start_column).status[row] == kFlowValue) {
    return batch.values<int64_t>(view.window_start_column)[row] + view.window_size;
  }
  return INT64_MAX;
}

std::vector<int32_t> SortedRows(const program::View& view, const Batch& batch) {
  std::vector<int> columns = view.key;
  if (columns.empty()) {
    columns.resize(view.types.size());
    std::iota(columns.begin(), columns.end(), 0);
  }
  std::vector<int32_t> order(static_cast<size_t>(batch.rows));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    int c = Compare(RowWindowEnd(view, batch, a), RowWindowEnd(view, batch, b));
    for (size_t i = 0; c == 0 && i < columns.size(); ++i) {
      const FlowColumn& column = batch.column(columns[i]);
      c = CompareCells(view.types[static_cast<size_t>(columns[i])], column, a, column, b);
    }
    return c < 0;
  });
  return order;
}

RowTable::RowTable(const program::View* view) : view_(view) { store_.Reset(view->types, 64); }

void RowTable::Apply(const Batch& changes) {
  const bool keyed = !view_->key.empty();
  for (int32_t row = 0; row < changes.rows; ++row) {
    Key key = KeyHash(changes, row, view_->key);
    int64_t weight = changes.weight(row);
    auto it = rows_.find(key);
    if (it == rows_.end()) {
      int32_t at;
      if (weight < 0 && keyed) continue;  // the key is not there
      if (free_.empty()) {
        store_.AppendRow(changes, row);
        at = store_.rows - 1;
      } else {
        at = free_.back();
        free_.pop_back();
        store_.SetRow(at, changes, row);
      }
      rows_.emplace(key, Place{at, keyed ? 1 : weight});
      continue;
    }
    if (keyed && weight > 0) {
      store_.SetRow(it->second.row, changes, row);
      // Row by row: the changes of one tick may hold many long strings for one key.
      if (store_.arena().allocated_bytes() > compact_at_) Compact();
      continue;
    }
    it->second.count = keyed ? 0 : it->second.count + weight;
    if (it->second.count == 0) {
      free_.push_back(it->second.row);
      rows_.erase(it);
    }
  }
  if (store_.arena().allocated_bytes() > compact_at_) Compact();
}

void RowTable::Compact() {
  Batch next;
  next.Reset(view_->types, std::max<int32_t>(64, static_cast<int32_t>(rows_.size())));
  for (auto& [key, place] : rows_) {
    next.AppendRow(store_, place.row);
    place.row = next.rows - 1;
  }
  store_ = std::move(next);
  free_.clear();
  compact_at_ = std::max(kLeastBytes, kGrowth * store_.arena().allocated_bytes());
}

Batch RowTable::Take(const std::function<bool(const Batch&, int32_t)>& wanted) {
  Batch taken;
  taken.Reset(view_->types, 64);
  for (auto it = rows_.begin(); it != rows_.end();) {
    if (!wanted(store_, it->second.row)) {
      ++it;
      continue;
    }
    for (int64_t i = 0; i < it->second.count; ++i) taken.AppendRow(store_, it->second.row);
    free_.push_back(it->second.row);
    it = rows_.erase(it);
  }
  Batch sorted;
  sorted.Reset(view_->types, std::max(taken.rows, 1));
  for (int32_t row : SortedRows(*view_, taken)) sorted.AppendRow(taken, row);
  sorted.weights.clear();
  return sorted;
}

Batch Consolidate(const program::View& view, const Batch& changes) {
  struct Net {
    Key key;
    int64_t weight;  // keyed: +1 upsert, -1 delete; else the sum
    int32_t row;     // the last row that says something of the key
  };
  const bool keyed = !view.key.empty();
  const size_t rows = static_cast<size_t>(changes.rows);
  std::vector<Net> net;  // in the order in which keys come first
  net.reserve(rows);
  // Open addressing: what stands here is a number in `net`, plus one.
  std::vector<uint32_t> slots(std::bit_ceil(2 * rows + 2), 0);
  const size_t mask = slots.size() - 1;
  constexpr size_t kAhead = 16;  // probes in flight
  Key keys[kAhead] = {};
  for (size_t i = 0; i < rows + kAhead; ++i) {
    const Key key = keys[i % kAhead];  // of the row kAhead before
    if (i < rows) {
      keys[i % kAhead] = KeyHash(changes, static_cast<int32_t>(i), view.key);
      __builtin_prefetch(&slots[static_cast<size_t>(keys[i % kAhead]) & mask]);
    }
    if (i < kAhead) continue;
    const int32_t row = static_cast<int32_t>(i - kAhead);
    size_t slot = static_cast<size_t>(key) & mask;
    while (slots[slot] != 0 && net[slots[slot] - 1].key != key) slot = (slot + 1) & mask;
    if (slots[slot] == 0) {
      net.push_back({key, 0, row});
      slots[slot] = static_cast<uint32_t>(net.size());
    }
    Net& entry = net[slots[slot] - 1];
    const int64_t weight = changes.weight(row);
    entry.weight = !keyed ? entry.weight + weight : weight > 0 ? 1 : -1;
    entry.row = row;
  }
  Batch out;
  out.Reset(view.types, std::max<int32_t>(1, static_cast<int32_t>(net.size())));
  for (const Net& entry : net) {
    const int64_t sign = entry.weight > 0 ? 1 : -1;
    for (int64_t i = 0; i != entry.weight; i += sign) {
      out.AppendRow(changes, entry.row);
      out.weights.resize(static_cast<size_t>(out.rows), 1);
      out.weights.back() = sign;
    }
  }
  return out;
}

}  // namespace flow
