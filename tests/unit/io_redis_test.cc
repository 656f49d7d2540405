// links: runtime/connector
// labels: asan redis
// REDIS sinks against a real server (tools/redis/start): keys, values, markers, fences, resync,
// crashes. What is there is read by redis-cli.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/support/servers.h"
#include "tests/support/sink_fixture.h"

namespace flow {
namespace {

using ::testing::HasSubstr;
using namespace testing;  // NOLINT(google-build-using-namespace)

class RedisTest : public ::testing::Test {
 protected:
  void SetUp() override { Use(RedisUrl()); }
  void TearDown() override {
    if (url_ != RedisUrl()) return;
    Cli("--eval /dev/stdin , " + uid_ + " " + prefix_ +
        " <<< \"for _, p in ipairs(ARGV) do for _, k in ipairs(redis.call('KEYS', '*' .. p .. "
        "'*')) do redis.call('DEL', k) end end\"");
  }
  // Keys of the test's own on this server.
  void Use(const std::string& url) {
    url_ = url;
    uid_ = "u" + std::to_string(getpid()) + "x" + std::to_string(time(nullptr));
    prefix_ = "t" + uid_;
    options_ = {{"url", url_}, {"key", prefix_ + ":{k}"}, {"timeout", "10s"}};
  }
  // What redis-cli prints.
  std::string Cli(const std::string& words) const {
    return Shell("bash -c '" + Escaped("redis-cli --no-raw -u " + url_ + " " + words) + "' 2>&1");
  }
  std::string Raw(const std::string& words) const {
    return Shell("redis-cli --raw -u " + url_ + " " + words + " 2>&1");
  }
  static std::string Escaped(const std::string& text) {
    std::string out;
    for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out;
  }

  void View(std::vector<std::string> columns, std::vector<Type> types, std::vector<int> key) {
    program_ = OneSink(program::Connector::kRedis, options_, std::move(columns), std::move(types),
                       std::move(key));
    program_.sinks[0].upsert = true;
  }
  void Counts() { View({"k", "n"}, {TypeKind::kString, TypeKind::kBigint}, {0}); }
  Batch Of(const std::vector<std::pair<Row, int64_t>>& rows) const {
    return Rows(program_.views[0].types, rows);
  }
  std::unique_ptr<EpochTarget> Open() {
    program_.sinks[0].options = options_;
    auto targets = OpenEpochTargets(program_, {uid_});
    EXPECT_TRUE(targets.ok()) << Why(targets);
    return targets.ok() ? std::move(targets.value()[0]) : nullptr;
  }
  std::string OpenError() {
    program_.sinks[0].options = options_;
    return Why(OpenEpochTargets(program_, {uid_}));
  }
  std::unique_ptr<EpochTarget> Fresh() {
    auto target = Open();
    EXPECT_EQ(Attached(target.get()), "none");
    EXPECT_EQ(Why(target->Create(0, Marker(0))), "ok");
    return target;
  }
  // The test's data keys (not the sink's own), without their prefix, sorted.
  std::string Keys() const {
    std::set<std::string> keys;
    std::string text = Raw("KEYS '" + prefix_ + "*'") + "\n";
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::string key = text.substr(at, text.find('\n', at) - at);
      if (!key.empty()) keys.insert(key.substr(prefix_.size() + 1));
    }
    std::string list;
    for (const std::string& key : keys) list += (list.empty() ? "" : " ") + key;
    return list;
  }

  std::string url_;
  std::string uid_;
  std::string prefix_;
  program::Options options_;
  program::Program program_;
};

TEST_F(RedisTest, HashesHaveAFieldForEachColumn) {
  View({"k", "n", "d", "m", "b", "t", "day"},
       {TypeKind::kString, TypeKind::kBigint, TypeKind::kDouble, Type::Decimal(12, 2),
        TypeKind::kBoolean, TypeKind::kTimestamp, TypeKind::kDate},
       {0});
  auto target = Fresh();
  const Batch rows = Of(
      {{{Text("a"), Big(-5), Datum::Double(0.1), Datum::Decimal(Type::Decimal(12, 2), 990),
         Datum::Bool(true), Time("2026-01-01 10:00:00.5"), Datum::Int(TypeKind::kDate, 0)},
        1},
       {{Text("q\"'\\\n\x01ü"), Big(1), Missing(TypeKind::kDouble), Missing(Type::Decimal(12, 2)),
         Datum::Bool(false), Missing(TypeKind::kTimestamp), Missing(TypeKind::kDate)},
        1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  EXPECT_EQ(Cli("HMGET " + prefix_ + ":a k n d m b t day"),
            "1) \"a\"\n2) \"-5\"\n3) \"0.1\"\n4) \"9.90\"\n5) \"true\"\n6) "
            "\"2026-01-01T10:00:00.500Z\"\n7) \"1970-01-01\"");
  EXPECT_EQ(Cli("HLEN " + prefix_ + ":a"), "(integer) 7");
  // Fields of before do not stay when they become NULL.
  const Batch less =
      Of({{{Text("a"), Big(6), Missing(TypeKind::kDouble), Missing(Type::Decimal(12, 2)),
            Datum::Bool(true), Missing(TypeKind::kTimestamp), Missing(TypeKind::kDate)},
           1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &less)), "ok");
  EXPECT_EQ(Raw("HGETALL " + prefix_ + ":a"), "k\na\nn\n6\nb\ntrue");
  EXPECT_EQ(Cli("EVAL \"return redis.call('HGET', redis.call('KEYS', ARGV[1])[1], 'k')\" 0 '" +
                prefix_ + ":q*'"),
            "\"q\\\"'\\\\\\n\\x01\\xc3\\xbc\"");
}

TEST_F(RedisTest, JsonAndStringValues) {
  options_["value"] = "json";
  Counts();
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}, {{Text("b"), Missing(TypeKind::kBigint)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  EXPECT_EQ(Raw("MGET " + prefix_ + ":a " + prefix_ + ":b"),
            "{\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":null}");
  // The same keys as strings: other kinds of values give way. NULL has no key.
  options_["value"] = "string";
  options_["field"] = "n";
  target = Open();
  ASSERT_EQ(Attached(target.get()), "1:manifest1");
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &rows)), "ok");
  EXPECT_EQ(Raw("GET " + prefix_ + ":a"), "1");
  EXPECT_EQ(Keys(), "a");
}

TEST_F(RedisTest, DifferentKeysOfTheViewAreDifferentKeys) {
  options_["key"] = prefix_ + ":{{{a}:{t}:{b}-{n}}}";
  options_["value"] = "string";
  options_["field"] = "v";
  View({"a", "b", "t", "n", "v"},
       {TypeKind::kString, TypeKind::kString, TypeKind::kTimestamp, TypeKind::kInt,
        TypeKind::kBigint},
       {0, 1, 2, 3});
  auto target = Fresh();
  const Datum t = Time("2026-01-01 10:00:00");
  const Datum none = Missing(TypeKind::kString);
  auto row = [](Datum a, Datum b, Datum time, int n, int64_t v) {
    return std::pair<Row, int64_t>(
        {std::move(a), std::move(b), std::move(time), Datum::Int(TypeKind::kInt, n), Big(v)}, 1);
  };
  const Batch rows =
      Of({row(Text("x:y"), Text("z"), t, 1, 1), row(Text("x"), Text("y:z"), t, 1, 2),
          row(Text("x"), Text("y-z"), t, -1, 3), row(Text("x%3Ay"), Text("z"), t, 1, 4),
          row(none, Text(""), t, 1, 5), row(Text("NULL"), Text(""), t, 1, 6),
          row(Text("%NULL"), Text(""), t, 1, 7),
          row(Text(""), none, Missing(TypeKind::kTimestamp), 1, 8)});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  const std::string at = ":2026-01-01T10:00:00Z:";
  EXPECT_EQ(Keys(), "{%25NULL" + at + "-1} {%NULL" + at + "-1} {:%NULL:%NULL-1} {NULL" + at +
                        "-1} {x%253Ay" + at + "z-1} {x%3Ay" + at + "z-1} {x" + at + "y%2Dz--1} {x" +
                        at + "y:z-1}");
}

TEST_F(RedisTest, UpsertsDeletesAndTheMarkerTogether) {
  Counts();
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}, {{Text("b"), Big(2)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  const Batch more =
      Of({{{Text("a"), Big(7)}, -1}, {{Text("c"), Big(3)}, 1}, {{Text("not there"), Big(3)}, -1}});
  EXPECT_THAT(Why(ApplyRows(target.get(), 0, 1, &more)),
              HasSubstr("is at epoch 1 of manifest1, not at 0"));
  EXPECT_EQ(target->Apply({SinkStep{0, {1, "other"}, Marker(2), &more}}).error().domain,
            ErrorDomain::kData);
  EXPECT_EQ(Keys(), "a b");
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &more)), "ok");
  EXPECT_EQ(Keys(), "b c");
  ASSERT_EQ(Why(ApplyRows(target.get(), 2, 9, nullptr)), "ok");
  EXPECT_EQ(Attached(target.get()), "9:manifest9");
  EXPECT_EQ(Why(target->Create(0, Marker(9))), "ok");
  EXPECT_THAT(Why(target->Create(0, Marker(0))), HasSubstr("is at epoch 9"));
  // Scripts that the server has forgotten are sent again.
  Cli("SCRIPT FLUSH");
  ASSERT_EQ(Why(ApplyRows(target.get(), 9, 10, &rows)), "ok");
  EXPECT_EQ(Raw("HGET " + prefix_ + ":a n"), "1");
}

TEST_F(RedisTest, ASecondInstanceFencesTheFirst) {
  Counts();
  auto first = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}});
  ASSERT_EQ(Why(ApplyRows(first.get(), 0, 1, &rows)), "ok");
  auto second = Open();
  EXPECT_EQ(Attached(second.get()), "1:manifest1");
  const Batch late = Of({{{Text("a"), Big(666)}, 1}});
  const Status fenced = ApplyRows(first.get(), 1, 2, &late);
  EXPECT_THAT(Why(fenced), HasSubstr("another instance"));
  EXPECT_EQ(fenced.error().domain, ErrorDomain::kData);
  EXPECT_THAT(Why(first->Create(0, Marker(1))), HasSubstr("another instance"));
  EXPECT_THAT(Why(first->Resync(0, Marker(9), Each({&late}))), HasSubstr("another instance"));
  EXPECT_EQ(Raw("HGET " + prefix_ + ":a n"), "1");
  const Batch next = Of({{{Text("a"), Big(2)}, 1}});
  ASSERT_EQ(Why(ApplyRows(second.get(), 1, 2, &next)), "ok");
  EXPECT_EQ(Raw("HGET " + prefix_ + ":a n"), "2");
}

TEST_F(RedisTest, ResyncLeavesExactlyTheGivenRows) {
  Counts();
  auto target = Fresh();
  std::vector<std::pair<Row, int64_t>> many;
  for (int i = 0; i < 2500; ++i) many.push_back({{Text("old" + std::to_string(i)), Big(i)}, 1});
  many.push_back({{Text("both"), Big(0)}, 1});
  const Batch old = Of(many);
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &old)), "ok");
  const Batch one = Of({{{Text("a"), Big(1)}, 1}, {{Text("both"), Big(2)}, 1}});
  const Batch two = Of({{{Text("b"), Big(3)}, 1}});
  // Cut short in the middle, and twice: there is no marker then.
  for (int i = 0; i < 2; ++i) {
    int calls = 0;
    EXPECT_EQ(Why(target->Resync(0, Marker(5),
                                 [&]() -> Result<const Batch*> {
                                   if (calls++ == 0) return &two;
                                   return DataError("torn");
                                 })),
              "torn");
    EXPECT_THAT(Why(ApplyRows(target.get(), 1, 2, &one)), HasSubstr("is gone"));
    EXPECT_EQ(Attached(target.get()), "none");
  }
  const Batch none = Of({});
  ASSERT_EQ(Why(target->Resync(0, Marker(5), Each({&one, &none}))), "ok");
  EXPECT_EQ(Keys(), "a both");
  EXPECT_EQ(Raw("HGET " + prefix_ + ":both n"), "2");
  EXPECT_EQ(Attached(target.get()), "5:manifest5");
  ASSERT_EQ(Why(ApplyRows(target.get(), 5, 6, &two)), "ok");
  EXPECT_EQ(Keys(), "a b both");
  // Nothing is kept for longer than needed: marker and index.
  EXPECT_EQ(Raw("KEYS 'flowc:*" + uid_ + "*' | sort"),
            "flowc:keys:" + uid_ + ":out\nflowc:sink:" + uid_ + ":out");
  EXPECT_EQ(Raw("ZCARD flowc:keys:" + uid_ + ":out"), "3");
}

TEST_F(RedisTest, KeysExpireAndLeaveTheIndex) {
  options_["ttl"] = "3s";
  Counts();
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}, {{Text("b"), Big(1)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  EXPECT_GT(std::stoi(Raw("PTTL " + prefix_ + ":a")), 1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(2000));
  const Batch again = Of({{{Text("a"), Big(2)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &again)), "ok");
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(Keys(), "a");  // its second change began its time anew
  ASSERT_EQ(Why(ApplyRows(target.get(), 2, 3, &again)), "ok");
  EXPECT_EQ(Raw("ZRANGE flowc:keys:" + uid_ + ":out 0 -1"), prefix_ + ":a");
  EXPECT_EQ(Attached(target.get()), "3:manifest3");  // markers stay
}

TEST_F(RedisTest, WhatCannotBeDelivered) {
  options_["key"] = "{k}";
  Counts();
  auto target = Open();
  const Batch rows = Of({{{Text("flowc:sink:x"), Big(1)}, 1},
                         {{Text("a\0b"), Big(1)}, 1},
                         {{Missing(TypeKind::kString), Missing(TypeKind::kBigint)}, 1}});
  EXPECT_EQ(target->Refusal(0, rows, 0).value_or("ok"),
            "its key begins with flowc:, as the sink's own keys do");
  EXPECT_EQ(target->Refusal(0, rows, 1).value_or("ok"), "ok");
  EXPECT_EQ(target->Refusal(0, rows, 2).value_or("ok"),
            "a hash holds no row of which all columns are NULL");
}

TEST_F(RedisTest, OptionsAreChecked) {
  Counts();
  auto with = [&](const std::string& option, const std::string& value) {
    const program::Options before = options_;
    options_[option] = value;
    std::string said = OpenError();
    options_ = before;
    said = said.substr(std::min(said.find("(REDIS)") + 7, said.size()));
    return said.substr(std::min(said.find_first_not_of(": "), said.size()));
  };
  EXPECT_EQ(with("key", "a{k"), "key = 'a{k': a { without its }");
  EXPECT_EQ(with("key", "a}{k}"), "key = 'a}{k}': a } without its {");
  EXPECT_EQ(with("key", "{k}{n}"), "key = '{k}{n}': nothing stands between two columns");
  EXPECT_EQ(with("key", "{}"), "key = '{}': {} names no column");
  EXPECT_EQ(with("key", "{k}:{q}"), "the view has no column q");
  EXPECT_EQ(with("key", "x:{n}"), "key = 'x:{n}' leaves out the column k");
  EXPECT_EQ(with("value", "list"), "value = 'list' is not 'hash' or 'json' or 'string'");
  EXPECT_EQ(with("value", "string"), "needs the option field");
  EXPECT_THAT(with("ttl", "soon"), HasSubstr("is not a length of time"));
  EXPECT_THAT(with("url", "rediss://h"), HasSubstr("TLS"));
  for (const char* bad : {"http://h", "redis://", "redis://h:x", "redis://geheim@h", "redis://h/db",
                          "redis://h:99999", "redis://:geheim%@h"}) {
    EXPECT_EQ(with("url", bad), "url is not the URL of a Redis server") << bad;
  }
  options_["url"] = "redis://:geheim@127.0.0.1:1/3";
  auto target = Open();
  auto attached = target->Attach();
  ASSERT_FALSE(attached.ok());
  EXPECT_EQ(attached.error().domain, ErrorDomain::kExternal);
  EXPECT_EQ(attached.error().hint, "is Redis at 127.0.0.1:1/3 up?");
  EXPECT_EQ(ApplyRows(target.get(), 0, 1, nullptr).error().domain, ErrorDomain::kExternal);
}

TEST_F(RedisTest, PasswordsAndDatabases) {
  OwnServer server("redis");
  Use(server.url());
  Raw("CONFIG SET requirepass 'p@ss:/w'");
  Counts();
  auto target = Open();
  const auto refused = target->Attach();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().domain, ErrorDomain::kUser) << Why(refused);
  const std::string host = url_.substr(8);
  options_["url"] = "redis://:wrong@" + host;
  target = Open();
  EXPECT_EQ(target->Attach().error().domain, ErrorDomain::kUser);
  options_["url"] = "redis://default:p%40ss%3A%2Fw@" + host + "/2";
  target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  EXPECT_EQ(Raw("-n 2 --pass 'p@ss:/w' --no-auth-warning HGET " + prefix_ + ":a n"), "1");

  // A server without memory takes nothing of an epoch, whatever stands in it.
  Raw("--pass 'p@ss:/w' --no-auth-warning CONFIG SET maxmemory 1");
  const Batch change = Of({{{Text("a"), Big(1)}, -1}, {{Text("b"), Big(1)}, 1}});
  const Status full = ApplyRows(target.get(), 1, 2, &change);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().domain, ErrorDomain::kExternal) << Why(full);
  EXPECT_EQ(Raw("-n 2 --pass 'p@ss:/w' --no-auth-warning HGET " + prefix_ + ":a n"), "1");
  Raw("--pass 'p@ss:/w' --no-auth-warning CONFIG SET maxmemory 0");
  EXPECT_EQ(Attached(target.get()), "1:manifest1");
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &change)), "ok");
}

TEST_F(RedisTest, ManyRowsAtOnce) {
  Counts();
  auto target = Fresh();
  std::string seen;
  for (int64_t epoch = 1; epoch <= 2; ++epoch) {
    std::vector<std::pair<Row, int64_t>> list;
    const std::string filler(40, 'x');
    for (int i = 0; i < 100000; ++i) {
      list.push_back({{Text(filler + std::to_string(i)), Big(epoch)}, 1});
    }
    const Batch rows = Of(list);
    // Another client sees all of it or nothing.
    std::atomic<bool> done{false};
    std::set<std::string> states;
    std::thread reader([&] {
      while (!done) {
        states.insert(
            Raw("EVAL \"return redis.call('HGET', ARGV[1] .. '0', 'n') .. '-' .. "
                "redis.call('HGET', ARGV[1] .. '99999', 'n') .. '-' .. "
                "redis.call('HGET', KEYS[1], 'epoch')\" 1 flowc:sink:" +
                uid_ + ":out " + prefix_ + ":" + filler + " || true"));
      }
    });
    // The server's own time: the machine may be busy with other things.
    const auto cpu_ms = [&] {
      return std::stod(Raw("INFO cpu | grep used_cpu_user_main_thread | cut -d: -f2")) * 1000;
    };
    const double before = cpu_ms();
    const Status status = ApplyRows(target.get(), epoch - 1, epoch, &rows);
    RecordProperty("server_ms_for_100000_" + std::to_string(epoch),
                   static_cast<int>(cpu_ms() - before));
    done = true;
    reader.join();
    ASSERT_EQ(Why(status), "ok");
    if (epoch == 2) {
      for (const std::string& state : states) {
        // (BUSY: a script that runs for longer than 5 s, on a slow machine.)
        EXPECT_TRUE(state == "1-1-1" || state == "2-2-2" || state.starts_with("BUSY")) << state;
      }
      EXPECT_FALSE(states.empty());
    }
  }
  EXPECT_EQ(Raw("ZCARD flowc:keys:" + uid_ + ":out"), "100000");
  EXPECT_EQ(Raw("KEYS 'flowc:staged*" + uid_ + "*'"), "");
  RecordProperty("index_bytes_a_key",
                 std::stoi(Raw("MEMORY USAGE flowc:keys:" + uid_ + ":out SAMPLES 0")) / 100000);
  RecordProperty("hash_bytes", Raw("MEMORY USAGE " + prefix_ + ":" + std::string(40, 'x') + "5"));
}

// A random history against a map, by instances that take turns.
// The rows of the next epoch are asked while this one is written.
TEST_F(RedisTest, RefusalsBesideAnEpoch) {
  Counts();
  auto target = Fresh();
  std::vector<std::pair<Row, int64_t>> many;
  for (int i = 0; i < 2000; ++i) many.push_back({{Text("k" + std::to_string(i)), Big(i)}, 1});
  const Batch rows = Of(many);
  const Batch next = Of({{{Text("another key, of some length"), Big(123456789012)}, 1}});
  std::atomic<bool> done{false};
  std::thread asking([&] {
    while (!done) EXPECT_EQ(target->Refusal(0, next, 0), std::nullopt);
  });
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    EXPECT_EQ(Why(ApplyRows(target.get(), epoch, epoch + 1, &rows)), "ok");
  }
  done = true;
  asking.join();
  std::string wanted;
  std::set<std::string> keys;
  for (int i = 0; i < 2000; ++i) keys.insert("k" + std::to_string(i));
  for (const std::string& key : keys) wanted += (wanted.empty() ? "" : " ") + key;
  EXPECT_EQ(Keys(), wanted);
  EXPECT_EQ(Raw("HGETALL " + prefix_ + ":k1999"), "k\nk1999\nn\n1999");
}

TEST_F(RedisTest, RandomHistoriesEndAsTheModel) {
  options_["value"] = "string";
  options_["field"] = "n";
  Counts();
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::map<std::string, int64_t> model;
  auto row = [](const std::string& key, int64_t n) { return Row{Text(key), Big(n)}; };
  auto target = Fresh();
  int64_t at = 0;
  for (int round = 0; round < 100; ++round) {
    std::map<std::string, std::pair<int64_t, int64_t>> changes;
    for (int i = pick(30); i > 0; --i) {
      changes["k" + std::to_string(pick(25))] = {pick(1000), pick(3) == 0 ? -1 : 1};
    }
    std::vector<std::pair<Row, int64_t>> list;
    auto next = model;
    for (const auto& [key, change] : changes) {
      list.push_back({row(key, change.first), change.second});
      if (change.second > 0) next[key] = change.first;
      if (change.second < 0) next.erase(key);
    }
    const Batch rows = Of(list);
    const int64_t to = at + 1 + pick(3);
    const int what = pick(10);
    if (what == 0) {
      EXPECT_FALSE(ApplyRows(target.get(), at + 1, to + 5, &rows).ok());
    } else if (what == 1) {
      auto other = Open();
      ASSERT_EQ(Attached(other.get()), std::to_string(at) + ":" + Marker(at).manifest);
      EXPECT_FALSE(ApplyRows(target.get(), at, to, &rows).ok());
      target = std::move(other);
    } else if (what == 2) {
      list.clear();
      for (const auto& [key, n] : next) list.push_back({row(key, n), 1});
      const Batch all = Of(list);
      ASSERT_EQ(Why(target->Resync(0, Marker(to), Each({&all}))), "ok");
      model = next;
      at = to;
    } else {
      ASSERT_EQ(Why(ApplyRows(target.get(), at, to, &rows)), "ok");
      model = next;
      at = to;
    }
    if (round % 20 != 19) continue;
    std::string keys;
    std::string values;
    std::string get;
    for (const auto& [key, n] : model) {
      keys += (keys.empty() ? "" : " ") + key;
      values += (values.empty() ? "" : "\n") + std::to_string(n);
      get += " " + prefix_ + ":" + key;
    }
    ASSERT_EQ(Keys(), keys);
    if (!get.empty()) {
      ASSERT_EQ(Raw("MGET" + get), values);
    }
  }
}

// Killed at whatever moment, emptied, restarted: the marker says what is there.
TEST_F(RedisTest, KilledAndEmptiedServers) {
  OwnServer server("redis");
  Use(server.url());
  Counts();
  auto target = Fresh();
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int64_t at = 0;
  int doubtful = 0;
  auto rows_of = [&](int64_t epoch) {
    std::vector<std::pair<Row, int64_t>> list;
    for (int i = 0; i < 500; ++i) list.push_back({{Text(std::to_string(i)), Big(epoch)}, 1});
    return Of(list);
  };
  const Batch first = rows_of(1);
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &first)), "ok");
  at = 1;
  for (int round = 0; round < 10; ++round) {
    const auto delay = std::chrono::microseconds(5000 + random() % 60000);
    std::thread killer([&] {
      std::this_thread::sleep_for(delay);
      server.Kill();
    });
    Status status;
    while (status.ok() && at < 100000) {
      const Batch rows = rows_of(at + 1);
      status = ApplyRows(target.get(), at, at + 1, &rows);
      if (status.ok()) ++at;
    }
    killer.join();
    ASSERT_EQ(status.error().domain, ErrorDomain::kExternal) << Why(status);
    server.StartAgain();
    auto markers = target->Attach();
    ASSERT_TRUE(markers.ok()) << Why(markers);
    ASSERT_TRUE(markers.value()[0].has_value());
    const int64_t found = markers.value()[0]->epoch;
    ASSERT_TRUE(found == at || found == at + 1) << found << " " << at;
    doubtful += static_cast<int>(found - at);
    at = found;
    const std::string n = std::to_string(at);
    ASSERT_EQ(Raw("EVAL \"local s, l, h = 0 for i = 0, 499 do local n = redis.call('HGET', ARGV[1] "
                  ".. ':' .. i, 'n') s = s + 1 if not l or n < l then l = n end if not h or n > h "
                  "then h = n end end return s .. ' ' .. l .. ' ' .. h\" 0 " +
                  prefix_),
              "500 " + n + " " + n);
  }
  RecordProperty("epochs", static_cast<int>(at));
  RecordProperty("written_without_an_answer", doubtful);

  // Killed while a large epoch travels: writing to what is gone is an error, not a signal.
  int interrupted = 0;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::pair<Row, int64_t>> list;
    const std::string filler(1000, 'x');
    for (int i = 0; i < 20000; ++i) list.push_back({{Text(std::to_string(i) + filler), Big(1)}, 1});
    const Batch large = Of(list);
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % 100));
      server.Kill();
    });
    const Status status = ApplyRows(target.get(), at, at + 1, &large);
    killer.join();
    server.StartAgain();
    auto markers = target->Attach();
    ASSERT_TRUE(markers.ok()) << Why(markers);
    ASSERT_TRUE(markers.value()[0].has_value());
    if (!status.ok()) ++interrupted;
    if (status.ok()) {
      EXPECT_EQ(markers.value()[0]->epoch, at + 1);
    }
    EXPECT_EQ(Raw("DBSIZE"), markers.value()[0]->epoch == at ? "502" : "20502");
    const Batch back = rows_of(at + 2);
    ASSERT_EQ(Why(target->Resync(0, Marker(at + 2), Each({&back}))), "ok");
    EXPECT_EQ(Raw("DBSIZE"), "502");
    at += 2;
  }
  EXPECT_GT(interrupted, 0);

  // Emptied under a running instance: nothing is written, Attach finds no marker, a resync heals.
  Raw("FLUSHALL");
  const Batch rows = rows_of(at + 1);
  const Status lost = ApplyRows(target.get(), at, at + 1, &rows);
  EXPECT_EQ(lost.error().domain, ErrorDomain::kExternal) << Why(lost);
  EXPECT_EQ(Raw("DBSIZE"), "0");
  auto zombie = Open();
  EXPECT_EQ(Attached(zombie.get()), "none");
  Raw("FLUSHALL");
  EXPECT_EQ(Attached(target.get()), "none");
  ASSERT_EQ(Why(target->Resync(0, Marker(at + 1), Each({&rows}))), "ok");
  EXPECT_EQ(Raw("DBSIZE"), "502");
  // Emptying does not bring an old instance back.
  EXPECT_THAT(Why(ApplyRows(zombie.get(), at + 1, at + 2, &rows)), HasSubstr("another instance"));
  EXPECT_EQ(Attached(target.get()), std::to_string(at + 1) + ":" + Marker(at + 1).manifest);

  // A server that stands still is an error in time.
  options_["timeout"] = "500ms";
  target = Open();
  ASSERT_NE(Attached(target.get()), "none");
  kill(server.pid(), SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  const Status late = ApplyRows(target.get(), at + 1, at + 2, &rows);
  kill(server.pid(), SIGCONT);
  EXPECT_EQ(late.error().domain, ErrorDomain::kExternal);
  EXPECT_THAT(Why(late), HasSubstr("does not answer"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  auto markers = target->Attach();
  ASSERT_TRUE(markers.ok());
  EXPECT_GE(markers.value()[0]->epoch, at + 1);
}

}  // namespace
}  // namespace flow
