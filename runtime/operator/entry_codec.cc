// Entries to bytes and back.
#include "runtime/operator/entry_codec.h"

#include <bit>
#include <cstring>

#include "runtime/abi/compact_sum.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/abi/hash.h"
#include "runtime/abi/moments.h"
#include "runtime/abi/multiset.h"
#include "runtime/abi/sketch.h"
#include "runtime/format/row_codec.h"
#include "runtime/operator/entry_bytes.h"

namespace flow {

namespace {

using program::AggregateCall;
using program::Keeps;

// Little-endian two's complement without the bytes that only repeat the sign; first their number.
void AppendTrimmed(const uint8_t* bytes, size_t size, std::string* out) {
  uint8_t sign = (bytes[size - 1] & 0x80) != 0 ? 0xff : 0x00;
  while (size > 0 && bytes[size - 1] == sign &&
         (size == 1 ? sign == 0 : (bytes[size - 2] & 0x80) == (sign & 0x80))) {
    --size;
  }
  *out += static_cast<char>(size);
  out->append(reinterpret_cast<const char*>(bytes), size);
}

// What AppendTrimmed gives, into at least 9 bytes; returns how many.
size_t PutInteger(int64_t value, char* out) {
  // One bit more than the value has, in whole bytes.
  const uint64_t magnitude = static_cast<uint64_t>(value ^ (value >> 63));
  const int bits = 64 - std::countl_zero(magnitude) + 1;
  const size_t size = value == 0 ? 0 : static_cast<size_t>(bits + 7) / 8;
  out[0] = static_cast<char>(size);
  std::memcpy(out + 1, &value, sizeof value);
  return 1 + size;
}

void AppendInteger(int64_t value, std::string* out) {
  char text[1 + sizeof value];
  out->append(text, PutInteger(value, text));
}

template <typename T>
T Load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <typename T>
void Store(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

constexpr char kNoSum = '\xFF';  // in place of the number of a sum's bytes
constexpr int32_t kWideForm = 0xFFFF;

void AppendExactSum(const FlowExactSum& sum, std::string* out) {
  int used = 0;
  for (int64_t chunk : sum.chunk) used += chunk != 0 ? 1 : 0;
  AppendInteger(used, out);
  for (int i = 0; i < kFlowExactSumChunks; ++i) {
    if (sum.chunk[i] == 0) continue;
    *out += static_cast<char>(i);
    AppendInteger(sum.chunk[i], out);
  }
  for (int64_t count : {sum.pending, sum.nan, sum.plus_inf, sum.minus_inf}) {
    AppendInteger(count, out);
  }
}

struct MultisetWriter {
  const Type* type;
  size_t width;
  std::string* out;
  int64_t count = 0;
};

constexpr int64_t kLost = -1;  // in place of the number of values

void AppendMultiset(const Type& type, const FlowMultiset* set, std::string* out) {
  if (flow_multiset_is_lost(set) != 0) {
    AppendInteger(kLost, out);
    return;
  }
  std::string items;
  MultisetWriter writer{&type, static_cast<size_t>(type.width()), &items};
  flow_multiset_each(
      set,
      [](void* self, const void* value, int64_t count) {
        auto* w = static_cast<MultisetWriter*>(self);
        ++w->count;
        if (w->type->is_variable()) {
          AppendCell(*w->type, value, kFlowValue, w->out);
          AppendInteger(count, w->out);
          return;
        }
        // The same in one piece.
        char item[1 + 16 + 1 + sizeof count];
        item[0] = static_cast<char>(kFlowValue);
        std::memcpy(item + 1, value, w->width);
        const size_t size = 1 + w->width;
        w->out->append(item, size + PutInteger(count, item + size));
      },
      &writer);
  AppendInteger(writer.count, out);
  *out += items;
}

FlowMultiset* NewMultiset(const AggregateCall& call, Keeps keeps, FlowArena* arena) {
  const auto kind = static_cast<int32_t>(call.argument_type.storage());
  if (keeps == Keeps::kBounded) return flow_multiset_new_bounded(kind, arena);
  if (keeps == Keeps::kLeast) return flow_multiset_new_least(call.parameter.i, arena);
  return flow_multiset_new(kind, arena);
}

// Reads into `set`, whose address is written to `at` at once.
void ReadMultiset(const Type& type, FlowMultiset* set, bool bounded, EntryInput* in, uint8_t* at) {
  std::memcpy(at, &set, sizeof set);
  Arena scratch;
  int64_t count = in->Integer<int64_t>();
  if (bounded && count == kLost) {
    flow_multiset_lose(set);
  } else if (count < 0) {
    in->ok = false;
  }
  for (int64_t i = 0; in->ok && i < count; ++i) {
    alignas(16) char cell[16];
    uint8_t status;
    in->ok = ReadCellBytes(type, &in->bytes, cell, &status, scratch.abi()) && status == kFlowValue;
    if (in->ok) flow_multiset_add(set, cell, in->Integer<int64_t>());
  }
}

// Its memory must be of the capacity that flow_state_string_assign expects.
void StoreStateString(FlowString from, uint8_t* at, Arena* arena) {
  FlowString own;
  flow_string_set(&own, "", 0);
  flow_state_string_assign(&own, &from, arena->abi());
  Store(at, own);
}

void AppendHash(uint64_t hash, std::string* out) {
  const uint32_t upper = __builtin_bswap32(static_cast<uint32_t>(hash >> 32));
  out->append(reinterpret_cast<const char*>(&upper), kEntryHashBytes);
}

bool IsNull(const program::NullBit& null, const uint8_t* entry) {
  return (entry[null.offset] & null.mask) != 0;
}

void AppendDoubleSum(const uint8_t* cell, std::string* out) {
  FlowInt128 m;
  const int32_t form = flow_double_sum_form(cell, &m);
  AppendInteger(form, out);
  if (const FlowExactSum* wide = flow_double_sum_wide(cell); wide != nullptr) {
    AppendExactSum(*wide, out);
  } else {
    AppendTrimmed(reinterpret_cast<const uint8_t*>(&m), sizeof m, out);
  }
}

void AppendSum(const program::Accumulator& place, const uint8_t* cell, std::string* out) {
  if (flow_sum_is_none(cell, place.size)) {
    *out += kNoSum;
    return;
  }
  uint64_t words[kFlowSumWords];
  flow_sum_load(cell, place.size, words);
  AppendTrimmed(reinterpret_cast<const uint8_t*>(words), sizeof words, out);
}

void AppendAccumulator(const AggregateCall& call, const program::Accumulator& place,
                       const uint8_t* entry, std::string* out) {
  if (place.shared) return;
  const uint8_t* cell = entry + place.offset;
  if (place.distinct >= 0) {
    AppendMultiset(call.argument_type, Load<const FlowMultiset*>(entry + place.distinct), out);
  }
  if (place.count >= 0) AppendInteger(Load<int64_t>(entry + place.count), out);
  switch (place.keeps) {
    case Keeps::kCount:
      return;
    case Keeps::kSum:
      if (call.argument_type.is(TypeKind::kDouble)) {
        AppendDoubleSum(cell, out);
      } else {
        AppendSum(place, cell, out);
      }
      return;
    case Keeps::kValue:
      AppendCell(call.argument_type, cell, IsNull(place.null, entry) ? kFlowNull : kFlowValue, out);
      return;
    case Keeps::kSketch:
      flow_sketch_save(Load<const FlowSketch*>(cell), out);
      return;
    case Keeps::kMultiset:
    case Keeps::kBounded:
    case Keeps::kLeast:
      AppendMultiset(call.argument_type, Load<const FlowMultiset*>(cell), out);
      return;
    case Keeps::kMoments:
      flow_moments_save(Load<const FlowMoments*>(cell), out);
      return;
  }
}

void ReadDoubleSum(EntryInput* in, uint8_t* cell, Arena* arena) {
  const auto form = in->Integer<int32_t>();
  if (!in->ok) return;
  if (form == kWideForm) {
    ReadExactSum(in, flow_double_sum_widen(cell, arena->abi()));
  } else {
    const auto m = in->Integer<FlowInt128>();
    in->ok = in->ok && flow_double_sum_set(cell, form, m) != 0;
  }
}

void ReadSum(EntryInput* in, const program::Accumulator& place, uint8_t* cell, Arena* arena) {
  if (!in->bytes.empty() && in->bytes[0] == kNoSum && place.count < 0) {
    in->bytes.remove_prefix(1);
    flow_sum_clear(cell, place.size, 1);
    return;
  }
  uint64_t words[kFlowSumWords];
  if (in->Trimmed(reinterpret_cast<uint8_t*>(words), sizeof words)) {
    flow_sum_store(cell, place.size, words, arena->abi());
  }
}

void ReadValue(const Type& type, const program::Accumulator& place, EntryInput* in, uint8_t* entry,
               Arena* arena) {
  uint8_t* at = entry + place.offset;
  alignas(16) char cell[16];
  uint8_t status;
  in->ok = in->ok && ReadCellBytes(type, &in->bytes, cell, &status, arena->abi());
  if (!in->ok) return;
  if (status != kFlowValue) {
    entry[place.null.offset] |= place.null.mask;
  } else if (type.is_variable()) {
    StoreStateString(Load<FlowString>(reinterpret_cast<uint8_t*>(cell)), at, arena);
  } else {
    std::memcpy(at, cell, static_cast<size_t>(type.width()));
  }
}

void ReadAccumulator(const AggregateCall& call, const program::Accumulator& place, EntryInput* in,
                     uint8_t* entry, Arena* arena) {
  if (place.shared) return;
  uint8_t* at = entry + place.offset;
  if (place.distinct >= 0) {
    const auto kind = static_cast<int32_t>(call.argument_type.storage());
    ReadMultiset(call.argument_type, flow_multiset_new_distinct(kind, arena->abi()), false, in,
                 entry + place.distinct);
  }
  if (place.count >= 0) Store(entry + place.count, in->Integer<int64_t>());
  switch (place.keeps) {
    case Keeps::kCount:
      return;
    case Keeps::kSum:
      if (call.argument_type.is(TypeKind::kDouble)) {
        ReadDoubleSum(in, at, arena);
      } else {
        ReadSum(in, place, at, arena);
      }
      return;
    case Keeps::kValue:
      ReadValue(call.argument_type, place, in, entry, arena);
      return;
    case Keeps::kMultiset:
    case Keeps::kBounded:
    case Keeps::kLeast:
      ReadMultiset(call.argument_type, NewMultiset(call, place.keeps, arena->abi()),
                   place.keeps == Keeps::kBounded, in, at);
      return;
    case Keeps::kSketch: {
      auto* sketch =
          flow_sketch_new(static_cast<int32_t>(call.argument_type.storage()), arena->abi());
      Store(at, sketch);
      in->ok = in->ok && flow_sketch_load(sketch, &in->bytes);
      return;
    }
    case Keeps::kMoments: {
      auto* moments =
          flow_moments_new(static_cast<int32_t>(call.argument_type.storage()), arena->abi());
      Store(at, moments);
      in->ok = in->ok && flow_moments_load(moments, &in->bytes);
      return;
    }
  }
}

// Of an entry that is not whole: what was not read is 0.
void FreeAccumulator(const AggregateCall& call, const program::Accumulator& place, uint8_t* entry) {
  uint8_t* at = entry + place.offset;
  if (place.distinct >= 0) {
    flow_multiset_free(Load<FlowMultiset*>(entry + place.distinct));
    Store<void*>(entry + place.distinct, nullptr);
  }
  switch (place.keeps) {
    case Keeps::kCount:
    case Keeps::kValue:
      return;
    case Keeps::kSum:
      if (call.argument_type.is(TypeKind::kDouble)) {
        flow_double_sum_free(at);
      } else {
        flow_sum_free(at, place.size);
      }
      return;
    case Keeps::kSketch:
      flow_sketch_free(Load<FlowSketch*>(at));
      break;
    case Keeps::kMultiset:
    case Keeps::kBounded:
    case Keeps::kLeast:
      flow_multiset_free(Load<FlowMultiset*>(at));
      break;
    case Keeps::kMoments:
      flow_moments_free(Load<FlowMoments*>(at));
      break;
  }
  Store<void*>(at, nullptr);
}

}  // namespace

void ReadExactSum(EntryInput* in, FlowExactSum* sum) {
  flow_exact_sum_init(sum);
  int used = in->Integer<int>();
  for (int i = 0; in->ok && i < used; ++i) {
    if (in->bytes.empty() || static_cast<uint8_t>(in->bytes[0]) >= kFlowExactSumChunks) {
      in->ok = false;
      return;
    }
    size_t chunk = static_cast<uint8_t>(in->bytes[0]);
    in->bytes.remove_prefix(1);
    sum->chunk[chunk] = in->Integer<int64_t>();
  }
  sum->pending = in->Integer<int64_t>();
  sum->nan = in->Integer<int64_t>();
  sum->plus_inf = in->Integer<int64_t>();
  sum->minus_inf = in->Integer<int64_t>();
}

void AppendEntryKey(const program::Aggregate& spec, const uint8_t* entry, std::string* out) {
  AppendHash(EntryHash(entry), out);
  for (const program::Cell& key : spec.layout.keys) {
    AppendCell(key.type, entry + key.offset, IsNull(key.null, entry) ? kFlowNull : kFlowValue, out);
  }
  if (spec.layout.session_offset >= 0) {
    AppendCell(TypeKind::kTimestamp, entry + spec.layout.session_offset, kFlowValue, out);
  }
}

void AppendRowKey(const program::Aggregate& spec, const FlowColumn* in, int32_t row, uint64_t hash,
                  std::string* out) {
  AppendHash(hash, out);
  for (size_t k = 0; k < spec.layout.keys.size(); ++k) {
    const Type& type = spec.layout.keys[k].type;
    const uint8_t* value =
        static_cast<const uint8_t*>(in[k].values) + static_cast<int64_t>(type.width()) * row;
    double canonical;  // as entries have it
    if (type.is(TypeKind::kDouble)) {
      canonical = flow_canonical_double(Load<double>(value));
      value = reinterpret_cast<const uint8_t*>(&canonical);
    }
    AppendCell(type, value, in[k].status[row], out);
  }
}

void MoveEntry(const program::Aggregate& spec, const uint8_t* from, uint8_t* to, Arena* arena) {
  std::memcpy(to + sizeof(FlowEntryHeader), from + sizeof(FlowEntryHeader),
              static_cast<size_t>(spec.layout.entry_size) - sizeof(FlowEntryHeader));
  const auto* header = reinterpret_cast<const FlowEntryHeader*>(from);
  reinterpret_cast<FlowEntryHeader*>(to)->hash = header->hash;
  reinterpret_cast<FlowEntryHeader*>(to)->nulls = header->nulls;
  for (const program::Cell& key : spec.layout.keys) {
    if (!key.type.is_variable() || IsNull(key.null, from)) continue;
    const FlowString s = Load<FlowString>(from + key.offset);
    FlowString copy;
    flow_string_copy(&copy, flow_string_data(&s), s.size, arena->abi());
    Store(to + key.offset, copy);
  }
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    const AggregateCall& call = spec.calls[i];
    const program::Accumulator& place = spec.layout.accumulators[i];
    if (place.keeps != Keeps::kValue || !call.argument_type.is_variable()) continue;
    if (IsNull(place.null, from)) continue;
    StoreStateString(Load<FlowString>(from + place.offset), to + place.offset, arena);
  }
}

void AppendEntryValue(const program::Aggregate& spec, const uint8_t* entry, std::string* out) {
  if (spec.layout.session_offset >= 0) {
    const uint8_t* session = entry + spec.layout.session_offset;
    AppendInteger(Load<int64_t>(session + 8) - Load<int64_t>(session), out);
  }
  if (spec.layout.live_offset >= 0) {
    AppendInteger(Load<int64_t>(entry + spec.layout.live_offset), out);
  }
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    AppendAccumulator(spec.calls[i], spec.layout.accumulators[i], entry, out);
  }
}

uint64_t EntryKeyHash(std::string_view key) {
  uint32_t upper = 0;
  std::memcpy(&upper, key.data(), std::min(kEntryHashBytes, key.size()));
  return uint64_t{__builtin_bswap32(upper)} << 32;
}

bool EntriesOwnMemory(const program::Aggregate& spec) {
  return spec.layout.needs_destroy || (spec.layout.may_spill && flow_spill_count() > 0);
}

Status ReadEntry(const program::Aggregate& spec, std::string_view key, std::string_view value,
                 uint8_t* entry, Arena* arena) {
  std::memset(entry + sizeof(FlowEntryHeader), 0,
              static_cast<size_t>(spec.layout.entry_size) - sizeof(FlowEntryHeader));
  auto* header = reinterpret_cast<FlowEntryHeader*>(entry);
  header->hash = static_cast<uint32_t>(EntryKeyHash(key) >> 32);
  header->nulls = 0;
  EntryInput in{key, key.size() >= kEntryHashBytes};
  if (in.ok) in.bytes.remove_prefix(kEntryHashBytes);
  for (const program::Cell& cell : spec.layout.keys) {
    uint8_t status = kFlowValue;
    in.ok =
        in.ok && ReadCellBytes(cell.type, &in.bytes, entry + cell.offset, &status, arena->abi());
    if (status != kFlowValue) entry[cell.null.offset] |= cell.null.mask;
  }
  uint8_t* session = entry + spec.layout.session_offset;
  if (spec.layout.session_offset >= 0) {
    uint8_t status;
    in.ok = in.ok && ReadCellBytes(TypeKind::kTimestamp, &in.bytes, session, &status, arena->abi());
  }
  in.ok = in.ok && in.bytes.empty();
  in.bytes = value;
  if (in.ok && spec.layout.session_offset >= 0) {
    Store(session + 8, Load<int64_t>(session) + in.Integer<int64_t>());
  }
  if (in.ok && spec.layout.live_offset >= 0) {
    Store(entry + spec.layout.live_offset, in.Integer<int64_t>());
  }
  for (size_t i = 0; in.ok && i < spec.calls.size(); ++i) {
    ReadAccumulator(spec.calls[i], spec.layout.accumulators[i], &in, entry, arena);
  }
  if (in.ok && in.bytes.empty()) return OkStatus();
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    FreeAccumulator(spec.calls[i], spec.layout.accumulators[i], entry);
  }
  return DataError("damaged state: an entry of " + spec.name + " can not be read");
}

std::string LayoutText(const program::Aggregate& spec) {
  std::string text;
  for (size_t i = 0; i < spec.key_types.size(); ++i) {
    text += "key " + spec.key_names[i] + " " + spec.key_types[i].ToString() + "\n";
  }
  for (const AggregateCall& call : spec.calls) {
    text += call.text + (call.argument < 0 ? "" : " of " + call.argument_type.ToString()) + "\n";
  }
  if (spec.window && spec.window->kind == program::WindowKind::kSession) {
    text += "sessions with gaps of " + std::to_string(spec.window->size) + " us, lateness " +
            std::to_string(spec.window->lateness) + ", kept " +
            std::to_string(spec.state_lateness) + (spec.on_close ? ", on close" : "") + "\n";
  } else if (spec.window) {
    const program::Window& w = *spec.window;
    text += std::string(w.mode == program::WindowMode::kSlice ? "slices" : "windows") + " of " +
            std::to_string(w.size) + " us every " + std::to_string(w.slide) + " from " +
            std::to_string(w.offset) +
            (w.kind == program::WindowKind::kCumulate
                 ? ", cumulating for " + std::to_string(w.cycle) + " us"
                 : "") +
            ", lateness " + std::to_string(w.lateness) + ", kept " +
            std::to_string(spec.state_lateness) + (spec.on_close ? ", on close" : "") + "\n";
  }
  if (spec.updating_input) text += "over updating input\n";
  return text;
}

}  // namespace flow
