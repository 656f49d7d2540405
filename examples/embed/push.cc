// Embedding libflow: a program pushes its own records into a stream that keeps state, breaks off in
// the middle, and goes on. The result is that of a batch which saw all records at once.
#include <flow/flow.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <unistd.h>

namespace {

constexpr int kPartitions = 3;
constexpr int64_t kOrders = 20'000;  // a partition

// FROM says where the log is when nobody feeds it.
constexpr const char* kText = R"(
SOURCE orders (customer STRING, amount DECIMAL(8, 2), ts TIMESTAMP)
FROM KAFKA (brokers = 'localhost:9092', topic = 'orders') FORMAT JSON
EVENT TIME ts WATERMARK 5s;

VIEW revenue AS
SELECT customer, window_start, COUNT(*) AS orders, SUM(amount) AS revenue
FROM TUMBLE(orders, 1m)
GROUP BY customer, window_start;
)";

// What the host has to keep until an epoch is durable: here it can be made again.
std::string OrderAt(int partition, int64_t offset) {
  const auto number = static_cast<int>(offset * kPartitions + partition);
  char text[128];
  std::snprintf(text, sizeof(text),
                R"({"customer":"c%d","amount":%d.%02d,"ts":"2026-01-01T10:%02d:%02dZ"})",
                number % 17, number % 90, number % 100, static_cast<int>(offset * 60 / kOrders),
                static_cast<int>(offset * 3600 / kOrders % 60));
  return text;
}

// Until the run has read up to `offset` of each partition, or is over.
void WaitFor(const libflow::Feed& feed, int64_t offset, const std::atomic<bool>& over) {
  for (int p = 0; p < kPartitions; ++p) {
    while (feed.NextOffset(p) < offset && !over) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

// Pushes from where the run reads on, up to offset `end` of each partition.
void PushOrders(libflow::Feed* feed, int64_t end, const std::atomic<bool>& over) {
  WaitFor(*feed, 0, over);
  int64_t next[kPartitions];
  for (int p = 0; p < kPartitions; ++p) next[p] = feed->NextOffset(p);
  for (bool more = true; more;) {
    more = false;
    bool full = false;
    for (int p = 0; p < kPartitions; ++p) {
      if (next[p] >= end) continue;
      more = true;
      switch (feed->Push(p, next[p], OrderAt(p, next[p]))) {
        case libflow::Feed::Pushed::kTaken:
          ++next[p];
          break;
        case libflow::Feed::Pushed::kFull:  // a slow stream slows whoever pushes
          full = true;
          break;
        case libflow::Feed::Pushed::kRefused:
          return;
      }
    }
    if (full) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

// Runs with records up to offset `end`, then to its end or, if `stop`, until it is told to stop.
std::string RunFed(libflow::Program& program, libflow::RunOptions options, int64_t end, bool stop) {
  auto feed = std::make_shared<libflow::Feed>(kPartitions, 64 << 10);
  options.feeds["orders"] = feed;
  std::atomic<bool> over = false;
  std::thread host([&] {
    PushOrders(feed.get(), end, over);
    if (!stop) return feed->End();
    WaitFor(*feed, end, over);
    if (!over) libflow::Stop(program);
  });
  const libflow::RunResult result = libflow::Run(program, options);
  if (result.code != libflow::kOk) std::fprintf(stderr, "error: %s\n", result.error.c_str());
  over = true;
  feed->End();
  host.join();
  if (result.code != libflow::kOk || result.digests.empty()) return "";
  return std::to_string(result.digests[0].rows) + " rows, " + result.digests[0].hash;
}

}  // namespace

int main() {
  libflow::CompileOptions compile;
  compile.all_views = true;
  libflow::CompileResult compiled = libflow::Compile("orders.flow", kText, compile);
  if (compiled.program == nullptr) {
    std::fputs(compiled.text.c_str(), stderr);
    return 1;
  }
  const std::string state =
      (std::filesystem::temp_directory_path() / ("push-" + std::to_string(getpid()))).string();
  libflow::RunOptions stream;
  stream.state = state;
  stream.digest = true;
  stream.to_stdout = false;
  stream.epoch_us = 20'000;
  RunFed(*compiled.program, stream, kOrders / 3, /*stop=*/true);
  RunFed(*compiled.program, stream, kOrders / 2, /*stop=*/true);
  // The end of the feed is the end of what came: windows stay open for what the log may bring yet.
  const std::string in_three = RunFed(*compiled.program, stream, kOrders, /*stop=*/false);
  std::filesystem::remove_all(state);

  libflow::RunOptions batch;
  batch.mode = libflow::Mode::kBatch;
  batch.use_sinks = false;
  batch.digest = true;
  batch.to = "orders:0=" + std::to_string(kOrders) + ",1=" + std::to_string(kOrders) +
             ",2=" + std::to_string(kOrders);
  const std::string at_once = RunFed(*compiled.program, batch, kOrders, /*stop=*/false);
  const bool equal = !in_three.empty() && in_three == at_once;
  std::printf("in three runs: %s\nat once:       %s\n", in_three.c_str(), at_once.c_str());
  return equal ? 0 : 1;
}
