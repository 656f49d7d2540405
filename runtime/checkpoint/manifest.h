// What an epoch is: a manifest names everything that belongs to it, and CURRENT names the manifest.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/checkpoint/state_record.h"

namespace flow {

inline constexpr int kStateFormat = 1;

// How far a partition has been read, and its clock.
struct PartitionPosition {
  std::string source;
  int partition = 0;
  std::string name;
  int64_t next_offset = 0;
  int64_t max_event_time = INT64_MIN;  // M_p, us
  bool out = false;                    // left out of the watermark (IDLE)
  // Of the last record read, where the source can tell: it is compared when reading goes on.
  std::string fingerprint;
  // UNIQUE BY: the first record that waits for other partitions, and M_p before it; -1: none does.
  int64_t held_from = -1;
  int64_t held_event_time = INT64_MIN;
  int64_t lag = -1;  // records or bytes behind the log's end, when it was cut; -1: not known
  bool operator==(const PartitionPosition&) const = default;
};

struct LedgerLine {
  std::string name;  // of the source or path
  std::map<std::string, int64_t> counts;
  bool operator==(const LedgerLine&) const = default;
};

// Rows of a view that this epoch hands to the view's sinks.
struct OutboxInfo {
  std::string view;
  SegmentInfo info;
  int64_t rows = 0;
};

// What a batch is over, and how far it is. Its epochs are all of one lineage, also those of another
// run in the same directory.
struct BatchProgress {
  struct Range {
    std::string source;
    int partition = 0;
    int64_t begin = 0, end = -1;           // offsets; -1: where it ends by itself
    bool complete = false;                 // `end` is the end of the partition itself
    int64_t begin_event_time = INT64_MIN;  // M at `begin`
  };
  std::string range;       // as it was asked for: --from, --to, --partial
  bool to_end = false;     // W = +inf at its end
  int64_t begin = 0;       // the run's first epoch
  int64_t scanned = 0;     // the epoch with which all was read; 0: not yet
  int64_t finish = 0;      // the first epoch with rows of finished aggregates that count; 0: none
  bool computed = false;   // every row is in an outbox
  bool published = false;  // and with the sinks
  std::vector<Range> ranges;
};

// One thing whose meaning must not change under its state: a source, a view, an operator's layout.
struct PlanPart {
  std::string kind, name, text;
  bool operator==(const PlanPart&) const = default;
};

struct Manifest {
  int64_t epoch = 0;   // 0: nothing has been read
  std::string uid;     // of the pipeline
  std::string parent;  // hash of the manifest before; empty for epoch 0
  std::string plan;    // hash of the plan that it belongs to
  bool ended = false;  // the input had ended: all windows are closed, nothing can follow
  int64_t tick = 0;
  std::vector<PartitionPosition> partitions;
  std::vector<std::string> owners;            // of state: names of the numbers in segments
  std::map<std::string, int64_t> watermarks;  // W of an owner, us; INT64_MIN: none yet
  std::vector<LedgerLine> sources, paths;
  std::map<std::string, int64_t> key_errors;
  std::map<std::string, std::pair<int64_t, std::string>> digests;  // view -> rows, hash
  std::vector<std::string> decisions;                              // all so far, as JSON
  std::vector<StateSegment> segments;                              // oldest first
  std::vector<OutboxInfo> outboxes;
  // The epoch that each sink is known to hold; those without a marker of their own are asked here.
  std::map<std::string, int64_t> applied;
  int64_t wall_us = 0;                 // when it was made, for people
  std::optional<BatchProgress> batch;  // of a batch's state only
};

std::string ManifestText(const Manifest& manifest);
Result<Manifest> ParseManifest(const std::string& text, const std::string& path);
// 32 hex digits of the text's XXH3-128.
std::string ManifestHash(const std::string& text);

}  // namespace flow
