// links: runtime/connector
// labels: asan tsan
// A feed: what is taken, what is left out, what is full, and how it ends.
#include <gtest/gtest.h>

#include <thread>

#include "runtime/connector/memory/feed.h"

namespace flow {
namespace {

using Pushed = RecordFeed::Pushed;

program::Source Numbers() {
  program::Source source;
  source.name = "s";
  program::SourceColumn column;
  column.name = "n";
  column.path = {{"n", -1}};
  column.type = TypeKind::kBigint;
  source.columns = source.declared = {column};
  return source;
}

std::string Record(int64_t n) { return "{\"n\":" + std::to_string(n) + "}"; }

TEST(Feed, OffsetsAscendAndWhatIsKnownIsLeftOut) {
  RecordFeed feed(2, 1 << 20);
  const program::Source spec = Numbers();
  auto source = OpenFeedSource(spec, &feed);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(feed.NextOffset(0), -1);
  for (int64_t o : {3, 5, 5, 4, 9}) {
    EXPECT_EQ(feed.Push(0, o, Record(o), std::nullopt, kNoTime), Pushed::kTaken);
  }
  // The run goes on at 5: what came before is not wanted.
  auto reader = source.value()->Open(0, 5, -1);
  EXPECT_EQ(feed.NextOffset(0), 5);
  Morsel morsel;
  ASSERT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kData);
  ASSERT_EQ(morsel.row_count, 2);
  EXPECT_EQ(morsel.begin_offset, 5);
  EXPECT_EQ(morsel.records[1].offset, 9);
  EXPECT_EQ(morsel.next_offset, 10);
  EXPECT_EQ(feed.NextOffset(0), 10);
  DecodedRows rows;
  source.value()->decoder().Decode(morsel, &rows);
  EXPECT_EQ(rows.batch.values<int64_t>(0)[1], 9);
  EXPECT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kIdle);
  EXPECT_EQ(feed.Push(0, 8, Record(8), std::nullopt, kNoTime), Pushed::kTaken);
  EXPECT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kIdle);
  feed.Push(0, 10, Record(10), "key", 77);
  feed.End();
  EXPECT_EQ(feed.Push(0, 11, Record(11), std::nullopt, kNoTime), Pushed::kOver);
  ASSERT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kData);
  EXPECT_EQ(std::string(morsel.records[0].key, morsel.records[0].key_size), "key");
  EXPECT_EQ(morsel.records[0].log_timestamp, 77);
  EXPECT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kEnd);
}

TEST(Feed, AReaderEndsAtItsOffset) {
  RecordFeed feed(1, 1 << 20);
  const program::Source spec = Numbers();
  auto source = OpenFeedSource(spec, &feed);
  auto reader = source.value()->Open(0, 0, 7);
  Morsel morsel;
  for (int64_t o : {2, 8}) feed.Push(0, o, Record(o), std::nullopt, kNoTime);
  ASSERT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kData);
  EXPECT_EQ(morsel.row_count, 1);
  EXPECT_EQ(reader.value()->Read(100, 1 << 20, &morsel).value(), ReadState::kEnd);
}

TEST(Feed, IsFullUntilItIsRead) {
  RecordFeed feed(1, 1000);
  const program::Source spec = Numbers();
  auto source = OpenFeedSource(spec, &feed);
  auto reader = source.value()->Open(0, 0, -1);
  // One record always has room.
  EXPECT_EQ(feed.Push(0, 0, std::string(5000, ' '), std::nullopt, kNoTime), Pushed::kTaken);
  EXPECT_EQ(feed.Push(0, 1, Record(1), std::nullopt, kNoTime), Pushed::kFull);
  Morsel morsel;
  reader.value()->Read(1, 1 << 20, &morsel).value();
  EXPECT_EQ(feed.Push(0, 1, Record(1), std::nullopt, kNoTime), Pushed::kTaken);
}

TEST(Feed, OneThreadPushesAndAnotherReads) {
  constexpr int64_t kRecords = 20000;
  RecordFeed feed(1, 10000);
  const program::Source spec = Numbers();
  auto source = OpenFeedSource(spec, &feed);
  auto reader = source.value()->Open(0, 0, -1);
  std::thread host([&] {
    for (int64_t o = 0; o < kRecords;) {
      if (feed.Push(0, o, Record(o), std::nullopt, kNoTime) == Pushed::kTaken) {
        ++o;
      } else {
        std::this_thread::yield();
      }
    }
    feed.End();
  });
  int64_t next = 0;
  DecodedRows rows;
  for (;;) {
    Morsel morsel;
    const ReadState state = reader.value()->Read(100, 1 << 20, &morsel).value();
    if (state == ReadState::kEnd) break;
    if (state == ReadState::kIdle) continue;
    source.value()->decoder().Decode(morsel, &rows);
    for (int32_t i = 0; i < rows.batch.rows; ++i) {
      ASSERT_EQ(rows.batch.values<int64_t>(0)[i], next++);
    }
  }
  host.join();
  EXPECT_EQ(next, kRecords);
}

}  // namespace
}  // namespace flow
