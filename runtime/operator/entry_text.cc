// Entries of state for people: a descriptor that stays with the state, and an entry as a line.
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/abi/compact_sum.h"
#include "runtime/abi/exact_sum.h"
#include "runtime/abi/moments.h"
#include "runtime/abi/sketch.h"
#include "runtime/base/datum.h"
#include "runtime/operator/entry_bytes.h"
#include "runtime/operator/entry_codec.h"
#include "runtime/operator/table_key.h"
#include "runtime/program/layout.h"

namespace flow {

namespace {

using Json = nlohmann::ordered_json;
using program::AggregateCall;
using program::AggregateFn;
using program::Keeps;

Json TypeJson(const Type& type) {
  Json json = {static_cast<int>(type.kind), type.precision, type.scale};
  if (type.has_elements()) json.push_back(type.ToString());
  return json;
}

Type TypeFrom(const Json& json) {
  Type type(static_cast<TypeKind>(json.at(0).get<int>()));
  type.precision = json.at(1).get<uint8_t>();
  type.scale = json.at(2).get<uint8_t>();
  if (json.size() > 3) return Type::Parse(json.at(3).get<std::string>()).value_or(type);
  return type;
}

std::string CellSql(const Type& type, const void* value, uint8_t status) {
  uint8_t cell_status = status;
  FlowColumn column{const_cast<void*>(value), &cell_status};
  return ToSql(ReadCell(column, type, 0));
}

// A sum that fits 128 bits, as a value of the result's scale.
std::string SumText(const AggregateCall& call, EntryInput* in) {
  uint64_t words[kFlowSumWords] = {};
  if (!in->Trimmed(reinterpret_cast<uint8_t*>(words), sizeof words)) return "?";
  FlowInt128 sum;
  std::memcpy(&sum, words, sizeof sum);
  int scale = call.argument_type.is(TypeKind::kDecimal) ? call.argument_type.scale : 0;
  return ToSql(Datum::Decimal(Type::Decimal(38, scale), sum));
}

std::string DoubleSumText(EntryInput* in) {
  constexpr int32_t kWideForm = 0xFFFF;
  double sum = 0;
  const auto form = in->Integer<int32_t>();
  if (form == kWideForm) {
    FlowExactSum exact;
    ReadExactSum(in, &exact);
    sum = flow_exact_sum_finish(&exact);
  } else {
    uint8_t cell[kFlowDoubleSumBytes] = {};
    in->ok = flow_double_sum_set(cell, form, in->Integer<FlowInt128>()) != 0 && in->ok;
    sum = flow_double_sum_finish(cell);
  }
  return ToSql(Datum::Double(sum));
}

std::string MultisetText(const Type& type, EntryInput* in) {
  const int64_t values = in->Integer<int64_t>();
  Arena arena;
  for (int64_t i = 0; in->ok && i < values; ++i) {
    alignas(16) char cell[16];
    uint8_t status;
    in->ok &= ReadCellBytes(type, &in->bytes, cell, &status, arena.abi());
    in->Integer<int64_t>();
  }
  return values < 0 ? "too many values" : std::to_string(values) + " values";
}

// What they say of the values: the mean square of their distances from their mean.
std::string MomentsText(const Type& type, EntryInput* in) {
  Arena arena;
  FlowMoments* moments = flow_moments_new(static_cast<int32_t>(type.storage()), arena.abi());
  double variance = 0;
  in->ok = in->ok && flow_moments_load(moments, &in->bytes);
  const uint8_t status =
      flow_moments_finish(moments, type.is(TypeKind::kDecimal) ? type.scale : 0, 0, &variance);
  flow_moments_free(moments);
  return status == kFlowValue ? "variance " + ToSql(Datum::Double(variance)) : "NULL";
}

std::string AccumulatorText(const AggregateCall& call, const program::Accumulator& place,
                            EntryInput* in) {
  if (place.distinct >= 0) MultisetText(call.argument_type, in);
  const int64_t n = place.count >= 0 ? in->Integer<int64_t>() : 0;
  switch (place.keeps) {
    case Keeps::kCount:
      return std::to_string(n);
    case Keeps::kSum: {
      const std::string of = place.count >= 0 ? " of " + std::to_string(n) : "";
      if (call.argument_type.is(TypeKind::kDouble)) return "sum " + DoubleSumText(in) + of;
      if (place.count < 0 && !in->bytes.empty() && in->bytes[0] == '\xFF') {
        in->bytes.remove_prefix(1);
        return "NULL";
      }
      return "sum " + SumText(call, in) + of;
    }
    case Keeps::kValue: {
      Arena arena;
      alignas(16) char cell[16];
      uint8_t status;
      in->ok &= ReadCellBytes(call.argument_type, &in->bytes, cell, &status, arena.abi());
      return in->ok ? CellSql(call.argument_type, cell, status) : "?";
    }
    case Keeps::kSketch: {
      Arena arena;
      FlowSketch* sketch =
          flow_sketch_new(static_cast<int32_t>(call.argument_type.storage()), arena.abi());
      in->ok = in->ok && flow_sketch_load(sketch, &in->bytes);
      const int64_t values = flow_sketch_finish(sketch);
      flow_sketch_free(sketch);
      return "about " + std::to_string(values) + " values";
    }
    case Keeps::kMultiset:
    case Keeps::kBounded:
    case Keeps::kLeast:
      return MultisetText(call.argument_type, in);
    case Keeps::kMoments:
      return MomentsText(call.argument_type, in);
  }
  return "?";
}

// Windows that one time does not name.
bool Cumulates(const program::Aggregate& spec) {
  return spec.window && spec.window->kind == program::WindowKind::kCumulate;
}

}  // namespace

std::string EntryDescriptor(const program::Aggregate& spec) {
  Json json;
  json["keys"] = Json::array();
  for (size_t i = 0; i < spec.key_types.size(); ++i) {
    json["keys"].push_back({spec.key_names[i], TypeJson(spec.key_types[i])});
  }
  json["calls"] = Json::array();
  for (const AggregateCall& call : spec.calls) {
    json["calls"].push_back({call.text, static_cast<int>(call.fn), TypeJson(call.argument_type)});
    if (call.distinct) json["calls"].back().push_back("distinct");
  }
  json["windowed"] = spec.window.has_value();
  if (Cumulates(spec)) {
    json["cumulate"] = {spec.window->size, spec.window->offset, spec.window->cycle};
  }
  if (spec.layout.session_offset >= 0) json["session"] = true;
  json["updating"] = spec.updating_input;
  return json.dump();
}

Result<program::Aggregate> ParseEntryDescriptor(const std::string& text) {
  program::Aggregate spec;
  try {
    Json json = Json::parse(text);
    for (const Json& key : json.at("keys")) {
      spec.key_names.push_back(key.at(0).get<std::string>());
      spec.key_types.push_back(TypeFrom(key.at(1)));
    }
    for (const Json& item : json.at("calls")) {
      AggregateCall call;
      call.text = item.at(0).get<std::string>();
      call.fn = static_cast<AggregateFn>(item.at(1).get<int>());
      call.argument_type = TypeFrom(item.at(2));
      call.distinct = item.size() > 3;
      spec.calls.push_back(std::move(call));
    }
    if (json.at("windowed").get<bool>()) spec.window.emplace();
    if (json.contains("cumulate")) {
      const Json& window = json.at("cumulate");
      spec.window->kind = program::WindowKind::kCumulate;
      spec.window->size = window.at(0).get<int64_t>();
      spec.window->offset = window.at(1).get<int64_t>();
      spec.window->cycle = window.at(2).get<int64_t>();
    }
    spec.updating_input = json.at("updating").get<bool>();
    spec.layout =
        program::LayOut(spec.key_types, spec.calls, spec.updating_input, json.contains("session"));
  } catch (const std::exception& e) {
    return DataError(std::string("damaged state: a layout can not be read: ") + e.what());
  }
  return spec;
}

Result<std::string> EntryText(const program::Aggregate& spec, std::string_view key,
                              std::string_view value) {
  Error damaged = DataError("damaged state: an entry can not be read");
  std::optional<TableKey> table = ParseTableKey(key);
  if (!table || key.size() < table->size + kEntryHashBytes) return damaged;
  std::string text;
  EntryInput in{key.substr(table->size + kEntryHashBytes), true};
  Arena arena;
  for (size_t i = 0; i < spec.key_types.size(); ++i) {
    alignas(16) char cell[16];
    uint8_t status;
    if (!ReadCellBytes(spec.key_types[i], &in.bytes, cell, &status, arena.abi())) return damaged;
    text += (text.empty() ? "" : ", ") + spec.key_names[i] + "=" +
            CellSql(spec.key_types[i], cell, status);
  }
  auto time = [](int64_t us) { return ToSql(Datum::Int(TypeKind::kTimestamp, us)); };
  if (spec.layout.session_offset >= 0) {
    int64_t start = 0;
    uint8_t status;
    if (!ReadCellBytes(TypeKind::kTimestamp, &in.bytes, &start, &status, arena.abi())) {
      return damaged;
    }
    in.bytes = value;
    text += (text.empty() ? "" : ", ") + std::string("session ") + time(start) + " to " +
            time(start + in.Integer<int64_t>());
    value = in.bytes;
  } else if (spec.window) {
    text += (text.empty() ? "" : ", ") + std::string(table->slice ? "slice " : "window ");
    text += Cumulates(spec) && !table->slice ? time(spec.window->start(table->start)) + " to " +
                                                   time(table->start + spec.window->size)
                                             : time(table->start);
    if (table->slice && table->skip > 0)
      text += " without the first " + std::to_string(table->skip);
  }
  text += text.empty() ? "" : " | ";
  in.bytes = value;
  const int64_t live = spec.updating_input ? in.Integer<int64_t>() : 0;
  if (spec.updating_input) text += "rows=" + std::to_string(live);
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    const program::Accumulator& place = spec.layout.accumulators[i];
    text += (i == 0 && !spec.updating_input ? "" : ", ") + spec.calls[i].text + "=" +
            (place.shared ? std::to_string(live) : AccumulatorText(spec.calls[i], place, &in));
  }
  if (!in.ok || !in.bytes.empty()) return damaged;
  return text;
}

}  // namespace flow
