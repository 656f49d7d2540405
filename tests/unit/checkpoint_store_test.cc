// links: runtime/checkpoint
// A state directory on a disk that forgets: whatever step a process dies at, by itself or with the
// machine, the next one finds a whole epoch, and none that was committed is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "runtime/checkpoint/epoch_store.h"
#include "runtime/checkpoint/plan_text.h"
#include "tests/support/memory_files.h"
#include "tests/support/quick.h"

namespace flow {
namespace {

using ::testing::HasSubstr;
using testing::MemoryFiles;

const std::string kRoot = "/disk/.flow/p/stream";

class Store {
 public:
  explicit Store(MemoryFiles* files) : files_(files) {}

  // "" or why not.
  std::string Open(bool reset = false) {
    store_.reset();
    EpochStore::Options options;
    options.reset = reset;
    options.plan = {{"view", "v", "text"}};
    auto opened = EpochStore::Open(files_, kRoot, options);
    if (!opened.ok()) return opened.error().message;
    store_ = std::move(opened).value();
    return "";
  }
  EpochStore* operator->() { return store_.get(); }

  // Epoch n sets key n % 5 to n, removes key (n + 2) % 5 every third time, and drops all before
  // that every seventh; its outbox says n.
  Status Commit() {
    const int64_t n = store_->epoch() + 1;
    EpochData data;
    data.manifest.epoch = n;
    data.manifest.owners = {"o"};
    data.manifest.partitions = {{"s", 0, "s:0", n * 10, 0, false, "", -1}};
    data.deltas.resize(1);
    if (n % 7 == 0) data.deltas[0].Drop(0, "k");
    if (n % 3 == 0) data.deltas[0].Remove(0, "k" + std::to_string((n + 2) % 5));
    data.deltas[0].Put(0, "k" + std::to_string(n % 5), Value(n));
    if (n % 4 != 0) data.outboxes.push_back({"v", {"row " + std::to_string(n)}, 1});
    return store_->Commit(&data);
  }
  // Values of many bytes make runs of higher tiers.
  static std::string Value(int64_t n) {
    return std::to_string(n) + std::string(n % 11 == 0 ? 70000 : 10, 'v');
  }
  static std::map<std::string, std::string> Expected(int64_t epoch) {
    std::map<std::string, std::string> state;
    for (int64_t n = 1; n <= epoch; ++n) {
      if (n % 7 == 0) state.clear();
      if (n % 3 == 0) state.erase("k" + std::to_string((n + 2) % 5));
      state["k" + std::to_string(n % 5)] = Value(n);
    }
    return state;
  }
  // "" if all that CURRENT names is there and right.
  std::string Check() {
    const Manifest current = store_->current();
    if (current.epoch > 0 && current.partitions.at(0).next_offset != current.epoch * 10) {
      return "offsets of another epoch";
    }
    std::map<std::string, std::string> found;
    Status status = store_->Load([&](const StateRecord& record) {
      found[std::string(record.key)] = std::string(record.value);
      return OkStatus();
    });
    if (!status.ok()) return status.error().message;
    return found == Expected(current.epoch) ? ""
                                            : "another state at " + std::to_string(current.epoch);
  }
  // What a sink that holds `from` still gets: the epochs after it, one row each.
  std::string Rows(int64_t from) {
    for (int64_t n = from + 1; n <= store_->epoch(); ++n) {
      auto manifest = store_->Retained(n);
      if (!manifest.ok()) return manifest.error().message;
      std::string rows;
      for (const OutboxInfo& outbox : manifest.value().outboxes) {
        Status status = store_->ReadOutbox(outbox, [&](std::string_view row) {
          rows += row;
          return OkStatus();
        });
        if (!status.ok()) return status.error().message;
      }
      if (rows != (n % 4 == 0 ? "" : "row " + std::to_string(n))) return "other rows in " + rows;
    }
    return "";
  }

 private:
  MemoryFiles* files_;
  std::unique_ptr<EpochStore> store_;
};

// What the outside knows: epochs that Commit said yes to, and what the sink holds.
struct Outside {
  int64_t committed = 0;
  int64_t applied = 0;
};

// Runs epochs with a fold now and then, a sink that lags by up to two, until the process dies.
void RunSome(Store* store, Outside* outside, int64_t epochs) {
  for (int64_t i = 0; i < epochs; ++i) {
    if (!store->Commit().ok()) return;
    outside->committed = (*store)->epoch();
    if (i % 3 == 0) outside->applied = outside->committed;
    (*store)->SetApplied(outside->applied);
    auto folded = (*store)->Fold();
    if (!folded.ok() || !(*store)->CollectGarbage().ok()) return;
  }
}

enum class End { kKilled, kPowerCut, kPowerCutByChance };

// Dies at step `die`, perhaps again while it recovers, then must be whole and go on.
std::string DieAt(int64_t die, int64_t again, End end, bool* reached) {
  MemoryFiles files;
  test::Random chance(static_cast<uint64_t>(die * 31 + again));
  // The folder that flowc is started in is there.
  EXPECT_TRUE(files.MakeFolder("/disk").ok());
  EXPECT_TRUE(files.SyncFolder("/").ok());
  auto restart = [&] {
    if (end == End::kKilled) files.Restart();
    if (end == End::kPowerCut) files.PowerCut();
    if (end == End::kPowerCutByChance) files.PowerCut(&chance);
  };
  Outside outside;
  Store store(&files);
  files.DieAfter(die);
  if (store.Open().empty()) RunSome(&store, &outside, 40);
  *reached = files.dead();
  restart();
  if (again >= 0) {
    files.DieAfter(again);
    if (store.Open().empty() && (*store.operator->()).RemoveLeftovers().ok()) {
      RunSome(&store, &outside, 3);
    }
    restart();
  }
  if (std::string why = store.Open(); !why.empty()) return "can not be opened: " + why;
  if (store->epoch() < outside.committed) {
    return "lost: at " + std::to_string(store->epoch()) + ", was at " +
           std::to_string(outside.committed);
  }
  if (std::string why = store.Rows(outside.applied); !why.empty()) return why;
  if (Status status = store->RemoveLeftovers(); !status.ok()) return status.error().message;
  if (std::string why = store.Check(); !why.empty()) return why;
  const int64_t before = store->epoch();
  RunSome(&store, &outside, 12);
  if (store->epoch() != before + 12) return "does not go on";
  return store.Check();
}

TEST(EpochStore, DiesAtAnyStep) {
  for (End end : {End::kKilled, End::kPowerCut, End::kPowerCutByChance}) {
    bool reached = true;
    for (int64_t die = 0; reached; die += test::AllOr(1, 7)) {
      const std::string wrong = DieAt(die, -1, end, &reached);
      ASSERT_EQ(wrong, "") << "step " << die << ", end " << static_cast<int>(end);
    }
  }
}

TEST(EpochStore, DiesAgainWhileItRecovers) {
  bool reached = true;
  for (int64_t die = 0; reached; die += test::AllOr(37, 185)) {
    for (int64_t again = 0; again < 40; again += 5) {
      for (End end : {End::kKilled, End::kPowerCut, End::kPowerCutByChance}) {
        const std::string wrong = DieAt(die, again, end, &reached);
        ASSERT_EQ(wrong, "") << "steps " << die << ", " << again << ", end "
                             << static_cast<int>(end);
      }
    }
  }
}

TEST(EpochStore, RecoveryMakesDurableWhatItFinds) {
  // Killed between the rename of CURRENT and its folder's sync: the name is there, but not durable.
  MemoryFiles files;
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  ASSERT_TRUE(store.Commit().ok());
  int64_t renamed = -1;
  const int64_t begin = files.steps();
  files.on_step = [&](const std::string& what, const std::string& path) {
    if (what == "rename" && path == kRoot + "/CURRENT") renamed = files.steps() - begin;
  };
  ASSERT_TRUE(store.Commit().ok());
  files.on_step = nullptr;
  files.DieAfter(renamed + 1);
  ASSERT_FALSE(store.Commit().ok());
  files.Restart();
  ASSERT_EQ(store.Open(), "");
  const int64_t seen = store->epoch();  // a sink hears of it now
  EXPECT_EQ(seen, 3);
  files.PowerCut();
  ASSERT_EQ(store.Open(), "");
  EXPECT_EQ(store->epoch(), seen);
}

TEST(EpochStore, NamesOfItsFoldersAreDurable) {
  MemoryFiles files;
  ASSERT_TRUE(files.MakeFolder("/disk").ok());
  ASSERT_TRUE(files.SyncFolder("/").ok());
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  ASSERT_TRUE(store.Commit().ok());
  const std::string uid = store->uid();
  files.PowerCut();
  ASSERT_EQ(store.Open(), "");
  EXPECT_EQ(store->uid(), uid);
  EXPECT_EQ(store->epoch(), 1);
}

// Two folds while one epoch is being written: what its manifest names must stay, though neither
// CURRENT nor the manifest after it names it. It takes runs of which eight make a larger one.
TEST(EpochStore, FoldsWhileAnEpochIsWritten) {
  MemoryFiles files;
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  auto fold = [&] {
    store->SetApplied(store->epoch());
    auto folded = store->Fold();
    EXPECT_TRUE(folded.ok());
    EXPECT_TRUE(store->CollectGarbage().ok());
    return folded.ok() && folded.value();
  };
  int inside = 0;
  for (int64_t n = 1; n <= 70; ++n) {
    EpochData data;
    data.manifest.epoch = n;
    data.deltas.resize(1);
    data.deltas[0].Put(0, "k" + std::to_string(n), std::string(10000, 'v'));
    bool folding = false;
    files.on_step = [&](const std::string& what, const std::string& path) {
      if (folding || what != "create" || !path.ends_with("/MANIFEST")) return;
      folding = true;
      inside += fold() ? 1 : 0;
      folding = false;
    };
    ASSERT_TRUE(store->Commit(&data).ok());
    files.on_step = nullptr;
    // As a process that is killed here would find it.
    for (const StateSegment& segment : store->current().segments) {
      ASSERT_TRUE(files.Exists(kRoot + "/" + segment.info.file)) << segment.info.file;
    }
    fold();
  }
  EXPECT_GT(inside, 0);
  int records = 0;
  ASSERT_TRUE(store
                  ->Load([&](const StateRecord&) {
                    ++records;
                    return OkStatus();
                  })
                  .ok());
  EXPECT_EQ(records, 70);
}

TEST(EpochStore, OneProcess) {
  MemoryFiles files;
  Store one(&files), two(&files);
  ASSERT_EQ(one.Open(), "");
  EXPECT_THAT(two.Open(), HasSubstr("in use by another process"));
}

TEST(EpochStore, RollsForwardOnlyToAChild) {
  MemoryFiles files;
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store.Commit().ok());
  const std::string third = store->hash();
  // CURRENT is put back to the second.
  auto second = store->HashOf(2);
  ASSERT_TRUE(second.ok() && second.value());
  files.Damage(kRoot + "/CURRENT", "2 " + *second.value() + "\n");
  ASSERT_EQ(store.Open(), "");
  ASSERT_EQ(store->epoch(), 2);
  auto other = store->RollForward(std::string(32, '0'));
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(other.value());
  auto done = store->RollForward(third);
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done.value());
  EXPECT_EQ(store.Check(), "");
  // The third is no child of the second's twin.
  files.Damage(kRoot + "/epoch-2/MANIFEST", files.Content(kRoot + "/epoch-2/MANIFEST") + " ");
  files.Damage(kRoot + "/CURRENT",
               "2 " + ManifestHash(files.Content(kRoot + "/epoch-2/MANIFEST")) + "\n");
  ASSERT_EQ(store.Open(), "");
  auto twin = store->RollForward(third);
  ASSERT_TRUE(twin.ok());
  EXPECT_FALSE(twin.value());
}

// Any flipped bit in any file is found with the file's name, or does not matter.
TEST(EpochStore, AnyDamagedFile) {
  MemoryFiles files;
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  for (int i = 0; i < 13; ++i) {
    ASSERT_TRUE(store.Commit().ok());
    ASSERT_TRUE(store->Fold().ok());
    store->SetApplied(store->epoch() - 2);
    ASSERT_TRUE(store->CollectGarbage().ok());
  }
  const int64_t epoch = store->epoch();
  int found = 0;
  for (const std::string& path : files.AllFiles(kRoot)) {
    const std::string whole = files.Content(path);
    for (int kind = 0; kind < 3; ++kind) {
      for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 97) {
        std::string damaged = kind == 0 ? whole.substr(0, at) : whole;
        if (kind > 0) damaged[at] = static_cast<char>(damaged[at] ^ (kind == 1 ? 1 : 0x20));
        files.Damage(path, damaged);
        std::string why = store.Open();
        if (why.empty()) why = store.Rows(epoch - 2);
        if (why.empty()) why = store.Check();
        if (why.empty()) {
          EXPECT_EQ(store->epoch(), epoch) << path;
        } else {
          ++found;
          const std::string name = path.substr(path.rfind('/') + 1);
          EXPECT_THAT(why, HasSubstr(name)) << path << " at " << at;
        }
      }
    }
    files.Damage(path, whole);
  }
  EXPECT_GT(found, 500);
}

TEST(EpochStore, AStateWithoutCurrentIsNotBegunAnew) {
  MemoryFiles files;
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  ASSERT_TRUE(store.Commit().ok());
  ASSERT_TRUE(files.Remove(kRoot + "/CURRENT").ok());
  EXPECT_THAT(store.Open(), HasSubstr("CURRENT is missing"));
  EXPECT_EQ(store.Open(/*reset=*/true), "");
  EXPECT_EQ(store->epoch(), 0);
}

TEST(EpochStore, AFullDiskHeals) {
  MemoryFiles files;
  Store store(&files);
  ASSERT_EQ(store.Open(), "");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store.Commit().ok());
  for (int64_t step = 0; step < 12; ++step) {
    files.DieAfter(step);  // fails from there on; the store lives on
    Status status = store.Commit();
    files.DieAfter(-1);
    if (!status.ok()) {
      ASSERT_TRUE(store.Commit().ok());
    }
    ASSERT_EQ(store.Check(), "");
  }
}

}  // namespace
}  // namespace flow
