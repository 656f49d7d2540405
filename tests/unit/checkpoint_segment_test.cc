// links: runtime/checkpoint
// labels: asan
// Segments and manifests: what was written is read, and nothing else is.
#include <gtest/gtest.h>

#include "runtime/checkpoint/manifest.h"
#include "runtime/checkpoint/segment.h"
#include "tests/support/memory_files.h"

namespace flow {
namespace {

using testing::MemoryFiles;

class Segments : public ::testing::Test {
 protected:
  SegmentInfo Write(const std::string& name, const std::vector<std::string>& frames) {
    SegmentInfo info;
    info.file = name;
    auto file = files_.Create("/" + name);
    EXPECT_TRUE(file.ok());
    SegmentWriter writer(file.value().get());
    for (const std::string& frame : frames) EXPECT_TRUE(writer.Frame(frame).ok());
    EXPECT_TRUE(writer.Finish(&info).ok());
    return info;
  }
  // The frames, or the error; by SegmentFrames, the last frame first, the same.
  std::string Read(const SegmentInfo& info) {
    const std::string in_order = ReadInOrder(info);
    const std::string in_any = ReadInAnyOrder(info);
    const std::string error = "error: damaged state: /" + info.file;
    if (in_order.starts_with(error)) {
      EXPECT_EQ(in_any.find(error), 0u) << in_order << " but " << in_any;
    } else {
      EXPECT_EQ(in_any, in_order);
    }
    return in_order;
  }
  std::string ReadInAnyOrder(const SegmentInfo& info) {
    auto frames = SegmentFrames::Open(&files_, "", info);
    if (!frames.ok()) return "error: " + frames.error().message;
    std::string text;
    for (size_t i = frames.value()->count(); i-- > 0;) {
      std::string payload(frames.value()->size(i), '\0');
      Status status = frames.value()->Read(i, payload.data());
      if (!status.ok()) return "error: " + status.error().message;
      text = payload + "|" + text;
    }
    return text;
  }
  std::string ReadInOrder(const SegmentInfo& info) {
    auto reader = SegmentReader::Open(&files_, "", info);
    if (!reader.ok()) return "error: " + reader.error().message;
    std::string text;
    while (true) {
      auto frame = reader.value()->Next();
      if (!frame.ok()) return "error: " + frame.error().message;
      if (frame.value().empty()) return text;
      text += std::string(frame.value()) + "|";
    }
  }
  void ExpectDamaged(const SegmentInfo& info, const std::string& what) {
    const std::string read = Read(info);
    EXPECT_EQ(read.find("error: damaged state: /" + info.file), 0u) << what << ": " << read;
  }

  MemoryFiles files_;
  const std::vector<std::string> frames_ = {"one", std::string(3000, 'x'), "three",
                                            std::string("\0\0\0", 3)};
};

TEST_F(Segments, RoundTrip) {
  EXPECT_EQ(Read(Write("empty", {})), "");
  std::string all;
  for (const std::string& frame : frames_) all += frame + "|";
  EXPECT_EQ(Read(Write("some", frames_)), all);
}

TEST_F(Segments, TornAnywhere) {
  const SegmentInfo info = Write("s", frames_);
  const std::string whole = files_.Content("/s");
  for (size_t size = 0; size < whole.size(); ++size) {
    files_.Damage("/s", whole.substr(0, size));
    ExpectDamaged(info, "cut to " + std::to_string(size));
    // As long as it should be, but with zeros, as file systems leave it.
    std::string zeros = whole.substr(0, size);
    zeros.resize(whole.size());
    if (zeros == whole) continue;
    files_.Damage("/s", zeros);
    ExpectDamaged(info, "zeros from " + std::to_string(size));
  }
  files_.Damage("/s", whole + "x");
  ExpectDamaged(info, "one byte more");
}

TEST_F(Segments, AnyFlippedBit) {
  const SegmentInfo info = Write("s", frames_);
  const std::string whole = files_.Content("/s");
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    files_.Damage("/s", flipped);
    ExpectDamaged(info, "bit " + std::to_string(bit));
  }
}

TEST_F(Segments, AnotherSegmentOfTheSameSize) {
  const SegmentInfo info = Write("s", {"one", "two"});
  Write("t", {"two", "one"});
  Write("u", {"one", "one"});
  for (const char* other : {"/t", "/u"}) {
    files_.Damage("/s", files_.Content(other));
    ExpectDamaged(info, other);
  }
}

Manifest SomeManifest() {
  Manifest m;
  m.epoch = 7;
  m.uid = std::string(32, 'a');
  m.parent = std::string(32, 'b');
  m.plan = "p";
  m.ended = true;
  m.tick = 99;
  m.partitions = {{"clicks", 0, "clicks:0", 12, INT64_MIN, true, "f", -1},
                  {"clicks", 1, "clicks:1", 1, INT64_MAX, false, "", 5}};
  m.owners = {"aggregate a", "view v"};
  m.watermarks = {{"aggregate a", INT64_MIN}, {"view v", 17}};
  m.sources = {{"clicks", {{"read", 3}, {"dead", 1}}}};
  m.paths = {{"0 clicks -> v", {{"accepted", 2}}}};
  m.key_errors = {{"v", 4}};
  m.digests = {{"v", {3, "00ff"}}};
  m.decisions = {"{\"kind\":\"out\"}"};
  m.segments = {{{"runs/1-6.seg", 100, UINT64_MAX}, 1, 6, 10, true},
                {{"epoch-7/delta.seg", 50, 1}, 7, 7, 2, false}};
  m.outboxes = {{"v", {"epoch-7/outbox/0.seg", 60, uint64_t{1} << 63}, 3}};
  m.applied = {{"out", 6}};
  m.wall_us = 1;
  return m;
}

TEST(Manifests, RoundTrip) {
  const std::string text = ManifestText(SomeManifest());
  auto read = ParseManifest(text, "M");
  ASSERT_TRUE(read.ok()) << read.error().message;
  // The text has every field; reading it must keep every field.
  EXPECT_EQ(ManifestText(read.value()), text);
  EXPECT_EQ(read.value().segments[0].info.chain, UINT64_MAX);
  EXPECT_EQ(read.value().partitions, SomeManifest().partitions);
}

TEST(Manifests, NamesThatAreNoText) {
  Manifest m = SomeManifest();
  m.partitions[0].name = "logs/x\xff.jsonl";
  auto read = ParseManifest(ManifestText(m), "M");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().partitions[0].next_offset, 12);
}

TEST(Manifests, DamageIsAnErrorOrAnotherHash) {
  const std::string text = ManifestText(SomeManifest());
  for (size_t i = 0; i < text.size(); ++i) {
    for (std::string damaged : {text.substr(0, i), text}) {
      if (damaged.size() == text.size()) damaged[i] = static_cast<char>(damaged[i] ^ 1);
      auto read = ParseManifest(damaged, "M");
      if (!read.ok()) {
        // The number of its format may be what is damaged.
        EXPECT_NE((": " + read.error().message).find(": M"), std::string::npos);
      }
      EXPECT_NE(ManifestHash(damaged), ManifestHash(text));
    }
  }
}

}  // namespace
}  // namespace flow
