// Entries of state for people: a descriptor that stays with the state, and an entry as a line.
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/abi/exact_sum.h"
#include "runtime/base/datum.h"
#include "runtime/operator/entry_bytes.h"
#include "runtime/operator/entry_codec.h"
#include "runtime/operator/table_key.h"

namespace flow {

namespace {

using Json = nlohmann::ordered_json;
using program::AggregateCall;
using program::AggregateFn;

Json TypeJson(const Type& type) {
  return {static_cast<int>(type.kind), type.precision, type.scale};
}

Type TypeFrom(const Json& json) {
  Type type(static_cast<TypeKind>(json.at(0).get<int>()));
  type.precision = json.at(1).get<uint8_t>();
  type.scale = json.at(2).get<uint8_t>();
  return type;
}

std::string CellSql(const Type& type, const void* value, uint8_t status) {
  uint8_t cell_status = status;
  FlowColumn column{const_cast<void*>(value), &cell_status};
  return ToSql(ReadCell(column, type, 0));
}

// A 256-bit or 128-bit sum that fits 128 bits, as a value of the result's scale; else its bytes.
std::string SumText(const AggregateCall& call, EntryInput* in) {
  uint8_t bytes[32] = {};
  if (!in->Trimmed(bytes, call.argument_type.is(TypeKind::kDecimal) ? 32 : 16)) return "?";
  FlowInt128 sum;
  std::memcpy(&sum, bytes, sizeof sum);
  int scale = call.argument_type.is(TypeKind::kDecimal) ? call.argument_type.scale : 0;
  return ToSql(Datum::Decimal(Type::Decimal(38, scale), sum));
}

std::string AccumulatorText(const AggregateCall& call, bool updating, EntryInput* in) {
  int64_t n = in->Integer<int64_t>();
  switch (call.fn) {
    case AggregateFn::kCountRows:
    case AggregateFn::kCount:
      return std::to_string(n);
    case AggregateFn::kSum:
    case AggregateFn::kAvg: {
      std::string sum;
      if (call.argument_type.is(TypeKind::kDouble)) {
        FlowExactSum exact;
        ReadExactSum(in, &exact);
        sum = ToSql(Datum::Double(flow_exact_sum_finish(&exact)));
      } else {
        sum = SumText(call, in);
      }
      return "sum " + sum + " of " + std::to_string(n);
    }
    case AggregateFn::kMin:
    case AggregateFn::kMax: {
      Arena arena;
      alignas(16) char cell[16];
      uint8_t status;
      if (!updating) {
        if (n == 0) return "NULL";
        in->ok &= ReadCellBytes(call.argument_type, &in->bytes, cell, &status, arena.abi());
        return in->ok ? CellSql(call.argument_type, cell, status) : "?";
      }
      int64_t values = in->Integer<int64_t>();
      for (int64_t i = 0; in->ok && i < values; ++i) {
        in->ok &= ReadCellBytes(call.argument_type, &in->bytes, cell, &status, arena.abi());
        in->Integer<int64_t>();
      }
      return std::to_string(values) + " values";
    }
  }
  return "?";
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
  }
  json["windowed"] = spec.window.has_value();
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
      spec.calls.push_back(std::move(call));
    }
    if (json.at("windowed").get<bool>()) spec.window.emplace();
    spec.updating_input = json.at("updating").get<bool>();
  } catch (const std::exception& e) {
    return DataError(std::string("damaged state: a layout can not be read: ") + e.what());
  }
  return spec;
}

Result<std::string> EntryText(const program::Aggregate& spec, std::string_view key,
                              std::string_view value) {
  Error damaged = DataError("damaged state: an entry can not be read");
  std::optional<TableKey> table = ParseTableKey(key);
  if (!table || key.size() < table->size + 8) return damaged;
  std::string text;
  EntryInput in{key.substr(table->size + 8), true};
  Arena arena;
  for (size_t i = 0; i < spec.key_types.size(); ++i) {
    alignas(16) char cell[16];
    uint8_t status;
    if (!ReadCellBytes(spec.key_types[i], &in.bytes, cell, &status, arena.abi())) return damaged;
    text += (text.empty() ? "" : ", ") + spec.key_names[i] + "=" +
            CellSql(spec.key_types[i], cell, status);
  }
  if (spec.window) {
    text += (text.empty() ? "" : ", ") + std::string(table->slice ? "slice " : "window ") +
            ToSql(Datum::Int(TypeKind::kTimestamp, table->start));
    if (table->slice && table->skip > 0)
      text += " without the first " + std::to_string(table->skip);
  }
  text += text.empty() ? "" : " | ";
  in.bytes = value;
  if (spec.updating_input) text += "rows=" + std::to_string(in.Integer<int64_t>());
  for (size_t i = 0; i < spec.calls.size(); ++i) {
    text += (i == 0 && !spec.updating_input ? "" : ", ") + spec.calls[i].text + "=" +
            AccumulatorText(spec.calls[i], spec.updating_input, &in);
  }
  if (!in.ok || !in.bytes.empty()) return damaged;
  return text;
}

}  // namespace flow
