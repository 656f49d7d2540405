// links: runtime/connector
// labels: asan postgres
// POSTGRES sinks against a real server (tools/postgres/start): tables, values, changes, markers,
// fences, refused rows, crashes. What is there is read by psql.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <thread>

#include "tests/support/servers.h"
#include "tests/support/sink_fixture.h"

namespace flow {
namespace {

using ::testing::HasSubstr;
using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kGreatest = std::numeric_limits<int64_t>::max();

// What psql says; rows as "a|b", NULL as <null>.
std::string Psql(const std::string& url, const std::string& sql) {
  const std::string file = "/tmp/flow_psql_" + std::to_string(getpid()) + ".sql";
  std::ofstream(file) << sql;
  const std::string answer = Shell("psql -X -q -A -t -v ON_ERROR_STOP=1 -P null='<null>' -f " +
                                   file + " '" + url + "' 2>&1");
  unlink(file.c_str());
  return answer;
}

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override { Use(PostgresUrl()); }
  void TearDown() override {
    if (url_ == PostgresUrl()) Psql(url_, "DROP SCHEMA " + schema_ + " CASCADE");
  }
  // A schema of the test's own on this server.
  void Use(const std::string& url) {
    url_ = url;
    schema_ = "t_" + std::to_string(getpid()) + "_" + std::to_string(time(nullptr));
    Psql(url_, "CREATE SCHEMA " + schema_);
    options_ = {{"url", url_}, {"table", "out"}, {"schema", schema_}, {"timeout", "30s"}};
  }
  std::string Table(const std::string& name = "out") const { return schema_ + "." + name; }
  std::string Sql(const std::string& sql) const { return Psql(url_, sql); }
  std::string Content() const { return Sql("SELECT * FROM " + Table() + " ORDER BY 1, 2"); }

  void View(std::vector<std::string> columns, std::vector<Type> types, std::vector<int> key) {
    program_ = OneSink(program::Connector::kPostgres, options_, std::move(columns),
                       std::move(types), std::move(key));
  }
  // k STRING, n BIGINT by k.
  void Counts() { View({"k", "n"}, {TypeKind::kString, TypeKind::kBigint}, {0}); }
  Batch Of(const std::vector<std::pair<Row, int64_t>>& rows) const {
    return Rows(program_.views[0].types, rows);
  }
  std::unique_ptr<EpochTarget> Open(const std::string& uid = "uid") {
    program_.sinks[0].options = options_;
    auto targets = OpenEpochTargets(program_, {uid});
    EXPECT_TRUE(targets.ok()) << Why(targets);
    return targets.ok() ? std::move(targets.value()[0]) : nullptr;
  }
  std::string OpenError() {
    program_.sinks[0].options = options_;
    return Why(OpenEpochTargets(program_, {"uid"}));
  }
  // Opened, attached for the first time, created at epoch 0.
  std::unique_ptr<EpochTarget> Fresh(const std::string& uid = "uid") {
    auto target = Open(uid);
    EXPECT_EQ(Attached(target.get()), "none");
    EXPECT_EQ(Why(target->Create(0, Marker(0))), "ok");
    return target;
  }

  std::string url_;
  std::string schema_;
  program::Options options_;
  program::Program program_;
};

TEST_F(PostgresTest, AllTypesAndTheirExtremes) {
  View({"k", "b", "i", "l", "d", "m", "s", "day", "t"},
       {TypeKind::kInt, TypeKind::kBoolean, TypeKind::kInt, TypeKind::kBigint, TypeKind::kDouble,
        Type::Decimal(38, 4), TypeKind::kString, TypeKind::kDate, TypeKind::kTimestamp},
       {0});
  auto target = Fresh();
  EXPECT_EQ(
      Sql("SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM "
          "pg_attribute WHERE attrelid = '" +
          Table() + "'::regclass AND attnum > 0"),
      "integer,boolean,integer,bigint,double precision,numeric(38,4),text,date,timestamp with "
      "time zone");
  const FlowInt128 wide = flow_pow10(38) - 1;
  auto row = [](int k, bool b, int64_t i, int64_t l, double d, FlowInt128 m, std::string s,
                int64_t day, int64_t t) {
    return std::pair<Row, int64_t>(
        {Datum::Int(TypeKind::kInt, k), Datum::Bool(b), Datum::Int(TypeKind::kInt, i), Big(l),
         Datum::Double(d), Datum::Decimal(Type::Decimal(38, 4), m), Text(std::move(s)),
         Datum::Int(TypeKind::kDate, day), Datum::Int(TypeKind::kTimestamp, t)},
        1);
  };
  const double inf = std::numeric_limits<double>::infinity();
  Row nulls = {Datum::Int(TypeKind::kInt, 5)};
  for (size_t c = 1; c < 9; ++c) nulls.push_back(Missing(program_.views[0].types[c]));
  const Batch rows =
      Of({row(1, true, std::numeric_limits<int32_t>::max(), kGreatest, 0.1, wide, "", 0, 0),
          row(2, false, std::numeric_limits<int32_t>::min(), kLeast, -inf, -wide,
              "'\"\\ \\N\t\n\r;--$1 %s", FLOW_DATE_MAX, FLOW_TIMESTAMP_MAX),
          row(3, false, 0, 0, std::numeric_limits<double>::quiet_NaN(), 0, "ü€😀", FLOW_DATE_MIN,
              FLOW_TIMESTAMP_MIN),
          // A window around the ends of time.
          row(4, false, -1, -1, 5e-324, 1, "\\N", FLOW_DATE_MIN - 1, FLOW_TIMESTAMP_MAX + 1),
          {nulls, 1},
          row(6, false, 0, 0, 1.7976931348623157e308, -1, "\\.", 0, FLOW_TIMESTAMP_MIN - 1)});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  EXPECT_EQ(
      Sql("SET timezone = 'UTC'; SELECT k, b, i, l, d, m, day, t FROM " + Table() + " ORDER BY k"),
      "1|t|2147483647|9223372036854775807|0.1|9999999999999999999999999999999999.9999|1970-01-01|"
      "1970-01-01 00:00:00+00\n"
      "2|f|-2147483648|-9223372036854775808|-Infinity|-9999999999999999999999999999999999.9999|"
      "9999-12-31|9999-12-31 23:59:59.999999+00\n"
      "3|f|0|0|NaN|0.0000|0001-01-01|0001-01-01 00:00:00+00\n"
      "4|f|-1|-1|5e-324|0.0001|0001-12-31 BC|10000-01-01 00:00:00+00\n"
      "5|<null>|<null>|<null>|<null>|<null>|<null>|<null>\n"
      "6|f|0|0|1.7976931348623157e+308|-0.0001|1970-01-01|0001-12-31 23:59:59.999999+00 BC");
  EXPECT_EQ(Sql("SELECT k, encode(convert_to(s, 'UTF8'), 'hex') FROM " + Table() + " ORDER BY k"),
            "1|\n2|27225c205c4e090a0d3b2d2d2431202573\n3|c3bce282acf09f9880\n4|5c4e\n5|<null>\n6|"
            "5c2e");
  EXPECT_EQ(Sql("SELECT t = '9999-12-31 23:59:59.999999+00', day FROM " + Table() + " WHERE k = 2"),
            "t|9999-12-31");
}

TEST_F(PostgresTest, UpsertsAndDeletesByKeyAlsoWithNulls) {
  View({"a", "b", "n"}, {TypeKind::kString, TypeKind::kInt, TypeKind::kBigint}, {0, 1});
  auto target = Fresh();
  auto row = [](Datum a, Datum b, int64_t n) { return Row{std::move(a), std::move(b), Big(n)}; };
  const Datum none = Missing(TypeKind::kString);
  const Datum no_b = Missing(TypeKind::kInt);
  auto b = [](int64_t value) { return Datum::Int(TypeKind::kInt, value); };
  const Batch first = Of({{row(Text("x"), b(1), 1), 1},
                          {row(Text("x"), no_b, 2), 1},
                          {row(none, b(1), 3), 1},
                          {row(none, no_b, 4), 1},
                          {row(Text("y"), b(2), 5), 1},
                          {row(Text(""), b(2), 6), 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &first)), "ok");
  const Batch second = Of({{row(Text("x"), b(1), 10), 1},
                           {row(Text("x"), no_b, 20), 1},
                           {row(none, no_b, 40), 1},
                           {row(none, b(1), 3), -1},
                           {row(Text("y"), b(2), 0), -1},
                           {row(Text("z"), b(2), 0), -1}});  // a key that is not there
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &second)), "ok");
  EXPECT_EQ(Content(), "|2|6\nx|1|10\nx|<null>|20\n<null>|<null>|40");
  const Batch third = Of({{row(Text("x"), no_b, 0), -1}, {row(none, no_b, 0), -1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 2, 3, &third)), "ok");
  EXPECT_EQ(Content(), "|2|6\nx|1|10");
  // The table itself keeps NULL keys apart from each other.
  EXPECT_EQ(
      Sql("SELECT indnullsnotdistinct FROM pg_index WHERE indrelid = '" + Table() + "'::regclass"),
      "t");
}

TEST_F(PostgresTest, AViewOfOneRowAndOneOfKeysOnly) {
  View({"n"}, {TypeKind::kBigint}, {});
  program_.sinks[0].upsert = true;
  auto target = Fresh();
  for (int64_t epoch = 1; epoch <= 3; ++epoch) {
    const Batch rows = Of({{{Big(epoch * 10)}, 1}});
    ASSERT_EQ(Why(ApplyRows(target.get(), epoch - 1, epoch, &rows)), "ok");
  }
  EXPECT_EQ(Sql("SELECT * FROM " + Table()), "30");
  options_["table"] = "keys";
  View({"k"}, {TypeKind::kString}, {0});
  program_.sinks[0].name = "other";
  target = Fresh();
  const Batch rows = Of({{{Text("a")}, 1}, {{Text("b")}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &rows)), "ok");
  EXPECT_EQ(Sql("SELECT * FROM " + Table("keys") + " ORDER BY 1"), "a\nb");
}

TEST_F(PostgresTest, AppendsRowsAsOftenAsTheyAre) {
  View({"k", "n"}, {TypeKind::kString, TypeKind::kBigint}, {});
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}, {{Text("b"), Big(2)}, 3}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &rows)), "ok");
  EXPECT_EQ(Sql("SELECT k, n, COUNT(*) FROM " + Table() + " GROUP BY k, n ORDER BY 1"),
            "a|1|2\nb|2|6");
  EXPECT_FALSE(target->CanResync(0));
}

TEST_F(PostgresTest, TheMarkerMovesWithTheRowsOrNothingDoes) {
  Counts();
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  const Batch more = Of({{{Text("a"), Big(99)}, 1}});
  // Again the same epoch; a step that leaves one out.
  EXPECT_THAT(Why(ApplyRows(target.get(), 0, 1, &more)),
              HasSubstr("is at epoch 1 of manifest1, not at 0"));
  EXPECT_THAT(Why(ApplyRows(target.get(), 2, 3, &more)), HasSubstr("not at 2 of manifest2"));
  SinkStep other{0, {1, "other"}, Marker(2), &more};
  EXPECT_EQ(target->Apply({other}).error().domain, ErrorDomain::kData);
  EXPECT_EQ(Content(), "a|1");
  EXPECT_EQ(Attached(target.get()), "1:manifest1");
  // No rows: the marker alone.
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 7, nullptr)), "ok");
  EXPECT_EQ(Attached(target.get()), "7:manifest7");
  EXPECT_EQ(Content(), "a|1");
  // Create again says the same, or refuses.
  EXPECT_EQ(Why(target->Create(0, Marker(7))), "ok");
  EXPECT_THAT(Why(target->Create(0, Marker(0))), HasSubstr("is at epoch 7"));
  // Another pipeline has markers of its own.
  auto stranger = Open("another uid");
  EXPECT_EQ(Attached(stranger.get()), "none");
  ASSERT_EQ(Why(ApplyRows(target.get(), 7, 8, &more)), "ok");
}

TEST_F(PostgresTest, ASecondInstanceFencesTheFirst) {
  Counts();
  auto first = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}});
  ASSERT_EQ(Why(ApplyRows(first.get(), 0, 1, &rows)), "ok");
  auto second = Open();
  EXPECT_EQ(Attached(second.get()), "1:manifest1");
  const Batch late = Of({{{Text("a"), Big(666)}, 1}});
  EXPECT_THAT(Why(ApplyRows(first.get(), 1, 2, &late)), HasSubstr("another instance"));
  EXPECT_THAT(Why(first->Create(0, Marker(0))), HasSubstr("another instance"));
  EXPECT_THAT(Why(first->Resync(0, Marker(9), Each({&late}))), HasSubstr("another instance"));
  EXPECT_EQ(Content(), "a|1");
  const Batch next = Of({{{Text("a"), Big(2)}, 1}});
  ASSERT_EQ(Why(ApplyRows(second.get(), 1, 2, &next)), "ok");
  EXPECT_EQ(Content(), "a|2");

  // Also before the first Create.
  program_.sinks[0].name = "late";
  auto third = Open();
  EXPECT_EQ(Attached(third.get()), "none");
  auto fourth = Open();
  EXPECT_EQ(Attached(fourth.get()), "none");
  EXPECT_THAT(Why(third->Create(0, Marker(0))), HasSubstr("another instance"));
  EXPECT_EQ(Why(fourth->Create(0, Marker(0))), "ok");
}

TEST_F(PostgresTest, AttachWaitsForAnOpenTransactionAndASilentOneIsEnded) {
  Counts();
  auto target = Fresh();
  // An instance that moved the marker and then says nothing more.
  const std::string sql = "BEGIN; SET idle_in_transaction_session_timeout = 3000; UPDATE " +
                          Table("flowc_sink") + " SET epoch = 5, manifest = 'm';\n";
  FILE* silent = popen(("psql -X -q '" + url_ + "' >/dev/null 2>&1").c_str(), "w");
  ASSERT_NE(silent, nullptr);
  fputs(sql.c_str(), silent);
  fflush(silent);
  for (int i = 0; i < 100; ++i) {
    if (Sql("SELECT COUNT(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND query LIKE "
            "'%" +
            schema_ + "%'") == "1") {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Attached(target.get()), "0:");
  EXPECT_GT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(200));
  pclose(silent);

  options_["timeout"] = "2s";
  target = Open();
  ASSERT_EQ(Attached(target.get()), "0:");
  // One that is at it for longer than our patience: an external error, not a hang.
  FILE* busy = popen(("psql -X -q '" + url_ + "' >/dev/null 2>&1").c_str(), "w");
  fputs(("BEGIN; UPDATE " + Table("flowc_sink") +
         " SET epoch = 5, manifest = 'm'; SELECT pg_sleep(7); COMMIT;\n")
            .c_str(),
        busy);
  fflush(busy);
  for (int i = 0; i < 100; ++i) {
    if (Sql("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "0") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto attached = target->Attach();
  ASSERT_FALSE(attached.ok());
  EXPECT_EQ(attached.error().domain, ErrorDomain::kExternal) << attached.error().message;
  EXPECT_THAT(attached.error().message, HasSubstr("taking over the sink"));
  pclose(busy);
  EXPECT_EQ(Attached(target.get()), "5:m");
}

TEST_F(PostgresTest, AnExistingTableMustFit) {
  Sql("CREATE TABLE " + Table() + " (k varchar(10) UNIQUE, n integer, must int NOT NULL)");
  Counts();
  auto target = Open();
  EXPECT_EQ(Attached(target.get()), "none");
  const Status created = target->Create(0, Marker(0));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().domain, ErrorDomain::kUser);
  EXPECT_THAT(
      created.error().message,
      HasSubstr("does not fit its view: column n is integer, not bigint; column must is NOT "
                "NULL without a default"));
  Sql("DROP TABLE " + Table() + "; CREATE TABLE " + Table() + " (k text, other int, m int)");
  EXPECT_THAT(Why(target->Create(0, Marker(0))), HasSubstr("it has no column n (bigint)"));
  Sql("DROP TABLE " + Table() + "; CREATE TABLE " + Table() + " (n numeric, k varchar(9))");
  EXPECT_THAT(Why(target->Create(0, Marker(0))), HasSubstr("it has no UNIQUE (\"k\")"));
  // More columns, another order, a plain UNIQUE: NULL keys still stay single.
  Sql("DROP TABLE " + Table() + "; CREATE TABLE " + Table() +
      " (id serial, n numeric, k varchar(9) UNIQUE, extra text DEFAULT 'x')");
  ASSERT_EQ(Why(target->Create(0, Marker(0))), "ok");
  for (int64_t epoch = 1; epoch <= 2; ++epoch) {
    const Batch rows =
        Of({{{Missing(TypeKind::kString), Big(epoch)}, 1}, {{Text("a"), Big(epoch)}, 1}});
    ASSERT_EQ(Why(ApplyRows(target.get(), epoch - 1, epoch, &rows)), "ok");
  }
  EXPECT_EQ(Sql("SELECT k, n, extra FROM " + Table() + " ORDER BY 1"), "a|2|x\n<null>|2|x");
}

TEST_F(PostgresTest, ADroppedTableIsAMissingMarker) {
  Counts();
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  Sql("DROP TABLE " + Table());
  EXPECT_FALSE(ApplyRows(target.get(), 1, 2, &rows).ok());
  EXPECT_EQ(Attached(target.get()), "none");
  EXPECT_TRUE(target->CanResync(0));
  ASSERT_EQ(Why(target->Resync(0, Marker(2), Each({&rows}))), "ok");
  EXPECT_EQ(Attached(target.get()), "2:manifest2");
  EXPECT_EQ(Content(), "a|1");
}

TEST_F(PostgresTest, ResyncLeavesExactlyTheGivenRows) {
  Counts();
  auto target = Fresh();
  const Batch old = Of({{{Text("old"), Big(1)}, 1}, {{Text("b"), Big(2)}, 1}});
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &old)), "ok");
  const Batch one = Of({{{Text("a"), Big(3)}, 1}, {{Missing(TypeKind::kString), Big(4)}, 1}});
  const Batch none = Of({});
  const Batch two = Of({{{Text("b"), Big(5)}, 1}});
  // Its rows end in an error: nothing has changed.
  int calls = 0;
  EXPECT_EQ(Why(target->Resync(0, Marker(5),
                               [&]() -> Result<const Batch*> {
                                 if (calls++ == 0) return &one;
                                 return DataError("torn");
                               })),
            "torn");
  EXPECT_EQ(Attached(target.get()), "1:manifest1");
  EXPECT_EQ(Content(), "b|2\nold|1");
  ASSERT_EQ(Why(target->Resync(0, Marker(5), Each({&one, &none, &two}))), "ok");
  EXPECT_EQ(Content(), "a|3\nb|5\n<null>|4");
  EXPECT_EQ(Attached(target.get()), "5:manifest5");
  ASSERT_EQ(Why(target->Resync(0, Marker(6), Each({}))), "ok");
  EXPECT_EQ(Content(), "");
}

TEST_F(PostgresTest, RowsThatCanNeverBeDeliveredAreKnownBefore) {
  View({"s", "day", "t"}, {TypeKind::kString, TypeKind::kDate, TypeKind::kTimestamp}, {});
  auto target = Open();
  const Datum day = Datum::Int(TypeKind::kDate, 0);
  const Datum t = Time("2026-01-01");
  const Batch rows = Of({{{Text("fine ü"), day, t}, 1},
                         {{Text(std::string("a\0b", 3)), day, t}, 1},
                         {{Text("\xff\xfe"), day, t}, 1},
                         {{Text(""), Datum::Int(TypeKind::kDate, 2147483647), t}, 1},
                         {{Text(""), day, Datum::Int(TypeKind::kTimestamp, kLeast)}, 1},
                         {{Text(""), day, Datum::Int(TypeKind::kTimestamp, kGreatest)}, 1},
                         {{Missing(TypeKind::kString), day, t}, 1}});
  std::string said;
  for (int32_t row = 0; row < rows.rows; ++row) {
    said += target->Refusal(0, rows, row).value_or("ok") + "\n";
  }
  EXPECT_EQ(said,
            "ok\ncolumn s: PostgreSQL takes no NUL character in a text\ncolumn s: the text is not "
            "UTF-8\ncolumn day: the date is out of PostgreSQL's range\ncolumn t: the timestamp is "
            "out of PostgreSQL's range\nok\nok\n");
  // And the ends of what is let through are taken.
  ASSERT_EQ(Attached(target.get()), "none");
  ASSERT_EQ(Why(target->Create(0, Marker(0))), "ok");
  const Batch ends = Of({{{Text(""), Datum::Int(TypeKind::kDate, -2440588),
                           Datum::Int(TypeKind::kTimestamp, -2440588 * 86400000000ll)},
                          1},
                         {{Text(""), Datum::Int(TypeKind::kDate, 2145042905),
                           Datum::Int(TypeKind::kTimestamp, kGreatest)},
                          1}});
  EXPECT_FALSE(target->Refusal(0, ends, 0).has_value());
  EXPECT_FALSE(target->Refusal(0, ends, 1).has_value());
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &ends)), "ok");
  EXPECT_EQ(Sql("SET timezone = 'UTC'; SELECT day, t FROM " + Table() + " ORDER BY t"),
            "4714-11-24 BC|4714-11-24 00:00:00+00 BC\n5874897-12-31|294247-01-10 "
            "04:00:54.775807+00");
}

TEST_F(PostgresTest, RefusedRowsFailOrAreRecorded) {
  Sql("CREATE TABLE " + Table() +
      " (k varchar(5) UNIQUE, n bigint CHECK (n <> 13), u bigint GENERATED ALWAYS AS (n / (n - 7)) "
      "STORED)");
  Counts();
  auto target = Fresh();
  std::vector<std::pair<Row, int64_t>> list;
  for (int i = 0; i < 100; ++i) list.push_back({{Text("k" + std::to_string(i)), Big(i)}, 1});
  list.push_back({{Text("too long"), Big(500)}, 1});
  const Batch rows = Of(list);
  const Status failed = ApplyRows(target.get(), 0, 1, &rows);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().domain, ErrorDomain::kData);
  EXPECT_EQ(failed.error().message,
            "sink out (POSTGRES): the server refuses the row {\"k\":\"k7\"}: division by zero "
            "(SQLSTATE 22012)");
  EXPECT_EQ(Content(), "");
  EXPECT_EQ(Attached(target.get()), "0:");

  options_["on_refused"] = "record";
  target = Open();
  ASSERT_EQ(Attached(target.get()), "0:");
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  EXPECT_EQ(Sql("SELECT COUNT(*), COUNT(DISTINCT k), SUM(n) FROM " + Table()),
            "98|98|" + std::to_string(99 * 100 / 2 - 7 - 13));
  EXPECT_EQ(Sql("SELECT pipeline, sink, epoch, row_key, row_data, code FROM " +
                Table("flowc_refused") + " ORDER BY row_key"),
            "uid|out|1|{\"k\":\"k13\"}|{\"k\":\"k13\",\"n\":13}|23514\n"
            "uid|out|1|{\"k\":\"k7\"}|{\"k\":\"k7\",\"n\":7}|22012\n"
            "uid|out|1|{\"k\":\"too long\"}|{\"k\":\"too long\",\"n\":500}|22001");
  EXPECT_EQ(Attached(target.get()), "1:manifest1");
  // What is refused in an epoch that is not applied is not recorded.
  const Batch again = Of({{{Text("k1"), Big(13)}, 1}});
  EXPECT_FALSE(ApplyRows(target.get(), 5, 6, &again).ok());
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM " + Table("flowc_refused")), "3");
  ASSERT_EQ(Attached(target.get()), "1:manifest1");
  // A resync knows them too.
  ASSERT_EQ(Why(target->Resync(0, Marker(2), Each({&rows}))), "ok");
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM " + Table()), "98");
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM " + Table("flowc_refused") + " WHERE epoch = 2"), "3");
}

TEST_F(PostgresTest, DeferredConstraintsSpeakBeforeTheCommit) {
  Sql("CREATE TABLE " + Table("parent") + " (n bigint PRIMARY KEY); INSERT INTO " +
      Table("parent") + " VALUES (1); CREATE TABLE " + Table() +
      " (k text UNIQUE, n bigint REFERENCES " + Table("parent") +
      " DEFERRABLE INITIALLY DEFERRED)");
  Counts();
  auto target = Fresh();
  const Batch rows = Of({{{Text("a"), Big(1)}, 1}, {{Text("b"), Big(2)}, 1}});
  EXPECT_THAT(Why(ApplyRows(target.get(), 0, 1, &rows)),
              HasSubstr("refuses the row {\"k\":\"b\"}: insert or update on table \"out\" violates "
                        "foreign key"));
}

TEST_F(PostgresTest, TheVariantWithoutCopyAndOnConflict) {
  options_["merge"] = "merge";
  View({"k", "n", "t"}, {TypeKind::kString, TypeKind::kBigint, TypeKind::kTimestamp}, {0});
  auto target = Fresh();
  std::vector<std::pair<Row, int64_t>> list;
  for (int i = 0; i < 1234; ++i) {
    list.push_back(
        {{Text("it's \\ " + std::to_string(i)), Big(i), Time("2026-01-01 10:00:00.5")}, 1});
  }
  list.push_back({{Missing(TypeKind::kString), Big(7), Missing(TypeKind::kTimestamp)}, 1});
  const Batch rows = Of(list);
  ASSERT_EQ(Why(ApplyRows(target.get(), 0, 1, &rows)), "ok");
  list.resize(1000);
  list[3].second = -1;
  list.push_back({{Missing(TypeKind::kString), Big(8), Missing(TypeKind::kTimestamp)}, 1});
  const Batch more = Of(list);
  ASSERT_EQ(Why(ApplyRows(target.get(), 1, 2, &more)), "ok");
  EXPECT_EQ(Sql("SELECT COUNT(*), COUNT(DISTINCT k), MAX(n) FROM " + Table()), "1234|1233|1233");
  EXPECT_EQ(Sql("SET timezone = 'UTC'; SELECT * FROM " + Table() +
                " WHERE k IS NULL OR n IN (3, 5) ORDER BY n"),
            "it's \\ 5|5|2026-01-01 10:00:00.5+00\n<null>|8|<null>");
  auto second = Open();
  EXPECT_EQ(Attached(second.get()), "2:manifest2");
  EXPECT_THAT(Why(ApplyRows(target.get(), 2, 3, &more)), HasSubstr("another instance"));
  ASSERT_EQ(Why(second->Resync(0, Marker(4), Each({&more}))), "ok");
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM " + Table()), "1000");
}

TEST_F(PostgresTest, OptionsAreChecked) {
  Counts();
  options_["on_refused"] = "ignore";
  EXPECT_EQ(OpenError(), "sink out (POSTGRES): on_refused = 'ignore' is not 'fail' or 'record'");
  options_["on_refused"] = "record";
  options_["merge"] = "merge";
  EXPECT_THAT(OpenError(), HasSubstr("needs savepoints"));
  options_.erase("merge");
  options_["table"] = "flowc_sink";
  EXPECT_THAT(OpenError(), HasSubstr("the sink's own"));
  options_["table"] = "out";
  options_["url"] = "postgres://user:geheim@host:port:port/";
  EXPECT_THAT(OpenError(), ::testing::Not(HasSubstr("geheim")));
  options_["timeout"] = "soon";
  options_["url"] = url_;
  EXPECT_THAT(OpenError(), HasSubstr("timeout = 'soon' is not a length of time"));
  options_["timeout"] = "5s";
  View({std::string(64, 'x')}, {TypeKind::kInt}, {});
  auto target = Open();
  ASSERT_EQ(Attached(target.get()), "none");
  EXPECT_THAT(Why(target->Create(0, Marker(0))), HasSubstr("longer than the 63 bytes"));
}

TEST_F(PostgresTest, AServerThatIsNotThereIsAnExternalError) {
  Counts();
  options_["url"] = "postgres://flow@127.0.0.1:1/postgres";
  auto target = Open();
  auto attached = target->Attach();
  ASSERT_FALSE(attached.ok());
  EXPECT_EQ(attached.error().domain, ErrorDomain::kExternal);
  EXPECT_EQ(attached.error().hint, "is PostgreSQL at 127.0.0.1:1/postgres up?");
  EXPECT_EQ(ApplyRows(target.get(), 0, 1, nullptr).error().domain, ErrorDomain::kExternal);
}

// A random history against a map, by two instances that take turns.
TEST_F(PostgresTest, RandomHistoriesEndAsTheModel) {
  View({"a", "b", "n"}, {TypeKind::kString, TypeKind::kInt, TypeKind::kBigint}, {0, 1});
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  using Key = std::pair<int, int>;  // -1: NULL
  std::map<Key, int64_t> model;
  auto row = [](const Key& key, int64_t n) {
    return Row{key.first < 0 ? Missing(TypeKind::kString) : Text("\\" + std::to_string(key.first)),
               key.second < 0 ? Missing(TypeKind::kInt) : Datum::Int(TypeKind::kInt, key.second),
               Big(n)};
  };
  auto content = [&] {
    std::string text;
    for (const auto& [key, n] : model) {
      text += (text.empty() ? "" : "\n") +
              (key.first < 0 ? std::string("<null>") : "\\" + std::to_string(key.first)) + "|" +
              (key.second < 0 ? std::string("<null>") : std::to_string(key.second)) + "|" +
              std::to_string(n);
    }
    return text;
  };
  auto target = Fresh();
  int64_t at = 0;
  for (int round = 0; round < 60; ++round) {
    std::map<Key, std::pair<int64_t, int64_t>> changes;  // n, weight
    for (int i = pick(40); i > 0; --i) {
      changes[{pick(7) - 1, pick(5) - 1}] = {pick(1000), pick(3) == 0 ? -1 : 1};
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
      ASSERT_EQ(Attached(target.get()), std::to_string(at) + ":" + Marker(at).manifest);
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
    if (round % 10 == 9) {
      ASSERT_EQ(Sql("SELECT a, b, n FROM " + Table() +
                    " ORDER BY a COLLATE \"C\" NULLS FIRST, b NULLS FIRST"),
                content());
    }
  }
}

TEST_F(PostgresTest, ManyRowsAtOnce) {
  options_["timeout"] = "60s";
  Counts();
  auto target = Fresh();
  for (int64_t epoch = 1; epoch <= 2; ++epoch) {
    std::vector<std::pair<Row, int64_t>> list;
    for (int i = 0; i < 100000; ++i) {
      list.push_back({{Text("key " + std::to_string(i)), Big(i * epoch)}, 1});
    }
    const Batch rows = Of(list);
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(Why(ApplyRows(target.get(), epoch - 1, epoch, &rows)), "ok");
    RecordProperty("apply_100000_ms_" + std::to_string(epoch),
                   static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - begin)
                                        .count()));
  }
  EXPECT_EQ(Sql("SELECT COUNT(*), SUM(n) FROM " + Table()), "100000|9999900000");
}

// Whatever is killed at whatever moment: the marker says what is there.
TEST_F(PostgresTest, KilledServersAndLostAnswers) {
  Psql(url_, "DROP SCHEMA " + schema_ + " CASCADE");
  OwnServer server("postgres");
  Use(server.url());
  options_["timeout"] = "20s";
  Counts();
  auto target = Fresh();
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int64_t at = 0;
  int doubtful = 0;  // interrupted, and found to be there
  for (int round = 0; round < 12; ++round) {
    const auto delay = std::chrono::microseconds(5000 + random() % 100000);
    std::thread killer([&] {
      std::this_thread::sleep_for(delay);
      const std::string ask = "psql -X -q -A -t -c \"SELECT ";
      const std::string from = "FROM pg_stat_activity WHERE application_name = 'flowc'\" '" + url_ +
                               "' 2>/dev/null || true";
      if (round % 4 == 3) {
        server.Kill();
      } else if (round % 4 == 2) {
        // A backend that dies takes all sessions with it; the server recovers by itself.
        const int backend = std::atoi(Shell(ask + "pid " + from).c_str());
        if (backend > 0) kill(backend, SIGKILL);
      } else {
        // Only our session.
        Shell(ask + "pg_terminate_backend(pid) " + from);
      }
    });
    // Epochs, until one is interrupted. All rows carry the last epoch.
    Status status;
    while (status.ok() && at < 100000) {
      std::vector<std::pair<Row, int64_t>> list;
      for (int i = 0; i < 500; ++i) list.push_back({{Text(std::to_string(i)), Big(at + 1)}, 1});
      const Batch rows = Of(list);
      status = ApplyRows(target.get(), at, at + 1, &rows);
      if (status.ok()) ++at;
    }
    killer.join();
    if (round % 4 == 3) server.StartAgain();
    ASSERT_EQ(status.error().domain, ErrorDomain::kExternal) << Why(status);
    std::optional<EpochMarker> marker;
    for (int i = 0; i < 200 && !marker.has_value(); ++i) {
      auto markers = target->Attach();
      if (markers.ok()) {
        ASSERT_TRUE(markers.value()[0].has_value());
        marker = markers.value()[0];
      } else {
        ASSERT_EQ(markers.error().domain, ErrorDomain::kExternal) << Why(markers);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
    ASSERT_TRUE(marker.has_value());
    ASSERT_TRUE(marker->epoch == at || marker->epoch == at + 1) << marker->epoch << " " << at;
    doubtful += static_cast<int>(marker->epoch - at);
    at = marker->epoch;
    ASSERT_EQ(Sql("SELECT COUNT(*), MIN(n), MAX(n) FROM " + Table()),
              at == 0 ? "0|<null>|<null>" : "500|" + std::to_string(at) + "|" + std::to_string(at));
  }
  RecordProperty("epochs", static_cast<int>(at));
  RecordProperty("committed_without_an_answer", doubtful);
}

}  // namespace
}  // namespace flow
