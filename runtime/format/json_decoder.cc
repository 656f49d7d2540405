// Gives JsonDecoder: the trie of wanted paths, and the pass over one record.
#include "runtime/format/json_decoder.h"

#include <algorithm>
#include <cstring>

#include "runtime/format/json_parser.h"

namespace flow {

namespace {

JsonShape::Take TakeOf(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBigint:
      return JsonShape::Take::kBigint;
    case TypeKind::kInt:
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
      return JsonShape::Take::kNumber;
    case TypeKind::kString:
      return JsonShape::Take::kString;
    case TypeKind::kTimestamp:
      return JsonShape::Take::kTimestamp;
    default:
      return JsonShape::Take::kAnything;
  }
}

}  // namespace

JsonDecoder::JsonDecoder(const std::vector<program::SourceColumn>& columns, TimestampUnit unit,
                         bool array_records)
    : array_records_(array_records) {
  nodes_.emplace_back();
  for (size_t i = 0; i < columns.size(); ++i) {
    const program::SourceColumn& column = columns[i];
    const int index = static_cast<int>(i);
    if (column.from == program::ColumnFrom::kField) {
      const int node = NodeAt(column.path, column.path.size());
      nodes_[static_cast<size_t>(node)].values.push_back({index, column.type, unit});
    } else if (column.from == program::ColumnFrom::kPresence) {
      const int node = NodeAt(column.path, column.path.size());
      nodes_[static_cast<size_t>(node)].presences.push_back(index);
    }
    AddParts(column, index);
  }
  for (Node& node : nodes_) {
    if (node.values.size() == 1 && node.presences.empty() && node.parts.empty()) {
      node.only = node.values.front().column;
      node.bigint = node.values.front().type.is(TypeKind::kBigint);
      if (node.keys.empty() && node.indexes.empty()) node.take = TakeOf(node.values.front().type);
    }
  }
}

// At each place that is a STRUCT of the column's.
void JsonDecoder::AddParts(const program::SourceColumn& column, int index) {
  const size_t own = column.from == program::ColumnFrom::kPresence ? 0 : 1;  // a value's: not one
  for (int above = 0; above < column.struct_depth; ++above) {
    const size_t steps = column.path.size() - own - static_cast<size_t>(above);
    nodes_[static_cast<size_t>(NodeAt(column.path, steps))].parts.push_back(index);
  }
}

int JsonDecoder::NodeAt(const std::vector<program::PathStep>& path, size_t steps) {
  int at = 0;
  for (size_t i = 0; i < steps; ++i) {
    const program::PathStep& step = path[i];
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
  constexpr size_t kFew = 8;
  if (node.keys.size() <= kFew) {  // mostly their sizes differ
    for (const KeyChild& child : node.keys) {
      if (child.key == key) return child.node;
    }
    return -1;
  }
  auto it = std::lower_bound(node.keys.begin(), node.keys.end(), key,
                             [](const KeyChild& c, std::string_view k) { return c.key < k; });
  return it != node.keys.end() && it->key == key ? it->node : -1;
}

bool JsonDecoder::Decode(const char* data, size_t size, const char* readable, int32_t row,
                         Batch* batch, Memory* memory) const {
  const json::Text text{data, data + size, std::max(readable, data + size)};
  JsonParser parser(*this, text, row, batch, memory);
  return memory->Guess(parser) || memory->Parse(parser);
}

namespace {
constexpr int kInARow = 2;    // records that looked different, until a new shape is learned
constexpr int kAttempts = 4;  // to learn one
constexpr int kTried = 32;    // guesses, until it shows whether they are worth it
}  // namespace

bool JsonDecoder::Memory::Guess(JsonParser& parser) {
  if (shape_.steps.empty() || in_a_row_ >= kInARow) return false;
  ++guesses_;
  const JsonParser::Guess guess = parser.LooksLike(shape_);
  misses_ += guess == JsonParser::Guess::kRight ? 0 : 1;
  in_a_row_ = guess == JsonParser::Guess::kRight ? 0 : in_a_row_ + 1;
  return guess != JsonParser::Guess::kWrong;
}

bool JsonDecoder::Memory::Parse(JsonParser& parser) {
  bool learns = shape_.steps.empty() ? attempts_ < kAttempts : in_a_row_ >= kInARow;
  if (learns && guesses_ >= kTried && misses_ * 3 > guesses_) {  // too few look alike
    shape_.Clear();
    attempts_ = kAttempts;
    learns = false;
  }
  if (!learns) return parser.Record(nullptr);
  in_a_row_ = 0;
  attempts_ += shape_.steps.empty() ? 1 : 0;
  const bool good = parser.Record(&shape_);
  if (!good) shape_.Clear();
  return good;
}

}  // namespace flow
