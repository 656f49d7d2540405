// What a stream and a batch run share: counters, dead letters, key errors, the report.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/connector/connector.h"
#include "runtime/exec/options.h"
#include "runtime/exec/routes.h"
#include "runtime/exec/source_front.h"
#include "runtime/exec/source_set.h"

namespace flow {

int64_t NowUs();   // monotonic
int64_t WallUs();  // since 1970

// A sink that does not answer is asked again after these waits, which double.
constexpr int64_t kFirstWaitUs = 100'000;
constexpr int64_t kLongestWaitUs = 5'000'000;

// Counters of one worker; added up at the end.
struct WorkerCounts {
  explicit WorkerCounts(const program::Program& program, const Routes& routes)
      : sources(program.sources.size()),
        paths(routes.all.size()),
        key_errors(routes.all.size(), 0) {}
  std::vector<SourceLedger> sources;
  std::vector<PathCounts> paths;
  std::vector<int64_t> key_errors;  // by path, by weight
  int64_t rows = 0;
  int64_t bytes = 0;
};

DeadLetterRecord DeadLetterOf(const program::Source& source, const PartitionState& partition,
                              const Decoder& decoder, const SourceRows& rows, int32_t row,
                              uint8_t code, const std::string& view);

// Where dead rows go. Thread-safe.
class DeadLetters {
 public:
  static Result<std::unique_ptr<DeadLetters>> Open(const program::Program& program,
                                                   const RunOptions& options);
  void Write(const program::Source& source, int source_index, const PartitionState& partition,
             const Decoder& decoder, const SourceRows& rows, int32_t row, uint8_t code,
             const std::string& view);
  Status Close();

 private:
  std::vector<std::unique_ptr<DeadLetterSink>> sinks_;  // by source; may be null
  const RunOptions* options_ = nullptr;
  std::mutex mutex_;
  int64_t shown_ = 0;
  Status status_;
};

// The name that a path's dead letters and ledger line carry: the consumer's.
std::string PathView(const program::Program& program, const Route& route);

// Fills everything of the report that counters and partitions say. `sources` may be null.
void FillReport(const program::Program& program, const Routes& routes, const SourceSet* sources,
                const std::vector<WorkerCounts*>& counts, RunReport* report);

int64_t ProcessCpuUs();
int64_t PeakRss();

}  // namespace flow
