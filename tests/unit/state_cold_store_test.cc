// links: runtime/state
// labels: tsan
// The store of cold state: what goes in comes out, in order, whichever way it was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "runtime/state/cold_store.h"
#include "tests/support/temp_folder.h"

namespace flow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Key(const std::string& table, int n) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08d", n);
  return table + digits;
}

void Put(ColdStore* store, const std::string& table, int first, int count,
         const std::string& value) {
  ColdEntries entries;
  for (int i = count; i-- > 0;) {  // not in order
    entries.Add(Key(table, first + i), value + std::to_string(first + i));
  }
  Status put = store->Put(&entries);
  ASSERT_TRUE(put.ok()) << put.error().message;
}

std::vector<std::string> Get(ColdStore* store, const std::vector<std::string>& keys) {
  std::vector<std::string> values(keys.size(), "none");
  Status got = store->Get(keys, [&](size_t i, std::string_view value) {
    values[i] = value;
    return OkStatus();
  });
  EXPECT_TRUE(got.ok());
  return values;
}

std::vector<std::string> Scan(ColdStore* store, const std::string& prefix) {
  std::vector<std::string> keys;
  Status scanned = store->Scan(prefix, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return OkStatus();
  });
  EXPECT_TRUE(scanned.ok());
  return keys;
}

TEST(ColdStore, IsEmptyAndHasNoFolderBeforeTheFirstPut) {
  const test::TempFolder temp;
  const std::string folder = temp / "cold";
  ColdStore store({folder, 1 << 20});
  EXPECT_THAT(Get(&store, {"a"}), ElementsAre("none"));
  EXPECT_THAT(Scan(&store, ""), IsEmpty());
  EXPECT_TRUE(store.Delete({"a"}).ok());
  EXPECT_TRUE(store.DropPrefix("a").ok());
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(ColdStore, GivesBackWhatWasPutLast) {
  ColdStore store({"", 1 << 20});
  Put(&store, "a", 0, 20'000, "old");  // as a file
  Put(&store, "a", 5, 1, "new");       // in memory above it
  Put(&store, "a", 7, 12'000, "newer");
  EXPECT_THAT(Get(&store, {Key("a", 0), Key("a", 5), Key("a", 7), Key("a", 12'006),
                           Key("a", 12'007), Key("a", 20'000)}),
              ElementsAre("old0", "new5", "newer7", "newer12006", "old12007", "none"));
  EXPECT_EQ(store.written(), 32'001);
  EXPECT_EQ(store.looked_up(), 6);
  EXPECT_EQ(store.read_back(), 5);
}

TEST(ColdStore, DropsATableAndNoOther) {
  ColdStore store({"", 1 << 20});
  const std::string last = "\xff\xff";
  for (const std::string& table :
       {std::string("a"), std::string("a\xff"), std::string("b"), last}) {
    Put(&store, table, 0, 2, "v");
  }
  EXPECT_THAT(Scan(&store, "a\xff"), ElementsAre(Key("a\xff", 0), Key("a\xff", 1)));
  ASSERT_TRUE(store.DropPrefix("a\xff").ok());
  EXPECT_THAT(Scan(&store, "a"), ElementsAre(Key("a", 0), Key("a", 1)));
  EXPECT_THAT(Scan(&store, last), ElementsAre(Key(last, 0), Key(last, 1)));
  ASSERT_TRUE(store.Delete({Key("a", 1), Key("b", 0)}).ok());
  EXPECT_THAT(Scan(&store, ""), ElementsAre(Key("a", 0), Key("b", 1), Key(last, 0), Key(last, 1)));
}

TEST(ColdStore, AScanSeesNothingOfWhatIsWrittenMeanwhile) {
  ColdStore store({"", 1 << 20});
  Put(&store, "a", 0, 100, "v");
  int seen = 0;
  Status scanned = store.Scan("a", [&](std::string_view, std::string_view) {
    Put(&store, "a", 1000 + seen, 1, "v");
    ++seen;
    return OkStatus();
  });
  EXPECT_TRUE(scanned.ok());
  EXPECT_EQ(seen, 100);
}

TEST(ColdStore, ForgetsWhatAnEarlierProcessLeftAndLeavesNothing) {
  const test::TempFolder temp;
  const std::string folder = temp / "cold";
  std::filesystem::create_directories(folder + "/sub");
  {
    ColdStore store({folder, 1 << 20});
    Put(&store, "a", 0, 1, "v");
    EXPECT_FALSE(std::filesystem::exists(folder + "/sub"));
    struct stat info;
    ASSERT_EQ(::stat(folder.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700U);
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(ColdStore, SaysWhereItCanNotWrite) {
  ColdStore store({"/proc/no/such/place", 1 << 20});
  ColdEntries entries;
  entries.Add("a", "v");
  Status put = store.Put(&entries);
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().domain, ErrorDomain::kExternal);
  EXPECT_THAT(put.error().message, testing::HasSubstr("/proc/no/such/place"));
}

TEST(ColdStore, ServesSeveralThreads) {
  ColdStore store({"", 1 << 20});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      const std::string table(1, static_cast<char>('a' + t));
      for (int i = 0; i < 4; ++i) Put(&store, table, i * 100, t % 2 == 0 ? 11'000 : 100, "v");
      EXPECT_THAT(Get(&store, {Key(table, 0), Key(table, 350)}), ElementsAre("v0", "v350"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Scan(&store, "b").size(), 400U);
}

}  // namespace
}  // namespace flow
