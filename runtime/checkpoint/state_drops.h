// Prefixes of keys that are gone, each with the newest segment that says so. See state_record.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/checkpoint/state_record.h"

namespace flow {

class StateDrops {
 public:
  void Add(uint16_t owner, std::string_view prefix, size_t segment) {
    size_t& newest = prefixes_[{owner, std::string(prefix)}];
    newest = std::max(newest, segment + 1);
    if (std::find(lengths_.begin(), lengths_.end(), prefix.size()) == lengths_.end()) {
      lengths_.push_back(prefix.size());
    }
    longest_ = std::max(longest_, prefix.size());
    ++version_;
  }
  bool empty() const { return prefixes_.empty(); }

  // Asks for keys of which neighbours mostly share their prefixes. Several may ask at a time, none
  // while a drop is added.
  class Asker {
   public:
    explicit Asker(const StateDrops* drops) : drops_(drops) {}
    // Is a record of `segment` hidden?
    bool Hides(uint16_t owner, std::string_view key, size_t segment) {
      if (drops_->empty()) return false;
      const std::string_view head = key.substr(0, drops_->longest_);
      if (version_ != drops_->version_ || owner_ != owner || head_ != head) {
        version_ = drops_->version_;
        owner_ = owner;
        head_ = head;
        hidden_below_ = drops_->NewestOf(owner, head);
      }
      return segment + 1 < hidden_below_;
    }

   private:
    const StateDrops* drops_;
    uint64_t version_ = 0;
    uint16_t owner_ = 0;
    std::string head_;
    size_t hidden_below_ = 0;
  };

 private:
  // The newest drop of a prefix of `head`, plus one; 0: there is none.
  size_t NewestOf(uint16_t owner, std::string_view head) const {
    size_t newest = 0;
    for (size_t length : lengths_) {
      if (length > head.size()) continue;
      auto found = prefixes_.find({owner, std::string(head.substr(0, length))});
      if (found != prefixes_.end()) newest = std::max(newest, found->second);
    }
    return newest;
  }

  std::map<std::pair<uint16_t, std::string>, size_t> prefixes_;  // -> segment + 1
  std::vector<size_t> lengths_;
  size_t longest_ = 0;
  uint64_t version_ = 0;  // 0: no drop, and no Asker has asked
};

}  // namespace flow
