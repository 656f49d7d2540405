// Which keys of a topic are to be deleted when it is made anew from a view's whole content.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/connector/kafka/kafka_reader.h"

namespace flow::kafka {

// Kept keys take 16 bytes each (a hash); those to be deleted are in memory as they are.
class KeySweep {
 public:
  explicit KeySweep(std::shared_ptr<Topic> topic) : topic_(std::move(topic)) {}

  // Notes how far the topic goes: what is written from now on is not looked at.
  Status Begin();
  // The new content has this key.
  void Keep(std::string_view key) { kept_.insert(Hash(key)); }
  // The keys that had a value at Begin and were not kept.
  Result<std::vector<std::string>> Stale();

 private:
  using KeyHash = unsigned __int128;
  struct Folded {
    size_t operator()(KeyHash hash) const { return static_cast<size_t>(hash); }
  };
  static KeyHash Hash(std::string_view key);

  const std::shared_ptr<Topic> topic_;
  std::vector<std::pair<int64_t, int64_t>> ranges_;  // by partition
  std::unordered_set<KeyHash, Folded> kept_;
};

}  // namespace flow::kafka
