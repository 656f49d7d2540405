// WithLog, EventTimes, Shuffled: see given_log.h.
#include "compiler/driver/testing/given_log.h"

#include <algorithm>
#include <numeric>

#include "runtime/connector/memory/memory_source.h"
#include "runtime/exec/source_front.h"
#include "runtime/time/windows.h"

namespace flow::testing {

uint64_t Random::Next() {
  // splitmix64
  state_ += 0x9e3779b97f4a7c15ull;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

GivenProgram WithLogs(const program::Program& program, const BoundScript& script,
                      const bound::Test& test) {
  GivenProgram made;
  made.program = program;
  for (program::Source& source : made.program.sources) {
    source.dead_letter.reset();
    source.max_rate.reset();
    source.overload = program::Overload::kSlow;
    source.secrets.clear();
    const bound::GivenLog* given = nullptr;
    for (const bound::GivenLog& log : test.given) {
      if (script.sources[static_cast<size_t>(log.source)].spec.name == source.name) given = &log;
    }
    if (given == nullptr && source.connector == program::Connector::kInline) continue;
    if (source.format == program::Format::kRows) source.format = program::Format::kJson;
    if (source.format == program::Format::kCsv) source.format_options["header"] = "false";
    // The log ends, also that of a source which does not.
    if (source.connector == program::Connector::kFile) {
      source.options.erase("follow");
    } else {
      source.connector = program::Connector::kInline;
    }
    program::Log& log = made.logs[source.name];
    if (given != nullptr) log = given->partitions;
    if (log.empty()) log.emplace_back();
  }
  return made;
}

Result<ByRecord<std::optional<int64_t>>> EventTimes(const GivenProgram& given) {
  const program::Program& program = given.program;
  ByRecord<std::optional<int64_t>> times(program.sources.size());
  for (size_t s = 0; s < program.sources.size(); ++s) {
    const program::Source& source = program.sources[s];
    const auto log = given.logs.find(source.name);
    if (log == given.logs.end()) continue;
    FLOW_TRY(std::unique_ptr<SourceConnector> connector, OpenMemorySource(source, log->second));
    SourceFront front(&program, static_cast<int>(s), &connector->decoder());
    for (const PartitionInfo& partition : connector->partitions()) {
      std::vector<std::optional<int64_t>>& of_partition = times[s].emplace_back();
      of_partition.resize(static_cast<size_t>(partition.end));
      FLOW_TRY(std::unique_ptr<PartitionReader> reader,
               connector->Open(partition.id, 0, partition.end));
      SourceRows rows;
      for (;;) {
        FLOW_TRY(ReadState state, reader->Read(kBatchRows, int64_t{1} << 20, &rows.morsel));
        if (state != ReadState::kData) break;
        front.Decode(&rows, [](int32_t, uint8_t) {});
        if (!source.has_event_time()) continue;
        for (auto [first, count] : rows.alive) {
          for (int32_t row = first; row < first + count; ++row) {
            const size_t i = static_cast<size_t>(row);
            of_partition[static_cast<size_t>(rows.decoded.offsets[i])] = rows.event_time[i];
          }
        }
      }
    }
  }
  return times;
}

int64_t LateWindows(const program::Window& window, int64_t time, int64_t watermark) {
  if (watermark == kMinTime) return 0;
  if (window.kind == program::WindowKind::kSession) return Passed(watermark, time, window.lateness);
  // Ends of windows are offset + size + k * slide; those in (time, time + size] hold the row, of
  // CUMULATE those to the end of its cycle.
  const int64_t phase = window.offset + window.size;
  const int64_t longest = window.kind == program::WindowKind::kCumulate
                              ? FloorTo(time, window.offset, window.cycle) + window.cycle
                              : SaturatingAdd(time, window.size);
  const int64_t last = std::min(SaturatingAdd(watermark, -window.lateness), longest);
  if (last <= time) return 0;
  return (FloorTo(last, phase, window.slide) - FloorTo(time, phase, window.slide)) / window.slide;
}

namespace {

// Late windows of each record in this order, by record; all windows one after the other.
std::vector<int64_t> Judge(const std::vector<std::optional<int64_t>>& times, int64_t delay,
                           const std::vector<program::Window>& windows,
                           const std::vector<size_t>& order) {
  std::vector<int64_t> late(times.size() * windows.size(), 0);
  int64_t greatest = kMinTime;
  for (size_t record : order) {
    if (!times[record]) continue;
    const int64_t watermark = greatest == kMinTime ? kMinTime : SaturatingAdd(greatest, -delay);
    for (size_t w = 0; w < windows.size(); ++w) {
      late[record * windows.size() + w] = LateWindows(windows[w], *times[record], watermark);
    }
    greatest = std::max(greatest, *times[record]);
  }
  return late;
}

std::vector<program::Window> JudgingWindows(const program::Program& program, int source) {
  std::vector<program::Window> windows;
  auto add = [&](const std::vector<program::Edge>& edges) {
    for (const program::Edge& edge : edges) {
      if (edge.from != program::PartKind::kSource || edge.index != source) continue;
      const program::Pipeline& pipeline = program.pipelines[static_cast<size_t>(edge.pipeline)];
      if (pipeline.window && pipeline.judges_lateness) windows.push_back(*pipeline.window);
      if (pipeline.late_of) windows.push_back(*pipeline.late_of);
    }
  };
  for (const program::Aggregate& aggregate : program.aggregates) add(aggregate.inputs);
  for (const program::View& view : program.views) add(view.inputs);
  return windows;
}

}  // namespace

std::vector<size_t> Shuffled(const std::vector<std::optional<int64_t>>& times, int64_t delay,
                             const std::vector<program::Window>& windows, Random* random) {
  std::vector<size_t> order(times.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (order.size() < 2) return order;
  const std::vector<int64_t> wanted = Judge(times, delay, windows, order);
  // All at once, if that is allowed; else record by record, undone where it is not.
  std::vector<size_t> any = order;
  for (size_t i = any.size(); i > 1; --i) {
    std::swap(any[i - 1],
              any[static_cast<size_t>(random->Between(0, static_cast<int64_t>(i) - 1))]);
  }
  if (Judge(times, delay, windows, any) == wanted) return any;
  const size_t steps = std::min<size_t>(4 * order.size(), 400);
  for (size_t step = 0; step < steps; ++step) {
    const int64_t last = static_cast<int64_t>(order.size()) - 1;
    const size_t from = static_cast<size_t>(random->Between(0, last));
    const size_t to = static_cast<size_t>(random->Between(0, last));
    std::vector<size_t> moved = order;
    const size_t record = moved[from];
    moved.erase(moved.begin() + static_cast<ptrdiff_t>(from));
    moved.insert(moved.begin() + static_cast<ptrdiff_t>(to), record);
#ifndef FLOW_MUTANT_SHUFFLE_FORGETS_LATENESS
    if (Judge(times, delay, windows, moved) != wanted) continue;
#endif
    order = std::move(moved);
  }
  return order;
}

Order ShuffledOrder(const GivenProgram& given, const ByRecord<std::optional<int64_t>>& times,
                    Random* random) {
  const program::Program& program = given.program;
  Order order(program.sources.size());
  for (size_t s = 0; s < program.sources.size(); ++s) {
    const program::Source& source = program.sources[s];
    if (!given.logs.contains(source.name)) continue;
    // The order of what was read tells which of two records is the duplicate.
    const bool by_offset =
        source.unique() ||
        std::any_of(source.columns.begin(), source.columns.end(),
                    [](const auto& column) { return column.from == program::ColumnFrom::kOffset; });
    const std::vector<program::Window> windows = JudgingWindows(program, static_cast<int>(s));
    for (const auto& partition : times[s]) {
      if (!by_offset) {
        order[s].push_back(Shuffled(partition, source.watermark_delay, windows, random));
        continue;
      }
      order[s].emplace_back(partition.size());
      std::iota(order[s].back().begin(), order[s].back().end(), size_t{0});
    }
  }
  return order;
}

void Reorder(const Order& order, GivenProgram* given) {
  for (size_t s = 0; s < order.size(); ++s) {
    const auto log = given->logs.find(given->program.sources[s].name);
    for (size_t p = 0; log != given->logs.end() && p < order[s].size(); ++p) {
      std::vector<program::LogRecord> records;
      for (size_t record : order[s][p]) records.push_back(log->second[p][record]);
      log->second[p] = std::move(records);
    }
  }
}

}  // namespace flow::testing
