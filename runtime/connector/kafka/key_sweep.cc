// Gives KeySweep.
#include "runtime/connector/kafka/key_sweep.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/connector/kafka/topic_scan.h"

namespace flow::kafka {

KeySweep::KeyHash KeySweep::Hash(std::string_view key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return KeyHash{hash.high64} << 64 | hash.low64;
}

Status KeySweep::Begin() {
  FLOW_TRY(const int partitions, topic_->questions().PartitionCount(topic_->name(), kQuestionMs));
  for (int p = 0; p < partitions; ++p) {
    FLOW_TRY(const auto range, topic_->questions().Range(topic_->name(), p));
    ranges_.push_back(range);
  }
  return OkStatus();
}

Result<std::vector<std::string>> KeySweep::Stale() {
  std::vector<std::string> stale;
  for (size_t p = 0; p < ranges_.size(); ++p) {
    std::unordered_set<std::string> live;  // a key is in one partition only
    FLOW_RETURN_IF_ERROR(Scan(topic_, static_cast<int>(p), ranges_[p].first, ranges_[p].second,
                              [&](const RawRecord& record) -> Status {
                                if (record.key == nullptr) return OkStatus();
                                const std::string_view key(record.key, record.key_size);
                                if (kept_.count(Hash(key)) != 0) return OkStatus();
                                if (record.size == 0) {
                                  live.erase(std::string(key));
                                } else {
                                  live.emplace(key);
                                }
                                return OkStatus();
                              }));
    stale.insert(stale.end(), live.begin(), live.end());
  }
  return stale;
}

}  // namespace flow::kafka
