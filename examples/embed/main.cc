// Embedding libflow: compile a text, run it as a batch and as a stream, read rows out.
#include <flow/flow.h>

#include <cstdio>
#include <string>

namespace {

constexpr const char* kText = R"(
SOURCE clicks (page STRING, revenue DECIMAL(12, 2), ts TIMESTAMP)
FROM INLINE (VALUES
  ('/a', 1.50, '2026-01-01 10:00:05'),
  ('/b', 2.00, '2026-01-01 10:00:20'),
  ('/a', 0.25, '2026-01-01 10:00:55'),
  ('/a', 4.00, '2026-01-01 10:01:10'))
EVENT TIME ts WATERMARK 10s;

VIEW page_metrics AS
SELECT page, window_start, COUNT(*) AS views, SUM(revenue) AS revenue
FROM TUMBLE(clicks, 1m)
GROUP BY page, window_start;
)";

// Runs the program and prints every row as it is emitted; returns its digest.
std::string RunAndPrint(libflow::Program& program, libflow::Mode mode) {
  libflow::RunOptions options;
  options.mode = mode;
  options.use_sinks = false;
  options.digest = true;
  options.on_rows = [](const libflow::Rows& rows) {
    for (int row = 0; row < rows.count(); ++row) {
      std::printf("%s %s %s\n", rows.view().c_str(), rows.is_upsert(row) ? "+" : "-",
                  rows.json(row).c_str());
    }
  };
  libflow::RunResult result = libflow::Run(program, options);
  if (result.code != libflow::kOk) {
    std::fprintf(stderr, "error: %s\n", result.error.c_str());
    return "";
  }
  return result.digests.at(0).hash;
}

}  // namespace

int main() {
  libflow::CompileResult compiled = libflow::Compile("embedded.flow", kText, {});
  if (compiled.program == nullptr) {
    std::fputs(compiled.text.c_str(), stderr);
    return 1;
  }
  std::string batch = RunAndPrint(*compiled.program, libflow::Mode::kBatch);
  std::string stream = RunAndPrint(*compiled.program, libflow::Mode::kStream);
  std::printf("batch and stream are %s\n",
              !batch.empty() && batch == stream ? "equal" : "different");
  return !batch.empty() && batch == stream ? 0 : 1;
}
