// Functions of a text that is JSON, by the scanner that decodes records: what is a value there is
// one here.
#include <string>

#include "runtime/format/json_scan.h"
#include "stdlib/native/native.h"

namespace json = flow::json;
using flow_native::Borrow;
using flow_native::Give;
using flow_native::View;

namespace {

// The one value that the whole text is, without blanks around it; empty: it is no JSON.
std::string_view Whole(const FlowString* text) {
  const std::string_view all = View(text);
  const char* end = all.data() + all.size();
  const char* begin = json::SkipBlanks(all.data(), end);
  if (begin == end) return {};
  const char* after = json::SkipValue(begin, {all.data(), end, end}, 0);
  if (after == nullptr || json::SkipBlanks(after, end) != end) return {};
  return {begin, static_cast<size_t>(after - begin)};
}

// Walks over the members of an object or array that is known to be well-formed.
class Members {
 public:
  explicit Members(std::string_view value)
      : p_(value.data() + 1),
        begin_(value.data()),
        end_(value.data() + value.size()),
        object_(value.front() == '{') {}

  // False: there is no other one.
  bool Next() {
    p_ = json::SkipBlanks(p_, end_);
    if (*p_ == ',') p_ = json::SkipBlanks(p_ + 1, end_);
    if (*p_ == '}' || *p_ == ']') return false;
    if (object_) {
      bool escaped = false;
      const char* quote = json::ScanString(p_ + 1, {begin_, end_, end_}, &escaped);
      key_ = {p_ + 1, static_cast<size_t>(quote - p_ - 1)};
      escaped_ = escaped;
      p_ = json::SkipBlanks(quote + 1, end_) + 1;  // the colon
      p_ = json::SkipBlanks(p_, end_);
    }
    const char* after = json::SkipValue(p_, {begin_, end_, end_}, 0);
    value_ = {p_, static_cast<size_t>(after - p_)};
    p_ = after;
    return true;
  }

  bool KeyIs(std::string_view name) const {
    if (!escaped_) return key_ == name;
    std::string key(key_.size(), 0);
    key.resize(json::Unescape(key_.data(), key_.size(), key.data()));
    return key == name;
  }
  std::string_view value() const { return value_; }

 private:
  const char* p_;
  const char* begin_;
  const char* end_;
  bool object_;
  bool escaped_ = false;
  std::string_view key_;
  std::string_view value_;
};

enum class Found { kYes, kNo, kBadPath, kBadJson };

// One step of a path: .name, ."name" or [n].
struct Step {
  std::string_view name;
  int64_t index = -1;  // negative: a name
};

bool TakeStep(std::string_view* path, Step* step) {
  if (path->front() == '[') {
    size_t i = 1;
    step->index = 0;
    while (i < path->size() && json::IsDigit((*path)[i]) && i < 10) {
      step->index = step->index * 10 + ((*path)[i++] - '0');
    }
    if (i == 1 || i == path->size() || (*path)[i] != ']') return false;
    path->remove_prefix(i + 1);
    return true;
  }
  if (path->front() != '.') return false;
  path->remove_prefix(1);
  if (!path->empty() && path->front() == '"') {
    const size_t quote = path->find('"', 1);
    if (quote == std::string_view::npos) return false;
    step->name = path->substr(1, quote - 1);
    path->remove_prefix(quote + 1);
    return true;
  }
  step->name = path->substr(0, path->find_first_of(".["));
  path->remove_prefix(step->name.size());
  return !step->name.empty();
}

Found Find(const FlowString* text, const FlowString* path_text, std::string_view* out) {
  std::string_view value = Whole(text);
  std::string_view path = View(path_text);
  if (path.empty() || path.front() != '$') return Found::kBadPath;
  path.remove_prefix(1);
  bool found = true;
  while (!path.empty()) {
    Step step;
    if (!TakeStep(&path, &step)) return Found::kBadPath;
    if (value.empty() || !found) continue;
    const bool by_index = step.index >= 0;
    found = value.front() == (by_index ? '[' : '{');
    if (!found) continue;
    Members members(value);
    found = false;
    for (int64_t i = 0; !found && members.Next(); ++i) {
      found = by_index ? i == step.index : members.KeyIs(step.name);
      if (found) value = members.value();
    }
  }
  if (value.empty()) return Found::kBadJson;
  *out = value;
  return found ? Found::kYes : Found::kNo;
}

// Without blanks between its tokens.
std::string Compact(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  const char* end = value.data() + value.size();
  for (const char* p = value.data(); p < end;) {
    if (json::IsBlank(*p)) {
      ++p;
      continue;
    }
    const char* next = p + 1;
    if (*p == '"') {
      bool escaped = false;
      next = json::ScanString(p + 1, {value.data(), end, end}, &escaped) + 1;
    }
    text.append(p, next);
    p = next;
  }
  return text;
}

uint8_t Code(Found found) {
  return found == Found::kNo        ? static_cast<uint8_t>(kFlowNull)
         : found == Found::kBadPath ? static_cast<uint8_t>(kFlowErrArgument)
                                    : static_cast<uint8_t>(kFlowErrCast);
}

std::string_view TypeOf(std::string_view value) {
  switch (value.front()) {
    case '{':
      return "object";
    case '[':
      return "array";
    case '"':
      return "string";
    case 't':
    case 'f':
      return "boolean";
    case 'n':
      return "null";
    default:
      return "number";
  }
}

uint8_t Length(std::string_view value, int32_t* out) {
  if (value.front() != '[') return kFlowErrArgument;
  int32_t length = 0;
  for (Members members(value); members.Next();) ++length;
  *out = length;
  return kFlowValue;
}

}  // namespace

FLOW_FUNCTION("json_valid(string) -> boolean", "Is the text JSON?", "json_valid('{\"a\": 1}')")
uint8_t flow_json_valid(FlowArena*, const FlowString* text, uint8_t* out) {
  *out = !Whole(text).empty();
  return kFlowValue;
}

FLOW_FUNCTION("json_typeof(string) -> string",
              "object, array, string, number, boolean or null; an error if it is no JSON.",
              "json_typeof('[1, 2]')")
uint8_t flow_json_typeof(FlowArena*, const FlowString* text, FlowString* out) {
  const std::string_view value = Whole(text);
  return value.empty() ? static_cast<uint8_t>(kFlowErrCast) : Borrow(TypeOf(value), out);
}

FLOW_FUNCTION("json_typeof(string, string) -> string",
              "Likewise, of what is at the path; NULL if nothing is there.",
              "json_typeof('{\"a\": [1, 2]}', '$.a')")
uint8_t flow_json_typeof_path(FlowArena*, const FlowString* text, const FlowString* path,
                              FlowString* out) {
  std::string_view value;
  const Found found = Find(text, path, &value);
  return found == Found::kYes ? Borrow(TypeOf(value), out) : Code(found);
}

FLOW_FUNCTION("json_array_length(string) -> int", "How many elements; an error if it is no array.",
              "json_array_length('[1, 2]')")
uint8_t flow_json_array_length(FlowArena*, const FlowString* text, int32_t* out) {
  const std::string_view value = Whole(text);
  return value.empty() ? static_cast<uint8_t>(kFlowErrCast) : Length(value, out);
}

FLOW_FUNCTION("json_array_length(string, string) -> int",
              "Likewise, of what is at the path; NULL if nothing is there.",
              "json_array_length('{\"a\": [1, 2]}', '$.a')")
uint8_t flow_json_array_length_path(FlowArena*, const FlowString* text, const FlowString* path,
                                    int32_t* out) {
  std::string_view value;
  const Found found = Find(text, path, &value);
  return found == Found::kYes ? Length(value, out) : Code(found);
}

FLOW_FUNCTION(
    "json_extract_string(string, string) -> string",
    "What is at the path ($.a.b, $.a[0], $.\"a b\"): a string without its quotes, else as "
    "json_extract; NULL of null, and if nothing is there.",
    "json_extract_string('{\"a\": {\"b\": \"x\"}}', '$.a.b')")
uint8_t flow_json_extract_string(FlowArena* arena, const FlowString* text, const FlowString* path,
                                 FlowString* out) {
  std::string_view value;
  const Found found = Find(text, path, &value);
  if (found != Found::kYes) return Code(found);
  if (value.front() == 'n') return kFlowNull;
  if (value.front() != '"') return Give(Compact(value), arena, out);
  const std::string_view inside = value.substr(1, value.size() - 2);
#ifndef FLOW_MUTANT_JSON_ESCAPES_STAY
  if (inside.find('\\') != std::string_view::npos) {
    std::string plain(inside.size(), 0);
    plain.resize(json::Unescape(inside.data(), inside.size(), plain.data()));
    return Give(plain, arena, out);
  }
#endif
  return Borrow(inside, out);
}

FLOW_FUNCTION("json_extract(string, string) -> string",
              "What is at the path ($.a.b, $.a[0], $.\"a b\"), as JSON without blanks; NULL if "
              "nothing is there.",
              "json_extract('{\"a\": {\"b\": [1, 2]}}', '$.a')")
uint8_t flow_json_extract(FlowArena* arena, const FlowString* text, const FlowString* path,
                          FlowString* out) {
  std::string_view value;
  const Found found = Find(text, path, &value);
  return found == Found::kYes ? Give(Compact(value), arena, out) : Code(found);
}

FLOW_FUNCTION("json_exists(string, string) -> boolean", "Is anything at the path, if only null?",
              "json_exists('{\"a\": null}', '$.a')")
uint8_t flow_json_exists(FlowArena*, const FlowString* text, const FlowString* path, uint8_t* out) {
  std::string_view value;
  const Found found = Find(text, path, &value);
  if (found == Found::kBadPath || found == Found::kBadJson) return Code(found);
  *out = found == Found::kYes;
  return kFlowValue;
}

// The same of JSON, whose values are such texts.

FLOW_FUNCTION("json_extract(json, string) -> json",
              "What is at the path ($.a.b, $.a[0], $.\"a b\"); NULL if nothing is there.",
              "json_extract(JSON '{\"a\": [1, 2]}', '$.a')")
uint8_t flow_json_extract_json(FlowArena* arena, const FlowString* value, const FlowString* path,
                               FlowString* out) {
  return flow_json_extract(arena, value, path, out);
}

FLOW_FUNCTION(
    "json_extract_string(json, string) -> string",
    "What is at the path: a string without its quotes, else as json_extract; NULL of null, "
    "and if nothing is there.",
    "json_extract_string(JSON '{\"a\": \"x\"}', '$.a')")
uint8_t flow_json_extract_string_json(FlowArena* arena, const FlowString* value,
                                      const FlowString* path, FlowString* out) {
  return flow_json_extract_string(arena, value, path, out);
}

FLOW_FUNCTION("json_exists(json, string) -> boolean", "Is anything at the path, if only null?",
              "json_exists(JSON '{\"a\": null}', '$.a')")
uint8_t flow_json_exists_json(FlowArena* arena, const FlowString* value, const FlowString* path,
                              uint8_t* out) {
  return flow_json_exists(arena, value, path, out);
}

FLOW_FUNCTION("json_typeof(json) -> string", "object, array, string, number, boolean or null.",
              "json_typeof(JSON '[1, 2]')")
uint8_t flow_json_typeof_json(FlowArena*, const FlowString* value, FlowString* out) {
  return Borrow(TypeOf(Whole(value)), out);
}

FLOW_FUNCTION("json_array_length(json) -> int", "How many elements; an error if it is no array.",
              "json_array_length(JSON '[1, 2]')")
uint8_t flow_json_array_length_json(FlowArena* arena, const FlowString* value, int32_t* out) {
  return flow_json_array_length(arena, value, out);
}

namespace {

// The member of an object, or (name: nullptr) the element of an array; empty: there is none.
std::string_view MemberOf(const FlowString* json, const FlowString* name, int64_t index) {
  const std::string_view value = Whole(json);
  if (value.empty() || value.front() != (name != nullptr ? '{' : '[')) return {};
  Members members(value);
  for (int64_t i = 0; members.Next(); ++i) {
    if (name != nullptr ? members.KeyIs(View(name)) : i == index) return members.value();
  }
  return {};
}

uint8_t GiveJson(std::string_view value, FlowArena* arena, FlowString* out) {
  return value.empty() ? uint8_t{kFlowNull} : Give(value, arena, out);
}

uint8_t GiveText(std::string_view value, FlowArena* arena, FlowString* out) {
  if (value.empty() || value.front() == 'n') return kFlowNull;
  if (value.front() != '"') return Give(value, arena, out);
  std::string plain(value.substr(1, value.size() - 2));
  plain.resize(json::Unescape(plain.data(), plain.size(), plain.data()));
  return Give(plain, arena, out);
}

}  // namespace

FLOW_FUNCTION("json_get(json, string) -> json", "j -> 'key': the member of an object.",
              "json_get(JSON '{\"a\": [1, 2]}', 'a')")
uint8_t flow_json_get(FlowArena* arena, const FlowString* value, const FlowString* name,
                      FlowString* out) {
  return GiveJson(MemberOf(value, name, 0), arena, out);
}

FLOW_FUNCTION("json_get(json, bigint) -> json", "j -> 0: the element of an array, the first is 0.",
              "json_get(JSON '[1, 2]', 0)")
uint8_t flow_json_get_at(FlowArena* arena, const FlowString* value, int64_t index,
                         FlowString* out) {
  return GiveJson(MemberOf(value, nullptr, index), arena, out);
}

FLOW_FUNCTION("json_get_text(json, string) -> string",
              "j ->> 'key': the member of an object as text; NULL of null.",
              "json_get_text(JSON '{\"a\": \"x\"}', 'a')")
uint8_t flow_json_get_text(FlowArena* arena, const FlowString* value, const FlowString* name,
                           FlowString* out) {
  return GiveText(MemberOf(value, name, 0), arena, out);
}

FLOW_FUNCTION("json_get_text(json, bigint) -> string",
              "j ->> 0: the element of an array as text, the first is 0; NULL of null.",
              "json_get_text(JSON '[1, 2]', 0)")
uint8_t flow_json_get_text_at(FlowArena* arena, const FlowString* value, int64_t index,
                              FlowString* out) {
  return GiveText(MemberOf(value, nullptr, index), arena, out);
}
