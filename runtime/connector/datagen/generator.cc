// Gives RecordGenerator: times, what a row is, and its text. Values are in values.cc.
#include "runtime/connector/datagen/generator.h"

#include <algorithm>
#include <cmath>

#include "runtime/abi/convert.h"
#include "runtime/abi/hash.h"
#include "runtime/connector/draw.h"

namespace flow::datagen {

namespace {

// The draws of a row. Their numbers are part of what a seed means: never renumber.
enum Tag : int {
  kTagDuplicate = 0,
  kTagDistance = 1,
  kTagLate = 2,
  kTagAhead = 3,
  kTagDisordered = 4,
  kTagDisplacement = 5,
  kTagBad = 6,
  kTagBadField = 7,
  kTagCut = 8,
  kTagPhase = 9,
};

constexpr int64_t kMostRows = 1'000'000'000'000'000;
constexpr double kMostUs = 2e17;  // no time of the log is longer after its start

uint64_t HashOfName(const std::string& name) {
  FlowString text;
  flow_string_set(&text, name.data(), static_cast<uint32_t>(name.size()));
  return flow_hash_string(FLOW_HASH_SEED, &text);
}

}  // namespace

RecordGenerator::RecordGenerator(program::Datagen config,
                                 const std::vector<program::SourceColumn>& declared)
    : config_(std::move(config)), declared_(declared) {
  double shares = 0;
  for (int64_t p = 0; p < config_.partitions; ++p) {
    shares += std::pow(static_cast<double>(p + 1), -config_.skew);
  }
  double before = 0;
  int64_t given = 0;
  for (int64_t p = 0; p < config_.partitions; ++p) {
    const double share = std::pow(static_cast<double>(p + 1), -config_.skew) / shares;
    before += share;
    step_us_.push_back(1e6 / (config_.rate * share));
    int64_t count = static_cast<int64_t>(std::min(kMostUs / step_us_.back(), 1e15));
    if (config_.events) {
      const int64_t all = *config_.events;
      const auto until = static_cast<int64_t>(std::round(static_cast<double>(all) * before));
      count = (p + 1 == config_.partitions ? all : std::min(until, all)) - given;
      given += count;
    }
    counts_.push_back(std::min(count, kMostRows));
    const int64_t active = config_.stall_every - config_.stall;
    phase_.push_back(
        active == 0 ? 0
                    : Below(Draw(flow_hash_u64(config_.seed, static_cast<uint64_t>(p)), kTagPhase),
                            active));
  }
  std::vector<size_t> all;
  for (size_t i = 0; i < declared_.size(); ++i) {
    all.push_back(i);
    field_seeds_.push_back(HashOfName(declared_[i].name));
    if (!declared_[i].type.is(TypeKind::kString)) typed_.push_back(i);
  }
  whole_ = ShapeOf(all);
}

RecordGenerator::Shape RecordGenerator::ShapeOf(const std::vector<size_t>& fields) const {
  std::vector<program::SourceColumn> columns, ordered;
  for (size_t field : fields) columns.push_back(declared_[field]);
  Shape shape;
  for (size_t index : JsonOrder(columns)) {
    shape.fields.push_back(fields[index]);
    ordered.push_back(columns[index]);
  }
  shape.frame = FrameOf(ordered);
  return shape;
}

RecordGenerator::Times RecordGenerator::TimesOf(int64_t partition, int64_t offset) const {
  const auto p = static_cast<size_t>(partition);
  const double us = static_cast<double>(offset) * step_us_[p];
  const auto since = static_cast<int64_t>(std::min(us, kMostUs));
  const int64_t active = config_.stall_every - config_.stall;
  Times times;
  times.event = times.log = since;
  if (active > 0) {
    const int64_t at = since + phase_[p];
    if (!config_.stall_delays) {
      times.event = times.log = at / active * config_.stall_every + at % active - phase_[p];
    } else if (at % config_.stall_every >= active) {
      times.log = since + config_.stall_every - at % config_.stall_every;
    }
  }
  times.event = std::min<int64_t>(times.event + config_.start, FLOW_TIMESTAMP_MAX);
  times.log = std::min<int64_t>(times.log + config_.start, FLOW_TIMESTAMP_MAX);
  return times;
}

int64_t RecordGenerator::LogTime(int64_t partition, int64_t offset) const {
  return TimesOf(partition, offset).log;
}

uint64_t RecordGenerator::SeedOf(int64_t partition, int64_t offset) const {
  return flow_hash_u64(flow_hash_u64(config_.seed, static_cast<uint64_t>(partition)),
                       static_cast<uint64_t>(offset));
}

// A duplicate of a duplicate is one of what that is of.
int64_t RecordGenerator::SourceOf(int64_t partition, int64_t offset) const {
  if (config_.duplicates == 0) return offset;
  while (offset > 0) {
    const uint64_t seed = SeedOf(partition, offset);
    if (Unit(Draw(seed, kTagDuplicate)) >= config_.duplicates) break;
#ifdef FLOW_MUTANT_DUPLICATES_FROM_AFAR
    const int64_t most = offset;
#else
    const int64_t most = std::min(offset, config_.duplicates_within);
#endif
    offset -= 1 + Below(Draw(seed, kTagDistance), most);
  }
  return offset;
}

int64_t RecordGenerator::Displaced(uint64_t seed, int64_t time) const {
  const uint64_t how_far = Draw(seed, kTagDisplacement);
  if (Unit(Draw(seed, kTagLate)) < config_.late) {
#ifdef FLOW_MUTANT_LATE_IS_PUNCTUAL
    time -= Below(how_far, config_.late_by);
#else
    time -= config_.late_by + Below(how_far, config_.late_by);
#endif
  } else if (Unit(Draw(seed, kTagAhead)) < config_.ahead) {
    time += config_.ahead_by + Below(how_far, config_.ahead_by);
  } else if (config_.disorder > 0 && Unit(Draw(seed, kTagDisordered)) < config_.disordered) {
    time -= Below(how_far, config_.disorder + 1);
  }
  return std::clamp<int64_t>(time, FLOW_TIMESTAMP_MIN, FLOW_TIMESTAMP_MAX);
}

int64_t RecordGenerator::EventTime(int64_t partition, int64_t offset) const {
  const int64_t of = SourceOf(partition, offset);
  return Displaced(SeedOf(partition, of), TimesOf(partition, of).event);
}

void RecordGenerator::AppendRecord(int64_t partition, int64_t offset, const Shape& shape,
                                   std::string* out) const {
  const int64_t of = SourceOf(partition, offset);
  const uint64_t seed = SeedOf(partition, of);
  const int64_t event_time = Displaced(seed, TimesOf(partition, of).event);
  const double bad = Unit(Draw(seed, kTagBad));
  // Where all fields are texts, nothing can be mistyped.
  const bool no_types = typed_.empty();
  const bool malformed = bad < config_.malformed + (no_types ? config_.mistyped : 0);
  const bool mistyped = !malformed && bad < config_.malformed + config_.mistyped;
  const size_t wrong = mistyped
                           ? typed_[static_cast<size_t>(Below(Draw(seed, kTagBadField),
                                                              static_cast<int64_t>(typed_.size())))]
                           : declared_.size();
  const size_t begin = out->size();
  for (size_t i = 0; i < shape.fields.size(); ++i) {
    *out += shape.frame.before[i];
    if (shape.fields[i] == wrong) {
      *out += "\"?\"";
    } else {
      AppendValue(shape.fields[i], seed, of * config_.partitions + partition, event_time, out);
    }
  }
  *out += shape.frame.end;
  if (!malformed) return;
  // Without its end it is no object.
  const auto size = static_cast<int64_t>(out->size() - begin);
  out->resize(begin + static_cast<size_t>(1 + Below(Draw(seed, kTagCut), size - 1)));
}

}  // namespace flow::datagen
