// KeptKeys: an open hash table, and its entries once more in the order in which they are forgotten.
// In the state they are packed in records of a span of time each, so that forgetting is one drop.
#include "runtime/operator/kept_keys.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "runtime/base/ordered_bytes.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

constexpr int64_t kBuckets = 16;         // that `within` is cut into
constexpr size_t kRecordEntries = 1024;  // packed into one record
constexpr size_t kEntryBytes = 24;

}  // namespace

int64_t KeptKeys::BucketOf(int64_t clock) const {
  const int64_t width = std::max<int64_t>(within_ / kBuckets, 1);
  return FloorTo(clock, 0, width) / width;
}

KeptKeys::Entry* KeptKeys::Find(uint64_t high, uint64_t low) {
  if (slots_.empty()) return nullptr;
  for (size_t at = Home(low);; at = (at + 1) & (slots_.size() - 1)) {
    Entry& slot = slots_[at];
    if (slot.clock == kFree) return nullptr;
    if (slot.low == low && slot.high == high) return &slot;
  }
}

void KeptKeys::Insert(const Entry& entry) {
  size_t at = Home(entry.low);
  while (slots_[at].clock != kFree) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = entry;
}

// Those behind move up, so that nobody is cut off from home.
void KeptKeys::Erase(Entry* slot) {
  size_t hole = static_cast<size_t>(slot - slots_.data());
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at].clock != kFree; at = (at + 1) & mask) {
    const size_t home = Home(slots_[at].low);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole].clock = kFree;
  --used_;
}

void KeptKeys::Grow() {
  std::vector<Entry> old = std::move(slots_);
  slots_.assign(std::max<size_t>(old.size() * 2, 64), Entry{kFree, 0, 0});
  for (const Entry& entry : old) {
    if (entry.clock != kFree) Insert(entry);
  }
  Charge();
}

void KeptKeys::Charge() {
  const int64_t bytes = static_cast<int64_t>((slots_.size() + order_.size()) * sizeof(Entry));
  // Often enough to be right, and not for each key.
  if (bytes - charged_ < charged_ / 16 && charged_ - bytes < charged_ / 4) return;
  charge_ = MemoryCharge(account_, bytes);
  charged_ = bytes;
}

bool KeptKeys::Keep(int64_t clock, KeyIdentity key) {
  const int64_t horizon = SaturatingAdd(clock, -within_);
#ifdef FLOW_MUTANT_UNIQUE_HORIZON
  while (!order_.empty() && order_.front().clock <= horizon) {
#else
  while (!order_.empty() && order_.front().clock < horizon) {
#endif
    Entry* slot = Find(order_.front().high, order_.front().low);
    if (slot != nullptr && slot->clock == order_.front().clock) Erase(slot);
    order_.pop_front();
  }
  unsaved_ = std::min(unsaved_, order_.size());
  const Entry entry = {clock, static_cast<uint64_t>(key >> 64), static_cast<uint64_t>(key)};
  if (Find(entry.high, entry.low) != nullptr) return false;
  if (static_cast<size_t>(used_ + 1) * 5 > slots_.size() * 3) Grow();
  Insert(entry);
  ++used_;
  order_.push_back(entry);
  ++unsaved_;
  if (order_.size() % 1024 == 0) Charge();
  return true;
}

void KeptKeys::SaveChanges(std::string_view prefix, int64_t tag, StateSink* sink) {
  auto key_of = [&](int64_t bucket) {
    std::string key(prefix);
    AppendOrderedSigned(bucket, &key);
    return key;
  };
  // An earlier one than the oldest entry's has nothing left in it.
  const int64_t oldest = order_.empty() ? INT64_MAX : BucketOf(order_.front().clock);
  while (!saved_buckets_.empty() && *saved_buckets_.begin() < oldest) {
    sink->Drop(key_of(*saved_buckets_.begin()));
    saved_buckets_.erase(saved_buckets_.begin());
  }
  std::string value;
  int64_t records = 0;
  for (size_t i = order_.size() - unsaved_; i < order_.size();) {
    const int64_t bucket = BucketOf(order_[i].clock);
    value.clear();
    for (; i < order_.size() && value.size() < kRecordEntries * kEntryBytes; ++i) {
      if (BucketOf(order_[i].clock) != bucket) break;
      const Entry& entry = order_[i];
      value.append(reinterpret_cast<const char*>(&entry.clock), 8);
      value.append(reinterpret_cast<const char*>(&entry.high), 8);
      value.append(reinterpret_cast<const char*>(&entry.low), 8);
    }
    std::string key = key_of(bucket);
    AppendOrderedSigned(tag, &key);
    AppendOrderedSigned(records++, &key);
    sink->Put(key, value);
    saved_buckets_.insert(bucket);
  }
  unsaved_ = 0;
}

Status KeptKeys::Load(std::string_view key, std::string_view value) {
  if (key.size() != 24 || value.size() % kEntryBytes != 0) {
    return DataError("damaged state: no keys of UNIQUE BY");
  }
  saved_buckets_.insert(ReadOrderedSigned(key));
  for (size_t at = 0; at < value.size(); at += kEntryBytes) {
    Entry entry;
    std::memcpy(&entry.clock, value.data() + at, 8);
    std::memcpy(&entry.high, value.data() + at + 8, 8);
    std::memcpy(&entry.low, value.data() + at + 16, 8);
    order_.push_back(entry);
  }
  return OkStatus();
}

void KeptKeys::FinishLoad() {
  std::stable_sort(order_.begin(), order_.end(),
                   [](const Entry& a, const Entry& b) { return a.clock < b.clock; });
  for (const Entry& entry : order_) {
    if (Entry* slot = Find(entry.high, entry.low)) {
      slot->clock = entry.clock;  // the older one had been forgotten
      continue;
    }
    if (static_cast<size_t>(used_ + 1) * 5 > slots_.size() * 3) Grow();
    Insert(entry);
    ++used_;
  }
  Charge();
}

}  // namespace flow
