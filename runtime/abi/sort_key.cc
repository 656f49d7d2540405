// Sort keys, written and read.
#include "runtime/abi/sort_key.h"

#include <bit>

#include "runtime/abi/hash.h"
#include "runtime/abi/multiset.h"

namespace {

template <typename T>
T Read(const void* cell) {
  T value;
  memcpy(&value, cell, sizeof value);
  return value;
}

template <typename T>
void Store(T value, void* cell) {
  memcpy(cell, &value, sizeof value);
}

// Most significant byte first.
template <typename U>
size_t WriteBytes(char letter, U bits, char* out) {
  *out = letter;
  for (size_t i = 0; i < sizeof bits; ++i) {
    out[1 + i] = static_cast<char>(bits >> (8 * (sizeof bits - 1 - i)));
  }
  return 1 + sizeof bits;
}
template <typename U>
U ReadBytes(const char* in) {
  U bits = 0;
  for (size_t i = 0; i < sizeof bits; ++i) {
    bits = static_cast<U>(bits << 8) | static_cast<uint8_t>(in[i]);
  }
  return bits;
}

constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr FlowUInt128 kWideSign = static_cast<FlowUInt128>(1) << 127;

bool IsNarrow(int32_t kind) { return kind == kFlowKindInt || kind == kFlowKindDate; }
int64_t Integer(const void* cell, int32_t kind) {
  return IsNarrow(kind) ? Read<int32_t>(cell) : Read<int64_t>(cell);
}

// What an ascending part of that kind begins with.
char LetterOf(int32_t kind) {
  switch (kind) {
    case kFlowKindBoolean:
      return 'B';
    case kFlowKindDecimal:
      return 'M';
    case kFlowKindDouble:
      return 'D';
    case kFlowKindString:
      return 'T';
    default:
      return 'I';
  }
}

// The bytes of the part at the front; 0: there is none.
size_t PartSize(std::string_view key) {
  switch (key[0]) {
    case '!':
    case '~':
      return 1;
    case 'B':
      return 2;
    case 'I':
    case 'D':
      return 9;
    case 'M':
      return 17;
    case 'T':
    case 'U': {
      const bool up = key[0] == 'T';
      const char mark = up ? '\x00' : '\xFF', end = up ? '\x01' : '\xFE';
      for (size_t i = 1; i + 1 < key.size(); ++i) {
        if (key[i] != mark) continue;
        if (key[i + 1] == end) return i + 2;
        ++i;
      }
      return 0;
    }
    default:
      return 0;
  }
}

std::string_view LastPart(std::string_view key) {
  while (!key.empty()) {
    const size_t size = PartSize(key);
    if (size == 0 || size > key.size()) return {};
    if (size == key.size()) return key;
    key.remove_prefix(size);
  }
  return {};
}

// Of a part that is no string.
void ReadFixed(std::string_view part, int32_t kind, void* out) {
  const char* body = part.data() + 1;
  switch (part[0]) {
    case 'B':
      Store(static_cast<uint8_t>(*body), out);
      return;
    case 'M':
      Store(ReadBytes<FlowUInt128>(body) ^ kWideSign, out);
      return;
    case 'D': {
      const auto bits = ReadBytes<uint64_t>(body);
      Store((bits & kSign) != 0 ? bits & ~kSign : ~bits, out);
      return;
    }
    default: {
      const uint64_t bits = ReadBytes<uint64_t>(body) ^ kSign;
      if (IsNarrow(kind)) {
        Store(static_cast<uint32_t>(bits), out);
      } else {
        Store(bits, out);
      }
    }
  }
}

// Of a part of a string, without its letter and its end.
size_t Unescape(std::string_view body, char* out) {
  size_t size = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    out[size++] = body[i];
    if (body[i] == '\x00') ++i;
  }
  return size;
}

}  // namespace

extern "C" {

size_t flow_sort_key_room(const void* cell, int32_t kind) {
  if (kind == kFlowKindString) return 3 + 2 * size_t{Read<FlowString>(cell).size};
  return 17;
}

size_t flow_sort_key_write(const void* cell, int32_t kind, int32_t descending, char* out) {
  size_t size = 0;
  if (kind == kFlowKindBoolean) {
    size = WriteBytes('B', Read<uint8_t>(cell), out);
  } else if (kind == kFlowKindDecimal) {
    size = WriteBytes('M', static_cast<FlowUInt128>(Read<FlowInt128>(cell)) ^ kWideSign, out);
  } else if (kind == kFlowKindDouble) {
    const auto bits = std::bit_cast<uint64_t>(flow_canonical_double(Read<double>(cell)));
    size = WriteBytes('D', (bits & kSign) != 0 ? ~bits : bits | kSign, out);
  } else if (kind == kFlowKindString) {
    const auto* s = static_cast<const FlowString*>(cell);
    const char* data = flow_string_data(s);
    out[size++] = descending != 0 ? 'U' : 'T';
    for (uint32_t i = 0; i < s->size; ++i) {
      out[size++] = data[i];
      if (data[i] == '\x00') out[size++] = '\xFF';
    }
    out[size++] = '\x00';
    out[size++] = '\x01';
  } else {
    size = WriteBytes('I', static_cast<uint64_t>(Integer(cell, kind)) ^ kSign, out);
  }
  for (size_t i = 1; descending != 0 && i < size; ++i) out[i] = static_cast<char>(~out[i]);
  return size;
}

int32_t flow_sort_key_last(const FlowString* key, int32_t kind, void* out, FlowArena* arena) {
  const std::string_view part = LastPart({flow_string_data(key), key->size});
  if (part.empty() || part[0] != LetterOf(kind)) return 0;
  if (part[0] != 'T') {
    ReadFixed(part, kind, out);
    return 1;
  }
  char* text = flow_arena_allocate(arena, part.size());
  const size_t size = Unescape(part.substr(1, part.size() - 3), text);
  flow_string_set(static_cast<FlowString*>(out), text, static_cast<uint32_t>(size));
  return 1;
}

}  // extern "C"

bool flow_sort_key_text(std::string_view key, std::string* text) {
  const std::string_view part = LastPart(key);
  if (part.empty() || part[0] != 'T') return false;
  text->resize(part.size());
  text->resize(Unescape(part.substr(1, part.size() - 3), text->data()));
  return true;
}

size_t flow_sort_key_part(std::string_view key) {
  if (key.empty()) return 0;
  const size_t size = PartSize(key);
  return size <= key.size() ? size : 0;
}

bool flow_sort_key_cell(std::string_view part, int32_t kind, void* out, std::string* scratch) {
  if (part.empty() || part[0] != LetterOf(kind) || PartSize(part) != part.size()) return false;
  if (part[0] != 'T') {
    ReadFixed(part, kind, out);
    return true;
  }
  std::string_view body = part.substr(1, part.size() - 3);
  if (body.find('\0') != std::string_view::npos) {
    scratch->resize(body.size());
    scratch->resize(Unescape(body, scratch->data()));
    body = *scratch;
  }
  flow_string_set(static_cast<FlowString*>(out), body.data(), static_cast<uint32_t>(body.size()));
  return true;
}

uint8_t flow_sort_key_next(std::string_view* key, int32_t kind, bool descending, void* out,
                           FlowArena* arena) {
  const std::string_view part = key->substr(0, flow_sort_key_part(*key));
  key->remove_prefix(part.size());
  std::string ascending(part), scratch;
  for (size_t i = 1; descending && i < part.size(); ++i) {
    ascending[i] = static_cast<char>(~part[i]);
  }
  if (descending && part.starts_with('U')) ascending[0] = 'T';
  if (!flow_sort_key_cell(ascending, kind, out, &scratch)) return kFlowNull;
  if (kind == kFlowKindString) {
    const auto text = Read<FlowString>(out);
    flow_string_copy(static_cast<FlowString*>(out), flow_string_data(&text), text.size, arena);
  }
  return kFlowValue;
}
