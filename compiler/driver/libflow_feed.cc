// Feed of the public interface (include/flow/flow.h) over the runtime's.
#include <flow/flow.h>

#include "compiler/driver/feed_impl.h"

namespace libflow {

namespace {

Feed::Pushed Translate(flow::RecordFeed::Pushed pushed) {
  switch (pushed) {
    case flow::RecordFeed::Pushed::kTaken:
      return Feed::Pushed::kTaken;
    case flow::RecordFeed::Pushed::kFull:
      return Feed::Pushed::kFull;
    case flow::RecordFeed::Pushed::kOver:
      break;
  }
  return Feed::Pushed::kRefused;
}

bool Fits(const flow::RecordFeed& feed, int partition, int64_t offset) {
  return partition >= 0 && partition < feed.partitions() && offset >= 0;
}

}  // namespace

Feed::Feed(int partitions, int64_t capacity)
    : impl_(std::make_unique<FeedImpl>(partitions, capacity)) {}
Feed::~Feed() = default;

Feed::Pushed Feed::Push(int partition, int64_t offset, std::string_view record,
                        int64_t timestamp_us) {
  if (!Fits(impl_->feed, partition, offset)) return Pushed::kRefused;
  return Translate(impl_->feed.Push(partition, offset, record, std::nullopt, timestamp_us));
}

Feed::Pushed Feed::Push(int partition, int64_t offset, std::string_view record,
                        std::string_view key, int64_t timestamp_us) {
  if (!Fits(impl_->feed, partition, offset)) return Pushed::kRefused;
  return Translate(impl_->feed.Push(partition, offset, record, key, timestamp_us));
}

void Feed::End() { impl_->feed.End(); }

int64_t Feed::NextOffset(int partition) const {
  return Fits(impl_->feed, partition, 0) ? impl_->feed.NextOffset(partition) : -1;
}

}  // namespace libflow
