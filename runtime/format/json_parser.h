// The pass over one JSON record. Nothing outside json_decoder.cc includes this.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/format/encode.h"
#include "runtime/format/json_decoder.h"
#include "runtime/format/json_scan.h"

namespace flow {

// Each function takes the place where its part begins and returns the
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

  // False: it is malformed. Its shape is remembered in `shape`, if that is not nullptr and it can
  // be; otherwise that is empty then.
  bool Record(JsonShape* shape) {
    const char* p = json::SkipBlanks(text_.begin, end_);
    if (p == end_) return false;
    if (*p != '{' && !(*p == '[' && decoder_.array_records_)) return false;
    NextRecord();
    if (shape != nullptr) {
      shape->Clear();
      if (*p == '{' && decoder_.nodes_[0].OnlyKeys()) learning_ = shape;
      learned_ = text_.begin;
    }
    p = Wanted(p, 0, 0);
    if (p == nullptr || json::SkipBlanks(p, end_) != end_) return false;
    if (learning_ != nullptr) learning_->tail.assign(learned_, end_);
    return true;
  }

  // kRight: all of it is in its cells. kPartly: too, but an object was in the place of something
  // else, and was parsed. kWrong: it looks different, or is malformed; cells are as Record will
  // leave them, or as they were.
  enum class Guess { kRight, kPartly, kWrong };
  Guess LooksLike(const JsonShape& shape) {
    NextRecord();
    Guess guess = Guess::kRight;
    const char* p = text_.begin;
    for (const JsonShape::Step& step : shape.steps) {
      p = Match(step, p);
      if (p == nullptr || p == end_) return Guess::kWrong;
      const char* after = Take(step, p);
      if (after == nullptr) {
        const bool object = *p == '{' && step.node >= 0 &&
                            !decoder_.nodes_[static_cast<size_t>(step.node)].keys.empty();
        if (object) guess = Guess::kPartly;
        after = AnyValue(p, step.node, step.depth);
      }
      if (after == nullptr) return Guess::kWrong;
      p = after;
    }
    const auto left = static_cast<size_t>(end_ - p);
    const bool ends = left == shape.tail.size() && std::memcmp(p, shape.tail.data(), left) == 0;
    return ends ? guess : Guess::kWrong;
  }

 private:
  using Node = JsonDecoder::Node;
  using Expected = JsonDecoder::Memory::Expected;

  void NextRecord() {
    if (++memory_->record_ != 0) return;
    for (auto& object : memory_->objects_) object.seen = 0;
    memory_->record_ = 1;
  }

  // A number for the one column that wants node `node`. False: it does not fit in short.
  __attribute__((always_inline)) bool StoreOnly(int node, int only, bool bigint,
                                                const ShortNumber& number) {
    FlowColumn& column = columns_[only];
    if (bigint && number.fraction == 0) {
      static_cast<int64_t*>(column.values)[row_] = number.integer();
      column.status[row_] = kFlowValue;
      return true;
    }
    const FieldTarget& target = decoder_.nodes_[static_cast<size_t>(node)].values.front();
    return StoreShortNumber(target, number, &column, row_);
  }

  // The place after the value, if it is what the step takes; nullptr: it is something else.
  __attribute__((always_inline)) const char* Take(const JsonShape::Step& step, const char* p) {
    using Kind = JsonShape::Take;
    const char c = *p;
    if (c == '"') {
      if (step.take == Kind::kAnything) return nullptr;
      bool escaped = false;
      const char* quote = json::ScanString(p + 1, text_, &escaped);
      if (quote == nullptr) return nullptr;
      if (step.take == Kind::kNothing) return quote + 1;
      if (escaped) return nullptr;
      const auto size = static_cast<size_t>(quote - p - 1);
      const FlowColumn& column = columns_[step.column];
      if (step.take == Kind::kString) {
        flow_string_set(static_cast<FlowString*>(column.values) + row_, p + 1,
                        static_cast<uint32_t>(size));
      } else if (step.take != Kind::kTimestamp ||
                 !ReadShortTimestamp(p + 1, size, static_cast<int64_t*>(column.values) + row_)) {
        return nullptr;
      }
      column.status[row_] = kFlowValue;
      return quote + 1;
    }
    if (json::IsDigit(c) || c == '-') {
      ShortNumber number;
      const char* after = json::ScanShortNumber(p, text_.readable, &number);
      if (after == nullptr || after > end_) return nullptr;
      if (step.take == Kind::kNothing) return after;
      if (step.column < 0) return nullptr;
      const bool stored = StoreOnly(step.node, step.column, step.take == Kind::kBigint, number);
      return stored ? after : nullptr;
    }
    return c == 'n' && json::StartsWith(p, end_, "null", 4) ? p + 4 : nullptr;
  }

  // Is a step of the shape added for this value? Not for an object that only leads to others:
  // its members' are.
  bool AddStep(const char* value, int node, int depth) {
    if (value == end_) return false;
    const Node* at = node < 0 ? nullptr : &decoder_.nodes_[static_cast<size_t>(node)];
    if (*value == '{' && at != nullptr && at->OnlyKeys()) return false;
    const std::string_view text(learned_, static_cast<size_t>(value - learned_));
    const JsonShape::Take take = at == nullptr ? JsonShape::Take::kNothing : at->take;
    if (!learning_->Add(text, node, depth, take, at == nullptr ? -1 : at->only)) {
      learning_->Clear();
      learning_ = nullptr;
      return false;
    }
    return true;
  }

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
        if (after != nullptr && after <= end_ && TakeNumber(node, number)) return after;
      } else if (c == 'n' && json::StartsWith(p, end_, "null", 4)) {
        return p + 4;
      }
    }
    return AnyValue(p, node, depth);
  }

  // A number at a node where nothing but one number is wanted, or nobody wants it.
  bool TakeNumber(int node, const ShortNumber& number) {
    if (node < 0) return true;
    const Node& at = decoder_.nodes_[static_cast<size_t>(node)];
    return at.only >= 0 && StoreOnly(node, at.only, at.bigint, number);
  }

  __attribute__((noinline)) const char* AnyValue(const char* p, int node, int depth) {
    p = json::SkipBlanks(p, end_);
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
    if (__builtin_expect(!node.parts.empty() && *start != '{', 0)) {
      for (int column : node.parts) columns_[column].status[row_] = kFlowErrFieldType;
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

  // Compares the text with a remembered one; returns the place after it, or nullptr.
  template <typename Expected>
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
    JsonDecoder::Memory::Object& object = memory_->objects_[static_cast<size_t>(index)];
    object.strange = 0;
    int expected = 0;
    std::vector<Expected>& keys = object.keys;
    const Expected* next = keys.data();
    const Expected* stop = next + keys.size();
    for (bool first = true;; first = false) {
      const char* value = nullptr;
      int child = -1;
      if (__builtin_expect(next != stop && next->first == first, 1)) value = Match(*next, p);
      if (__builtin_expect(value != nullptr, 1)) {
        child = next->node;
        ++next;
        ++expected;
      } else if (p < end_ && *p == '}') {
        object.Ended(expected);
        return p + 1;
      } else {
        size_t position = static_cast<size_t>(next - keys.data());
        bool closed = false;
        value = UnexpectedKey(p, index, first, &keys, &position, &child, &closed);
        if (closed) object.Ended(expected);
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
      if (__builtin_expect(learning_ == nullptr, 1)) {
        p = Value(value, child, depth);
      } else {
        p = LearnedValue(value, child, depth);
      }
      if (p == nullptr) return nullptr;
    }
  }

  __attribute__((noinline)) const char* LearnedValue(const char* p, int node, int depth) {
    JsonShape* shape = learning_;
    if (!AddStep(p, node, depth)) return Value(p, node, depth);
    learning_ = nullptr;  // what is in it is not of the shape
    p = Value(p, node, depth);
    learning_ = shape;
    learned_ = p;
    return p;
  }

  // What stands at p where the key expected at `position` does not: another key, whose value's
  // place is returned, or the closing brace.
  __attribute__((noinline)) const char* UnexpectedKey(const char* p, int index, bool first,
                                                      std::vector<Expected>* keys, size_t* position,
                                                      int* child, bool* closed) {
    const char* start = p;
    p = json::SkipBlanks(p, end_);
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
      p = json::SkipBlanks(p + 1, end_);
    }
    const char* value = Key(p, index, child);
    if (value == nullptr) return nullptr;
    auto& object = memory_->objects_[static_cast<size_t>(index)];
    ++object.strange;
    if (object.expects()) {
      const std::string_view text(start, static_cast<size_t>(value - start));
      *position = Learn(keys, *position, text, first, *child);
    }
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
    p = json::SkipBlanks(p + 1, end_);
    if (p == end_ || *p != ':') return nullptr;
    return json::SkipBlanks(p + 1, end_);
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
    p = json::SkipBlanks(p, end_);
    if (p < end_ && *p == ']') return p + 1;
    size_t next = 0;  // in node.indexes
    for (int i = 0;; ++i) {
      int child = -1;
      if (next < node.indexes.size() && node.indexes[next].index == i) {
        child = node.indexes[next++].node;
      }
      p = Value(p, child, depth);
      if (p == nullptr) return nullptr;
      p = json::SkipBlanks(p, end_);
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
  JsonShape* learning_ = nullptr;  // the shape that is being learned
  const char* learned_ = nullptr;  // of what it has: the end
};

}  // namespace flow
