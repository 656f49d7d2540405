// Shared parts of both runs.
#include "runtime/exec/run_common.h"

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "runtime/abi/error_code.h"
#include "runtime/time/windows.h"

namespace flow {

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t WallUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t ProcessCpuUs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

// Not getrusage's, which a process inherits from the one that started it.
int64_t PeakRss() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmHWM:", 0) == 0) return std::atoll(line.c_str() + 6) * 1024;
  }
  return 0;
}

std::string PathView(const program::Program& program, const Route& route) {
  if (route.to == Route::To::kView) return program.views[static_cast<size_t>(route.index)].name;
  return program.aggregates[static_cast<size_t>(route.index)].name;
}

DeadLetterRecord DeadLetterOf(const program::Source& source, const PartitionState& partition,
                              const Decoder& decoder, const SourceRows& rows, int32_t row,
                              uint8_t code, const std::string& view) {
  DeadLetterRecord record;
  record.source = source.name;
  record.partition = rows.morsel.origins == nullptr
                         ? partition.partition
                         : rows.morsel.PartitionOf(static_cast<size_t>(row));
  record.offset = rows.decoded.offsets[static_cast<size_t>(row)];
  record.view = view;
  record.error = FlowErrorText(code);
  record.raw = decoder.Raw(rows.morsel, row);
  return record;
}

Result<std::unique_ptr<DeadLetters>> DeadLetters::Open(const program::Program& program,
                                                       const RunOptions& options) {
  auto letters = std::make_unique<DeadLetters>();
  letters->options_ = &options;
  for (const program::Source& source : program.sources) {
    letters->sinks_.push_back(nullptr);
    if (!source.dead_letter || !options.use_sinks || !options.state_directory.empty()) continue;
    FLOW_TRY(letters->sinks_.back(), OpenDeadLetter(*source.dead_letter));
  }
  return letters;
}

void DeadLetters::Write(const program::Source& source, int source_index,
                        const PartitionState& partition, const Decoder& decoder,
                        const SourceRows& rows, int32_t row, uint8_t code,
                        const std::string& view) {
  constexpr int64_t kShown = 10;
  DeadLetterSink* sink = sinks_[static_cast<size_t>(source_index)].get();
  if (sink == nullptr) {
    std::lock_guard lock(mutex_);
    if (options_->on_dead) {
      options_->on_dead(DeadLetterOf(source, partition, decoder, rows, row, code, view));
      return;
    }
    if (shown_ >= kShown || !options_->on_notice) return;
    ++shown_;
    options_->on_notice("dead: " + source.name + ":" + partition.name + " offset " +
                        std::to_string(rows.decoded.offsets[static_cast<size_t>(row)]) +
                        (view.empty() ? "" : " on the way to " + view) + ": " +
                        FlowErrorText(code) + (shown_ == kShown ? " (no more are shown)" : ""));
    return;
  }
  Status status = sink->Write(DeadLetterOf(source, partition, decoder, rows, row, code, view));
  if (status.ok()) return;
  std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = std::move(status);
}

Status DeadLetters::Close() {
  for (auto& sink : sinks_) {
    if (sink != nullptr) FLOW_RETURN_IF_ERROR(sink->Close());
  }
  std::lock_guard lock(mutex_);
  return status_;
}

bool RunReport::balanced() const {
  for (const SourceLedger& source : sources) {
    if (!source.balanced()) return false;
  }
  for (const PathLedger& path : paths) {
    if (!path.balanced()) return false;
  }
  return true;
}

std::string RunReport::frontier() const {
  std::string text;
  for (const PartitionStats& partition : partitions) {
    if (!text.empty()) text += ",";
    text += partition.frontier;
  }
  return text;
}

void FillReport(const program::Program& program, const Routes& routes, const SourceSet* sources,
                const std::vector<WorkerCounts*>& counts, RunReport* report) {
  for (size_t s = 0; s < program.sources.size(); ++s) {
    SourceLedger ledger;
    ledger.name = program.sources[s].name;
    for (const WorkerCounts* worker : counts) {
      ledger.read += worker->sources[s].read;
      ledger.decoded += worker->sources[s].decoded;
      ledger.duplicate += worker->sources[s].duplicate;
      ledger.held += worker->sources[s].held;
      ledger.dead += worker->sources[s].dead;
      ledger.shed += worker->sources[s].shed;
    }
    report->sources.push_back(std::move(ledger));
  }
  for (size_t p = 0; p < routes.all.size(); ++p) {
    const Route& route = routes.all[p];
    PathCounts sum;
    int64_t key_errors = 0;
    for (const WorkerCounts* worker : counts) {
      sum.Add(worker->paths[p]);
      key_errors += worker->key_errors[p];
    }
    if (!route.from_source) {
      if (key_errors != 0) report->key_errors[PathView(program, route)] += key_errors;
      continue;
    }
    PathLedger ledger;
    ledger.source = program.sources[static_cast<size_t>(route.from)].name;
    ledger.name = PathView(program, route);
    ledger.decoded = sum.decoded;
    ledger.accepted = sum.accepted;
    ledger.filtered = sum.filtered;
    ledger.late = sum.late;
    ledger.dead = sum.dead;
    ledger.late_windows = sum.late_windows;
    ledger.unnests = !program.pipelines[static_cast<size_t>(route.pipeline)].unnests.empty();
    ledger.elements = sum.elements;
    ledger.elements_accepted = sum.elements_accepted;
    ledger.elements_filtered = sum.elements_filtered;
    ledger.elements_late = sum.elements_late;
    ledger.elements_dead = sum.elements_dead;
    report->paths.push_back(std::move(ledger));
  }
  static const std::vector<std::unique_ptr<PartitionState>> kNone;
  for (const auto& partition : sources != nullptr ? sources->partitions() : kNone) {
    PartitionStats stats;
    stats.source = program.sources[static_cast<size_t>(partition->source)].name;
    stats.partition = partition->name;
    stats.frontier = sources->OffsetText(*partition);
    stats.watermark = sources->PartitionWatermark(*partition);
    stats.lag = partition->reader != nullptr ? partition->reader->lag() : -1;
    stats.out = partition->out;
    report->partitions.push_back(std::move(stats));
  }
  for (const WorkerCounts* worker : counts) {
    report->rows += worker->rows;
    report->bytes += worker->bytes;
  }
  for (const program::Pipeline& pipeline : program.pipelines) {
    KernelStats stats;
    stats.name = pipeline.name;
    stats.interpreter_rows = pipeline.kernel->rows(program::Tier::kInterpreter);
    stats.baseline_rows = pipeline.kernel->rows(program::Tier::kBaseline);
    stats.optimized_rows = pipeline.kernel->rows(program::Tier::kOptimized);
    report->kernels.push_back(std::move(stats));
  }
}

}  // namespace flow
