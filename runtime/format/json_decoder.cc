// Gives JsonDecoder: the trie of wanted paths, and the pass over one record.
#include "runtime/format/json_decoder.h"

#include <algorithm>
#include <cstring>

#include "runtime/format/encode.h"
#include "runtime/format/json_scan.h"

namespace flow {

using json::IsBlank;
using json::SkipBlanks;

JsonDecoder::JsonDecoder(const std::vector<program::SourceColumn>& columns, TimestampUnit unit,
                         bool array_records)
    : array_records_(array_records) {
  nodes_.emplace_back();
  for (size_t i = 0; i < columns.size(); ++i) {
    const program::SourceColumn& column = columns[i];
    const int index = static_cast<int>(i);
    if (column.from == program::ColumnFrom::kField) {
      const int node = NodeAt(column.path);
      nodes_[static_cast<size_t>(node)].values.push_back({index, column.type, unit});
    } else if (column.from == program::ColumnFrom::kPresence) {
      const int node = NodeAt(column.path);
      nodes_[static_cast<size_t>(node)].presences.push_back(index);
    }
  }
  for (Node& node : nodes_) {
    if (node.values.size() == 1 && node.presences.empty()) {
      node.only = node.values.front().column;
      node.bigint = node.values.front().type.is(TypeKind::kBigint);
    }
  }
}

int JsonDecoder::NodeAt(const std::vector<program::PathStep>& path) {
  int at = 0;
  for (const program::PathStep& step : path) {
    const int next = static_cast<int>(nodes_.size());
    Node& node = nodes_[static_cast<size_t>(at)];
    if (step.index >= 0) {
      auto it = std::lower_bound(node.indexes.begin(), node.indexes.end(), step.index,
                                 [](const IndexChild& c, int index) { return c.index < index; });
      if (it != node.indexes.end() && it->index == step.index) {
        at = it->node;
        continue;
      }
      node.indexes.insert(it, {step.index, next});
    } else {
      auto it =
          std::lower_bound(node.keys.begin(), node.keys.end(), step.key,
                           [](const KeyChild& c, const std::string& key) { return c.key < key; });
      if (it != node.keys.end() && it->key == step.key) {
        at = it->node;
        continue;
      }
      node.keys.insert(it, {step.key, next});
    }
    nodes_.emplace_back();
    at = next;
  }
  return at;
}

int JsonDecoder::FindKey(const Node& node, std::string_view key) const {
  auto it = std::lower_bound(node.keys.begin(), node.keys.end(), key,
                             [](const KeyChild& c, std::string_view k) { return c.key < k; });
  return it != node.keys.end() && it->key == key ? it->node : -1;
}

// The pass over one record. Each function takes the place where its part begins and returns the
// place after it, or nullptr if the record is malformed.
class JsonParser {
 public:
  JsonParser(const JsonDecoder& decoder, const json::Text& text, int32_t row, Batch* batch,
             JsonDecoder::Memory* memory)
      : decoder_(decoder),
        text_(text),
        end_(text.end),
        row_(row),
        columns_(batch->columns()),
        arena_(batch->arena().abi()),
        memory_(memory) {}

  bool Record() {
    const char* p = SkipBlanks(text_.begin, end_);
    if (p == end_) return false;
    if (*p != '{' && !(*p == '[' && decoder_.array_records_)) return false;
    if (++memory_->record_ == 0) {
      for (auto& object : memory_->objects_) object.seen = 0;
      memory_->record_ = 1;
    }
    p = Wanted(p, 0, 0);
    return p != nullptr && SkipBlanks(p, end_) == end_;
  }

 private:
  using Node = JsonDecoder::Node;
  using Expected = JsonDecoder::Memory::Expected;

  // A value at node `node` (-1: nobody wants it) with `depth` containers around it.
  __attribute__((always_inline)) const char* Value(const char* p, int node, int depth) {
    if (__builtin_expect(p < end_, 1)) {
      const char c = *p;
      if (c == '"') {
        if (node < 0) {
          bool escaped = false;
          p = json::ScanString(p + 1, text_, &escaped);
          return p == nullptr ? nullptr : p + 1;
        }
      } else if (json::IsDigit(c) || c == '-') {
        ShortNumber number;
        const char* after = json::ScanShortNumber(p, text_.readable, &number);
        if (after != nullptr && after <= end_ && Take(node, number)) return after;
      } else if (c == 'n' && json::StartsWith(p, end_, "null", 4)) {
        return p + 4;
      }
    }
    return AnyValue(p, node, depth);
  }

  // A number at a node where nothing but one number is wanted, or nobody wants it.
  bool Take(int node, const ShortNumber& number) {
    if (node < 0) return true;
    const Node& at = decoder_.nodes_[static_cast<size_t>(node)];
    if (at.only < 0) return false;
    FlowColumn& column = columns_[at.only];
    if (at.bigint && number.fraction == 0) {
      static_cast<int64_t*>(column.values)[row_] = number.integer();
      column.status[row_] = kFlowValue;
      return true;
    }
    return StoreShortNumber(at.values.front(), number, &column, row_);
  }

  __attribute__((noinline)) const char* AnyValue(const char* p, int node, int depth) {
    p = SkipBlanks(p, end_);
    if (p == end_) return nullptr;
    if (node >= 0) return Wanted(p, node, depth);
    if (*p == 'n') return json::StartsWith(p, end_, "null", 4) ? p + 4 : nullptr;
    return json::SkipValue(p, text_, depth);
  }

  const char* Wanted(const char* p, int index, int depth) {
    const Node& node = decoder_.nodes_[static_cast<size_t>(index)];
    const char* start = p;
    switch (*p) {
      case '"': {
        bool escaped = false;
        p = json::ScanString(p + 1, text_, &escaped);
        if (p == nullptr) return nullptr;
        StoreString(node, start + 1, static_cast<size_t>(p - start - 1), escaped);
        ++p;
        break;
      }
      case '{':
      case '[': {
        if (*p == '{' && !node.keys.empty()) {
          p = Object(p + 1, index, depth + 1);
        } else if (*p == '[' && !node.indexes.empty()) {
          p = Array(p + 1, index, depth + 1);
        } else {
          p = json::SkipValue(p, text_, depth);
        }
        if (p == nullptr) return nullptr;
        for (const FieldTarget& target : node.values) {
          StoreNested(target, start, static_cast<size_t>(p - start), &columns_[target.column], row_,
                      arena_);
        }
        break;
      }
      case 't':
      case 'f': {
        const bool value = *p == 't';
        const size_t size = value ? 4 : 5;
        if (!json::StartsWith(p, end_, value ? "true" : "false", size)) return nullptr;
        for (const FieldTarget& target : node.values) {
          StoreBoolean(target, value, &columns_[target.column], row_, arena_);
        }
        p += size;
        break;
      }
      case 'n':
        return json::StartsWith(p, end_, "null", 4) ? p + 4 : nullptr;
      default: {
        p = json::ScanNumber(p, end_);
        if (p == nullptr) return nullptr;
        for (const FieldTarget& target : node.values) {
          StoreNumber(target, start, static_cast<size_t>(p - start), &columns_[target.column], row_,
                      arena_);
        }
        break;
      }
    }
    for (int column : node.presences) {
      static_cast<uint8_t*>(columns_[column].values)[row_] = 1;
    }
    return p;
  }

  void StoreString(const Node& node, const char* text, size_t size, bool escaped) {
    if (escaped && !node.values.empty()) {
      char* plain = flow_arena_allocate(arena_, size);
      size = json::Unescape(text, size, plain);
      text = plain;
    }
    for (const FieldTarget& target : node.values) {
      if (target.type.is(TypeKind::kJson)) {
        StoreJsonString(text, size, &columns_[target.column]);
      } else {
        StoreText(target, text, size, &columns_[target.column], row_, arena_);
      }
    }
  }

  // A string is a JSON value as it is; only elsewhere a text is read for one.
  void StoreJsonString(const char* text, size_t size, FlowColumn* column) {
    memory_->scratch_.clear();
    AppendJsonString(text, size, &memory_->scratch_);
    const std::string& json = memory_->scratch_;
    flow_string_copy(static_cast<FlowString*>(column->values) + row_, json.data(),
                     static_cast<uint32_t>(json.size()), arena_);
    column->status[row_] = kFlowValue;
  }

  // Compares the text with a remembered key; returns the place of its value, or nullptr.
  const char* Match(const Expected& expected, const char* p) const {
    if (p + Expected::kBytes <= text_.readable) {
      auto equal = [&](size_t at) {
        return static_cast<uint32_t>(_mm_movemask_epi8(
            _mm_cmpeq_epi8(json::Load16(p + at), json::Load16(expected.bytes + at))));
      };
      if ((equal(0) & expected.mask) != expected.mask) return nullptr;
      for (uint32_t at = 16; at < expected.size; at += 16) {
        const uint32_t mask = (1u << std::min<uint32_t>(16, expected.size - at)) - 1;
        if ((equal(at) & mask) != mask) return nullptr;
      }
      return p + expected.size <= end_ ? p + expected.size : nullptr;
    }
    return json::StartsWith(p, end_, expected.bytes, expected.size) ? p + expected.size : nullptr;
  }

  // `p` stands after the brace.
  const char* Object(const char* p, int index, int depth) {
    if (depth > json::kMaxDepth) return nullptr;
    // This object's keys can not change under a nested call: a node is on the stack once.
    std::vector<Expected>& keys = memory_->objects_[static_cast<size_t>(index)].keys;
    const Expected* next = keys.data();
    const Expected* stop = next + keys.size();
    for (bool first = true;; first = false) {
      const char* value = nullptr;
      int child = -1;
      if (__builtin_expect(next != stop && next->first == first, 1)) value = Match(*next, p);
      if (__builtin_expect(value != nullptr, 1)) {
        child = next->node;
        ++next;
      } else if (p < end_ && *p == '}') {
        return p + 1;
      } else {
        size_t position = static_cast<size_t>(next - keys.data());
        bool closed = false;
        value = UnexpectedKey(p, index, first, &keys, &position, &child, &closed);
        if (value == nullptr || closed) return value;
        next = keys.data() + position;
        stop = keys.data() + keys.size();
      }
      if (child >= 0) {
        uint32_t& seen = memory_->objects_[static_cast<size_t>(child)].seen;
        if (seen == memory_->record_) {
          child = -1;
        } else {
          seen = memory_->record_;
        }
      }
      p = Value(value, child, depth);
      if (p == nullptr) return nullptr;
    }
  }

  // What stands at p where the key expected at `position` does not: another key, whose value's
  // place is returned, or the closing brace.
  __attribute__((noinline)) const char* UnexpectedKey(const char* p, int index, bool first,
                                                      std::vector<Expected>* keys, size_t* position,
                                                      int* child, bool* closed) {
    const char* start = p;
    p = SkipBlanks(p, end_);
    if (p == end_) return nullptr;
    if (*p == '}') {
      *closed = true;
      return p + 1;
    }
    // A few ahead, for keys that this record leaves out.
    const size_t reach = std::min(*position + 3, keys->size());
    for (size_t i = *position; i < reach; ++i) {
      const Expected& expected = (*keys)[i];
      if (expected.first != first) continue;
      const char* value = Match(expected, start);
      if (value == nullptr) continue;
      *child = expected.node;
      *position = i + 1;
      return value;
    }
    if (!first) {
      if (*p != ',') return nullptr;
      p = SkipBlanks(p + 1, end_);
    }
    const char* value = Key(p, index, child);
    if (value == nullptr) return nullptr;
    const std::string_view text(start, static_cast<size_t>(value - start));
    *position = Learn(keys, *position, text, first, *child);
    return value;
  }

  // A key, its colon and the blanks after it.
  const char* Key(const char* p, int index, int* child) {
    if (p == end_ || *p != '"') return nullptr;
    const char* start = p + 1;
    bool escaped = false;
    p = json::ScanString(start, text_, &escaped);
    if (p == nullptr) return nullptr;
    std::string_view key(start, static_cast<size_t>(p - start));
    if (escaped) {
      memory_->scratch_.resize(key.size());
      memory_->scratch_.resize(json::Unescape(key.data(), key.size(), memory_->scratch_.data()));
      key = memory_->scratch_;
    }
    *child = decoder_.FindKey(decoder_.nodes_[static_cast<size_t>(index)], key);
    p = SkipBlanks(p + 1, end_);
    if (p == end_ || *p != ':') return nullptr;
    return SkipBlanks(p + 1, end_);
  }

  // Remembers the text of a key as one that may stand at `position`, and returns the position
  // after it. What was expected there stays, behind it: it may come in the next record.
  size_t Learn(std::vector<Expected>* keys, size_t position, std::string_view text, bool first,
               int child) {
    constexpr size_t kMaxKeys = 256;
    constexpr size_t kLookAhead = 16;
    if (text.size() > Expected::kBytes) return position;
    const size_t reach = std::min(position + kLookAhead, keys->size());
    for (size_t i = position; i < reach; ++i) {
      const Expected& known = (*keys)[i];
      if (known.first == first && text == std::string_view(known.bytes, known.size)) return i + 1;
    }
    if (keys->size() >= kMaxKeys) return position;
    Expected expected;
    std::memset(expected.bytes, 0, sizeof expected.bytes);
    std::memcpy(expected.bytes, text.data(), text.size());
    expected.size = static_cast<uint32_t>(text.size());
    expected.mask = (1u << std::min<size_t>(16, text.size())) - 1;
    expected.first = first;
    expected.node = child;
    keys->insert(keys->begin() + static_cast<std::ptrdiff_t>(position), expected);
    return position + 1;
  }

  // `p` stands after the bracket.
  const char* Array(const char* p, int index, int depth) {
    if (depth > json::kMaxDepth) return nullptr;
    const Node& node = decoder_.nodes_[static_cast<size_t>(index)];
    p = SkipBlanks(p, end_);
    if (p < end_ && *p == ']') return p + 1;
    size_t next = 0;  // in node.indexes
    for (int i = 0;; ++i) {
      int child = -1;
      if (next < node.indexes.size() && node.indexes[next].index == i) {
        child = node.indexes[next++].node;
      }
      p = Value(p, child, depth);
      if (p == nullptr) return nullptr;
      p = SkipBlanks(p, end_);
      if (p == end_) return nullptr;
      if (*p == ']') return p + 1;
      if (*p != ',') return nullptr;
      ++p;
    }
  }

  const JsonDecoder& decoder_;
  const json::Text text_;
  const char* const end_;
  const int32_t row_;
  FlowColumn* const columns_;
  FlowArena* const arena_;
  JsonDecoder::Memory* const memory_;
};

bool JsonDecoder::Decode(const char* data, size_t size, const char* readable, int32_t row,
                         Batch* batch, Memory* memory) const {
  const json::Text text{data, data + size, std::max(readable, data + size)};
  return JsonParser(*this, text, row, batch, memory).Record();
}

}  // namespace flow
