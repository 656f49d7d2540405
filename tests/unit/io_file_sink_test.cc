// links: runtime/connector
// labels: asan tsan
// FILE sinks and dead letters: what stands in the file, and what a full disk says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "runtime/connector/connector.h"

namespace flow {
namespace {

class FileSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("flow_sink_" + std::to_string(getpid()));
    view_.name = "v";
    view_.columns = {"name", "n"};
    view_.types = {TypeKind::kString, TypeKind::kBigint};
    sink_.name = "out";
    sink_.connector = program::Connector::kFile;
    sink_.options["path"] = path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  static Batch Rows(const std::vector<std::pair<Datum, int64_t>>& rows) {
    Batch batch({TypeKind::kString, TypeKind::kBigint}, 8);
    for (const auto& [name, weight] : rows) {
      WriteCell(batch.column(0), batch.rows, name, batch.arena().abi());
      WriteCell(batch.column(1), batch.rows, Datum::Int(TypeKind::kBigint, batch.rows),
                batch.arena().abi());
      batch.weights.push_back(weight);
      ++batch.rows;
    }
    return batch;
  }

  std::string Contents() const {
    std::ifstream in(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }

  std::string WriteAll(const Batch& rows) {
    auto sink = OpenSink(sink_, view_, SinkContext());
    EXPECT_TRUE(sink.ok()) << sink.error().message;
    EXPECT_TRUE(sink.value()->Write({&rows, 7}).ok());
    EXPECT_TRUE(sink.value()->Flush().ok());
    const std::string flushed = Contents();
    EXPECT_TRUE(sink.value()->Close().ok());
    EXPECT_EQ(flushed, Contents());
    return flushed;
  }

  std::string path_;
  program::View view_;
  program::Sink sink_;
};

TEST_F(FileSinkTest, RowsOfAppendOnlyViews) {
  view_.append_only = true;
  const Batch rows = Rows(
      {{Datum::String("a\"b"), 1}, {Datum::Null(TypeKind::kString), 2}, {Datum::String("x,y"), 1}});
  EXPECT_EQ(WriteAll(rows),
            "{\"name\":\"a\\\"b\",\"n\":0}\n{\"name\":null,\"n\":1}\n{\"name\":null,\"n\":1}\n"
            "{\"name\":\"x,y\",\"n\":2}\n");
  sink_.format = program::Format::kCsv;
  EXPECT_EQ(WriteAll(rows), "name,n\n\"a\"\"b\",0\n,1\n,1\n\"x,y\",2\n");
}

TEST_F(FileSinkTest, ChangesOfUpdatingViews) {
  const Batch rows = Rows({{Datum::String("a"), 1}, {Datum::String("b"), -1}});
  EXPECT_EQ(WriteAll(rows),
            "{\"view\":\"v\",\"op\":\"upsert\",\"rev\":7,\"row\":{\"name\":\"a\",\"n\":0}}\n"
            "{\"view\":\"v\",\"op\":\"delete\",\"rev\":7,\"row\":{\"name\":\"b\",\"n\":1}}\n");
  sink_.format = program::Format::kCsv;
  EXPECT_EQ(WriteAll(rows), "op,rev,name,n\nupsert,7,a,0\ndelete,7,b,1\n");
}

TEST_F(FileSinkTest, ErrorsAreSaid) {
  sink_.options["path"] = "/nowhere/x.json";
  EXPECT_THAT(OpenSink(sink_, view_, SinkContext()).error().message,
              ::testing::HasSubstr("No such file"));
  view_.append_only = true;
  sink_.options["path"] = "/dev/full";
  auto sink = OpenSink(sink_, view_, SinkContext());
  ASSERT_TRUE(sink.ok());
  const Batch rows = Rows({{Datum::String(std::string(1 << 20, 'x')), 1}});
  EXPECT_THAT(sink.value()->Write({&rows, 1}).error().message,
              ::testing::HasSubstr("No space left"));
  const Batch small = Rows({{Datum::String("x"), 1}});
  EXPECT_TRUE(sink.value()->Write({&small, 1}).ok());
  EXPECT_THAT(sink.value()->Flush().error().hint, ::testing::HasSubstr("full"));
}

TEST_F(FileSinkTest, DeadLettersFromManyThreads) {
  program::DeadLetter spec;
  spec.options["path"] = path_;
  auto letters = OpenDeadLetter(spec);
  ASSERT_TRUE(letters.ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) {
        EXPECT_TRUE(letters.value()
                        ->Write({"s", t, i, "", "the record is malformed", std::string(100, 'r')})
                        .ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(letters.value()->Close().ok());
  const std::string text = Contents();
  const std::string last = ",\"view\":null,\"error\":\"the record is malformed\",\"raw\":\"" +
                           std::string(100, 'r') + "\"}\n";
  size_t lines = 0;
  for (size_t at = 0; at < text.size(); ++lines) {
    const size_t end = text.find('\n', at) + 1;
    ASSERT_THAT(text.substr(at, end - at), ::testing::EndsWith(last));
    at = end;
  }
  EXPECT_EQ(lines, 1000u);
}

TEST(DeadLetter, JsonForm) {
  EXPECT_EQ(DeadLetterJson({"s", 1, 20, "v", "division by zero", "{\"a\":1}"}),
            "{\"source\":\"s\",\"partition\":1,\"offset\":20,\"view\":\"v\","
            "\"error\":\"division by zero\",\"raw\":\"{\\\"a\\\":1}\"}");
  auto base64 = [](const std::string& raw) {
    const std::string json = DeadLetterJson({"s", 0, 0, "v", "e", raw});
    const size_t at = json.find("\"raw_base64\":\"");
    return at == std::string::npos ? json : json.substr(at + 14, json.size() - at - 16);
  };
  EXPECT_EQ(base64("\xFF"), "/w==");
  EXPECT_EQ(base64("\xFF\xFE"), "//4=");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
  EXPECT_EQ(base64("\xFF\xFE\xFD\x10"), "//79EA==");
}

}  // namespace
}  // namespace flow
