// Manifests as JSON.
#include "runtime/checkpoint/manifest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <nlohmann/json.hpp>

namespace flow {

namespace {

using Json = nlohmann::ordered_json;

Json InfoJson(const SegmentInfo& info) {
  // Hashes as text: JSON numbers beyond 2^53 do not survive other tools.
  return {{"file", info.file}, {"size", info.size}, {"chain", std::to_string(info.chain)}};
}

SegmentInfo InfoFrom(const Json& json) {
  SegmentInfo info;
  info.file = json.at("file").get<std::string>();
  info.size = json.at("size").get<int64_t>();
  info.chain = std::stoull(json.at("chain").get<std::string>());
  return info;
}

Json LinesJson(const std::vector<LedgerLine>& lines) {
  Json out = Json::array();
  for (const LedgerLine& line : lines)
    out.push_back({{"name", line.name}, {"counts", line.counts}});
  return out;
}

std::vector<LedgerLine> LinesFrom(const Json& json) {
  std::vector<LedgerLine> lines;
  for (const Json& line : json) {
    lines.push_back({line.at("name").get<std::string>(),
                     line.at("counts").get<std::map<std::string, int64_t>>()});
  }
  return lines;
}

Json BatchJson(const BatchProgress& batch) {
  Json ranges = Json::array();
  for (const BatchProgress::Range& r : batch.ranges) {
    ranges.push_back({{"source", r.source},
                      {"partition", r.partition},
                      {"begin", r.begin},
                      {"end", r.end},
                      {"complete", r.complete},
                      {"begin_event_time", r.begin_event_time}});
  }
  return {{"range", batch.range},         {"to_end", batch.to_end},
          {"begin", batch.begin},         {"scanned", batch.scanned},
          {"finish", batch.finish},       {"computed", batch.computed},
          {"published", batch.published}, {"ranges", std::move(ranges)}};
}

BatchProgress BatchFrom(const Json& json) {
  BatchProgress batch;
  json.at("range").get_to(batch.range);
  json.at("to_end").get_to(batch.to_end);
  json.at("begin").get_to(batch.begin);
  json.at("scanned").get_to(batch.scanned);
  json.at("finish").get_to(batch.finish);
  json.at("computed").get_to(batch.computed);
  json.at("published").get_to(batch.published);
  for (const Json& r : json.at("ranges")) {
    batch.ranges.push_back({r.at("source").get<std::string>(), r.at("partition").get<int>(),
                            r.at("begin").get<int64_t>(), r.at("end").get<int64_t>(),
                            r.at("complete").get<bool>(), r.at("begin_event_time").get<int64_t>()});
  }
  return batch;
}

}  // namespace

std::string ManifestText(const Manifest& manifest) {
  Json json;
  json["format"] = kStateFormat;
  json["epoch"] = manifest.epoch;
  json["uid"] = manifest.uid;
  json["parent"] = manifest.parent;
  json["plan"] = manifest.plan;
  json["ended"] = manifest.ended;
  json["tick"] = manifest.tick;
  json["wall_us"] = manifest.wall_us;
  json["partitions"] = Json::array();
  for (const PartitionPosition& p : manifest.partitions) {
    json["partitions"].push_back({{"source", p.source},
                                  {"partition", p.partition},
                                  {"name", p.name},
                                  {"next_offset", p.next_offset},
                                  {"max_event_time", p.max_event_time},
                                  {"out", p.out},
                                  {"fingerprint", p.fingerprint},
                                  {"lag", p.lag}});
    if (p.held_from < 0) continue;
    json["partitions"].back()["held_from"] = p.held_from;
    json["partitions"].back()["held_event_time"] = p.held_event_time;
  }
  json["owners"] = manifest.owners;
  json["watermarks"] = manifest.watermarks;
  json["sources"] = LinesJson(manifest.sources);
  json["paths"] = LinesJson(manifest.paths);
  json["key_errors"] = manifest.key_errors;
  json["digests"] = manifest.digests;
  json["decisions"] = manifest.decisions;
  json["segments"] = Json::array();
  for (const StateSegment& s : manifest.segments) {
    Json segment = InfoJson(s.info);
    segment["first_epoch"] = s.first_epoch;
    segment["last_epoch"] = s.last_epoch;
    segment["records"] = s.records;
    segment["sorted"] = s.sorted;
    json["segments"].push_back(std::move(segment));
  }
  json["outboxes"] = Json::array();
  for (const OutboxInfo& o : manifest.outboxes) {
    Json outbox = InfoJson(o.info);
    outbox["view"] = o.view;
    outbox["rows"] = o.rows;
    json["outboxes"].push_back(std::move(outbox));
  }
  json["applied"] = manifest.applied;
  if (manifest.batch) json["batch"] = BatchJson(*manifest.batch);
  // A file's name may be no UTF-8; names of partitions are for people.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Manifest> ParseManifest(const std::string& text, const std::string& path) {
  Manifest manifest;
  try {
    Json json = Json::parse(text);
    int format = json.at("format").get<int>();
    if (format != kStateFormat) {
      return Error{ErrorDomain::kState,
                   path + " has state format " + std::to_string(format) +
                       "; this flowc reads format " + std::to_string(kStateFormat),
                   "run it with the flowc that wrote it, or start again with --reset-state"};
    }
    manifest.epoch = json.at("epoch").get<int64_t>();
    manifest.uid = json.at("uid").get<std::string>();
    manifest.parent = json.at("parent").get<std::string>();
    manifest.plan = json.at("plan").get<std::string>();
    manifest.ended = json.at("ended").get<bool>();
    manifest.tick = json.at("tick").get<int64_t>();
    manifest.wall_us = json.at("wall_us").get<int64_t>();
    for (const Json& p : json.at("partitions")) {
      manifest.partitions.push_back(
          {p.at("source").get<std::string>(), p.at("partition").get<int>(),
           p.at("name").get<std::string>(), p.at("next_offset").get<int64_t>(),
           p.at("max_event_time").get<int64_t>(), p.at("out").get<bool>(),
           p.at("fingerprint").get<std::string>(), p.value("held_from", int64_t{-1}),
           p.value("held_event_time", INT64_MIN), p.at("lag").get<int64_t>()});
    }
    json.at("owners").get_to(manifest.owners);
    json.at("watermarks").get_to(manifest.watermarks);
    manifest.sources = LinesFrom(json.at("sources"));
    manifest.paths = LinesFrom(json.at("paths"));
    json.at("key_errors").get_to(manifest.key_errors);
    json.at("digests").get_to(manifest.digests);
    json.at("decisions").get_to(manifest.decisions);
    for (const Json& s : json.at("segments")) {
      manifest.segments.push_back({InfoFrom(s), s.at("first_epoch").get<int64_t>(),
                                   s.at("last_epoch").get<int64_t>(),
                                   s.at("records").get<int64_t>(), s.at("sorted").get<bool>()});
    }
    for (const Json& o : json.at("outboxes")) {
      manifest.outboxes.push_back(
          {o.at("view").get<std::string>(), InfoFrom(o), o.at("rows").get<int64_t>()});
    }
    json.at("applied").get_to(manifest.applied);
    if (json.contains("batch")) manifest.batch = BatchFrom(json.at("batch"));
  } catch (const std::exception& e) {
    return DataError("damaged state: " + path + ": " + e.what(),
                     "restore the state directory from a copy, or start again with --reset-state");
  }
  return manifest;
}

std::string ManifestHash(const std::string& text) {
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  char out[33];
  std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return out;
}

}  // namespace flow
