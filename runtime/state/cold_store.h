// State that has no room in memory: keys and values in RocksDB, on disk. Scratch: what it holds is
// of this process only, and what a state directory recovers from is elsewhere (runtime/checkpoint).
// So there is no log of its own, and nothing of an earlier process is read.
//
// Thread-safe. The database is made by the first Put: a run whose state fits has none.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace flow {

// Keys with values, one behind the other.
class ColdEntries {
 public:
  void Add(std::string_view key, std::string_view value) {
    items_.push_back(
        {bytes_.size(), static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
    bytes_.append(key).append(value);
  }
  void Sort();
  void Clear() {
    bytes_.clear();
    items_.clear();
  }
  size_t size() const { return items_.size(); }
  size_t bytes() const { return bytes_.size(); }
  std::string_view key(size_t i) const { return {bytes_.data() + items_[i].at, items_[i].key}; }
  std::string_view value(size_t i) const {
    return {bytes_.data() + items_[i].at + items_[i].key, items_[i].value};
  }

 private:
  struct Item {
    size_t at;
    uint32_t key, value;
  };
  std::string bytes_;
  std::vector<Item> items_;
};

class ColdStore {
 public:
  struct Options {
    std::string folder;        // what is there is removed; "": a temporary one
    int64_t memory = 8 << 20;  // for block cache and write buffers
  };
  explicit ColdStore(Options options);
  ~ColdStore();
  ColdStore(const ColdStore&) = delete;
  ColdStore& operator=(const ColdStore&) = delete;

  // Sorts the entries; their keys must differ. On an error some may be there.
  Status Put(ColdEntries* entries);
  // `keys` must ascend and differ; `found` is called for those that are there, by their index.
  Status Get(const std::vector<std::string>& keys,
             const std::function<Status(size_t index, std::string_view value)>& found);
  Status Delete(const std::vector<std::string>& keys);
  Status DropPrefix(const std::string& prefix);
  // In key order, as of the call: `f` may write.
  Status Scan(const std::string& prefix,
              const std::function<Status(std::string_view key, std::string_view value)>& f);

  int64_t written() const { return written_.load(std::memory_order_relaxed); }
  int64_t looked_up() const { return looked_up_.load(std::memory_order_relaxed); }
  int64_t read_back() const { return read_back_.load(std::memory_order_relaxed); }

 private:
  struct Database;
  Status Open();
  Status Ingest(const ColdEntries& entries);

  Options options_;
  bool temporary_ = false;
  std::mutex mutex_;  // of opening
  std::unique_ptr<Database> owned_;
  std::atomic<Database*> database_{nullptr};
  std::atomic<int64_t> files_{0};
  std::atomic<int64_t> written_{0}, looked_up_{0}, read_back_{0};
};

}  // namespace flow
