// links: runtime/connector
// labels: asan tsan
// FILE sources: listing, offsets, records, frontiers, errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"

namespace flow {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("flow_io_" + std::to_string(getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string Put(const std::string& name, const std::string& text) {
    const std::string path = (directory_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  program::Source Source(const std::string& path) {
    program::Source source;
    source.name = "s";
    source.connector = program::Connector::kFile;
    source.format = program::Format::kJson;
    source.options["path"] = path;
    program::SourceColumn column;
    column.name = "v";
    column.type = TypeKind::kString;
    column.path = {{"v", -1}};
    source.columns.push_back(column);
    source.declared = source.columns;
    return source;
  }

  struct Row {
    int64_t offset;
    std::string value;
    bool operator==(const Row&) const = default;
  };
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.offset << ":" << row.value; }

  // All rows of [from, to) of a partition, read in morsels of `records`.
  static Result<std::vector<Row>> ReadAll(SourceConnector* source, int partition, int64_t from,
                                          int64_t to, int64_t records = 1000,
                                          int64_t* next = nullptr) {
    FLOW_TRY(std::unique_ptr<PartitionReader> reader, source->Open(partition, from, to));
    std::vector<Row> rows;
    DecodedRows decoded;
    for (;;) {
      Morsel morsel;
      FLOW_TRY(const ReadState state, reader->Read(records, 1 << 20, &morsel));
      if (state == ReadState::kEnd) break;
      if (state == ReadState::kIdle) continue;
      EXPECT_LE(morsel.row_count, records);
      EXPECT_EQ(morsel.row_count, static_cast<int64_t>(morsel.records.size()));
      source->decoder().Decode(morsel, &decoded);
      for (int32_t i = 0; i < decoded.batch.rows; ++i) {
        const size_t row = static_cast<size_t>(i);
        std::string value = "malformed";
        if (decoded.record_status[row] == kFlowValue) {
          const Datum datum = ReadCell(decoded.batch.column(0), TypeKind::kString, i);
          value = datum.is_value() ? datum.s : ToSql(datum);
        }
        rows.push_back({decoded.offsets[row], value});
      }
    }
    if (next != nullptr) *next = reader->next_offset();
    return rows;
  }

  static std::vector<Row> MustRead(SourceConnector* source, int partition = 0, int64_t from = 0,
                                   int64_t to = -1, int64_t records = 1000) {
    auto rows = ReadAll(source, partition, from, to, records);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    return rows.ok() ? rows.value() : std::vector<Row>{};
  }

  static std::unique_ptr<SourceConnector> MustOpen(const program::Source& source) {
    auto opened = OpenSource(source);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(opened).value();
  }

  std::string OpenError(const program::Source& source) {
    auto opened = OpenSource(source);
    if (!opened.ok()) return opened.error().message;
    auto rows = ReadAll(opened.value().get(), 0, 0, -1);
    return rows.ok() ? "no error" : rows.error().message;
  }

  fs::path directory_;
};

TEST_F(FileSourceTest, LinesBlankLinesAndALastLineWithoutEnd) {
  const program::Source source =
      Source(Put("a.json", "{\"v\":\"x\"}\n\n  \t\r\n{\"v\":1}\r\nbroken\n{\"v\":\"last\"}"));
  auto file = MustOpen(source);
  for (int64_t records : {1, 2, 1000}) {
    EXPECT_EQ(MustRead(file.get(), 0, 0, -1, records),
              (std::vector<Row>{{0, "x"}, {16, "1"}, {25, "malformed"}, {32, "last"}}));
  }
  ASSERT_EQ(file->partitions().size(), 1u);
  EXPECT_EQ(file->partitions()[0].end, 44);
  EXPECT_TRUE(file->partitions()[0].bounded);
  EXPECT_EQ(file->partitions()[0].name, "a.json");
}

TEST_F(FileSourceTest, EveryFrontierSplitsTheFileInTwo) {
  const std::string text = "{\"v\":\"one\"}\n{\"v\":\"two\"}\n\n{\"v\":\"three\"}\n{\"v\":\"4\"}";
  const program::Source source = Source(Put("a.json", text));
  auto file = MustOpen(source);
  const std::vector<Row> all = MustRead(file.get());
  ASSERT_EQ(all.size(), 4u);
  for (int64_t cut = 0; cut <= static_cast<int64_t>(text.size()); ++cut) {
    std::vector<Row> before;
    std::vector<Row> after;
    for (const Row& row : all) (row.offset < cut ? before : after).push_back(row);
    EXPECT_EQ(MustRead(file.get(), 0, 0, cut), before) << cut;
    EXPECT_EQ(MustRead(file.get(), 0, cut, -1), after) << cut;
    EXPECT_EQ(MustRead(file.get(), 0, cut, cut), std::vector<Row>{}) << cut;
  }
}

TEST_F(FileSourceTest, FilesOfADirectoryAreOnePartitionInNameOrder) {
  Put("b.json", "{\"v\":\"b\"}\n");
  Put("a.json", "{\"v\":\"a1\"}\n{\"v\":\"a2\"}");
  Put("c.json", "");
  Put(".hidden", "{\"v\":\"no\"}\n");
  fs::create_directory(directory_ / "sub");
  const program::Source source = Source(directory_.string());
  auto files = MustOpen(source);
  const int64_t second = int64_t{1} << 43;
  EXPECT_EQ(MustRead(files.get()), (std::vector<Row>{{0, "a1"}, {11, "a2"}, {second, "b"}}));
  EXPECT_EQ(files->OffsetToText(0, second + 10), "b.json=10");
  EXPECT_EQ(files->ParseOffset("b.json", 10), (std::pair<int, int64_t>(0, second + 10)));
  EXPECT_EQ(files->ParseOffset("0", 7), (std::pair<int, int64_t>(0, 7)));
  EXPECT_EQ(files->ParseOffset("z.json", 7), std::nullopt);
  EXPECT_EQ(MustRead(files.get(), 0, 0, second + 0), (std::vector<Row>{{0, "a1"}, {11, "a2"}}));
  EXPECT_EQ(MustRead(files.get(), 0, 5, second + 1), (std::vector<Row>{{11, "a2"}, {second, "b"}}));
  EXPECT_EQ(MustRead(files.get(), 0, second), (std::vector<Row>{{second, "b"}}));
}

TEST_F(FileSourceTest, EachFileAPartition) {
  Put("b.json", "{\"v\":\"b\"}\n");
  Put("a.json", "{\"v\":\"a\"}\n");
  program::Source source = Source((directory_ / "*.json").string());
  source.options["partitions"] = "file";
  auto files = MustOpen(source);
  ASSERT_EQ(files->partitions().size(), 2u);
  EXPECT_EQ(files->partitions()[1].name, "b.json");
  EXPECT_EQ(MustRead(files.get(), 0), (std::vector<Row>{{0, "a"}}));
  EXPECT_EQ(MustRead(files.get(), 1), (std::vector<Row>{{0, "b"}}));
  EXPECT_EQ(files->ParseOffset("b.json", 10), (std::pair<int, int64_t>(1, 10)));
}

TEST_F(FileSourceTest, RecordsAcrossBlocks) {
  std::string text;
  std::vector<Row> expected;
  for (int i = 0; i < 400; ++i) {
    // Sizes around and past the 1 MiB block.
    const size_t size = i % 100 == 7 ? (1u << 20) + static_cast<size_t>(i) * 1000
                                     : static_cast<size_t>(i * 37 % 20000);
    const std::string value = std::to_string(i) + std::string(size, 'x');
    expected.push_back({static_cast<int64_t>(text.size()), value});
    text += "{\"v\":\"" + value + "\"}\n";
  }
  const program::Source source = Source(Put("a.json", text));
  auto file = MustOpen(source);
  EXPECT_TRUE(MustRead(file.get()) == expected);
  EXPECT_TRUE(MustRead(file.get(), 0, 0, -1, 3) == expected);
}

TEST_F(FileSourceTest, AFileThatGrowsIsReadUpToItsSizeAtOpening) {
  const std::string path = Put("a.json", "{\"v\":\"a\"}\n");
  const program::Source source = Source(path);
  auto file = MustOpen(source);
  std::ofstream(path, std::ios::app) << "{\"v\":\"b\"}\n";
  EXPECT_EQ(MustRead(file.get()), (std::vector<Row>{{0, "a"}}));
  auto again = MustOpen(source);
  EXPECT_EQ(MustRead(again.get()), (std::vector<Row>{{0, "a"}, {10, "b"}}));
}

TEST_F(FileSourceTest, ErrorsSayWhatIsWrong) {
  EXPECT_THAT(OpenError(Source((directory_ / "none.json").string())),
              ::testing::HasSubstr("No such file"));
  EXPECT_THAT(OpenError(Source(directory_.string())), ::testing::HasSubstr("has no files"));
  EXPECT_THAT(OpenError(Source((directory_ / "*.json").string())),
              ::testing::HasSubstr("no file matches"));
  program::Source source = Source(Put("a.json", "{}\n"));
  source.options["pth"] = "x";
  EXPECT_THAT(OpenError(source), ::testing::HasSubstr("no option 'pth'"));
  source.options.erase("pth");
  source.options["max_record_bytes"] = "10";
  Put("a.json", "{\"v\":1}\n{\"v\":\"far too long for the limit\"}\n");
  EXPECT_THAT(OpenError(source), ::testing::HasSubstr("the record at offset 8 is longer than 10"));
  source.options.erase("max_record_bytes");
  auto file = MustOpen(source);
  EXPECT_THAT(ReadAll(file.get(), 0, 1000, -1).error().message,
              ::testing::HasSubstr("there is no offset 1000"));
  Put("a.json", "");
  EXPECT_THAT(ReadAll(file.get(), 0, 0, -1).error().message,
              ::testing::HasSubstr("became shorter"));
}

TEST_F(FileSourceTest, ByteOrderMarkIsNotPartOfTheRecord) {
  const program::Source source = Source(Put("a.json", "\xEF\xBB\xBF{\"v\":\"a\"}\n{\"v\":\"b\"}"));
  auto file = MustOpen(source);
  EXPECT_EQ(MustRead(file.get()), (std::vector<Row>{{0, "a"}, {13, "b"}}));
}

// One thread reads, others decode and let go of the blocks; all rows arrive.
TEST_F(FileSourceTest, MorselsAreDecodedByOtherThreads) {
  for (const bool csv : {false, true}) {
    std::string text = csv ? "v\n" : "";
    for (int i = 0; i < 50000; ++i) {
      text += csv ? "value " + std::to_string(i) + "\n"
                  : "{\"v\":\"value " + std::to_string(i) + "\"}\n";
    }
    for (const char* name : {"a", "b"}) Put(std::string(name) + (csv ? ".csv" : ".json"), text);
    program::Source source = Source((directory_ / (csv ? "*.csv" : "*.json")).string());
    if (csv) source.format = program::Format::kCsv;
    auto files = MustOpen(source);
    auto reader = files->Open(0, 0, -1);
    ASSERT_TRUE(reader.ok());
    std::mutex mutex;
    std::deque<Morsel> queue;
    bool ended = false;
    std::atomic<int64_t> sum{0};
    std::atomic<int64_t> rows{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        DecodedRows decoded;
        for (;;) {
          Morsel morsel;
          {
            std::lock_guard<std::mutex> lock(mutex);
            if (queue.empty() && ended) return;
            if (queue.empty()) continue;
            morsel = std::move(queue.front());
            queue.pop_front();
          }
          files->decoder().Decode(morsel, &decoded);
          morsel = Morsel();
          for (int32_t i = 0; i < decoded.batch.rows; ++i) {
            const std::string value = ReadCell(decoded.batch.column(0), TypeKind::kString, i).s;
            sum += std::stoll(value.substr(6));
            ++rows;
          }
        }
      });
    }
    for (;;) {
      Morsel morsel;
      auto state = reader.value()->Read(777, 1 << 20, &morsel);
      ASSERT_TRUE(state.ok());
      std::lock_guard<std::mutex> lock(mutex);
      if (state.value() == ReadState::kEnd) {
        ended = true;
        break;
      }
      queue.push_back(std::move(morsel));
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(rows, 100000);
    EXPECT_EQ(sum, int64_t{2} * 50000 * 49999 / 2);
  }
}

std::string Gzip(const std::string& text) {
  z_stream z = {};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string Zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

TEST_F(FileSourceTest, CompressedFilesHaveTheOffsetsOfTheirText) {
  std::string text;
  for (int i = 0; i < 60000; ++i) {
    text += "{\"v\":\"" + std::to_string(i * 7919 % 100003) + std::string(i % 90, 'x') + "\"}\n";
  }
  const size_t half = text.find('\n', text.size() / 2) - 3;
  const program::Source plain = Source(Put("a.json", text));
  auto plain_file = MustOpen(plain);
  const std::vector<Row> all = MustRead(plain_file.get());
  ASSERT_EQ(all.size(), 60000u);
  // In one part and in two, also with the padding that tapes have.
  const std::string one = Gzip(text);
  const std::string two = Gzip(text.substr(0, half)) + Gzip(text.substr(half));
  for (const std::string& path :
       {Put("one.json.gz", one), Put("two.json.gz", two),
        Put("padded.json.gz", two + std::string(100, '\0')), Put("one.json.zst", Zstd(text)),
        Put("two.json.zst", Zstd(text.substr(0, half)) + Zstd(text.substr(half)))}) {
    const program::Source source = Source(path);
    auto file = MustOpen(source);
    EXPECT_EQ(file->partitions()[0].end, -1);
    EXPECT_TRUE(MustRead(file.get()) == all) << path;
    for (int64_t cut : {int64_t{0}, int64_t{1}, all[30000].offset, all[30000].offset + 1}) {
      std::vector<Row> before;
      std::vector<Row> after;
      for (const Row& row : all) (row.offset < cut ? before : after).push_back(row);
      EXPECT_TRUE(MustRead(file.get(), 0, 0, cut) == before) << path;
      EXPECT_TRUE(MustRead(file.get(), 0, cut, -1) == after) << path;
    }
    EXPECT_THAT(ReadAll(file.get(), 0, static_cast<int64_t>(text.size()) + 10, -1).error().message,
                ::testing::HasSubstr("there is no offset"));
  }
  for (size_t size : {size_t{5}, size_t{30}, one.size() / 2, one.size() - 1}) {
    EXPECT_THAT(OpenError(Source(Put("cut.json.gz", one.substr(0, size)))),
                ::testing::HasSubstr("the gzip data ends in the middle"));
  }
  const std::string zstd = Zstd(text);
  for (size_t size : {size_t{5}, size_t{30}, zstd.size() / 2, zstd.size() - 1}) {
    EXPECT_THAT(OpenError(Source(Put("cut.json.zst", zstd.substr(0, size)))),
                ::testing::HasSubstr("the zstd data ends in the middle"));
  }
  EXPECT_THAT(OpenError(Source(Put("bad.json.gz", text))),
              ::testing::HasSubstr("not valid gzip data"));
  EXPECT_THAT(OpenError(Source(Put("bad.json.zst", text))),
              ::testing::HasSubstr("not valid zstd data"));
  EXPECT_TRUE(MustRead(MustOpen(Source(Put("empty.json.gz", Gzip("")))).get()).empty());
}

// Where reading stopped after some records: the next offset and the last record's fingerprint.
std::pair<int64_t, RecordFingerprint> ReadSome(SourceConnector* source, int64_t records) {
  auto reader = source->Open(0, 0, -1);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.value()->last_record(), std::nullopt);
  while (records > 0) {
    Morsel morsel;
    auto state = reader.value()->Read(records, 1 << 20, &morsel);
    EXPECT_TRUE(state.ok());
    if (!state.ok() || state.value() != ReadState::kData) break;
    records -= morsel.row_count;
  }
  const auto last = reader.value()->last_record();
  EXPECT_TRUE(last.has_value());
  return {reader.value()->next_offset(), last.value_or(RecordFingerprint())};
}

TEST_F(FileSourceTest, ATruncatedOrReplacedFileIsAnError) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string& head : {std::string(), mark, std::string(10000, ' ') + "\n"}) {
    const std::string text = head + R"({"v":"a"})"
                                    "\n"
                                    R"({"v":"b"})"
                                    "\n"
                                    R"({"v":"c"})"
                                    "\n";
    const std::string path = Put("f.jsonl", text);
    const program::Source spec = Source(path);
    for (int64_t records = 1; records <= 3; ++records) {
      Put("f.jsonl", text);
      auto source = MustOpen(spec);
      const auto [next, last] = ReadSome(source.get(), records);
      EXPECT_TRUE(source->VerifyFingerprint(0, next, last).ok());
      auto verify = [&](const std::string& now) {
        Put("f.jsonl", now);
        const Status status = MustOpen(spec)->VerifyFingerprint(0, next, last);
        return status.ok() ? "" : status.error().message;
      };
      EXPECT_EQ(verify(text), "");
      EXPECT_EQ(verify(text + "more\n"), "");
      EXPECT_EQ(verify(text.substr(0, static_cast<size_t>(next))), "");
      EXPECT_THAT(
          verify(text.substr(0, static_cast<size_t>(next) - 1)),
          HasSubstr(path + " has " + std::to_string(next - 1) + " bytes and was read up to"));
      EXPECT_THAT(verify(""), HasSubstr("truncated or replaced"));
      std::string other = text;
      other[static_cast<size_t>(last.offset) + 7] = 'x';  // in the record or the mark before it
      EXPECT_THAT(verify(other), HasSubstr(path + " is not the file that was read"));
      if (records > 1 || head.size() > 100) {
        other = text;
        other[1] = 'x';
        EXPECT_THAT(verify(other), HasSubstr("is not the file that was read"));
      }
    }
  }
}

TEST_F(FileSourceTest, AnotherFileInItsPlaceIsAnError) {
  Put("b.jsonl", "{\"v\":\"1\"}\n{\"v\":\"2\"}\n");
  Put("c.jsonl", "{\"v\":\"1\"}\n{\"v\":\"2\"}\n");
  const program::Source spec = Source(directory_.string());
  for (const int64_t records : {1, 2, 3, 4}) {
    auto source = MustOpen(spec);
    const auto [next, last] = ReadSome(source.get(), records);
    EXPECT_TRUE(source->VerifyFingerprint(0, next, last).ok());
    Put("d.jsonl", "{\"v\":\"1\"}\n");
    EXPECT_TRUE(MustOpen(spec)->VerifyFingerprint(0, next, last).ok());
    Put("a.jsonl", "{\"v\":\"1\"}\n{\"v\":\"2\"}\n");  // all others move on by one
    EXPECT_THAT(MustOpen(spec)->VerifyFingerprint(0, next, last).error().message,
                HasSubstr("is not the file that was read"));
    fs::remove(directory_ / "a.jsonl");
    fs::remove(directory_ / "d.jsonl");
  }
  auto source = MustOpen(spec);
  const auto [next, last] = ReadSome(source.get(), 4);
  fs::remove(directory_ / "c.jsonl");
  EXPECT_THAT(MustOpen(spec)->VerifyFingerprint(0, next, last).error().message,
              HasSubstr("file 2 in name order was read last"));
}

TEST_F(FileSourceTest, ACompressedFileIsKnownByItsHead) {
  const std::string path = (directory_ / "z.jsonl.gz").string();
  auto put = [&](const std::string& text) {
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  };
  put("{\"v\":\"1\"}\n{\"v\":\"2\"}\n");
  const program::Source spec = Source(path);
  auto source = MustOpen(spec);
  const auto [next, last] = ReadSome(source.get(), 1);
  EXPECT_TRUE(source->VerifyFingerprint(0, next, last).ok());
  put("{\"v\":\"3\"}\n{\"v\":\"2\"}\n");
  EXPECT_THAT(MustOpen(spec)->VerifyFingerprint(0, next, last).error().message,
              HasSubstr("is not the file that was read"));
}

TEST_F(FileSourceTest, APipeIsReadUntilItsEnd) {
  const std::string path = (directory_ / "pipe").string();
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const program::Source source = Source(path);
  std::thread writer([&] {
    std::ofstream out(path);
    for (int i = 0; i < 3; ++i) {
      out << "{\"v\":\"" << i << "\"}\n{\"v\":" << std::flush;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      out << "\"half\"}\n" << std::flush;
    }
  });
  auto file = MustOpen(source);
  EXPECT_EQ(file->partitions()[0].end, -1);
  const std::vector<Row> rows = MustRead(file.get());
  writer.join();
  EXPECT_EQ(rows, (std::vector<Row>{
                      {0, "0"}, {10, "half"}, {23, "1"}, {33, "half"}, {46, "2"}, {56, "half"}}));
}

}  // namespace
}  // namespace flow
