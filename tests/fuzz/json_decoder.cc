// The JSON decoder against simdjson's DOM parser: the same records are accepted, and the same
// values are found at the paths of a fixed set of columns.
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/datum.h"
#include "runtime/format/encode.h"
#include "runtime/format/json_decoder.h"

namespace {

using flow::TypeKind;
using flow::program::ColumnFrom;
using flow::program::PathStep;
using flow::program::SourceColumn;

SourceColumn Column(std::vector<PathStep> path, flow::Type type,
                    ColumnFrom from = ColumnFrom::kField, int struct_depth = 0) {
  SourceColumn column;
  column.struct_depth = struct_depth;
  column.type = std::move(type);
  column.from = from;
  column.path = std::move(path);
  return column;
}

const std::vector<SourceColumn>& Columns() {
  static const std::vector<SourceColumn> columns = {
      Column({{"a", -1}}, TypeKind::kString),
      Column({{"a", -1}}, TypeKind::kBigint),
      Column({{"b", -1}}, TypeKind::kBigint),
      Column({{"c", -1}, {"a", -1}}, TypeKind::kString),
      Column({{"c", -1}, {"b", -1}}, TypeKind::kBigint),
      Column({{"c", -1}, {"c", -1}, {"a", -1}}, TypeKind::kDouble),
      Column({{"d", -1}, {"", 0}}, TypeKind::kString),
      Column({{"d", -1}, {"", 2}, {"a", -1}}, TypeKind::kBoolean),
      Column({{"event_type", -1}}, TypeKind::kBigint),
      Column({{"bid", -1}, {"price", -1}}, TypeKind::kBigint),
      Column({{"bid", -1}, {"url", -1}}, TypeKind::kString),
      Column({{"c", -1}}, TypeKind::kBoolean, ColumnFrom::kPresence),
      Column({{"bid", -1}}, TypeKind::kBoolean, ColumnFrom::kPresence),
      Column({{"e", -1}, {"big", -1}}, TypeKind::kBigint),
      Column({{"e", -1}, {"int", -1}}, TypeKind::kInt),
      Column({{"e", -1}, {"dec", -1}}, flow::Type::Decimal(9, 2)),
      Column({{"e", -1}, {"dbl", -1}}, TypeKind::kDouble),
      Column({{"e", -1}, {"str", -1}}, TypeKind::kString),
      Column({{"e", -1}, {"ts", -1}}, TypeKind::kTimestamp),
      Column({{"e", -1}, {"in", -1}, {"bool", -1}}, TypeKind::kBoolean),
      Column({{"c", -1}}, TypeKind::kBoolean, ColumnFrom::kPresence, 1),
      Column({{"c", -1}, {"b", -1}}, TypeKind::kBigint, ColumnFrom::kField, 1),
      Column({{"c", -1}, {"c", -1}}, TypeKind::kBoolean, ColumnFrom::kPresence, 2),
      Column({{"c", -1}, {"c", -1}, {"a", -1}}, TypeKind::kDouble, ColumnFrom::kField, 2),
      Column({{"d", -1}, {"", 2}, {"a", -1}}, TypeKind::kString, ColumnFrom::kField, 1),
  };
  return columns;
}

[[noreturn]] void Fail(const std::string& what, const std::string& record) {
  std::fprintf(stderr, "%s\nrecord: %s\n", what.c_str(), record.c_str());
  std::abort();
}

bool Navigate(simdjson::dom::element element, const std::vector<PathStep>& path,
              simdjson::dom::element* out) {
  for (const PathStep& step : path) {
    if (step.index >= 0) {
      simdjson::dom::array array;
      if (element.get_array().get(array) != simdjson::SUCCESS) return false;
      if (array.at(static_cast<size_t>(step.index)).get(element) != simdjson::SUCCESS) {
        return false;
      }
    } else {
      simdjson::dom::object object;
      if (element.get_object().get(object) != simdjson::SUCCESS) return false;
      if (object.at_key(step.key).get(element) != simdjson::SUCCESS) return false;
    }
  }
  *out = element;
  return true;
}

// Is something else than an object in the place of one of the column's STRUCTs?
bool IsSpoiled(const SourceColumn& column, simdjson::dom::element root) {
  const bool presence = column.from == ColumnFrom::kPresence;
  const size_t lowest = column.path.size() - (presence ? 0 : 1);
  for (int above = 0; above < column.struct_depth; ++above) {
    std::vector<PathStep> path = column.path;
    path.resize(lowest - static_cast<size_t>(above));
    simdjson::dom::element element;
    if (!Navigate(root, path, &element)) continue;
    if (!element.is_object() && !element.is_null()) return true;
  }
  return false;
}

// Where simdjson's own value has one meaning for the column, the cell must have it.
void CheckCell(const SourceColumn& column, const flow::Datum& cell, bool found,
               simdjson::dom::element element, const std::string& record) {
  auto fail = [&](const char* why) {
    Fail(std::string(why) + ": cell is " + flow::ToSql(cell), record);
  };
  const bool something = found && !element.is_null();
  if (column.from == ColumnFrom::kPresence) {
    if (!cell.is_value() || (cell.i != 0) != something) fail("presence differs");
    return;
  }
  if (!something) {
    if (!cell.is_null()) fail("should be NULL");
    return;
  }
  if (cell.is_null()) fail("should not be NULL");
  std::string_view text;
  int64_t integer;
  double number;
  bool boolean;
  if (column.type.is(TypeKind::kString)) {
    if (!cell.is_value()) fail("every value has a text");
    if (element.get_string().get(text) == simdjson::SUCCESS && cell.s != text) {
      fail("string differs");
    }
  } else if (column.type.is(TypeKind::kBigint)) {
    if (element.get_int64().get(integer) == simdjson::SUCCESS && element.is_int64()) {
      if (!cell.is_value() || cell.i != integer) fail("integer differs");
    } else if (element.is_object() || element.is_array() || element.is_bool()) {
      if (cell.is_value()) fail("is no integer");
    }
  } else if (column.type.is(TypeKind::kDouble)) {
    if (element.is_number() && element.get_double().get(number) == simdjson::SUCCESS) {
      if (!cell.is_value() || cell.d != number) fail("double differs");
    }
  } else if (column.type.is(TypeKind::kBoolean) &&
             element.get_bool().get(boolean) == simdjson::SUCCESS) {
    if (!cell.is_value() || (cell.i != 0) != boolean) fail("boolean differs");
  }
}

}  // namespace

const std::string kBehind[] = {
    "\n{\"a\":1,\"b\":\"and some more text that no quote would end soon enough\"}\n",
    "1234567890.12345678901234567890e10,\"b\":null}                                ",
    "\"}                                                                       ",
    "null,\"s\":\"text\\\"}]},\"a\":{\"b\":[1,2,3]}}}}                                  "};

// What the decoder says of a record, whose cells are those of absent fields before.
struct Decoded {
  Decoded(const flow::JsonDecoder& decoder, const std::string& record,
          flow::JsonDecoder::Memory* memory) {
    std::vector<flow::Type> types;
    for (const SourceColumn& column : Columns()) types.push_back(column.type);
    flow::Batch batch(types, 1);
    flow::PresetAbsent(Columns(), 0, 1, &batch);
    const char* end = record.data() + record.size();
    accepted = decoder.Decode(record.data(), record.size(), end, 0, &batch, memory);
    if (accepted) hash = flow::RowHash(batch, 0);
  }
  bool operator==(const Decoded&) const = default;
  bool accepted;
  unsigned __int128 hash = 0;
};

// Records that look like `record`, but for a byte, are the same to a decoder that has seen it.
void CheckLookalikes(const flow::JsonDecoder& decoder, const std::string& record) {
  flow::JsonDecoder::Memory seen(decoder);
  const Decoded alone(decoder, record, &seen);
  if (!alone.accepted) return;
  if (Decoded(decoder, record, &seen) != alone) Fail("differs the second time", record);
  uint64_t random = std::hash<std::string>()(record);
  for (int i = 0; i < 4; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    std::string alike = record;
    const size_t at = (random >> 33) % record.size();
    if (random % 5 == 0) {
      alike.erase(at, 1);
    } else {
      constexpr std::string_view kOthers = ",:{}[]\"\\10 .-eTn\n/";
      alike[at] = kOthers[(random >> 17) % kOthers.size()];
    }
    flow::JsonDecoder::Memory other(decoder);  // has seen nothing
    if (Decoded(decoder, alike, &seen) != Decoded(decoder, alike, &other)) {
      Fail("differs after\n" + record, alike);
    }
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const flow::JsonDecoder decoder(Columns(), flow::TimestampUnit::kMillis, false);
  // Kept from input to input: what was remembered must not matter.
  static flow::JsonDecoder::Memory memory(decoder);
  static simdjson::dom::parser parser;

  const std::string record(reinterpret_cast<const char*>(data), size);
  const std::unique_ptr<char[]> exact(new char[size]);  // sanitizers see a read past its end
  if (size > 0) std::memcpy(exact.get(), data, size);
  std::vector<flow::Type> types;
  for (const SourceColumn& column : Columns()) types.push_back(column.type);
  flow::Batch batch(types, 1);
  flow::PresetAbsent(Columns(), 0, 1, &batch);
  const bool accepted = decoder.Decode(exact.get(), size, nullptr, 0, &batch, &memory);
  // The same with bytes behind the record that may be read: they would go on with it.
  const std::string longer = record + kBehind[size % std::size(kBehind)];
  flow::Batch again(types, 1);
  flow::PresetAbsent(Columns(), 0, 1, &again);
  const bool accepted_again =
      decoder.Decode(longer.data(), size, longer.data() + longer.size(), 0, &again, &memory);
  if (accepted != accepted_again ||
      (accepted && flow::RowHash(batch, 0) != flow::RowHash(again, 0))) {
    Fail("bytes behind the record matter", record);
  }

  simdjson::dom::element root;
  const simdjson::error_code error = parser.parse(record.data(), record.size()).get(root);
  // simdjson refuses numbers that it can not represent; by RFC 8259 they are numbers.
  if (error == simdjson::NUMBER_ERROR) return 0;
  if (error == simdjson::CAPACITY || error == simdjson::MEMALLOC) return 0;
  const bool wanted = error == simdjson::SUCCESS && root.is_object();
  if (accepted != wanted) {
    Fail(std::string(accepted ? "accepted, but simdjson says: " : "refused, but simdjson says: ") +
             simdjson::error_message(error),
         record);
  }
  if (!accepted) return 0;
  CheckLookalikes(decoder, record);
  for (size_t i = 0; i < Columns().size(); ++i) {
    const SourceColumn& column = Columns()[i];
    const flow::Datum cell = flow::ReadCell(batch.column(static_cast<int32_t>(i)), column.type, 0);
    if (IsSpoiled(column, root)) {
      if (cell.is_value() || cell.is_null()) Fail("should be an error", record);
      continue;
    }
    simdjson::dom::element element;
    const bool found = Navigate(root, column.path, &element);
    CheckCell(column, cell, found, element, record);
  }
  return 0;
}
