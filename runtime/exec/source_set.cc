// Opening sources: --from, --to / --stop-at, decision logs, watermarks at a frontier.
#include "runtime/exec/source_set.h"

#include <algorithm>

#include "runtime/abi/convert.h"
#include "runtime/connector/memory/feed.h"
#include "runtime/connector/memory/memory_source.h"
#include "runtime/exec/replay.h"
#include "runtime/exec/shed_reader.h"
#include "runtime/time/frontier.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

std::vector<std::string> NamesByNumber(const Manifest& manifest, const std::string& source) {
  std::vector<std::string> names;
  for (const PartitionPosition& position : manifest.partitions) {
    if (position.source != source || position.partition < 0) continue;
    const size_t number = static_cast<size_t>(position.partition);
    if (names.size() <= number) names.resize(number + 1);
    names[number] = position.name;
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<SourceSet>> SourceSet::Open(const program::Program& program,
                                                   const RunOptions& options, bool bounded,
                                                   const Manifest* resume, const Manifest* stream) {
  std::unique_ptr<SourceSet> set(new SourceSet(program));
  set->test_sheds_ = options.schedule.shed != nullptr;
  if (!options.decisions.empty() && bounded && !options.schedule.decides()) {
    FLOW_TRY(set->decisions_, ReadDecisions(options.decisions));
  }
  const Manifest* decided = resume != nullptr           ? resume
                            : options.decisions.empty() ? stream
                                                        : nullptr;
  for (size_t i = 0; decided != nullptr && bounded && i < decided->decisions.size(); ++i) {
    if (auto decision = ParseDecision(decided->decisions[i])) set->decisions_.push_back(*decision);
  }
  for (size_t s = 0; s < program.sources.size(); ++s) {
    const program::Source& source = program.sources[s];
    const program::Log* log = nullptr;
    if (options.logs != nullptr) {
      if (auto found = options.logs->find(source.name); found != options.logs->end()) {
        log = &found->second;
      }
    }
    const auto feed = options.feeds.find(source.name);
    FLOW_TRY(std::unique_ptr<SourceConnector> connector,
             options.replay.on()           ? OpenLetters(program, static_cast<int>(s), options)
             : log != nullptr              ? OpenMemorySource(source, *log)
             : feed != options.feeds.end() ? OpenFeedSource(source, feed->second)
                                           : OpenSource(source));
    if (source.ahead && !connector->has_log_timestamps()) {
      return UserError("source " + source.name +
                       ": AHEAD needs log timestamps, and this source has none");
    }
    const Manifest* before = resume != nullptr ? resume : stream;
    if (before != nullptr) connector->KeepNumbers(NamesByNumber(*before, source.name));
    auto by_file = source.options.find("partitions");
    for (const PartitionInfo& info : connector->partitions()) {
      auto partition = std::make_unique<PartitionState>();
      partition->source = static_cast<int>(s);
      partition->partition = info.id;
      partition->name = info.name;
      partition->from = info.begin;
      if (bounded || info.bounded) partition->to = info.end;
      partition->complete = info.bounded;
      partition->leaves_when_ended = source.connector == program::Connector::kFile &&
                                     by_file != source.options.end() && by_file->second == "file";
      for (const Decision& decision : set->decisions_) {
        if (decision.kind == Decision::Kind::kBack &&
            decision.partition == PartitionId{source.name, info.id}) {
          partition->raises.emplace_back(decision.offset, decision.event_time);
        }
      }
      std::sort(partition->raises.begin(), partition->raises.end());
      set->partitions_.push_back(std::move(partition));
    }
    set->connectors_.push_back(std::move(connector));
  }
  const bool known_range = resume != nullptr && resume->batch;
  if (!known_range && !options.from.empty() && options.from != "earliest") {
    FLOW_RETURN_IF_ERROR(set->ResolveRange(options.from, false, options));
  }
  if (!known_range && options.to == "stream" && stream != nullptr) {
    FLOW_RETURN_IF_ERROR(set->EndAt(*stream));
  } else if (!known_range && !options.to.empty()) {
    FLOW_RETURN_IF_ERROR(set->ResolveRange(options.to, true, options));
  }
  for (auto& partition : set->partitions_) partition->begin = partition->from;
  if (resume != nullptr) FLOW_RETURN_IF_ERROR(set->Resume(resume->partitions));
  if (known_range) FLOW_RETURN_IF_ERROR(set->ResumeRange(*resume->batch));
  for (auto& partition : set->partitions_) {
    if (bounded && partition->to < 0 && !partition->complete) {
      return UserError(
          "source " + program.sources[static_cast<size_t>(partition->source)].name + " never ends",
          "bound it (NEXMARK, DATAGEN: events = ...) or name its offset in the frontier");
    }
    partition->next_offset = partition->from;
    FLOW_TRY(partition->reader, set->OpenReader(*partition, partition->from, partition->to));
    if (partition->to >= 0 && partition->from >= partition->to) partition->ended = true;
  }
  return set;
}

Status SourceSet::Resume(const std::vector<PartitionPosition>& positions) {
  std::vector<bool> known(partitions_.size(), false);
  for (const PartitionPosition& position : positions) {
    bool found = false;
    for (size_t p = 0; p < partitions_.size(); ++p) {
      PartitionState& partition = *partitions_[p];
      if (program_.sources[static_cast<size_t>(partition.source)].name != position.source ||
          partition.partition != position.partition ||
          (partition.leaves_when_ended && partition.name != position.name)) {
        continue;
      }
      found = known[p] = true;
      partition.from = position.next_offset;
#ifndef FLOW_MUTANT_CLOCK_FORGOTTEN
      partition.max_event_time = position.max_event_time;
#endif
      partition.out = position.out;
      partition.fingerprint = position.fingerprint;
      if (auto last = ParseFingerprint(position.fingerprint)) {
        FLOW_RETURN_IF_ERROR(connector(partition.source)
                                 .VerifyFingerprint(partition.partition, partition.from, *last));
      }
    }
    if (found) continue;
    return Error{ErrorDomain::kData,
                 "source " + position.source + " has no partition " + position.name +
                     " any more; the state has read it up to " +
                     std::to_string(position.next_offset),
                 "bring it back, or start again with --reset-state"};
  }
  for (size_t p = 0; p < partitions_.size(); ++p) {
    // New since then: comes in with its first row, by a decision.
    if (!known[p]) partitions_[p]->out = true;
  }
  return OkStatus();
}

Status SourceSet::ResumeRange(const BatchProgress& batch) {
  std::vector<std::unique_ptr<PartitionState>> kept;
  for (auto& partition : partitions_) {
    for (const BatchProgress::Range& range : batch.ranges) {
      if (program_.sources[static_cast<size_t>(partition->source)].name != range.source ||
          partition->partition != range.partition) {
        continue;
      }
      partition->begin = range.begin;
      partition->to = range.end;
      partition->complete = range.complete;
      partition->from_event_time = range.begin_event_time;
      partition->out = false;
      kept.push_back(std::move(partition));
      break;
    }
  }
  // Others were not there when the batch began.
  partitions_ = std::move(kept);
  return OkStatus();
}

Status SourceSet::EndAt(const Manifest& stream) {
  for (auto& partition : partitions_) {
    const std::string& source = program_.sources[static_cast<size_t>(partition->source)].name;
    int64_t end = partition->from;  // what the stream does not know, it has not read
    for (const PartitionPosition& position : stream.partitions) {
      if (position.source != source || position.partition != partition->partition) continue;
      if (auto last = ParseFingerprint(position.fingerprint)) {
        FLOW_RETURN_IF_ERROR(
            connector(partition->source)
                .VerifyFingerprint(partition->partition, position.next_offset, *last));
      }
      end = std::max(end, position.next_offset);
    }
    if (partition->to != end) partition->complete = false;
    partition->to = end;
  }
  return OkStatus();
}

Status SourceSet::ResolveRange(const std::string& text, bool is_end, const RunOptions& options) {
  if (text == "latest" && !is_end) {
    for (auto& partition : partitions_) {
      for (const PartitionInfo& info : connector(partition->source).partitions()) {
        if (info.id == partition->partition && info.end >= 0) partition->from = info.end;
      }
    }
    return OkStatus();
  }
  if (LooksLikeTime(text)) return ResolveTime(text, is_end, options);
  return ResolveTerms(text, is_end);
}

Status SourceSet::ResolveTime(const std::string& text, bool is_end, const RunOptions& options) {
  int64_t time;
  if (flow_parse_timestamp(text.data(), text.size(), &time) != kFlowValue) {
    return UserError("`" + text + "` is not a time", "write 2026-01-31 or 2026-01-31 10:00:00");
  }
  std::string resolved;
  for (auto& partition : partitions_) {
    SourceConnector& source = connector(partition->source);
    if (!source.has_log_timestamps()) {
      return UserError("source " + program_.sources[static_cast<size_t>(partition->source)].name +
                           " has no log timestamps, so a time does not name its offsets",
                       "name the offsets: NAME:PARTITION=OFFSET,...");
    }
    FLOW_TRY(int64_t offset, source.OffsetAtTime(partition->partition, time));
    (is_end ? partition->to : partition->from) = offset;
    if (!resolved.empty()) resolved += ",";
    resolved += program_.sources[static_cast<size_t>(partition->source)].name + ":" +
                partition->name + "=" + std::to_string(offset);
  }
  if (options.on_notice) options.on_notice(text + " is the frontier " + resolved);
  return OkStatus();
}

Status SourceSet::ResolveTerms(const std::string& text, bool is_end) {
  FLOW_TRY(std::vector<FrontierTerm> terms, ParseFrontier(text));
  std::vector<bool> named(program_.sources.size(), false);
  std::vector<bool> set(partitions_.size(), false);
  for (const FrontierTerm& term : terms) {
    int matches = 0;
    for (size_t s = 0; s < program_.sources.size(); ++s) {
      const program::Source& source = program_.sources[s];
      auto topic = source.options.find("topic");
      bool by_name = !term.partition.empty() &&
                     (source.name == term.name ||
                      (topic != source.options.end() && topic->second == term.name));
      if (!term.partition.empty() && !by_name) continue;
      std::optional<std::pair<int, int64_t>> place = connectors_[s]->ParseOffset(
          term.partition.empty() ? term.name : term.partition, term.offset);
      if (!place) continue;
      named[s] = true;
      for (size_t p = 0; p < partitions_.size(); ++p) {
        PartitionState& partition = *partitions_[p];
        if (partition.source != static_cast<int>(s) || partition.partition != place->first) {
          continue;
        }
        ++matches;
        set[p] = true;
        int64_t offset = place->second;
        if (is_end) {
          // A frontier past the end of what is there is the end.
          if (partition.to >= 0 && partition.complete) offset = std::min(offset, partition.to);
          if (partition.to != offset) partition.complete = false;
          partition.to = offset;
        } else {
          partition.from = offset;
        }
      }
    }
    std::string written = term.name + (term.partition.empty() ? "" : ":" + term.partition);
    if (matches == 0 && std::find(program_.unread_sources.begin(), program_.unread_sources.end(),
                                  term.name) != program_.unread_sources.end()) {
      continue;
    }
    if (matches == 0) {
      return UserError("the frontier names `" + written + "`, which is no partition of a source",
                       "run with --format json to see the names in `frontier`");
    }
    if (matches > 1) {
      return UserError("`" + written + "` in the frontier is ambiguous",
                       "write the source's name and partition: NAME:PARTITION=OFFSET");
    }
  }
  return CheckComplete(named, set);
}

Status SourceSet::CheckComplete(const std::vector<bool>& named, const std::vector<bool>& set) {
  for (size_t p = 0; p < partitions_.size(); ++p) {
    size_t source = static_cast<size_t>(partitions_[p]->source);
    if (!named[source] || set[p]) continue;
    return UserError("the frontier names source " + program_.sources[source].name +
                         " but not its partition " + partitions_[p]->name,
                     "a source that is named names all its partitions");
  }
  return OkStatus();
}

int64_t SourceSet::PartitionWatermark(const PartitionState& partition) const {
  if (partition.max_event_time == kMinTime) return kMinTime;
  return partition.max_event_time -
         program_.sources[static_cast<size_t>(partition.source)].watermark_delay;
}

bool SourceSet::IsIn(const PartitionState& partition, bool by_log,
                     const std::map<PartitionId, int64_t>& offsets) const {
  if (partition.leaves_when_ended && partition.ended && partition.complete) return false;
  if (!by_log || decisions_.empty()) return !partition.out;
  const std::string& source = program_.sources[static_cast<size_t>(partition.source)].name;
  return !IsOut(decisions_, {source, partition.partition}, offsets);
}

int64_t SourceSet::Watermark(const std::vector<int>& sources, bool by_log) const {
  std::map<PartitionId, int64_t> offsets;
  if (by_log && !decisions_.empty()) offsets = Offsets();
  int64_t least = kMaxTime;
  int64_t greatest = kMinTime;
  bool any_in = false;
  for (const auto& partition : partitions_) {
    if (std::find(sources.begin(), sources.end(), partition->source) == sources.end()) continue;
    const program::Source& source = program_.sources[static_cast<size_t>(partition->source)];
    if (!source.has_event_time()) continue;
    int64_t own = PartitionWatermark(*partition);
    greatest = std::max(greatest, own);
    if (!IsIn(*partition, by_log, offsets)) continue;
    any_in = true;
    least = std::min(least, own);
  }
  return any_in ? least : greatest;
}

int64_t SourceSet::StartEventTime(const std::vector<int>& sources) const {
  int64_t greatest = kMinTime;
  for (const auto& partition : partitions_) {
    if (std::find(sources.begin(), sources.end(), partition->source) == sources.end()) continue;
    greatest = std::max(greatest, partition->from_event_time);
  }
  return greatest;
}

std::map<PartitionId, int64_t> SourceSet::Offsets() const {
  std::map<PartitionId, int64_t> offsets;
  for (const auto& partition : partitions_) {
    offsets[{program_.sources[static_cast<size_t>(partition->source)].name, partition->partition}] =
        partition->next_offset;
  }
  return offsets;
}

std::string SourceSet::OffsetText(const PartitionState& partition) const {
  std::string text = connectors_[static_cast<size_t>(partition.source)]->OffsetToText(
      partition.partition, partition.next_offset);
  const std::string& source = program_.sources[static_cast<size_t>(partition.source)].name;
  // "P=OFFSET" is completed with the source; "FILE=BYTES" stands alone.
  size_t equals = text.find('=');
  bool numeric = equals != std::string::npos && equals > 0 &&
                 std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(equals),
                             [](unsigned char c) { return std::isdigit(c) != 0; });
  return numeric ? source + ":" + text : text;
}

Result<std::unique_ptr<PartitionReader>> SourceSet::OpenReader(
    const PartitionState& partition, int64_t from, int64_t to,
    const std::vector<Decision>* decisions) {
  const program::Source& source = program_.sources[static_cast<size_t>(partition.source)];
  auto ranges = ShedRanges(decisions != nullptr ? *decisions : decisions_,
                           {source.name, partition.partition});
  SourceConnector& connector = *connectors_[static_cast<size_t>(partition.source)];
  if (ranges.empty() && source.overload != program::Overload::kShed && !test_sheds_) {
    return connector.Open(partition.partition, from, to);
  }
  FLOW_TRY(auto reader,
           ShedReader::Open(&connector, partition.partition, from, to, std::move(ranges)));
  return std::unique_ptr<PartitionReader>(std::move(reader));
}

Result<std::vector<PartitionState*>> SourceSet::AddNewPartitions() {
  std::vector<PartitionState*> added;
  for (size_t s = 0; s < connectors_.size(); ++s) {
    FLOW_TRY(std::vector<PartitionInfo> infos, connectors_[s]->NewPartitions());
    for (const PartitionInfo& info : infos) {
      auto partition = std::make_unique<PartitionState>();
      partition->source = static_cast<int>(s);
      partition->partition = info.id;
      partition->name = info.name;
      partition->from = partition->next_offset = info.begin;
      FLOW_TRY(partition->reader, OpenReader(*partition, info.begin, -1));
      added.push_back(partition.get());
      partitions_.push_back(std::move(partition));
    }
  }
  return added;
}

}  // namespace flow
