// LayOut: keys by falling width, their status bytes, then the accumulators.
#include "compiler/lower/layout.h"

#include "runtime/abi/abi.h"
#include "runtime/abi/exact_sum.h"

namespace flow::lower {

namespace {

int32_t Align(int32_t offset, int32_t to) { return (offset + to - 1) / to * to; }

// The number of values, padded: what follows is 16-aligned.
constexpr int32_t kCountPart = 16;

int32_t AccumulatorSize(const program::AggregateCall& call, bool updating) {
  switch (call.fn) {
    case program::AggregateFn::kCountRows:
    case program::AggregateFn::kCount:
      return 8;
    case program::AggregateFn::kSum:
    case program::AggregateFn::kAvg:
      if (call.argument_type.is(TypeKind::kDecimal)) return kCountPart + 32;
      if (call.argument_type.is(TypeKind::kDouble)) {
        return kCountPart + static_cast<int32_t>(sizeof(FlowExactSum));
      }
      return kCountPart + 16;
    case program::AggregateFn::kMin:
    case program::AggregateFn::kMax:
      return updating ? 16 : kCountPart + call.argument_type.width();
  }
  return 0;
}

}  // namespace

program::AggregateLayout LayOut(const std::vector<Type>& keys,
                                const std::vector<program::AggregateCall>& calls, bool updating) {
  program::AggregateLayout layout;
  int32_t at = sizeof(FlowEntryHeader);
  layout.keys.resize(keys.size());
  for (int width : {16, 8, 4, 1}) {
    for (size_t i = 0; i < keys.size(); ++i) {
      layout.keys[i].type = keys[i];
      if (keys[i].width() != width) continue;
      layout.keys[i].offset = at;
      at += width;
    }
  }
  for (program::Cell& key : layout.keys) key.status_offset = at++;
  if (updating) {
    at = Align(at, 8);
    layout.live_offset = at;
    at += 8;
  }
  // The counts fill the gap before the first accumulator that is 16-aligned.
  layout.accumulators.resize(calls.size());
  for (bool small : {true, false}) {
    for (size_t i = 0; i < calls.size(); ++i) {
      int32_t size = AccumulatorSize(calls[i], updating);
      if ((size == 8) != small) continue;
      at = Align(at, small ? 8 : 16);
      layout.accumulators[i] = {at, size};
      at += size;
      bool ordered =
          calls[i].fn == program::AggregateFn::kMin || calls[i].fn == program::AggregateFn::kMax;
      layout.needs_destroy |= updating && ordered;
    }
  }
  layout.entry_size = Align(at, 16);
  return layout;
}

}  // namespace flow::lower
