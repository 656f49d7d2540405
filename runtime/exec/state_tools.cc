// Reports over state directories.
#include "runtime/exec/state_tools.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/base/datum.h"
#include "runtime/checkpoint/state_view.h"
#include "runtime/connector/dead_rows.h"
#include "runtime/exec/run_common.h"
#include "runtime/format/encode.h"
#include "runtime/format/row_codec.h"
#include "runtime/operator/entry_codec.h"

namespace flow {

namespace {

using Json = nlohmann::ordered_json;

std::string TimeText(int64_t us) {
  if (us == INT64_MIN) return "none";
  if (us == INT64_MAX) return "end";
  std::string text = ToSql(Datum::Int(TypeKind::kTimestamp, us));
  size_t begin = text.find('\'');
  return begin == std::string::npos ? text : text.substr(begin + 1, text.size() - begin - 2);
}

std::string Bytes(int64_t bytes) {
  char text[32];
  if (bytes < 10'000) {
    std::snprintf(text, sizeof text, "%lld B", static_cast<long long>(bytes));
  } else if (bytes < 10'000'000) {
    std::snprintf(text, sizeof text, "%.1f KB", static_cast<double>(bytes) / 1e3);
  } else {
    std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  }
  return text;
}

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

int64_t SegmentBytes(const Manifest& manifest) {
  int64_t bytes = 0;
  for (const StateSegment& segment : manifest.segments) bytes += segment.info.size;
  return bytes;
}

std::string LedgerText(const LedgerLine& line) {
  std::string text = line.name + ":";
  for (const auto& [name, count] : line.counts) {
    if (count != 0) text += " " + name + " " + std::to_string(count);
  }
  return text;
}

Json StatusJson(const StateView& view) {
  const Manifest& m = view.manifest;
  Json json;
  json["state"] = view.root;
  json["uid"] = view.uid;
  json["running"] = view.running;
  json["epoch"] = m.epoch;
  json["ended"] = m.ended;
  json["age_us"] = WallUs() - m.wall_us;
  json["segments"] = m.segments.size();
  json["bytes"] = SegmentBytes(m);
  json["partitions"] = Json::array();
  for (const PartitionPosition& p : m.partitions) {
    json["partitions"].push_back({{"source", p.source},
                                  {"partition", p.name},
                                  {"next_offset", p.next_offset},
                                  {"lag", p.lag},
                                  {"max_event_time_us", p.max_event_time},
                                  {"out", p.out}});
  }
  json["watermarks_us"] = m.watermarks;
  json["applied"] = m.applied;
  json["sources"] = Json::array();
  for (const LedgerLine& line : m.sources) {
    json["sources"].push_back({{"name", line.name}, {"counts", line.counts}});
  }
  json["paths"] = Json::array();
  for (const LedgerLine& line : m.paths) {
    json["paths"].push_back({{"name", line.name}, {"counts", line.counts}});
  }
  // Of views whose rows are hashed.
  json["digests"] = Json::object();
  for (const auto& [view, digest] : m.digests) {
    if (digest.second.empty()) continue;
    json["digests"][view] = {{"rows", digest.first}, {"hash", digest.second}};
  }
  if (m.batch) {
    json["batch"] = {{"range", m.batch->range},
                     {"read", m.batch->scanned > 0},
                     {"computed", m.batch->computed},
                     {"published", m.batch->published}};
  }
  json["decisions"] = m.decisions.size();
  Json now = Json::parse(view.status, nullptr, false);
  if (view.running && now.is_object()) json["now"] = std::move(now);
  return json;
}

// Who holds the least clock of a source that is in.
void TellWatermark(const Manifest& m, const LineOut& out) {
  std::map<std::string, const PartitionPosition*> slowest;
  std::map<std::string, int64_t> greatest;
  for (const PartitionPosition& p : m.partitions) {
    auto [at, fresh] = greatest.emplace(p.source, p.max_event_time);
    at->second = std::max(at->second, p.max_event_time);
    if (p.out) continue;
    const PartitionPosition*& least = slowest[p.source];
    if (least == nullptr || p.max_event_time < least->max_event_time) least = &p;
  }
  for (const auto& [source, p] : slowest) {
    if (p == nullptr || greatest[source] == p->max_event_time) continue;
    out("the watermark of " + source + " is held by partition " + p->name +
        (p->max_event_time == INT64_MIN ? ", which has no events yet"
                                        : ", at " + TimeText(p->max_event_time)) +
        "; others are at " + TimeText(greatest[source]));
  }
}

void TellNow(const StateView& view, const LineOut& out) {
  const double age = static_cast<double>(WallUs() - view.manifest.wall_us) / 1e6;
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", age);
  if (!view.running) {
    out(std::string("no process runs on it") +
        (view.manifest.ended ? ": its input has ended" : "; the last epoch was made ") +
        (view.manifest.ended ? "" : std::string(text) + " s ago"));
    return;
  }
  Json now = Json::parse(view.status, nullptr, false);
  if (!now.is_object()) return;
  out("a process runs on it (pid " + std::to_string(now.value("pid", 0)) +
      "); the last epoch was made " + text + " s ago");
  for (const auto& sink : now["sinks"]) {
    const int64_t behind = view.manifest.epoch - sink.value("applied", int64_t{0});
    std::string waiting = sink.value("waiting", "");
    if (!waiting.empty()) {
      out("sink " + sink.value("name", "") + " waits: " + waiting);
    } else if (behind > 1) {
      out("sink " + sink.value("name", "") + " is " + std::to_string(behind) +
          " epochs behind: it is slower than the input");
    }
  }
  std::string disk = now.value("disk", "");
  if (!disk.empty()) out("the state waits: " + disk);
}

}  // namespace

Status StateStatus(const std::string& root, bool json, const LineOut& out) {
  FLOW_TRY(StateView view, ReadStateView(Files::System(), root));
  if (json) {
    out(StatusJson(view).dump());
    return OkStatus();
  }
  const Manifest& m = view.manifest;
  out("state " + root + " of pipeline " + view.uid);
  out("epoch " + std::to_string(m.epoch) + ", " + std::to_string(m.segments.size()) +
      " segments, " + Bytes(SegmentBytes(m)) +
      (m.ended && !m.batch ? ", the input has ended" : ""));
  if (m.batch) {
    out("batch " + m.batch->range + ": " +
        (m.batch->published     ? "done"
         : m.batch->computed    ? "all is computed, but not with the sinks"
         : m.batch->scanned > 0 ? "all is read"
                                : "not all is read"));
  }
  TellNow(view, out);
  out("");
  out(Padded("source", 14) + Padded("partition", 14) + Padded("next offset", 16) +
      Padded("lag", 10) + "greatest event time");
  for (const PartitionPosition& p : m.partitions) {
    out(Padded(p.source, 14) + Padded(p.name, 14) + Padded(std::to_string(p.next_offset), 16) +
        Padded(p.lag < 0 ? "?" : std::to_string(p.lag), 10) + TimeText(p.max_event_time) +
        (p.out ? "  (left out: silent)" : ""));
  }
  TellWatermark(m, out);
  out("");
  for (const auto& [owner, watermark] : m.watermarks) {
    if (owner.rfind("view ", 0) == 0 && watermark != INT64_MIN) {
      out(owner + ": watermark " + TimeText(watermark));
    }
  }
  for (const auto& [sink, epoch] : m.applied) {
    out("sink " + sink + ": had epoch " + std::to_string(epoch) + " when this one was made");
  }
  out("");
  for (const LedgerLine& line : m.sources) out(LedgerText(line));
  for (const LedgerLine& line : m.paths) out(LedgerText(line));
  for (const OutboxInfo& outbox : m.outboxes) {
    out("epoch " + std::to_string(m.epoch) + " has " + std::to_string(outbox.rows) + " rows of " +
        outbox.view + " for sinks, " + Bytes(outbox.info.size));
  }
  return OkStatus();
}

Status StateList(const std::string& root, bool json, const LineOut& out) {
  struct Sum {
    int64_t entries = 0, bytes = 0;
  };
  std::map<std::string, Sum> sums;
  FLOW_TRY(StateView now, ReadStateView(Files::System(), root));
  for (const std::string& owner : now.manifest.owners) sums[owner];
  FLOW_RETURN_IF_ERROR(ReadStateRecords(Files::System(), root,
                                        [&](const StateView&, const std::string& owner,
                                            std::string_view key, std::string_view value) {
                                          ++sums[owner].entries;
                                          sums[owner].bytes +=
                                              static_cast<int64_t>(key.size() + value.size());
                                          return OkStatus();
                                        }));
  for (const auto& [owner, sum] : sums) {
    if (json) {
      Json line = {{"operator", owner}, {"entries", sum.entries}, {"bytes", sum.bytes}};
      out(line.dump());
    } else if (sum.entries > 0) {
      out(Padded(owner, 40) + " " + std::to_string(sum.entries) + " entries, " + Bytes(sum.bytes));
    }
  }
  return OkStatus();
}

Status StateInspect(const std::string& root, const std::string& name, const std::string& match,
                    int64_t limit, const LineOut& out) {
  std::map<std::string, program::Aggregate> specs;
  FLOW_TRY(StateView view, ReadStateView(Files::System(), root));
  std::string known;
  for (const PlanPart& part : view.plan) {
    if (part.kind != "layout") continue;
    known += (known.empty() ? "" : ", ") + part.name.substr(part.name.find(' ') + 1);
    if (!name.empty() && part.name != name && part.name != "aggregate " + name) continue;
    FLOW_TRY(specs[part.name], ParseEntryDescriptor(part.text));
  }
  if (specs.empty()) {
    return UserError("the state has no operator `" + name + "`", "there is: " + known);
  }
  int64_t shown = 0;
  return ReadStateRecords(
      Files::System(), root,
      [&](const StateView&, const std::string& owner, std::string_view key,
          std::string_view value) -> Status {
        auto spec = specs.find(owner);
        if (spec == specs.end() || shown >= limit) return OkStatus();
        FLOW_TRY(std::string text, EntryText(spec->second, key, value));
        if (text.find(match) == std::string::npos) return OkStatus();
        ++shown;
        out((specs.size() > 1 ? owner.substr(owner.find(' ') + 1) + ": " : "") + text);
        return OkStatus();
      });
}

Status StateDiff(const std::string& a, const std::string& b, int64_t limit, const LineOut& out,
                 int64_t* differ) {
  using Key = std::pair<std::string, std::string>;  // owner, key
  std::map<Key, std::string> left;
  std::map<std::string, program::Aggregate> specs;
  *differ = 0;
  FLOW_TRY(StateView view, ReadStateView(Files::System(), a));
  for (const PlanPart& part : view.plan) {
    if (part.kind != "layout") continue;
    FLOW_TRY(specs[part.name], ParseEntryDescriptor(part.text));
  }
  auto tell = [&](const char* sign, const Key& key, const std::string& value) {
    ++*differ;
    if (*differ > limit) return;
    std::string text = std::to_string(value.size()) + " bytes";
    auto spec = specs.find(key.first);
    if (spec != specs.end()) {
      auto entry = EntryText(spec->second, key.second, value);
      if (entry.ok()) text = entry.value();
    }
    out(std::string(sign) + " " + key.first + ": " + text);
  };
  FLOW_RETURN_IF_ERROR(ReadStateRecords(Files::System(), a,
                                        [&](const StateView&, const std::string& owner,
                                            std::string_view key, std::string_view value) {
                                          left[{owner, std::string(key)}] = value;
                                          return OkStatus();
                                        }));
  FLOW_RETURN_IF_ERROR(ReadStateRecords(Files::System(), b,
                                        [&](const StateView&, const std::string& owner,
                                            std::string_view key, std::string_view value) {
                                          Key at{owner, std::string(key)};
                                          auto found = left.find(at);
                                          if (found == left.end()) {
                                            tell("+", at, std::string(value));
                                            return OkStatus();
                                          }
                                          if (found->second != value) {
                                            tell("-", at, found->second);
                                            tell("+", at, std::string(value));
                                            --*differ;
                                          }
                                          left.erase(found);
                                          return OkStatus();
                                        }));
  for (const auto& [key, value] : left) tell("-", key, value);
  if (*differ > limit) out("... " + std::to_string(*differ - limit) + " more");
  return OkStatus();
}

Status DeadLetterList(const std::string& root, bool json, const LineOut& out) {
  std::map<std::string, int64_t> counts;
  FLOW_RETURN_IF_ERROR(ReadStateRecords(
      Files::System(), root,
      [&](const StateView&, const std::string& owner, std::string_view, std::string_view) {
        if (owner.rfind("dead ", 0) == 0) ++counts[owner.substr(5)];
        return OkStatus();
      }));
  for (const auto& [source, count] : counts) {
    if (json) {
      out(Json({{"source", source}, {"dead", count}}).dump());
    } else {
      out(Padded(source, 20) + std::to_string(count) + " dead letters");
    }
  }
  return OkStatus();
}

Status DeadLetterShow(const std::string& root, const std::string& source, int64_t limit,
                      const LineOut& out) {
  program::Source any;
  const program::View view = DeadLetterView(any);
  int64_t shown = 0;
  return ReadStateRecords(Files::System(), root,
                          [&](const StateView&, const std::string& owner, std::string_view,
                              std::string_view value) -> Status {
                            if (owner.rfind("dead ", 0) != 0 || shown >= limit) return OkStatus();
                            if (!source.empty() && owner.substr(5) != source) return OkStatus();
                            Batch rows(view.types, 1);
                            FLOW_RETURN_IF_ERROR(ReadRowBytes(value, &rows));
                            std::string text;
                            AppendJsonRow(rows, 0, view.columns, DeadLetterColumns(rows, 0), &text);
                            out(text);
                            ++shown;
                            return OkStatus();
                          });
}

}  // namespace flow
