// The work whose instructions tests/perf/instructions_test.py counts: instructions KERNEL ROUNDS.
// A round does the same each time; only the rounds are counted, and not the first, which warms up.
#include <unistd.h>
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "compiler/driver/compile.h"
#include "runtime/abi/multiset.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/nexmark/generator.h"
#include "runtime/connector/record_decoder.h"
#include "runtime/exec/job.h"
#include "runtime/format/encode.h"
#include "tests/support/source_column.h"

namespace flow {
namespace {

constexpr auto Column = test::FieldColumn;

constexpr int kRecords = 1000;

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

template <typename Round>
void Count(int rounds, Round round) {
  round();
  CALLGRIND_START_INSTRUMENTATION;
  for (int i = 0; i < rounds; ++i) round();
  CALLGRIND_STOP_INSTRUMENTATION;
}

// Lines, as a file's block holds them.
class Lines {
 public:
  void Add(const std::string& line) {
    starts_.push_back(text_.size());
    text_ += line + "\n";
  }
  Morsel Records() const {
    Morsel morsel;
    for (size_t i = 0; i < starts_.size(); ++i) {
      const size_t end = i + 1 < starts_.size() ? starts_[i + 1] : text_.size();
      RawRecord record;
      record.data = text_.data() + starts_[i];
      record.size = static_cast<uint32_t>(end - starts_[i] - 1);
      record.offset = static_cast<int64_t>(starts_[i]);
      morsel.records.push_back(record);
    }
    morsel.row_count = static_cast<int64_t>(morsel.records.size());
    morsel.readable = text_.data() + text_.size();
    return morsel;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<size_t> starts_;
};

void Decode(const program::Source& source, const Lines& lines, int rounds) {
  auto decoder = MakeRecordDecoder(source);
  if (!decoder.ok()) Fail(decoder.error().message);
  const Morsel morsel = lines.Records();
  DecodedRows rows;
  Count(rounds, [&] {
    rows.Clear();
    decoder.value()->Decode(morsel, &rows);
  });
  for (uint8_t status : rows.record_status) {
    if (status != kFlowValue) Fail("a record is malformed");
  }
}

// NEXMark's bids, all columns but url.
void Json(int rounds) {
  const nexmark::Generator generator{nexmark::Config()};
  Lines lines;
  for (int64_t i = 0; i < kRecords; ++i) lines.Add(generator.Json(generator.At(0, i)));
  program::Source source;
  source.name = "bids";
  source.columns = {Column({"event_type"}, TypeKind::kInt),
                    Column({"bid", "auction"}, TypeKind::kBigint),
                    Column({"bid", "bidder"}, TypeKind::kBigint),
                    Column({"bid", "price"}, Type::Decimal(12, 2)),
                    Column({"bid", "channel"}, TypeKind::kString),
                    Column({"bid", "dateTime"}, TypeKind::kTimestamp),
                    Column({"bid", "extra"}, TypeKind::kString)};
  Decode(source, lines, rounds);
}

void Csv(int rounds) {
  Lines lines;
  for (int i = 0; i < kRecords; ++i) {
    lines.Add(std::to_string(i * 7919) + ",\"page " + std::to_string(i % 50) + "\"," +
              std::to_string(i % 90) + ".25,2026-01-01T10:00:" + std::to_string(10 + i % 50) + "Z");
  }
  program::Source source;
  source.name = "clicks";
  source.format = program::Format::kCsv;
  source.format_options["header"] = "false";
  source.columns = {Column({"id"}, TypeKind::kBigint), Column({"page"}, TypeKind::kString),
                    Column({"price"}, Type::Decimal(12, 2)), Column({"ts"}, TypeKind::kTimestamp)};
  for (size_t i = 0; i < source.columns.size(); ++i) {
    source.columns[i].position = static_cast<int>(i);
  }
  source.declared = source.columns;
  Decode(source, lines, rounds);
}

void Hash(int rounds) {
  Batch batch({TypeKind::kBigint, TypeKind::kString, Type::Decimal(12, 2), TypeKind::kDouble},
              kRecords);
  std::vector<std::string> texts;
  for (int i = 0; i < kRecords; ++i) texts.push_back(std::string(static_cast<size_t>(i % 60), 'x'));
  for (int row = 0; row < kRecords; ++row) {
    batch.values<int64_t>(0)[row] = row;
    const std::string& text = texts[static_cast<size_t>(row)];
    flow_string_set(batch.values<FlowString>(1) + row, text.data(),
                    static_cast<uint32_t>(text.size()));
    batch.values<FlowInt128>(2)[row] = row * 100;
    batch.values<double>(3)[row] = row / 8.0;
    for (int c = 0; c < 4; ++c) batch.column(c).status[row] = kFlowValue;
  }
  batch.rows = kRecords;
  unsigned __int128 sum = 0;
  Count(rounds, [&] {
    for (int row = 0; row < kRecords; ++row) sum += RowHash(batch, row);
  });
  if (sum == 0) Fail("no hash");
}

// COUNT(DISTINCT): few values often, and many once; and what one set has comes into another.
void Distinct(int rounds) {
  std::mt19937_64 random(1);
  std::vector<int64_t> values;
  for (int i = 0; i < 20 * kRecords; ++i) {
    values.push_back(static_cast<int64_t>(random() % (i % 2 == 0 ? 20 : 1000000)));
  }
  Arena arena;
  int64_t present = 0;
  Count(rounds, [&] {
    FlowMultiset* set =
        flow_multiset_new_distinct(static_cast<int32_t>(TypeKind::kBigint), arena.abi());
    for (const int64_t value : values) present += flow_multiset_add(set, &value, 1);
    FlowMultiset* merged =
        flow_multiset_new_distinct(static_cast<int32_t>(TypeKind::kBigint), arena.abi());
    flow_multiset_merge(merged, set);
    flow_multiset_free(merged);
    flow_multiset_free(set);
  });
  if (present == 0) Fail("no values");
}

// The views of a minute by page, from a file to a digest, by generated code.
void Views(int rounds) {
  const std::string path = "instructions-" + std::to_string(getpid()) + ".jsonl";
  Lines lines;
  for (int i = 0; i < 20 * kRecords; ++i) {
    char line[200];
    std::snprintf(
        line, sizeof line,
        R"({"user_id":%d,"page":"/page/%d","revenue":%d.%02d,"ts":"2026-01-01T10:%02d:00Z"})",
        i * 31, i % 40, i % 90, i % 100, i * 60 / (20 * kRecords));
    lines.Add(line);
  }
  std::ofstream(path) << lines.text();
  SourceFile file(
      "views.flow",
      "SOURCE clicks (user_id BIGINT, page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP) "
      "FROM FILE (path = '" +
          path +
          "') FORMAT JSON EVENT TIME ts WATERMARK 5s; "
          "VIEW v AS SELECT page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue "
          "FROM TUMBLE(clicks, 1m) WHERE user_id % 7 <> 3 GROUP BY page, window_start;");
  CompileOptions options;
  options.variable = [](const std::string&) { return std::nullopt; };
  options.jit.tier0 = false;
  options.jit.background = false;
  Diagnostics diagnostics;
  auto compiled = Compile(file, options, diagnostics);
  if (!compiled.ok() || diagnostics.has_errors()) Fail(diagnostics.ToText(file, false));
  RunOptions run;
  run.mode = RunMode::kBatch;
  run.use_sinks = false;
  run.digest = true;
  run.workers = 1;
  Count(rounds, [&] {
    auto report = RunBatch(compiled.value()->lowered.program, run);
    if (!report.ok()) Fail(report.error().message);
  });
  std::remove(path.c_str());
}

}  // namespace
}  // namespace flow

int main(int argc, char** argv) {
  const std::map<std::string, void (*)(int)> kernels = {{"json", flow::Json},
                                                        {"csv", flow::Csv},
                                                        {"hash", flow::Hash},
                                                        {"distinct", flow::Distinct},
                                                        {"views", flow::Views}};
  const auto kernel = argc == 3 ? kernels.find(argv[1]) : kernels.end();
  if (kernel == kernels.end()) {
    std::fprintf(stderr, "usage: instructions KERNEL ROUNDS\n");
    return 2;
  }
  kernel->second(std::atoi(argv[2]));
  return 0;
}
