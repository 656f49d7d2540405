// ns a record of the JSON decoder over NEXMARK events, and of simdjson's on-demand parser for the
// same fields. Run: build/release/tests/perf/json_decode [rounds]
#include <simdjson.h>

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "runtime/connector/connector.h"
#include "runtime/connector/nexmark/generator.h"
#include "runtime/connector/record_decoder.h"
#include "tests/support/source_column.h"

namespace flow {
namespace {

constexpr auto Column = test::FieldColumn;

constexpr int64_t kEvents = 100000;

// Of this thread: other programs take wall-clock time.
double CpuNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// The best of `rounds`: the machine's other work only adds.
template <typename F>
double NanosPerEvent(int rounds, const F& run) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const double start = CpuNanos();
    run();
    const double ns = CpuNanos() - start;
    best = std::min(best, ns / kEvents);
  }
  return best;
}

void Measure(const char* what, const std::vector<program::SourceColumn>& columns,
             const std::vector<Morsel>& morsels, int rounds) {
  program::Source source;
  source.name = "nexmark";
  source.columns = columns;
  auto decoder = MakeRecordDecoder(source);
  if (!decoder.ok()) std::exit(1);
  DecodedRows rows;
  const double ns = NanosPerEvent(rounds, [&] {
    for (const Morsel& morsel : morsels) decoder.value()->Decode(morsel, &rows);
  });
  std::printf("%-40s %7.1f ns/record\n", what, ns);
}

int Main(int rounds) {
  const nexmark::Generator generator{nexmark::Config()};
  std::string text;
  std::vector<size_t> starts;
  for (int64_t i = 0; i < kEvents; ++i) {
    starts.push_back(text.size());
    text += generator.Json(generator.At(0, i + 1000000));
    text += '\n';
  }
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  std::vector<Morsel> morsels;
  for (int64_t i = 0; i < kEvents; ++i) {
    if (i % 1024 == 0) morsels.emplace_back();
    const size_t at = static_cast<size_t>(i);
    const size_t end = at + 1 < starts.size() ? starts[at + 1] : text.size();
    RawRecord record;
    record.data = text.data() + starts[at];
    record.size = static_cast<uint32_t>(end - starts[at] - 1);
    record.offset = i;
    morsels.back().records.push_back(record);
  }
  std::printf("%lld events, %.1f bytes each\n", static_cast<long long>(kEvents),
              static_cast<double>(text.size()) / kEvents);

  const auto auction = Column({"bid", "auction"}, TypeKind::kBigint);
  const auto bidder = Column({"bid", "bidder"}, TypeKind::kBigint);
  const auto price = Column({"bid", "price"}, TypeKind::kBigint);
  const auto time = Column({"bid", "dateTime"}, TypeKind::kTimestamp);
  const auto channel = Column({"bid", "channel"}, TypeKind::kString);
  const auto url = Column({"bid", "url"}, TypeKind::kString);
  const auto extra = Column({"bid", "extra"}, TypeKind::kString);
  Measure("nothing (validation only)", {}, morsels, rounds);
  Measure("3 numbers", {auction, bidder, price}, morsels, rounds);
  Measure("2 numbers, time", {auction, price, time}, morsels, rounds);
  Measure("every field of bid", {auction, bidder, price, channel, url, time, extra}, morsels,
          rounds);

  simdjson::ondemand::parser parser;
  int64_t sum = 0;
  const double ns = NanosPerEvent(rounds, [&] {
    for (const Morsel& morsel : morsels) {
      for (const RawRecord& record : morsel.records) {
        auto doc =
            parser.iterate(record.data, record.size, record.size + simdjson::SIMDJSON_PADDING);
        simdjson::ondemand::object bid;
        if (doc["bid"].get_object().get(bid) != simdjson::SUCCESS) continue;
        sum += bid["auction"].get_int64().value_unsafe() +
               bid["bidder"].get_int64().value_unsafe() + bid["price"].get_int64().value_unsafe();
      }
    }
  });
  std::printf("%-40s %7.1f ns/record (unvalidated; %lld)\n", "simdjson on demand, 3 numbers", ns,
              static_cast<long long>(sum % 1000));
  return 0;
}

}  // namespace
}  // namespace flow

int main(int argc, char** argv) { return flow::Main(argc > 1 ? std::atoi(argv[1]) : 20); }
