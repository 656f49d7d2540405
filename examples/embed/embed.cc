// Embeds libflow: compiles a pipeline from text, runs it as a stream and as a batch, reads the rows
// of a view as they come, and compares the digests. Exits 0 if both gave the same.
#include <cstdio>
#include <string>

#include "flow/flow.h"

namespace {

constexpr const char* kPipeline = R"(
SOURCE events (event_type INT, bid STRUCT<price BIGINT>, "dateTime" TIMESTAMP)
FROM NEXMARK (events = 50000, rate = 1000, partitions = 2)
EVENT TIME "dateTime" WATERMARK 4s;

VIEW bids AS
SELECT window_start, COUNT(*) AS bids, MAX(bid.price) AS highest
FROM TUMBLE(events, 10s)
WHERE event_type = 2
GROUP BY window_start;
)";

// Runs the program; returns its digest, or "" after saying what went wrong.
std::string Run(libflow::Program& program, libflow::Mode mode, bool show) {
  libflow::RunOptions options;
  options.mode = mode;
  options.until_end = mode == libflow::Mode::kStream;
  options.digest = true;
  options.use_sinks = false;
  if (show) {
    options.on_rows = [](const libflow::Rows& rows) {
      for (int row = 0; row < rows.count(); ++row) {
        if (rows.is_upsert(row)) std::printf("%s\n", rows.json(row).c_str());
      }
    };
  }
  libflow::RunResult result = libflow::Run(program, options);
  if (result.code != libflow::kOk) {
    std::fprintf(stderr, "%s\n", result.error.c_str());
    return "";
  }
  std::fputs(result.ledger_text.c_str(), stderr);
  return result.digests.empty() ? "" : result.digests[0].hash;
}

}  // namespace

int main() {
  libflow::CompileOptions options;
  libflow::CompileResult compiled = libflow::Compile("bids.flow", kPipeline, options);
  std::fputs(compiled.text.c_str(), stderr);
  if (compiled.program == nullptr) return 1;

  std::string stream = Run(*compiled.program, libflow::Mode::kStream, true);
  std::string batch = Run(*compiled.program, libflow::Mode::kBatch, false);
  std::printf("stream %s\nbatch  %s\n", stream.c_str(), batch.c_str());
  return !stream.empty() && stream == batch ? 0 : 1;
}
