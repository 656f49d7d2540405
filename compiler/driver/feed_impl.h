// What is behind libflow::Feed.
#pragma once

#include "runtime/connector/memory/feed.h"

namespace libflow {

class FeedImpl {
 public:
  FeedImpl(int partitions, int64_t capacity) : feed(partitions, capacity) {}
  flow::RecordFeed feed;
};

}  // namespace libflow
