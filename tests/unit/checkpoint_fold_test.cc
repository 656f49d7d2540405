// links: runtime/checkpoint
// labels: asan tsan
// The fold of segments, and loading them by several threads, against a model: a plain map to which
// every record is applied in order.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "runtime/checkpoint/delta_sort.h"
#include "runtime/checkpoint/state_fold.h"
#include "runtime/checkpoint/state_load.h"
#include "tests/support/memory_files.h"
#include "tests/support/quick.h"

namespace flow {
namespace {

using testing::MemoryFiles;

using Key = std::pair<uint16_t, std::string>;
using State = std::map<Key, std::string>;

// Threads for one call.
void RunThreads(int count, const std::function<void(int)>& f) {
  std::vector<std::thread> threads;
  for (int i = 1; i < count; ++i) threads.emplace_back([&f, i] { f(i); });
  f(0);
  for (std::thread& thread : threads) thread.join();
}

// Keeps what is loaded: of owner 0 by worker, of owner 1 as the rest.
class Kept : public StateTarget {
 public:
  explicit Kept(int workers) : shares_(static_cast<size_t>(workers)) {}

  Result<int> Route(uint16_t owner, std::string_view key, uint64_t* hash) override {
    if (owner == 1) return kRest;
    if (owner == 2) return kNobody;
    *hash = std::hash<std::string_view>()(key);
    return static_cast<int>(*hash % shares_.size());
  }
  Status Load(int worker, const LoadedRecord* records, size_t count) override {
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(records[i].hash, std::hash<std::string_view>()(records[i].key));
      EXPECT_EQ(records[i].hash % shares_.size(), static_cast<size_t>(worker));
      shares_[static_cast<size_t>(worker)].try_emplace(
          {records[i].owner, std::string(records[i].key)}, records[i].value);
    }
    return OkStatus();
  }
  Status LoadRest(const LoadedRecord& record) override {
    const Key key{record.owner, std::string(record.key)};
    EXPECT_TRUE(rest_.empty() || rest_.rbegin()->first < key) << "out of order";
    rest_[key] = std::string(record.value);
    return OkStatus();
  }
  State All() const {
    State all = rest_;
    for (const State& share : shares_) all.insert(share.begin(), share.end());
    return all;
  }

 private:
  std::vector<State> shares_;
  State rest_;
};

class Model {
 public:
  // `large`: deltas of many records, of keys with a long common beginning.
  explicit Model(uint64_t seed, bool large = false) : random_(seed), large_(large) {
    EXPECT_TRUE(files_.MakeFolder("/s/runs").ok());
  }

  // A few records as one more epoch's delta, and the same to the model.
  void Epoch() {
    const int64_t epoch = static_cast<int64_t>(segments_.size()) + next_;
    StateWriter writer;
    std::vector<std::pair<Key, std::string>> drops;
    State puts;
    std::map<Key, bool> touched;
    for (int64_t i = large_ ? random_.Between(200, 900) : random_.Between(1, 12); i > 0; --i) {
      const auto owner = static_cast<uint16_t>(random_.Between(0, 1));
      int64_t what = random_.Between(0, 9);
      if (large_ && what < 2 && !random_.Chance(1)) what = 5;  // drops are few
      if (what < 2) {
        // A drop is about earlier segments, wherever it stands in its own.
        const std::string prefix = SomeKey(static_cast<size_t>(random_.Between(0, 2)));
        writer.Drop(owner, prefix);
        drops.push_back({{owner, prefix}, ""});
        continue;
      }
      const Key key{owner, SomeKey(static_cast<size_t>(random_.Between(1, 4)))};
      touched[key] = what >= 4;
      if (what < 4) {
        writer.Remove(owner, key.second);
      } else {
        puts[key] = "v" + std::to_string(epoch) + "." + std::to_string(i);
        writer.Put(owner, key.second, puts[key]);
      }
    }
    for (const auto& [drop, none] : drops) {
      std::erase_if(state_, [&](const auto& entry) {
        return entry.first.first == drop.first && entry.first.second.starts_with(drop.second);
      });
    }
    for (const auto& [key, put] : touched) {
      if (put) {
        state_[key] = puts[key];
      } else {
        state_.erase(key);
      }
    }
    StateSegment segment;
    segment.first_epoch = segment.last_epoch = epoch;
    segment.info.file = "delta-" + std::to_string(++files_made_);
    auto file = files_.Create("/s/" + segment.info.file);
    SegmentWriter out(file.value().get());
    segment.sorted = epoch % 2 == 0;  // as a large one is
    // Now and then a frame of its own for each record.
    const bool apart = random_.Chance(30);
    if (segment.sorted) {
      std::vector<StateWriter> deltas;
      deltas.push_back(std::move(writer));
      EXPECT_TRUE(WriteSorted(deltas, &out).ok());
    } else {
      for (const std::string& frame : writer.frames()) {
        std::string_view rest = frame;
        StateRecord record;
        for (size_t at = 0; apart && at < rest.size(); rest.remove_prefix(at), at = 0) {
          EXPECT_TRUE(ReadRecord(rest, &at, &record));
          EXPECT_TRUE(out.Frame(rest.substr(0, at)).ok());
        }
        EXPECT_TRUE(out.Frame(rest).ok());  // without bytes it is none
      }
    }
    EXPECT_TRUE(out.Finish(&segment.info).ok());
    segments_.push_back(segment);
  }

  // Some neighbours become one.
  void FoldSome() {
    if (segments_.size() < 2) return;
    const auto begin = random_.Between(0, static_cast<int64_t>(segments_.size()) - 2);
    const auto end = random_.Between(begin + 2, static_cast<int64_t>(segments_.size()));
    const std::vector<StateSegment> chosen(segments_.begin() + begin, segments_.begin() + end);
    auto run = WriteRun(&files_, "/s", chosen, begin == 0,
                        "runs/" + std::to_string(++files_made_) + ".seg");
    ASSERT_TRUE(run.ok()) << run.error().message;
    EXPECT_TRUE(run.value().sorted);
    segments_.erase(segments_.begin() + begin + 1, segments_.begin() + end);
    segments_[static_cast<size_t>(begin)] = run.value();
    next_ += end - begin - 1;
  }

  std::string Compare() {
    State found;
    std::string wrong;
    Key last;
    Status status = FoldSegments(&files_, "/s", segments_, false, [&](const StateRecord& record) {
      Key key{record.owner, std::string(record.key)};
      if (!found.empty() && !(last < key)) wrong += "out of order at " + key.second + "\n";
      if (record.op != StateOp::kPut) wrong += "not a put: " + key.second + "\n";
      last = key;
      found[key] = std::string(record.value);
      return OkStatus();
    });
    if (!status.ok()) return status.error().message;
    for (int threads : {1, 2, 4}) {
      if (threads > 1 && !random_.Chance(15)) continue;  // threads cost more than the rest
      Kept kept(threads);
      LoadWorkers workers{threads, [&](const auto& f) { RunThreads(threads, f); }};
      if (random_.Chance(50)) workers.round_bytes = static_cast<size_t>(random_.Between(1, 4096));
      status = LoadSegments(&files_, "/s", segments_, workers, &kept);
      if (!status.ok()) return status.error().message;
      if (kept.All() != found) wrong += "loaded otherwise by " + std::to_string(threads) + "\n";
    }
    for (const auto& [key, value] : state_) {
      if (!found.contains(key)) wrong += "lost " + key.second + "\n";
      if (found.contains(key) && found[key] != value) {
        wrong += key.second + " is " + found[key] + ", not " + value + "\n";
      }
    }
    for (const auto& [key, value] : found) {
      if (!state_.contains(key)) wrong += "came back: " + key.second + " " + value + "\n";
    }
    return wrong;
  }
  // Loads the state once for each bit of each segment, with that bit flipped.
  void FlipEachBit(const std::function<void(const std::string& file, const Status& status)>& f) {
    for (const StateSegment& segment : segments_) {
      const std::string path = "/s/" + segment.info.file;
      const std::string whole = files_.Content(path);
      for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        files_.Damage(path, flipped);
        Kept kept(2);
        LoadWorkers workers{2, [](const auto& run) { RunThreads(2, run); }, 64};
        f(segment.info.file, LoadSegments(&files_, "/s", segments_, workers, &kept));
      }
      files_.Damage(path, whole);
    }
  }
  bool Chance(int percent) { return random_.Chance(percent); }

 private:
  // Few letters, so that keys meet and are each other's prefixes.
  std::string SomeKey(size_t size) {
    std::string key(large_ ? 12 : 0, 'a');
    for (size_t i = 0; i < size; ++i) key += static_cast<char>("ab\xff"[random_.Between(0, 2)]);
    return key;
  }

  MemoryFiles files_;
  test::Random random_;
  const bool large_;
  std::vector<StateSegment> segments_;
  State state_;
  int64_t next_ = 1;
  int64_t files_made_ = 0;
};

TEST(Fold, LikeTheModel) {
  for (int64_t seed = 1; seed <= test::AllOr(400, 80); ++seed) {
    Model model(static_cast<uint64_t>(seed));
    for (int step = 0; step < 30; ++step) {
      model.Epoch();
      if (model.Chance(30)) model.FoldSome();
      const std::string wrong = model.Compare();
      ASSERT_EQ(wrong, "") << "seed " << seed << ", step " << step;
    }
  }
}

TEST(Fold, LargeDeltasLikeTheModel) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Model model(seed, /*large=*/true);
    for (int step = 0; step < 8; ++step) {
      model.Epoch();
      if (model.Chance(30)) model.FoldSome();
      const std::string wrong = model.Compare();
      ASSERT_EQ(wrong, "") << "seed " << seed << ", step " << step;
    }
  }
}

// Whatever bit of whatever segment is wrong, loading says so.
TEST(Load, AnyFlippedBit) {
  Model model(7);
  for (int step = 0; step < 3; ++step) model.Epoch();
  model.FoldSome();
  model.Epoch();
  model.FlipEachBit([](const std::string& file, const Status& status) {
    ASSERT_FALSE(status.ok()) << file;
    EXPECT_EQ(status.error().message.find("damaged state: /s/" + file), 0u)
        << status.error().message;
  });
}

TEST(Fold, IsGivenUp) {
  MemoryFiles files;
  StateWriter writer;
  for (int i = 0; i < 5000; ++i) writer.Put(0, "key" + std::to_string(i), "value");
  StateSegment segment;
  segment.info.file = "delta";
  auto file = files.Create("/delta");
  SegmentWriter out(file.value().get());
  for (const std::string& frame : writer.frames()) ASSERT_TRUE(out.Frame(frame).ok());
  ASSERT_TRUE(out.Finish(&segment.info).ok());
  auto first = WriteRun(&files, "", {segment}, true, "first");
  ASSERT_TRUE(first.ok());
  // Before anything is read; and between records.
  for (bool late : {false, true}) {
    std::atomic<bool> stop = !late;
    auto fold = StateFold::Open(&files, "", {late ? first.value() : segment}, false, &stop);
    if (!late) {
      ASSERT_FALSE(fold.ok());
      EXPECT_EQ(fold.error().message, "folding was stopped");
      continue;
    }
    ASSERT_TRUE(fold.ok());
    int records = 0;
    for (; fold.value().Next() != nullptr; ++records) stop.store(true);
    EXPECT_GT(records, 0);
    EXPECT_LT(records, 5000);
    ASSERT_FALSE(fold.value().status().ok());
    EXPECT_EQ(fold.value().status().error().message, "folding was stopped");
  }
}

// A drop whose prefix is a whole key hides that key, too; a fold of a part must not bring it back.
TEST(Fold, ADropOfAWholeKey) {
  MemoryFiles files;
  std::vector<StateSegment> segments;
  for (int epoch = 1; epoch <= 2; ++epoch) {
    StateWriter writer;
    if (epoch == 1) writer.Put(0, "k", "old");
    if (epoch == 2) writer.Drop(0, "k");
    StateSegment segment;
    segment.first_epoch = segment.last_epoch = epoch;
    segment.info.file = std::to_string(epoch);
    auto file = files.Create("/" + segment.info.file);
    SegmentWriter out(file.value().get());
    ASSERT_TRUE(out.Frame(writer.frames()[0]).ok());
    ASSERT_TRUE(out.Finish(&segment.info).ok());
    segments.push_back(segment);
  }
  for (bool folded : {false, true}) {
    if (folded) {
      auto run = WriteRun(&files, "", segments, false, "run");
      ASSERT_TRUE(run.ok());
      segments = {run.value()};
    }
    int records = 0;
    ASSERT_TRUE(FoldSegments(&files, "", segments, false, [&](const StateRecord&) {
                  ++records;
                  return OkStatus();
                }).ok());
    EXPECT_EQ(records, 0) << (folded ? "folded" : "not folded");
  }
}

TEST(Fold, ARunIsChosenByTiers) {
  std::vector<StateSegment> segments(7);
  for (StateSegment& segment : segments) segment.info.size = 1000;
  EXPECT_EQ(ChooseFold(segments), (std::pair<size_t, size_t>(0, 0)));
  segments.resize(8, segments[0]);
  EXPECT_EQ(ChooseFold(segments), (std::pair<size_t, size_t>(0, 8)));
  // A large base stays as it is.
  segments.insert(segments.begin(), StateSegment());
  segments[0].info.size = int64_t{1} << 30;
  EXPECT_EQ(ChooseFold(segments), (std::pair<size_t, size_t>(1, 9)));
}

TEST(Fold, RecordsCutShort) {
  StateWriter writer;
  writer.Put(3, "key", "value");
  writer.Drop(1, "");
  const std::string frame = writer.frames()[0];
  int whole = 0;
  for (size_t size = 0; size < frame.size(); ++size) {
    whole +=
        ForEachRecord(frame.substr(0, size), [](const StateRecord&) { return OkStatus(); }).ok();
  }
  EXPECT_EQ(whole, 2);  // nothing, and the first record alone
}

}  // namespace
}  // namespace flow
