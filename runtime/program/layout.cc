// LayOut: all cells by falling width, so that there are no gaps between them; bits of NULLs in the
// header as long as it has some.
#include "runtime/program/layout.h"

#include <algorithm>
#include <cstddef>

#include "runtime/abi/abi.h"
#include "runtime/abi/exact_sum.h"

namespace flow::program {

namespace {

// Sums of values with more digits than this do not stay below 2^62 for long.
constexpr int kShortDigits = 18;

int32_t SumSize(const Type& argument) {
  if (argument.is(TypeKind::kDouble)) return kFlowDoubleSumBytes;
  return argument.is(TypeKind::kDecimal) && argument.precision > kShortDigits ? 16 : 8;
}

Keeps KeptBy(const AggregateCall& call, bool updating) {
  switch (call.fn) {
    case AggregateFn::kCountRows:
    case AggregateFn::kCount:
      break;
    case AggregateFn::kSum:
    case AggregateFn::kAvg:
      return Keeps::kSum;
    case AggregateFn::kMin:
    case AggregateFn::kMax:
    case AggregateFn::kArgMin:
    case AggregateFn::kArgMax:
      return updating ? Keeps::kMultiset : Keeps::kValue;
    case AggregateFn::kVarPop:
    case AggregateFn::kVarSamp:
      return Keeps::kMoments;
    case AggregateFn::kStringAgg:
      return updating ? Keeps::kMultiset : Keeps::kBounded;
    case AggregateFn::kQuantile:
      return Keeps::kMultiset;
    case AggregateFn::kBest:
#ifdef FLOW_MUTANT_RANKING_FORGETS
      return Keeps::kLeast;
#else
      return updating ? Keeps::kMultiset : Keeps::kLeast;
#endif
    case AggregateFn::kApproxCountDistinct:
      return Keeps::kSketch;
  }
  return Keeps::kCount;
}

class Layouter {
 public:
  Layouter(const std::vector<Type>& keys, const std::vector<AggregateCall>& calls, bool updating,
           bool session)
      : keys_(keys), calls_(calls), updating_(updating), session_(session) {}

  AggregateLayout LayOut() {
    layout_.keys.resize(keys_.size());
    layout_.accumulators.resize(calls_.size());
    for (size_t i = 0; i < keys_.size(); ++i) {
      layout_.keys[i].type = keys_[i];
      layout_.keys[i].null = NewBit();
    }
    for (size_t i = 0; i < calls_.size(); ++i) {
      Accumulator& accumulator = layout_.accumulators[i];
      accumulator.keeps = KeptBy(calls_[i], updating_);
      if (accumulator.keeps == Keeps::kValue) accumulator.null = NewBit();
    }
    for (int32_t width : {16, 8, 4, 1}) PlaceCells(width);
    layout_.nulls_offset = at_;
    layout_.nulls_size = bits_ > kHeaderBits ? (bits_ - kHeaderBits + 7) / 8 : 0;
    at_ += layout_.nulls_size;
    layout_.entry_size = std::max(16, (at_ + 7) / 8 * 8);
    for (Cell& key : layout_.keys) PlaceBit(&key.null);
    for (Accumulator& accumulator : layout_.accumulators) PlaceBit(&accumulator.null);
    return layout_;
  }

 private:
  static constexpr int kHeaderBits = 8;
  static constexpr int32_t kSessionBytes = 24;

  int32_t Take(int32_t width) {
    const int32_t at = at_;
    at_ += width;
    return at;
  }

  void PlaceCells(int32_t width) {
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i].width() == width) layout_.keys[i].offset = Take(width);
    }
    if (updating_ && width == 8) layout_.live_offset = Take(8);
    if (session_ && width == 8) layout_.session_offset = Take(kSessionBytes);
    for (size_t i = 0; i < calls_.size(); ++i) {
      Place(calls_[i], width, &layout_.accumulators[i]);
    }
  }

  // What of an accumulator has that width.
  void Place(const AggregateCall& call, int32_t width, Accumulator* accumulator) {
    if (call.distinct && call.fn != AggregateFn::kStringAgg && width == 8) {
      layout_.needs_destroy = true;
      accumulator->distinct = Take(8);
    }
    switch (accumulator->keeps) {
      case Keeps::kCount:
        if (width != 8) return;
        accumulator->shared = updating_ && call.fn == AggregateFn::kCountRows;
        accumulator->count = accumulator->shared ? layout_.live_offset : Take(8);
        return;
      case Keeps::kSum:
        layout_.may_spill = true;
        if (width == 8 && (call.fn == AggregateFn::kAvg || updating_)) accumulator->count = Take(8);
        accumulator->size = SumSize(call.argument_type);
        if (width == accumulator->size) accumulator->offset = Take(width);
        return;
      case Keeps::kValue:
        accumulator->size = call.argument_type.width();
        if (width == accumulator->size) accumulator->offset = Take(width);
        return;
      case Keeps::kMultiset:
      case Keeps::kBounded:
      case Keeps::kLeast:
      case Keeps::kMoments:
      case Keeps::kSketch:
        layout_.needs_destroy = true;
        accumulator->size = 8;
        if (width == 8) accumulator->offset = Take(8);
        return;
    }
  }

  NullBit NewBit() { return {bits_++, 1}; }
  // From its number to its place.
  void PlaceBit(NullBit* null) const {
    if (null->mask == 0) return;
    const int32_t bit = null->offset;
    null->mask = static_cast<uint8_t>(1 << bit % 8);
    null->offset = bit < kHeaderBits ? static_cast<int32_t>(offsetof(FlowEntryHeader, nulls))
                                     : layout_.nulls_offset + (bit - kHeaderBits) / 8;
  }

  const std::vector<Type>& keys_;
  const std::vector<AggregateCall>& calls_;
  bool updating_;
  bool session_;
  AggregateLayout layout_;
  int32_t at_ = sizeof(FlowEntryHeader);
  int32_t bits_ = 0;
};

}  // namespace

AggregateLayout LayOut(const std::vector<Type>& keys, const std::vector<AggregateCall>& calls,
                       bool updating, bool session) {
  return Layouter(keys, calls, updating, session).LayOut();
}

}  // namespace flow::program
