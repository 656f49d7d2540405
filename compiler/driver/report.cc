// Ledger and statistics of a run.
#include "compiler/driver/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/abi/convert.h"

namespace flow {

using nlohmann::ordered_json;

namespace {

std::string TimeText(int64_t us) {
  if (us == INT64_MIN) return "none";
  if (us == INT64_MAX) return "end";
  if (us < FLOW_TIMESTAMP_MIN || us > FLOW_TIMESTAMP_MAX) return std::to_string(us) + " us";
  char text[kFlowTextMax];
  return std::string(text, flow_format_timestamp_iso(us, text));
}

std::string Seconds(int64_t us) { return fmt::format("{:.2f} s", static_cast<double>(us) / 1e6); }

std::string Rate(int64_t rows, int64_t us) {
  if (us <= 0) return "-";
  double rate = static_cast<double>(rows) / (static_cast<double>(us) / 1e6);
  if (rate >= 1e6) return fmt::format("{:.2f} M rows/s", rate / 1e6);
  if (rate >= 1e3) return fmt::format("{:.1f} K rows/s", rate / 1e3);
  return fmt::format("{:.0f} rows/s", rate);
}

}  // namespace

std::string LedgerJson(const RunReport& report) {
  ordered_json sources = ordered_json::array();
  for (const SourceLedger& source : report.sources) {
    sources.push_back({{"source", source.name},
                       {"read", source.read},
                       {"decoded", source.decoded},
                       {"duplicate", source.duplicate},
                       {"held", source.held},
                       {"dead", source.dead},
                       {"shed", source.shed}});
  }
  ordered_json paths = ordered_json::array();
  for (const PathLedger& path : report.paths) {
    paths.push_back({{"path", path.source + " -> " + path.name},
                     {"decoded", path.decoded},
                     {"accepted", path.accepted},
                     {"filtered", path.filtered},
                     {"late", path.late},
                     {"dead", path.dead},
                     {"late_windows", path.late_windows}});
    if (!path.unnests) continue;
    paths.back()["elements"] = {{"unnested", path.elements},
                                {"accepted", path.elements_accepted},
                                {"filtered", path.elements_filtered},
                                {"late", path.elements_late},
                                {"dead", path.elements_dead}};
  }
  ordered_json line;
  line["ledger"] = {{"sources", sources}, {"paths", paths}, {"balanced", report.balanced()}};
  line["key_errors"] = ordered_json::object();
  for (const auto& [view, count] : report.key_errors) line["key_errors"][view] = count;
  line["frontier"] = report.frontier();
  line["rows"] = report.rows;
  line["bytes"] = report.bytes;
  line["wall_us"] = report.wall_us;
  line["cpu_us"] = report.cpu_us;
  line["first_row_us"] = report.first_row_us;
  line["peak_rss"] = report.peak_rss;
  line["ticks"] = report.ticks;
  line["state_updates"] = report.state_updates;
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string LedgerText(const RunReport& report) {
  std::string text;
  for (const SourceLedger& s : report.sources) {
    text += fmt::format("{}: read {} = decoded {} + duplicate {} + held {} + dead {}{}{}\n", s.name,
                        s.read, s.decoded, s.duplicate, s.held, s.dead,
                        s.shed > 0 ? fmt::format(" + shed {}", s.shed) : "",
                        s.balanced() ? "" : "  DOES NOT BALANCE");
  }
  for (const PathLedger& p : report.paths) {
    text +=
        fmt::format("{} -> {}: decoded {} = accepted {} + filtered {} + late {} + dead {}{}{}\n",
                    p.source, p.name, p.decoded, p.accepted, p.filtered, p.late, p.dead,
                    p.late_windows > 0
                        ? fmt::format(" (and {} windows missed by accepted rows)", p.late_windows)
                        : "",
                    p.balanced() ? "" : "  DOES NOT BALANCE");
    if (!p.unnests) continue;
    text += fmt::format("{} -> {}: unnested {} = accepted {} + filtered {} + late {} + dead {}\n",
                        p.source, p.name, p.elements, p.elements_accepted, p.elements_filtered,
                        p.elements_late, p.elements_dead);
  }
  for (const auto& [view, count] : report.key_errors) {
    text += fmt::format("{}: {} keys are in error and left out\n", view, count);
  }
  text += fmt::format("{} rows in {} ({} by wall clock), {} of CPU, {:.0f} MB at most\n",
                      report.rows, Seconds(report.wall_us), Rate(report.rows, report.wall_us),
                      Seconds(report.cpu_us), static_cast<double>(report.peak_rss) / 1048576.0);
  return text;
}

std::string StatsText(const RunReport& report) {
  std::string text = "task                  worker     busy     idle  backpressured        rows\n";
  for (const TaskStats& task : report.tasks) {
    text += fmt::format("{:<20}  {:>6}  {:>7}  {:>7}  {:>13}  {:>10}\n", task.name, task.worker,
                        Seconds(task.busy_us), Seconds(task.idle_us),
                        Seconds(task.backpressured_us), task.rows);
  }
  text += "\nsource       partition     watermark                 lag  frontier\n";
  for (const PartitionStats& partition : report.partitions) {
    text += fmt::format("{:<11}  {:<12}  {:<20}  {:>7}  {}{}\n", partition.source,
                        partition.partition, TimeText(partition.watermark),
                        partition.lag < 0 ? "-" : std::to_string(partition.lag), partition.frontier,
                        partition.out ? " (out: idle)" : "");
  }
  text += "\nkernel                              interpreter     baseline    optimized  (rows)\n";
  for (const KernelStats& kernel : report.kernels) {
    text += fmt::format("{:<34}  {:>12} {:>12} {:>12}\n", kernel.name, kernel.interpreter_rows,
                        kernel.baseline_rows, kernel.optimized_rows);
  }
  text +=
      fmt::format("\nticks {}, state updates {}, groups at the end {}, first row after {:.1f} ms\n",
                  report.ticks, report.state_updates, report.groups,
                  static_cast<double>(report.first_row_us) / 1000.0);
  text +=
      fmt::format("hot groups {}, cold groups {}, evictions {}, cold reads {} of {} looked for\n",
                  report.groups - report.cold_groups, report.cold_groups, report.evictions,
                  report.cold_reads, report.cold_lookups);
  if (report.state_load_us >= 0) {
    text += fmt::format("state loaded in {}\n", Seconds(report.state_load_us));
  }
  return text;
}

std::string StatsJson(const RunReport& report) {
  ordered_json stats;
  stats["tasks"] = ordered_json::array();
  for (const TaskStats& task : report.tasks) {
    stats["tasks"].push_back({{"task", task.name},
                              {"worker", task.worker},
                              {"busy_us", task.busy_us},
                              {"idle_us", task.idle_us},
                              {"backpressured_us", task.backpressured_us},
                              {"rows", task.rows}});
  }
  stats["partitions"] = ordered_json::array();
  for (const PartitionStats& partition : report.partitions) {
    ordered_json entry = {{"source", partition.source},
                          {"partition", partition.partition},
                          {"frontier", partition.frontier},
                          {"lag", partition.lag},
                          {"out", partition.out}};
    entry["watermark"] = partition.watermark == INT64_MIN
                             ? ordered_json(nullptr)
                             : ordered_json(TimeText(partition.watermark));
    stats["partitions"].push_back(std::move(entry));
  }
  stats["kernels"] = ordered_json::array();
  for (const KernelStats& kernel : report.kernels) {
    stats["kernels"].push_back({{"kernel", kernel.name},
                                {"interpreter_rows", kernel.interpreter_rows},
                                {"baseline_rows", kernel.baseline_rows},
                                {"optimized_rows", kernel.optimized_rows}});
  }
  stats["groups"] = report.groups;
  stats["cold_groups"] = report.cold_groups;
  stats["evictions"] = report.evictions;
  stats["cold_lookups"] = report.cold_lookups;
  stats["cold_reads"] = report.cold_reads;
  stats["state_load_us"] = report.state_load_us;
  ordered_json line;
  line["stats"] = std::move(stats);
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace flow
