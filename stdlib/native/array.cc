// ARRAY and MAP. An element that is passed alone is its part; so is an element that is a result,
// which the binder turns into a value with _element_... (runtime/base/elements.h).
#include <algorithm>
#include <string>
#include <vector>

#include "runtime/base/elements.h"
#include "runtime/format/nested.h"
#include "stdlib/native/native.h"

using flow::Parts;
using flow_native::Borrow;
using flow_native::Give;
using flow_native::View;

namespace {

std::vector<std::string_view> PartsOf(const FlowString* value) {
  std::vector<std::string_view> all;
  Parts parts(View(value));
  std::string_view part;
  while (parts.Next(&part)) all.push_back(part);
  return all;
}

uint8_t GiveAll(const std::vector<std::string_view>& parts, FlowArena* arena, FlowString* out) {
  std::string value;
  for (const std::string_view part : parts) value += part;
  return Give(value, arena, out);
}

// A part may stand within the 16 bytes of an argument, so it is copied.
uint8_t GivePart(std::string_view part, FlowArena* arena, FlowString* out) {
  return flow::IsNullPart(part) ? uint8_t{kFlowNull} : Give(part, arena, out);
}

flow::Type TypeNamed(const FlowString* name) {
  return flow::Type::Parse(View(name)).value_or(flow::Type());
}

template <typename T>
uint8_t Element(const FlowString* part, flow::TypeKind kind, T* out) {
  flow::ElementCell cell;
  cell.Load(View(part), kind);
  if (cell.status() != kFlowValue) return kFlowNull;
  memcpy(out, cell.column().values, sizeof *out);
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("array_length(array) -> int", "How many elements it has.",
              "array_length(ARRAY[1, 2])")
uint8_t flow_array_length(FlowArena*, const FlowString* array, int32_t* out) {
  *out = static_cast<int32_t>(PartsOf(array).size());
  return kFlowValue;
}
FLOW_ALIAS("cardinality", "array_length");

FLOW_FUNCTION("cardinality(map) -> int", "How many keys it has.",
              "cardinality(CAST('{\"a\": 1}' AS MAP<STRING, INT>))")
uint8_t flow_map_cardinality(FlowArena*, const FlowString* map, int32_t* out) {
  *out = static_cast<int32_t>(PartsOf(map).size() / 2);
  return kFlowValue;
}

FLOW_FUNCTION("array_contains(array, element) -> boolean", "Is one of its elements equal to this?",
              "array_contains(ARRAY[1, 2], 2)")
uint8_t flow_array_contains(FlowArena*, const FlowString* array, const FlowString* element,
                            uint8_t* out) {
  const std::vector<std::string_view> parts = PartsOf(array);
#ifdef FLOW_MUTANT_CONTAINS_A_PREFIX
  // Without the two bytes that say where a text ends.
  const auto begins = [&](std::string_view part) {
    return part.starts_with(View(element).substr(0, View(element).size() - 2));
  };
  *out = std::any_of(parts.begin(), parts.end(), begins) ? 1 : 0;
  return kFlowValue;
#endif
  *out = std::find(parts.begin(), parts.end(), View(element)) != parts.end() ? 1 : 0;
  return kFlowValue;
}

FLOW_FUNCTION("array_position(array, element) -> int",
              "Where the first element equal to this is, counted from 1; NULL if there is none.",
              "array_position(ARRAY['a', 'b'], 'b')")
uint8_t flow_array_position(FlowArena*, const FlowString* array, const FlowString* element,
                            int32_t* out) {
  const std::vector<std::string_view> parts = PartsOf(array);
  const auto found = std::find(parts.begin(), parts.end(), View(element));
  if (found == parts.end()) return kFlowNull;
  *out = static_cast<int32_t>(found - parts.begin()) + 1;
  return kFlowValue;
}

FLOW_FUNCTION("array_concat(array, array) -> array", "The elements of both.",
              "array_concat(ARRAY[1, 2], ARRAY[3])")
uint8_t flow_array_concat(FlowArena* arena, const FlowString* a, const FlowString* b,
                          FlowString* out) {
  return Give(std::string(View(a)) + std::string(View(b)), arena, out);
}

FLOW_FUNCTION("array_slice(array, bigint, bigint) -> array",
              "The elements from one position to another, both counted from 1 and included.",
              "array_slice(ARRAY[1, 2, 3, 4], 2, 3)")
uint8_t flow_array_slice(FlowArena* arena, const FlowString* array, int64_t from, int64_t to,
                         FlowString* out) {
  std::vector<std::string_view> parts = PartsOf(array);
  const auto size = static_cast<int64_t>(parts.size());
  from = std::max<int64_t>(from, 1);
  to = std::min(to, size);
  if (from > to) return Borrow("", out);
  parts.resize(static_cast<size_t>(to));
  parts.erase(parts.begin(), parts.begin() + (from - 1));
  return GiveAll(parts, arena, out);
}

FLOW_FUNCTION("array_distinct(array) -> array", "Of equal elements the first; without NULLs.",
              "array_distinct(ARRAY[2, 1, 2])")
uint8_t flow_array_distinct(FlowArena* arena, const FlowString* array, FlowString* out) {
  std::vector<std::string_view> kept;
  std::vector<std::string_view> sorted = PartsOf(array);
  std::sort(sorted.begin(), sorted.end());
  std::vector<bool> used(sorted.size(), false);
  for (const std::string_view part : PartsOf(array)) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), part) - sorted.begin();
    if (flow::IsNullPart(part) || used[static_cast<size_t>(at)]) continue;
    used[static_cast<size_t>(at)] = true;
    kept.push_back(part);
  }
  return GiveAll(kept, arena, out);
}

FLOW_FUNCTION("array_sort(array) -> array", "The elements in ascending order, NULLs last.",
              "array_sort(ARRAY[3, 1, 2])")
uint8_t flow_array_sort(FlowArena* arena, const FlowString* array, FlowString* out) {
  std::vector<std::string_view> parts = PartsOf(array);
  std::sort(parts.begin(), parts.end());
  return GiveAll(parts, arena, out);
}

FLOW_FUNCTION("array_reverse(array) -> array", "The elements from the last to the first.",
              "array_reverse(ARRAY[1, 2, 3])")
uint8_t flow_array_reverse(FlowArena* arena, const FlowString* array, FlowString* out) {
  std::vector<std::string_view> parts = PartsOf(array);
  std::reverse(parts.begin(), parts.end());
  return GiveAll(parts, arena, out);
}

FLOW_FUNCTION("array_min(array) -> element", "The least element that is not NULL.",
              "array_min(ARRAY[3, 1, 2])")
uint8_t flow_array_min(FlowArena* arena, const FlowString* array, FlowString* out) {
  const std::vector<std::string_view> parts = PartsOf(array);
  if (parts.empty()) return kFlowNull;
  return GivePart(*std::min_element(parts.begin(), parts.end()), arena, out);
}

FLOW_FUNCTION("array_max(array) -> element", "The greatest element that is not NULL.",
              "array_max(ARRAY[3, 1, 2])")
uint8_t flow_array_max(FlowArena* arena, const FlowString* array, FlowString* out) {
  std::vector<std::string_view> parts = PartsOf(array);
  std::erase_if(parts, flow::IsNullPart);
  if (parts.empty()) return kFlowNull;
  return GivePart(*std::max_element(parts.begin(), parts.end()), arena, out);
}

FLOW_FUNCTION("_array_element(array, bigint) -> element", "a[i].", "_array_element(ARRAY[1, 2], 1)")
uint8_t flow_array_element(FlowArena* arena, const FlowString* array, int64_t position,
                           FlowString* out) {
  Parts parts(View(array));
  std::string_view part;
  for (int64_t at = 1; parts.Next(&part); ++at) {
    if (at == position) return GivePart(part, arena, out);
  }
  return kFlowNull;
}

FLOW_FUNCTION("string_split(string, string) -> array<string>",
              "The pieces between one separator and the next; without one, the characters.",
              "string_split('a,b', ',')")
uint8_t flow_string_split(FlowArena* arena, const FlowString* s, const FlowString* separator,
                          FlowString* out) {
  std::string_view text = View(s);
  const std::string_view mark = View(separator);
  std::string value;
  if (mark.empty()) {
    while (!text.empty()) {
      size_t size = 1;  // and the bytes that go on
      while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
      flow::AppendStringPart(text.substr(0, size), &value);
      text.remove_prefix(size);
    }
    return Give(value, arena, out);
  }
  for (;;) {
    const size_t at = text.find(mark);
    flow::AppendStringPart(text.substr(0, at), &value);
    if (at == std::string_view::npos) return Give(value, arena, out);
    text.remove_prefix(at + mark.size());
  }
}

FLOW_FUNCTION("map_keys(map) -> array<string>", "The keys, in ascending order.",
              "map_keys(CAST('{\"a\": 1}' AS MAP<STRING, INT>))")
uint8_t flow_map_keys(FlowArena* arena, const FlowString* map, FlowString* out) {
  std::string value;
  const std::vector<std::string_view> parts = PartsOf(map);
  for (size_t i = 0; i < parts.size(); i += 2) value += parts[i];
  return Give(value, arena, out);
}

FLOW_FUNCTION("map_values(map) -> array", "The values, in the order of their keys.",
              "map_values(CAST('{\"a\": 1}' AS MAP<STRING, INT>))")
uint8_t flow_map_values(FlowArena* arena, const FlowString* map, FlowString* out) {
  std::string value;
  const std::vector<std::string_view> parts = PartsOf(map);
  for (size_t i = 1; i < parts.size(); i += 2) value += parts[i];
  return Give(value, arena, out);
}

namespace {

// The value's part; empty: there is no such key.
std::string_view Find(const FlowString* map, const FlowString* key, std::string* scratch) {
  scratch->clear();
  flow::AppendStringPart(View(key), scratch);
  Parts parts(View(map));
  std::string_view part, value;
  while (parts.Next(&part) && parts.Next(&value)) {
    if (part == *scratch) return value;
  }
  return {};
}

}  // namespace

FLOW_FUNCTION("map_contains(map, string) -> boolean", "Has it this key?",
              "map_contains(CAST('{\"a\": 1}' AS MAP<STRING, INT>), 'a')")
uint8_t flow_map_contains(FlowArena*, const FlowString* map, const FlowString* key, uint8_t* out) {
  std::string scratch;
  *out = Find(map, key, &scratch).empty() ? 0 : 1;
  return kFlowValue;
}

FLOW_FUNCTION("_map_value(map, string) -> element", "m['key'].",
              "_map_value(CAST('{\"a\": 1}' AS MAP<STRING, INT>), 'a')")
uint8_t flow_map_value(FlowArena* arena, const FlowString* map, const FlowString* key,
                       FlowString* out) {
  std::string scratch;
  return GivePart(Find(map, key, &scratch), arena, out);
}

// What has to know the type: it is the text of the last argument but for `try`.

FLOW_FUNCTION("_value_text(string, string) -> string", "A value that is no STRING, as text.",
              "_value_text('a', 'BYTES')")
uint8_t flow_value_text(FlowArena* arena, const FlowString* value, const FlowString* type,
                        FlowString* out) {
  std::string text;
  flow::AppendNestedText(TypeNamed(type), View(value), &text);
  return Give(text, arena, out);
}

FLOW_FUNCTION("_parse_value(string, string, boolean) -> string",
              "The value that a text stands for.", "_parse_value('[1]', 'ARRAY<INT>', 1 < 2)")
uint8_t flow_parse_value(FlowArena* arena, const FlowString* text, const FlowString* type,
                         uint8_t try_cast, FlowString* out) {
  std::string value;
  if (!flow::ReadNested(TypeNamed(type), flow::TimestampUnit::kMillis, View(text), false, &value)) {
    return try_cast != 0 ? uint8_t{kFlowNull} : uint8_t{kFlowErrCast};
  }
  return Give(value, arena, out);
}

FLOW_FUNCTION("_to_json(string, string) -> json", "A part as JSON.", "_to_json('~', 'INT')")
uint8_t flow_to_json(FlowArena* arena, const FlowString* part, const FlowString* type,
                     FlowString* out) {
  std::string text;
  flow::AppendPartJson(TypeNamed(type), View(part), &text);
  return Give(text, arena, out);
}

FLOW_FUNCTION("_array_to_string(string, string, string) -> string", "The elements as texts.",
              "_array_to_string('', ', ', 'ARRAY<INT>')")
uint8_t flow_array_to_string(FlowArena* arena, const FlowString* array, const FlowString* separator,
                             const FlowString* type, FlowString* out) {
  std::string text;
  flow::AppendJoined(TypeNamed(type), View(array), View(separator), &text);
  return Give(text, arena, out);
}

// A part as the value that it stands for.

FLOW_FUNCTION("_element_boolean(string) -> boolean", "A part as a value.", "_element_boolean('~')")
uint8_t flow_element_boolean(FlowArena*, const FlowString* part, uint8_t* out) {
  return Element(part, flow::TypeKind::kBoolean, out);
}

FLOW_FUNCTION("_element_int(string) -> int", "A part as a value.", "_element_int('~')")
uint8_t flow_element_int(FlowArena*, const FlowString* part, int32_t* out) {
  return Element(part, flow::TypeKind::kInt, out);
}

FLOW_FUNCTION("_element_bigint(string) -> bigint", "A part as a value.", "_element_bigint('~')")
uint8_t flow_element_bigint(FlowArena*, const FlowString* part, int64_t* out) {
  return Element(part, flow::TypeKind::kBigint, out);
}

FLOW_FUNCTION("_element_double(string) -> double", "A part as a value.", "_element_double('~')")
uint8_t flow_element_double(FlowArena*, const FlowString* part, double* out) {
  return Element(part, flow::TypeKind::kDouble, out);
}

FLOW_FUNCTION("_element_decimal(string) -> decimal", "A part as a value.", "_element_decimal('~')")
uint8_t flow_element_decimal(FlowArena*, const FlowString* part, FlowInt128* out) {
  return Element(part, flow::TypeKind::kDecimal, out);
}

FLOW_FUNCTION("_element_date(string) -> date", "A part as a value.", "_element_date('~')")
uint8_t flow_element_date(FlowArena*, const FlowString* part, int32_t* out) {
  return Element(part, flow::TypeKind::kDate, out);
}

FLOW_FUNCTION("_element_timestamp(string) -> timestamp", "A part as a value.",
              "_element_timestamp('~')")
uint8_t flow_element_timestamp(FlowArena*, const FlowString* part, int64_t* out) {
  return Element(part, flow::TypeKind::kTimestamp, out);
}

FLOW_FUNCTION("_element_interval(string) -> interval", "A part as a value.",
              "_element_interval('~')")
uint8_t flow_element_interval(FlowArena*, const FlowString* part, int64_t* out) {
  return Element(part, flow::TypeKind::kInterval, out);
}

FLOW_FUNCTION("_element_string(string) -> string", "A part as a value.", "_element_string('~')")
uint8_t flow_element_string(FlowArena* arena, const FlowString* part, FlowString* out) {
  flow::ElementCell cell;
  cell.Load(View(part), flow::TypeKind::kString);
  if (cell.status() != kFlowValue) return kFlowNull;
  FlowString value;
  memcpy(&value, cell.column().values, sizeof value);
  return Give(View(&value), arena, out);
}
