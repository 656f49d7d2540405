// The aggregate kernels: keys and accumulators in entries laid out by AggregateLayout.
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "compiler/interpret/engine.h"
#include "compiler/interpret/value.h"
#include "compiler/interpret/wide.h"
#include "runtime/abi/compact_sum.h"
#include "runtime/abi/error_code.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/abi/hash.h"
#include "runtime/abi/moments.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/sketch.h"
#include "runtime/abi/sort_key.h"

namespace flow::interpret {

namespace {

using program::AggregateCall;
using program::AggregateFn;
using program::Keeps;

// One of several zeros and NaNs in keys, MIN and MAX.
Value Canonical(const Type& type, Value value) {
  if (type.is(TypeKind::kDouble) && value.is_value()) value.d = flow_canonical_double(value.d);
  return value;
}

// A sum of INT, BIGINT or DECIMAL in its cell (runtime/abi/compact_sum.h), read and written without
// the functions that generated code uses.
class SumCell {
 public:
  SumCell(uint8_t* cell, int32_t size) : cell_(cell), words_(size / 8) {}

  bool none() const { return Tag() == 2; }
  Wide Load() const {
    Wide sum;
    if (none()) return sum;
    if (Tag() == 1) {
      memcpy(sum.limb, Elsewhere(), sizeof sum.limb);
      return sum;
    }
    for (int i = 0; i < 4; ++i) {
      sum.limb[i] = i < words_ ? Word(i) : (Word(words_ - 1) >> 63 != 0 ? ~uint64_t{0} : 0);
    }
    return sum;
  }
  void Store(const Wide& sum, FlowArena* arena) {
    if (Fits(sum)) {
      Free();
      memcpy(cell_, sum.limb, static_cast<size_t>(words_) * 8);
      return;
    }
    if (Tag() != 1) {
      const auto address = reinterpret_cast<uint64_t>(flow_spill_new(arena, sizeof sum.limb));
      SetWord(words_ - 1, uint64_t{1} << 62);
      SetWord(0, words_ == 1 ? address | uint64_t{1} << 62 : address);
    }
    memcpy(Elsewhere(), sum.limb, sizeof sum.limb);
  }
  void Free() {
    if (Tag() == 1) flow_spill_free(Elsewhere());
    memset(cell_, 0, static_cast<size_t>(words_) * 8);
  }
  void SetNone() { SetWord(words_ - 1, uint64_t{1} << 63); }

 private:
  uint64_t Word(int i) const {
    uint64_t word;
    memcpy(&word, cell_ + i * 8, sizeof word);
    return word;
  }
  void SetWord(int i, uint64_t word) { memcpy(cell_ + i * 8, &word, sizeof word); }
  uint64_t Tag() const { return Word(words_ - 1) >> 62; }
  void* Elsewhere() const {
    const uint64_t low = Word(0);
    return reinterpret_cast<void*>(words_ == 1 ? low & ~(uint64_t{1} << 62) : low);
  }
  // The same as what its first words say, and those not at the edge of their range.
  bool Fits(const Wide& sum) const {
    const auto top = static_cast<int64_t>(sum.limb[words_ - 1]);
    if (top >= int64_t{1} << 62 || top < -(int64_t{1} << 62)) return false;
    for (int i = words_; i < 4; ++i) {
      if (sum.limb[i] != (top < 0 ? ~uint64_t{0} : 0)) return false;
    }
    return true;
  }

  uint8_t* cell_;
  int words_;
};

// One call of the aggregate and where its accumulator stands (program.h describes the forms).
class Accumulator {
 public:
  Accumulator(const AggregateCall& call, const program::Accumulator& place)
      : fn_(call.fn),
        argument_(call.argument),
        type_(call.argument_type),
        result_(call.result_type),
        once_(call.distinct),
        sort_keys_(call.sort_keys),
        parameter_(call.parameter),
        place_(place) {}

  void Init(uint8_t* entry, FlowArena* arena) const {
    if (place_.shared) return;
    if (place_.count >= 0) SetCount(entry, 0);
    const auto kind = static_cast<int32_t>(type_.storage());
    if (place_.distinct >= 0) {
      SetObject(entry, place_.distinct, flow_multiset_new_distinct(kind, arena));
    }
    if (place_.offset >= 0) memset(entry + place_.offset, 0, static_cast<size_t>(place_.size));
    switch (place_.keeps) {
      case Keeps::kCount:
        return;
      case Keeps::kSum:
        if (!type_.is(TypeKind::kDouble) && place_.count < 0) Cell(entry).SetNone();
        return;
      case Keeps::kValue:
        entry[place_.null.offset] |= place_.null.mask;
        return;
      case Keeps::kMultiset:
        SetObject(entry, place_.offset, flow_multiset_new(kind, arena));
        return;
      case Keeps::kBounded:
        SetObject(entry, place_.offset, flow_multiset_new_bounded(kind, arena));
        return;
      case Keeps::kLeast:
        SetObject(entry, place_.offset, flow_multiset_new_least(parameter_.i, arena));
        return;
      case Keeps::kSketch:
        SetObject(entry, place_.offset, flow_sketch_new(kind, arena));
        return;
      case Keeps::kMoments:
        SetObject(entry, place_.offset, flow_moments_new(kind, arena));
        return;
    }
  }

  void Update(uint8_t* entry, const FlowColumn* in, int32_t row, int64_t weight,
              FlowArena* arena) const {
    if (place_.shared) return;
    if (fn_ == AggregateFn::kCountRows) {
      SetCount(entry, Count(entry) + weight);
      return;
    }
    const Value value = Canonical(type_, ReadColumn(in[argument_], type_, row));
    if (!value.is_value() || weight == 0) return;
    if (place_.distinct >= 0) {
      alignas(16) uint8_t cell[16];
      StoreValue(type_, value, cell);
      weight = flow_multiset_add(Object<FlowMultiset>(entry, place_.distinct), cell, weight);
      if (weight == 0) return;
    }
    AddValue(entry, value, weight, arena);
  }

  void AddValue(uint8_t* entry, const Value& value, int64_t weight, FlowArena* arena) const {
    if (place_.count >= 0) SetCount(entry, Count(entry) + weight);
    alignas(16) uint8_t cell[16];
    StoreValue(type_, value, cell);
    switch (place_.keeps) {
      case Keeps::kCount:
        return;
      case Keeps::kSum:
        if (type_.is(TypeKind::kDouble)) {
          flow_double_sum_add(entry + place_.offset, value.d, weight, arena);
        } else {
          const FlowInt128 term = type_.is(TypeKind::kDecimal) ? value.dec : value.i;
          AddToSum(entry, Wide::Product(term, weight), arena);
        }
        return;
      case Keeps::kValue:
        Offer(entry, value, arena);
        return;
      case Keeps::kMultiset:
      case Keeps::kBounded:
      case Keeps::kLeast:
        flow_multiset_add(Object<FlowMultiset>(entry), cell, weight);
        return;
      case Keeps::kSketch:
        flow_sketch_add(Object<FlowSketch>(entry), cell, weight);
        return;
      case Keeps::kMoments:
        flow_moments_add(Object<FlowMoments>(entry), cell, weight);
        return;
    }
  }

  void Merge(uint8_t* entry, const uint8_t* from, FlowArena* arena) const {
    if (place_.shared) return;
    if (place_.distinct >= 0) {
      MergeDistinct(entry, from, arena);
#ifndef FLOW_MUTANT_DISTINCT_ADDED_UP
      return;
#endif
    }
    if (place_.count >= 0) SetCount(entry, Count(entry) + Count(from));
    switch (place_.keeps) {
      case Keeps::kCount:
        return;
      case Keeps::kSum:
        if (type_.is(TypeKind::kDouble)) {
          flow_double_sum_merge(entry + place_.offset, from + place_.offset, arena);
        } else if (!Cell(from).none()) {
          AddToSum(entry, Cell(from).Load(), arena);
        }
        return;
      case Keeps::kValue:
        if (!IsNull(from)) Offer(entry, LoadValue(type_, from + place_.offset), arena);
        return;
      case Keeps::kSketch:
        flow_sketch_merge(Object<FlowSketch>(entry), Object<FlowSketch>(from));
        return;
      case Keeps::kMultiset:
      case Keeps::kBounded:
      case Keeps::kLeast:
        flow_multiset_merge(Object<FlowMultiset>(entry), Object<FlowMultiset>(from));
        return;
      case Keeps::kMoments:
        flow_moments_merge(Object<FlowMoments>(entry), Object<FlowMoments>(from));
        return;
    }
  }

  // What `from` made of its values does not count: only those that are new here do.
  void MergeDistinct(uint8_t* entry, const uint8_t* from, FlowArena* arena) const {
    struct Target {
      const Accumulator* self;
      uint8_t* entry;
      FlowArena* arena;
    } target{this, entry, arena};
    flow_multiset_merge_distinct(
        Object<FlowMultiset>(entry, place_.distinct), Object<FlowMultiset>(from, place_.distinct),
        [](void* of, const void* cell, int64_t change) {
          const auto& to = *static_cast<Target*>(of);
          const Value value = LoadValue(to.self->type_, static_cast<const uint8_t*>(cell));
          to.self->AddValue(to.entry, value, change, to.arena);
        },
        &target);
  }

  Value Finish(const uint8_t* entry, FlowArena* arena) const {
    switch (fn_) {
      case AggregateFn::kCountRows:
      case AggregateFn::kCount:
        return Value::Int(Count(entry));
      case AggregateFn::kSum:
        return HasSum(entry) ? FinishSum(entry) : Value::Null();
      case AggregateFn::kAvg:
        return HasSum(entry) ? FinishAvg(entry) : Value::Null();
      case AggregateFn::kMin:
      case AggregateFn::kMax:
        return FinishExtreme(entry);
      case AggregateFn::kVarPop:
      case AggregateFn::kVarSamp:
        return FinishVariance(entry);
      case AggregateFn::kArgMin:
      case AggregateFn::kArgMax: {
        const Value key = FinishExtreme(entry);
        alignas(16) uint8_t cell[16];
        const bool found =
            key.is_value() &&
            flow_sort_key_last(&key.s, static_cast<int32_t>(result_.storage()), cell, arena) != 0;
        return found ? LoadValue(result_, cell) : Value::Null();
      }
      case AggregateFn::kStringAgg:
        return FinishJoined(entry, arena);
      case AggregateFn::kQuantile: {
        alignas(16) uint8_t cell[16];
        const bool found =
            flow_multiset_quantile(Object<FlowMultiset>(entry), parameter_.d, cell) != 0;
        return found ? LoadValue(type_, cell) : Value::Null();
      }
      case AggregateFn::kBest:
        return FinishBest(entry, arena);
      case AggregateFn::kApproxCountDistinct:
        return Value::Int(flow_sketch_finish(Object<FlowSketch>(entry)));
    }
    return Value::Null();
  }

  void Destroy(uint8_t* entry) const {
    if (place_.distinct >= 0) {
      flow_multiset_free(Object<FlowMultiset>(entry, place_.distinct));
      SetObject(entry, place_.distinct, nullptr);
    }
    switch (place_.keeps) {
      case Keeps::kCount:
      case Keeps::kValue:
        return;
      case Keeps::kSum:
        if (type_.is(TypeKind::kDouble)) {
          flow_double_sum_free(entry + place_.offset);
        } else {
          Cell(entry).Free();
        }
        return;
      case Keeps::kSketch:
        flow_sketch_free(Object<FlowSketch>(entry));
        break;
      case Keeps::kMultiset:
      case Keeps::kBounded:
      case Keeps::kLeast:
        flow_multiset_free(Object<FlowMultiset>(entry));
        break;
      case Keeps::kMoments:
        flow_moments_free(Object<FlowMoments>(entry));
        break;
    }
    SetObject(entry, place_.offset, nullptr);
  }

 private:
  template <typename T>
  static T Load(const uint8_t* at) {
    T value;
    memcpy(&value, at, sizeof value);
    return value;
  }
  int64_t Count(const uint8_t* entry) const { return Load<int64_t>(entry + place_.count); }
  void SetCount(uint8_t* entry, int64_t n) const { memcpy(entry + place_.count, &n, sizeof n); }
  template <typename T>
  T* Object(const uint8_t* entry, int32_t offset) const {
    return Load<T*>(entry + offset);
  }
  template <typename T>
  T* Object(const uint8_t* entry) const {
    return Object<T>(entry, place_.offset);
  }
  static void SetObject(uint8_t* entry, int32_t offset, void* object) {
    memcpy(entry + offset, &object, sizeof object);
  }
  SumCell Cell(uint8_t* entry) const { return {entry + place_.offset, place_.size}; }
  SumCell Cell(const uint8_t* entry) const { return Cell(const_cast<uint8_t*>(entry)); }
  bool IsNull(const uint8_t* entry) const {
    return (entry[place_.null.offset] & place_.null.mask) != 0;
  }
  bool HasSum(const uint8_t* entry) const {
    if (place_.count >= 0) return Count(entry) > 0;
    if (!type_.is(TypeKind::kDouble)) return !Cell(entry).none();
    FlowInt128 m;
    return flow_double_sum_form(entry + place_.offset, &m) != 0;
  }

  // MIN and MAX of append-only input: takes the value if it is the first or a better one.
  void Offer(uint8_t* entry, const Value& value, FlowArena* arena) const {
    uint8_t* cell = entry + place_.offset;
    if (!IsNull(entry)) {
#ifdef FLOW_MUTANT_TIES_BY_ARRIVAL
      constexpr uint32_t kTime = 9;  // the part of a sort key that is a time
      if (fn_ != AggregateFn::kMin && fn_ != AggregateFn::kMax && value.s.size > kTime &&
          memcmp(flow_string_data(&value.s),
                 flow_string_data(reinterpret_cast<const FlowString*>(cell)), kTime) == 0) {
        return;
      }
#endif
      const int order = Compare(type_, value, LoadValue(type_, cell));
      if (WantsLeast() ? order >= 0 : order <= 0) return;
    }
    entry[place_.null.offset] &= static_cast<uint8_t>(~place_.null.mask);
    if (type_.is_variable()) {
      flow_state_string_assign(reinterpret_cast<FlowString*>(cell), &value.s, arena);
    } else {
      StoreValue(type_, value, cell);
    }
  }

  void AddToSum(uint8_t* entry, const Wide& term, FlowArena* arena) const {
    Wide sum = Cell(entry).Load();
    sum.Add(term);
    Cell(entry).Store(sum, arena);
  }

  // Infinite, but nothing infinite was added.
  bool SumOverflows(const uint8_t* entry, double sum) const {
    if (!std::isinf(sum)) return false;
    const FlowExactSum* exact = flow_double_sum_wide(entry + place_.offset);
    return exact == nullptr || (exact->plus_inf == 0 && exact->minus_inf == 0);
  }

  Value FinishSum(const uint8_t* entry) const {
    if (type_.is(TypeKind::kDouble)) {
      const double sum = flow_double_sum_finish(entry + place_.offset);
      return SumOverflows(entry, sum) ? Value::Error(kFlowErrOverflow) : Value::Double(sum);
    }
    FlowInt128 sum = 0;
    if (!WideQuotient(Cell(entry).Load(), 0, 1, &sum)) return Value::Error(kFlowErrOverflow);
    if (result_.is(TypeKind::kDecimal)) return Value::Decimal(sum);
    if (sum != static_cast<int64_t>(sum)) return Value::Error(kFlowErrOverflow);
    return Value::Int(static_cast<int64_t>(sum));
  }

  Value FinishAvg(const uint8_t* entry) const {
    const int64_t count = Count(entry);
    if (type_.is(TypeKind::kDouble)) {
      const double sum = flow_double_sum_finish(entry + place_.offset);
      if (SumOverflows(entry, sum)) return Value::Error(kFlowErrOverflow);
      return Value::Double(sum / static_cast<double>(count));
    }
    const int scale = type_.is(TypeKind::kDecimal) ? type_.scale : 0;
    FlowInt128 average = 0;
    if (!WideQuotient(Cell(entry).Load(), result_.scale - scale, count, &average)) {
      return Value::Error(kFlowErrOverflow);
    }
    return Value::Decimal(average);
  }

  Value FinishExtreme(const uint8_t* entry) const {
    if (place_.keeps == Keeps::kValue) {
      return IsNull(entry) ? Value::Null() : LoadValue(type_, entry + place_.offset);
    }
    alignas(16) uint8_t cell[16];
    const auto* set = Object<FlowMultiset>(entry);
    const bool found =
        WantsLeast() ? flow_multiset_min(set, cell) != 0 : flow_multiset_max(set, cell) != 0;
    return found ? LoadValue(type_, cell) : Value::Null();
  }

  Value FinishVariance(const uint8_t* entry) const {
    double result = 0;
    const uint8_t code = flow_moments_finish(Object<FlowMoments>(entry),
                                             type_.is(TypeKind::kDecimal) ? type_.scale : 0,
                                             fn_ == AggregateFn::kVarSamp ? 1 : 0, &result);
    if (code == kFlowNull) return Value::Null();
    return code == kFlowValue ? Value::Double(result) : Value::Error(code);
  }

  Value FinishJoined(const uint8_t* entry, FlowArena* arena) const {
    FlowString separator;
    flow_string_set(&separator, parameter_.s.data(), static_cast<uint32_t>(parameter_.s.size()));
    Value joined = Value::String({});
    const uint8_t code = flow_multiset_join(
        Object<FlowMultiset>(entry), &separator,
        (once_ ? kFlowJoinOnce : 0) | (sort_keys_ ? kFlowJoinSortKeys : 0), &joined.s, arena);
    if (code == kFlowNull) return Value::Null();
    return code == kFlowValue ? joined : Value::Error(code);
  }

  Value FinishBest(const uint8_t* entry, FlowArena* arena) const {
    Value packed = Value::String({});
    const uint8_t code =
        flow_multiset_best(Object<FlowMultiset>(entry), parameter_.i, &packed.s, arena);
    if (code == kFlowNull) return Value::Null();
    return code == kFlowValue ? packed : Value::Error(code);
  }

  bool WantsLeast() const { return fn_ == AggregateFn::kMin || fn_ == AggregateFn::kArgMin; }

  AggregateFn fn_;
  int argument_;
  Type type_;
  Type result_;
  bool once_;
  bool sort_keys_;
  Datum parameter_;
  program::Accumulator place_;
};

class AggregateObject {
 public:
  explicit AggregateObject(const program::Aggregate& aggregate)
      : keys_(aggregate.layout.keys),
        nulls_offset_(aggregate.layout.nulls_offset),
        nulls_size_(aggregate.layout.nulls_size),
        live_offset_(aggregate.layout.live_offset) {
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      calls_.emplace_back(aggregate.calls[i], aggregate.layout.accumulators[i]);
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
    ClearNulls(entry);
    for (size_t k = 0; k < keys_.size(); ++k) {
      SetKey(entry, k, ReadColumn(in[k], keys_[k].type, row), arena);
    }
    InitAccumulators(entry, arena);
  }

  void InsertEntry(uint8_t* entry, const uint8_t* from, FlowArena* arena) const {
    ClearNulls(entry);
    for (size_t k = 0; k < keys_.size(); ++k) SetKey(entry, k, EntryKey(from, k), arena);
    InitAccumulators(entry, arena);
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

  void Finish(const uint8_t* const* entries, int32_t rows, FlowColumn* out,
              FlowArena* arena) const {
    for (int32_t row = 0; row < rows; ++row) {
      FlowColumn* column = out;
      for (size_t k = 0; k < keys_.size(); ++k) {
        WriteColumn(*column++, keys_[k].type, row, EntryKey(entries[row], k));
      }
      for (size_t i = 0; i < calls_.size(); ++i) {
        WriteColumn(*column++, results_[i], row, calls_[i].Finish(entries[row], arena));
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
    if ((entry[cell.null.offset] & cell.null.mask) != 0) return Value::Null();
    return LoadValue(cell.type, entry + cell.offset);
  }

  void SetKey(uint8_t* entry, size_t k, Value value, FlowArena* arena) const {
    const program::Cell& cell = keys_[k];
    value = Canonical(cell.type, value);
    if (cell.type.is_variable() && value.is_value()) {
      FlowString copy;
      flow_string_copy(&copy, flow_string_data(&value.s), value.s.size, arena);
      value.s = copy;
    }
    StoreValue(cell.type, value, entry + cell.offset);
    if (!value.is_value()) entry[cell.null.offset] |= cell.null.mask;
  }

  void ClearNulls(uint8_t* entry) const {
    entry[offsetof(FlowEntryHeader, nulls)] = 0;
    memset(entry + nulls_offset_, 0, static_cast<size_t>(nulls_size_));
  }

  void InitAccumulators(uint8_t* entry, FlowArena* arena) const {
    if (live_offset_ >= 0) Live(entry) = 0;
    for (const Accumulator& call : calls_) call.Init(entry, arena);
  }

  std::vector<program::Cell> keys_;
  int32_t nulls_offset_;
  int32_t nulls_size_;
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
                      FlowArena* arena) { Self(self).Finish(entries, rows, out, arena); };
  if (aggregate.layout.live_offset >= 0) {
    kernels.live = [](void* self, const uint8_t* entry) { return Self(self).Live(entry); };
  }
  if (aggregate.layout.needs_destroy || aggregate.layout.may_spill) {
    kernels.destroy = [](void* self, uint8_t* entry) { Self(self).Destroy(entry); };
  }
  return kernels;
}

}  // namespace flow::interpret
