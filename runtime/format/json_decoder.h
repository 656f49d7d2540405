// JSON records into the columns that a program wants.
//
// One pass checks the whole record (RFC 8259, UTF-8, nesting up to json::kMaxDepth, an object at
// the top) and stores the wanted paths on the way. The wanted paths are a trie. A record is
// compared with the shape of one before (json_shape.h); if it looks different it is parsed, and
// still for each object of the trie its keys are expected in the order they had, punctuation
// included. What is remembered is only a guess: every byte is compared.
//
// Of two equal keys the first wins. A path through nothing, or through something that is no object,
// is absent; but where a column is a STRUCT, something else is an error of all its fields.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/batch.h"
#include "runtime/format/field.h"
#include "runtime/format/json_shape.h"
#include "runtime/program/program.h"

namespace flow {

class JsonParser;

class JsonDecoder {
 public:
  // What one user remembers between records: the order of keys. Not thread-safe.
  class Memory;

  // `array_records`: a record may be an array (some declared path begins with an index).
  JsonDecoder(const std::vector<program::SourceColumn>& columns, TimestampUnit unit,
              bool array_records);

  // Decodes one record into row `row`, whose cells are already as PresetAbsent leaves them.
  // STRINGs borrow from `data` or live in the batch's arena. False: the record is malformed, and
  // its cells are anything. Bytes behind the record, up to `readable`, may be read (nullptr: none):
  // that is faster, and what they are decides nothing.
  bool Decode(const char* data, size_t size, const char* readable, int32_t row, Batch* batch,
              Memory* memory) const;

 private:
  friend class JsonParser;
  struct KeyChild {
    std::string key;
    int node;
  };
  struct IndexChild {
    int index;
    int node;
  };
  // A place that some column wants, or that lies on the way to one. Node 0 is the record.
  struct Node {
    std::vector<KeyChild> keys;       // by key
    std::vector<IndexChild> indexes;  // by index
    std::vector<FieldTarget> values;
    std::vector<int> presences;  // columns
    std::vector<int> parts;      // of the STRUCT that should be here: columns
    int only = -1;               // the column, where one value is all that is wanted here
    bool bigint = false;         // and it is a BIGINT
    JsonShape::Take take = JsonShape::Take::kAnything;
    // Does an object here only lead to other places?
    bool OnlyKeys() const { return !keys.empty() && values.empty() && presences.empty(); }
  };
  int NodeAt(const std::vector<program::PathStep>& path, size_t steps);
  void AddParts(const program::SourceColumn& column, int index);
  int FindKey(const Node& node, std::string_view key) const;

  std::vector<Node> nodes_;
  bool array_records_;
};

class JsonDecoder::Memory {
 public:
  explicit Memory(const JsonDecoder& decoder) : objects_(decoder.nodes_.size()) {}

 private:
  friend class JsonDecoder;
  friend class JsonParser;
  // A key as it stood: from the comma (but for the first key) to the byte before its value.
  struct Expected {
    static constexpr size_t kBytes = 48;
    char bytes[kBytes];
    uint32_t size = 0;
    uint32_t mask = 0;   // the first 16 bytes that count
    bool first = false;  // stands after the brace: no comma
    int32_t node = -1;
  };
  struct Object {
    std::vector<Expected> keys;
    int strange = 0;     // of its last record: keys that stood where others were expected
    int disordered = 0;  // grows with records that have more of these than of others
    // From there on none is expected any more.
    static constexpr int kNoOrder = 24;
    bool expects() const { return disordered < kNoOrder; }
    void Ended(int expected) {
      if (!expects()) return;
      disordered = std::max(0, disordered + (strange > expected ? 2 : -1));
      if (!expects()) keys.clear();
    }
    uint32_t seen = 0;  // the last record that had this node: finds the second of two equal keys
  };
  std::vector<Object> objects_;
  // The record by the shape, or in full.
  bool Guess(JsonParser& parser);
  bool Parse(JsonParser& parser);

  uint32_t record_ = 0;
  std::string scratch_;
  JsonShape shape_;  // without steps: none
  int guesses_ = 0, misses_ = 0, in_a_row_ = 0, attempts_ = 0;
};

}  // namespace flow
