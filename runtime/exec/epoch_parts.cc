// The parts of manifests and epochs that streams and batches share.
#include "runtime/exec/epoch_parts.h"

#include <algorithm>

#include "runtime/base/ordered_bytes.h"
#include "runtime/connector/dead_rows.h"
#include "runtime/exec/unique.h"
#include "runtime/format/encode.h"
#include "runtime/format/row_codec.h"
#include "runtime/operator/entry_codec.h"

namespace flow {

namespace {

constexpr size_t kFrameBytes = 256 << 10;

constexpr std::pair<const char*, int64_t PathCounts::*> kElementCounts[] = {
    {"elements", &PathCounts::elements},
    {"elements_accepted", &PathCounts::elements_accepted},
    {"elements_filtered", &PathCounts::elements_filtered},
    {"elements_late", &PathCounts::elements_late},
    {"elements_dead", &PathCounts::elements_dead}};

std::string DeadOwner(const program::Source& source) { return "dead " + source.name; }

std::string PathName(const program::Program& program, const Route& route, size_t index) {
  const std::string from = route.from_source
                               ? program.sources[static_cast<size_t>(route.from)].name
                               : program.aggregates[static_cast<size_t>(route.from)].name;
  return std::to_string(index) + " " + from + " -> " + PathView(program, route);
}

int64_t Count(const LedgerLine& line, const char* name) {
  auto found = line.counts.find(name);
  return found == line.counts.end() ? 0 : found->second;
}

unsigned __int128 HashFromHex(const std::string& text) {
  unsigned __int128 hash = 0;
  for (char c : text) {
    hash = hash << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return hash;
}

}  // namespace

std::string AggregateOwner(const program::Aggregate& aggregate) {
  return "aggregate " + aggregate.name;
}
std::string ViewOwner(const program::View& view) { return "view " + view.name; }

std::vector<std::string> StateOwners(const program::Program& program) {
  std::vector<std::string> owners;
  for (const auto& aggregate : program.aggregates) owners.push_back(AggregateOwner(aggregate));
  for (const auto& view : program.views) owners.push_back(ViewOwner(view));
  for (const auto& source : program.sources) owners.push_back(DeadOwner(source));
  for (const auto& source : program.sources) owners.push_back(UniqueOwner(source));
  return owners;
}

std::vector<int> PlacesOf(const std::vector<std::string>& saved, const program::Program& program) {
  const std::vector<std::string> owners = StateOwners(program);
  std::vector<int> places;
  for (const std::string& owner : saved) {
    auto found = std::find(owners.begin(), owners.end(), owner);
    places.push_back(found == owners.end() ? -1 : static_cast<int>(found - owners.begin()));
  }
  return places;
}

void DescribeCounts(const program::Program& program, const Routes& routes,
                    const std::vector<const WorkerCounts*>& counts, Manifest* manifest) {
  for (size_t s = 0; s < program.sources.size(); ++s) {
    SourceLedger sum;
    for (const WorkerCounts* worker : counts) {
      const SourceLedger& part = worker->sources[s];
      sum.read += part.read;
      sum.decoded += part.decoded;
      sum.duplicate += part.duplicate;
      sum.held += part.held;
      sum.dead += part.dead;
      sum.shed += part.shed;
    }
    manifest->sources.push_back({program.sources[s].name,
                                 {{"read", sum.read},
                                  {"decoded", sum.decoded},
                                  {"duplicate", sum.duplicate},
                                  {"held", sum.held},
                                  {"dead", sum.dead},
                                  {"shed", sum.shed}}});
  }
  for (size_t p = 0; p < routes.all.size(); ++p) {
    PathCounts sum;
    int64_t key_errors = 0;
    for (const WorkerCounts* worker : counts) {
      sum.Add(worker->paths[p]);
      key_errors += worker->key_errors[p];
    }
    manifest->paths.push_back({PathName(program, routes.all[p], p),
                               {{"decoded", sum.decoded},
                                {"accepted", sum.accepted},
                                {"filtered", sum.filtered},
                                {"late", sum.late},
                                {"dead", sum.dead},
                                {"late_windows", sum.late_windows},
                                {"key_errors", key_errors}}});
    const program::Pipeline& pipeline =
        program.pipelines[static_cast<size_t>(routes.all[p].pipeline)];
    if (pipeline.unnests.empty()) continue;
    for (const auto& [name, count] : kElementCounts) {
      manifest->paths.back().counts[name] = sum.*count;
    }
  }
}

void DescribeDigest(const ViewOutput& output, const ViewDigest& sum, Manifest* manifest) {
  if (!output.view().wanted) return;
  // The hash is empty where nobody took it.
  manifest->digests[output.view().name] = {sum.rows, output.hashes() ? HashText(sum.hash) : ""};
}

void RestoreCounts(const program::Program& program, const Routes& routes, const Manifest& manifest,
                   WorkerCounts* counts) {
  for (const LedgerLine& line : manifest.sources) {
    for (size_t s = 0; s < program.sources.size(); ++s) {
      if (program.sources[s].name != line.name) continue;
      SourceLedger& ledger = counts->sources[s];
      ledger.read = Count(line, "read");
      ledger.decoded = Count(line, "decoded");
      ledger.duplicate = Count(line, "duplicate");
      ledger.held = Count(line, "held");
      ledger.dead = Count(line, "dead");
      ledger.shed = Count(line, "shed");
      counts->rows += ledger.read - ledger.shed;
    }
  }
  for (const LedgerLine& line : manifest.paths) {
    for (size_t p = 0; p < routes.all.size(); ++p) {
      if (PathName(program, routes.all[p], p) != line.name) continue;
      PathCounts& path = counts->paths[p];
      path.decoded = Count(line, "decoded");
      path.accepted = Count(line, "accepted");
      path.filtered = Count(line, "filtered");
      path.late = Count(line, "late");
      path.dead = Count(line, "dead");
      path.late_windows = Count(line, "late_windows");
      for (const auto& [name, count] : kElementCounts) path.*count = Count(line, name);
      counts->key_errors[p] = Count(line, "key_errors");
    }
  }
}

void RestoreDigest(const Manifest& manifest, const program::View& view, ViewCollector* collector) {
  auto found = manifest.digests.find(view.name);
  if (found == manifest.digests.end()) return;
  collector->Restore(found->second.first, HashFromHex(found->second.second));
}

PartitionPosition DescribePosition(const program::Program& program, PartitionState* partition) {
  PartitionPosition position;
  position.source = program.sources[static_cast<size_t>(partition->source)].name;
  position.partition = partition->partition;
  position.name = partition->name;
  position.next_offset = partition->next_offset;
  position.max_event_time = partition->max_event_time;
  position.out = partition->out;
  if (!partition->held.empty()) {
    const HeldRows& held = *partition->held.front();
    const auto row = static_cast<size_t>(held.waiting[held.next]);
    position.held_from = held.rows.decoded.offsets[row];
    const int64_t watermark = held.rows.watermark[row];
    if (watermark != INT64_MIN) {
      position.held_event_time =
          watermark + program.sources[static_cast<size_t>(partition->source)].watermark_delay;
    }
  }
  if (partition->reader != nullptr) {
    position.lag = partition->reader->lag();
    if (auto last = partition->reader->last_record()) {
      partition->fingerprint = FingerprintText(*last);
    }
  }
  position.fingerprint = partition->fingerprint;
  return position;
}

std::vector<int> DeadLetterViews(const program::Program& program) {
  std::vector<int> views(program.sources.size(), -1);
  for (size_t s = 0; s < program.sources.size(); ++s) {
    for (size_t v = 0; v < program.views.size(); ++v) {
      if (program.views[v].dead_letters &&
          program.views[v].name == DeadLetterView(program.sources[s]).name) {
        views[s] = static_cast<int>(v);
      }
    }
  }
  return views;
}

void KeepDeadLetter(const program::Program& program, int source, const DeadLetterRecord& record,
                    ViewCollector* collector, StateWriter* state) {
  if (collector != nullptr) {
    AppendDeadLetter(&collector->rows(), record);
    return;
  }
  // Without a DEAD LETTER clause the state keeps it: flowc dlq shows it.
  Batch one(DeadLetterView(program.sources[static_cast<size_t>(source)]).types, 1);
  AppendDeadLetter(&one, record);
  std::string key, value;
  AppendOrdered(static_cast<uint32_t>(record.partition), 4, &key);
  AppendOrdered(static_cast<uint64_t>(record.offset), 8, &key);
  key += record.view;
  AppendRowBytes(one, 0, &value);
  const size_t owner =
      program.aggregates.size() + program.views.size() + static_cast<size_t>(source);
  state->Put(static_cast<uint16_t>(owner), key, value);
}

Status AddOutbox(
    const program::View& view, const Batch& rows,
    const std::function<std::optional<std::string>(const Batch& rows, int32_t row)>& refusal,
    EpochData* data) {
  EpochData::Outbox outbox;
  outbox.view = view.name;
  outbox.rows = rows.rows;
  std::string frame;
  for (int32_t row = 0; row < rows.rows; ++row) {
    if (auto why = refusal(rows, row)) {
      std::string text;
      AppendJsonRow(rows, row, view.columns, {}, &text);
      return DataError("a row of " + view.name + " can not be delivered: " + *why + ": " +
                       text.substr(0, 400));
    }
    AppendRowBytes(rows, row, &frame);
    if (frame.size() < kFrameBytes) continue;
    outbox.frames.push_back(std::move(frame));
    frame.clear();
  }
  if (!frame.empty()) outbox.frames.push_back(std::move(frame));
  data->outboxes.push_back(std::move(outbox));
  return OkStatus();
}

program::Program WithDeadLetters(const program::Program& program) {
  program::Program out = program;
  for (const program::Source& source : program.sources) {
    if (!source.dead_letter) continue;
    program::Sink sink;
    sink.name = "dead letters of " + source.name;
    sink.view = static_cast<int>(out.views.size());
    sink.connector = source.dead_letter->connector;
    sink.options = source.dead_letter->options;
    sink.secrets = source.dead_letter->secrets;
    out.views.push_back(DeadLetterView(source));
    out.sinks.push_back(std::move(sink));
  }
  return out;
}

std::vector<PlanPart> PlanParts(const program::Program& program) {
  std::vector<PlanPart> parts;
  for (const program::Definition& part : program.definitions) {
    parts.push_back({part.kind, part.name, part.text});
  }
  for (const program::Aggregate& aggregate : program.aggregates) {
    parts.push_back({"operator", aggregate.name, LayoutText(aggregate)});
    parts.push_back({"layout", AggregateOwner(aggregate), EntryDescriptor(aggregate)});
  }
  return parts;
}

}  // namespace flow
