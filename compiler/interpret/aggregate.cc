// The aggregate kernels: keys and accumulators in entries laid out by AggregateLayout.
#include <cmath>
#include <cstdlib>

#include "compiler/interpret/engine.h"
#include "compiler/interpret/value.h"
#include "compiler/interpret/wide.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/abi/hash.h"
#include "runtime/abi/multiset.h"

namespace flow::interpret {

namespace {

using program::AggregateCall;
using program::AggregateFn;

bool IsSum(AggregateFn fn) { return fn == AggregateFn::kSum || fn == AggregateFn::kAvg; }
bool IsExtreme(AggregateFn fn) { return fn == AggregateFn::kMin || fn == AggregateFn::kMax; }

// One of several zeros and NaNs in keys, MIN and MAX.
Value Canonical(const Type& type, Value value) {
  if (type.is(TypeKind::kDouble) && value.is_value()) value.d = flow_canonical_double(value.d);
  return value;
}

// One call of the aggregate and where its accumulator stands (program.h describes the forms).
class Accumulator {
 public:
  Accumulator(const AggregateCall& call, const program::Accumulator& place, bool updating)
      : fn_(call.fn),
        argument_(call.argument),
        type_(call.argument_type),
        result_(call.result_type),
        offset_(place.offset),
        updating_(updating) {}

  void Init(uint8_t* entry) const {
    Count(entry) = 0;
    if (IsSum(fn_)) {
      if (type_.is(TypeKind::kDouble)) {
        flow_exact_sum_init(At<FlowExactSum>(entry, 16));
      } else {
        memset(entry + offset_ + 16, 0, type_.is(TypeKind::kDecimal) ? 32 : 16);
      }
    }
    if (IsExtreme(fn_)) {
      if (updating_) {
        *At<FlowMultiset*>(entry, 8) = flow_multiset_new(static_cast<int32_t>(type_.kind));
      } else {
        memset(entry + offset_ + 16, 0, static_cast<size_t>(type_.width()));
      }
    }
  }

  void Update(uint8_t* entry, const FlowColumn* in, int32_t row, int64_t weight,
              FlowArena* arena) const {
    if (fn_ == AggregateFn::kCountRows) {
      Count(entry) += weight;
      return;
    }
    const Value value = Canonical(type_, ReadColumn(in[argument_], type_, row));
    if (!value.is_value() || weight == 0) return;
    if (IsExtreme(fn_)) {
      if (updating_) {
        alignas(16) uint8_t cell[16];
        StoreValue(type_, value, cell);
        flow_multiset_add(*At<FlowMultiset*>(entry, 8), cell, weight);
      } else {
        Offer(entry, value, arena);
      }
    } else if (IsSum(fn_)) {
      if (type_.is(TypeKind::kDouble)) {
        flow_exact_sum_add(At<FlowExactSum>(entry, 16), value.d, weight);
      } else {
        const FlowInt128 term = type_.is(TypeKind::kDecimal) ? value.dec : value.i;
        AddToSum(entry, Wide::Product(term, weight));
      }
    }
    Count(entry) += weight;
  }

  void Merge(uint8_t* entry, const uint8_t* from, FlowArena* arena) const {
    if (IsExtreme(fn_)) {
      if (updating_) {
        flow_multiset_merge(*At<FlowMultiset*>(entry, 8), *At<FlowMultiset*>(from, 8));
      } else if (Count(from) > 0) {
        Offer(entry, LoadValue(type_, from + offset_ + 16), arena);
      }
    } else if (IsSum(fn_)) {
      if (type_.is(TypeKind::kDouble)) {
        flow_exact_sum_merge(At<FlowExactSum>(entry, 16), At<FlowExactSum>(from, 16));
      } else {
        AddToSum(entry, Sum(from));
      }
    }
    Count(entry) += Count(from);
  }

  Value Finish(const uint8_t* entry) const {
    switch (fn_) {
      case AggregateFn::kCountRows:
      case AggregateFn::kCount:
        return Value::Int(Count(entry));
      case AggregateFn::kSum:
        return Count(entry) > 0 ? FinishSum(entry) : Value::Null();
      case AggregateFn::kAvg:
        return Count(entry) > 0 ? FinishAvg(entry) : Value::Null();
      case AggregateFn::kMin:
      case AggregateFn::kMax:
        return FinishExtreme(entry);
    }
    return Value::Null();
  }

  void Destroy(uint8_t* entry) const {
    if (!IsExtreme(fn_) || !updating_) return;
    flow_multiset_free(*At<FlowMultiset*>(entry, 8));
    *At<FlowMultiset*>(entry, 8) = nullptr;
  }

 private:
  template <typename T>
  T* At(uint8_t* entry, int32_t past) const {
    return reinterpret_cast<T*>(entry + offset_ + past);
  }
  template <typename T>
  const T* At(const uint8_t* entry, int32_t past) const {
    return reinterpret_cast<const T*>(entry + offset_ + past);
  }
  int64_t& Count(uint8_t* entry) const { return *At<int64_t>(entry, 0); }
  int64_t Count(const uint8_t* entry) const { return *At<int64_t>(entry, 0); }

  // MIN and MAX of append-only input: takes the value if it is the first or a better one.
  void Offer(uint8_t* entry, const Value& value, FlowArena* arena) const {
    uint8_t* cell = entry + offset_ + 16;
    if (Count(entry) > 0) {
      const int order = Compare(type_, value, LoadValue(type_, cell));
      if (fn_ == AggregateFn::kMin ? order >= 0 : order <= 0) return;
    }
    if (type_.is(TypeKind::kString)) {
      flow_state_string_assign(reinterpret_cast<FlowString*>(cell), &value.s, arena);
    } else {
      StoreValue(type_, value, cell);
    }
  }

  // The sum of INT, BIGINT (128 bits in the entry) or DECIMAL (256 bits).
  Wide Sum(const uint8_t* entry) const {
    if (!type_.is(TypeKind::kDecimal)) return Wide::From(*At<FlowInt128>(entry, 16));
    Wide sum;
    memcpy(sum.limb, entry + offset_ + 16, sizeof sum.limb);
    return sum;
  }
  void AddToSum(uint8_t* entry, const Wide& term) const {
    Wide sum = Sum(entry);
    sum.Add(term);
    memcpy(entry + offset_ + 16, sum.limb, type_.is(TypeKind::kDecimal) ? 32 : 16);
  }

  // Infinite, but nothing infinite was added.
  bool SumOverflows(const uint8_t* entry, double sum) const {
    const auto* exact = At<FlowExactSum>(entry, 16);
    return std::isinf(sum) && exact->plus_inf == 0 && exact->minus_inf == 0;
  }

  Value FinishSum(const uint8_t* entry) const {
    if (type_.is(TypeKind::kDouble)) {
      const double sum = flow_exact_sum_finish(At<FlowExactSum>(entry, 16));
      return SumOverflows(entry, sum) ? Value::Error(kFlowErrOverflow) : Value::Double(sum);
    }
    FlowInt128 sum = 0;
    if (!WideQuotient(Sum(entry), 0, 1, &sum)) return Value::Error(kFlowErrOverflow);
    if (result_.is(TypeKind::kDecimal)) return Value::Decimal(sum);
    if (sum != static_cast<int64_t>(sum)) return Value::Error(kFlowErrOverflow);
    return Value::Int(static_cast<int64_t>(sum));
  }

  Value FinishAvg(const uint8_t* entry) const {
    const int64_t count = Count(entry);
    if (type_.is(TypeKind::kDouble)) {
      const double sum = flow_exact_sum_finish(At<FlowExactSum>(entry, 16));
      if (SumOverflows(entry, sum)) return Value::Error(kFlowErrOverflow);
      return Value::Double(sum / static_cast<double>(count));
    }
    const int scale = type_.is(TypeKind::kDecimal) ? type_.scale : 0;
    FlowInt128 average = 0;
    if (!WideQuotient(Sum(entry), result_.scale - scale, count, &average)) {
      return Value::Error(kFlowErrOverflow);
    }
    return Value::Decimal(average);
  }

  Value FinishExtreme(const uint8_t* entry) const {
    if (!updating_) {
      return Count(entry) > 0 ? LoadValue(type_, entry + offset_ + 16) : Value::Null();
    }
    alignas(16) uint8_t cell[16];
    const FlowMultiset* set = *At<FlowMultiset*>(entry, 8);
    const bool found = fn_ == AggregateFn::kMin ? flow_multiset_min(set, cell) != 0
                                                : flow_multiset_max(set, cell) != 0;
    return found ? LoadValue(type_, cell) : Value::Null();
  }

  AggregateFn fn_;
  int argument_;
  Type type_;
  Type result_;
  int32_t offset_;
  bool updating_;
};

class AggregateObject {
 public:
  explicit AggregateObject(const program::Aggregate& aggregate)
      : keys_(aggregate.layout.keys), live_offset_(aggregate.layout.live_offset) {
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      calls_.emplace_back(aggregate.calls[i], aggregate.layout.accumulators[i],
                          aggregate.updating_input);
      results_.push_back(aggregate.calls[i].result_type);
    }
  }

  bool Equal(const uint8_t* entry, const FlowColumn* in, int32_t row) const {
    for (size_t k = 0; k < keys_.size(); ++k) {
#ifdef FLOW_MUTANT_NULL_KEYS_DIFFER
      if (!EntryKey(entry, k).is_value()) return false;
#endif
      if (!SameKey(keys_[k].type, EntryKey(entry, k), ReadColumn(in[k], keys_[k].type, row))) {
        return false;
      }
    }
    return true;
  }

  bool EqualEntries(const uint8_t* a, const uint8_t* b) const {
    for (size_t k = 0; k < keys_.size(); ++k) {
      if (!SameKey(keys_[k].type, EntryKey(a, k), EntryKey(b, k))) return false;
    }
    return true;
  }

  void Insert(uint8_t* entry, const FlowColumn* in, int32_t row, FlowArena* arena) const {
    for (size_t k = 0; k < keys_.size(); ++k) {
      SetKey(entry, k, ReadColumn(in[k], keys_[k].type, row), arena);
    }
    InitAccumulators(entry);
  }

  void InsertEntry(uint8_t* entry, const uint8_t* from, FlowArena* arena) const {
    for (size_t k = 0; k < keys_.size(); ++k) SetKey(entry, k, EntryKey(from, k), arena);
    InitAccumulators(entry);
  }

  void Update(uint8_t* const* entries, const FlowColumn* in, const int64_t* weights, int32_t rows,
              FlowArena* arena) const {
    for (int32_t row = 0; row < rows; ++row) {
#ifdef FLOW_MUTANT_RETRACTION_ADDS
      const int64_t weight = weights == nullptr ? 1 : std::abs(weights[row]);
#else
      const int64_t weight = weights == nullptr ? 1 : weights[row];
#endif
      if (live_offset_ >= 0) Live(entries[row]) += weight;
      for (const Accumulator& call : calls_) call.Update(entries[row], in, row, weight, arena);
    }
  }

  void Merge(uint8_t* entry, const uint8_t* from, FlowArena* arena) const {
    if (live_offset_ >= 0) Live(entry) += Live(from);
    for (const Accumulator& call : calls_) call.Merge(entry, from, arena);
  }

  void Finish(const uint8_t* const* entries, int32_t rows, FlowColumn* out) const {
    for (int32_t row = 0; row < rows; ++row) {
      FlowColumn* column = out;
      for (size_t k = 0; k < keys_.size(); ++k) {
        WriteColumn(*column++, keys_[k].type, row, EntryKey(entries[row], k));
      }
      for (size_t i = 0; i < calls_.size(); ++i) {
        WriteColumn(*column++, results_[i], row, calls_[i].Finish(entries[row]));
      }
    }
  }

  int64_t Live(const uint8_t* entry) const {
    return *reinterpret_cast<const int64_t*>(entry + live_offset_);
  }

  void Destroy(uint8_t* entry) const {
    for (const Accumulator& call : calls_) call.Destroy(entry);
  }

 private:
  static bool SameKey(const Type& type, const Value& a, const Value& b) {
    if (!a.is_value() || !b.is_value()) return a.is_value() == b.is_value();
    return Compare(type, a, b) == 0;
  }

  int64_t& Live(uint8_t* entry) const { return *reinterpret_cast<int64_t*>(entry + live_offset_); }

  Value EntryKey(const uint8_t* entry, size_t k) const {
    const program::Cell& cell = keys_[k];
    if (entry[cell.status_offset] != kFlowValue) return Value::Null();
    return LoadValue(cell.type, entry + cell.offset);
  }

  void SetKey(uint8_t* entry, size_t k, Value value, FlowArena* arena) const {
    const program::Cell& cell = keys_[k];
    value = Canonical(cell.type, value);
    if (cell.type.is(TypeKind::kString) && value.is_value()) {
      FlowString copy;
      flow_string_copy(&copy, flow_string_data(&value.s), value.s.size, arena);
      value.s = copy;
    }
    StoreValue(cell.type, value, entry + cell.offset);
    entry[cell.status_offset] = value.is_value() ? kFlowValue : kFlowNull;
  }

  void InitAccumulators(uint8_t* entry) const {
    if (live_offset_ >= 0) Live(entry) = 0;
    for (const Accumulator& call : calls_) call.Init(entry);
  }

  std::vector<program::Cell> keys_;
  int32_t live_offset_;
  std::vector<Accumulator> calls_;
  std::vector<Type> results_;
};

const AggregateObject& Self(void* self) { return *static_cast<const AggregateObject*>(self); }

}  // namespace

program::AggregateKernels MakeAggregate(const program::Aggregate& aggregate) {
  auto object = std::make_shared<AggregateObject>(aggregate);
  program::AggregateKernels kernels;
  kernels.self = object.get();
  kernels.tier = program::Tier::kInterpreter;
  kernels.owner = std::move(object);
  kernels.equal = [](void* self, const uint8_t* entry, const FlowColumn* in, int32_t row) {
    return Self(self).Equal(entry, in, row);
  };
  kernels.equal_entries = [](void* self, const uint8_t* a, const uint8_t* b) {
    return Self(self).EqualEntries(a, b);
  };
  kernels.insert = [](void* self, uint8_t* entry, const FlowColumn* in, int32_t row,
                      FlowArena* arena) { Self(self).Insert(entry, in, row, arena); };
  kernels.insert_entry = [](void* self, uint8_t* entry, const uint8_t* from, FlowArena* arena) {
    Self(self).InsertEntry(entry, from, arena);
  };
  kernels.update = [](void* self, uint8_t* const* entries, const FlowColumn* in,
                      const int64_t* weights, int32_t rows,
                      FlowArena* arena) { Self(self).Update(entries, in, weights, rows, arena); };
  kernels.merge = [](void* self, uint8_t* entry, const uint8_t* from, FlowArena* arena) {
    Self(self).Merge(entry, from, arena);
  };
  kernels.finish = [](void* self, const uint8_t* const* entries, int32_t rows, FlowColumn* out,
                      FlowArena*) { Self(self).Finish(entries, rows, out); };
  if (aggregate.layout.live_offset >= 0) {
    kernels.live = [](void* self, const uint8_t* entry) { return Self(self).Live(entry); };
  }
  if (aggregate.layout.needs_destroy) {
    kernels.destroy = [](void* self, uint8_t* entry) { Self(self).Destroy(entry); };
  }
  return kernels;
}

}  // namespace flow::interpret
