// The records of a DATAGEN source: each is a pure function of the options, its partition and its
// offset, and is made in about the same time whatever they are.
//
// A partition's rows follow each other evenly in the log's time. A row's event time is the log's,
// or before or behind it. A duplicate is the record of an offset before it, all of it, so what a
// record holds is drawn for the offset that it is of first (`SourceOf`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/connector/json_form.h"
#include "runtime/program/datagen.h"

namespace flow::datagen {

class RecordGenerator {
 public:
  // `declared` are the fields that config.columns is about.
  RecordGenerator(program::Datagen config, const std::vector<program::SourceColumn>& declared);

  const program::Datagen& config() const { return config_; }
  // Of an endless one: as many as there is time for.
  int64_t EventCount(int64_t partition) const { return counts_[static_cast<size_t>(partition)]; }
  // us; it never goes back.
  int64_t LogTime(int64_t partition, int64_t offset) const;
  // us
  int64_t EventTime(int64_t partition, int64_t offset) const;

  // The order and the text of some of the fields (indexes into `declared`).
  struct Shape {
    std::vector<size_t> fields;
    JsonFrame frame;
  };
  Shape ShapeOf(const std::vector<size_t>& fields) const;
  const Shape& whole() const { return whole_; }

  // Appends the JSON record with these fields. One that is malformed is so with any fields.
  void AppendRecord(int64_t partition, int64_t offset, const Shape& shape, std::string* out) const;

 private:
  struct Times {
    int64_t event = 0;
    int64_t log = 0;
  };
  Times TimesOf(int64_t partition, int64_t offset) const;
  int64_t SourceOf(int64_t partition, int64_t offset) const;
  uint64_t SeedOf(int64_t partition, int64_t offset) const;
  int64_t Displaced(uint64_t seed, int64_t time) const;
  void AppendValue(size_t field, uint64_t row_seed, int64_t number, int64_t event_time,
                   std::string* out) const;
  void AppendUnits(size_t field, int64_t units, std::string* out) const;

  const program::Datagen config_;
  const std::vector<program::SourceColumn> declared_;
  std::vector<uint64_t> field_seeds_;
  std::vector<size_t> typed_;    // fields that a text does not fit
  std::vector<double> step_us_;  // by partition: from one row to the next
  std::vector<int64_t> phase_;   // by partition: us of the first stall's cycle that have passed
  std::vector<int64_t> counts_;  // by partition
  Shape whole_;
};

// A value from 1 to n, k with weight 1 / k^exponent. Its draws are those of `seed` from `tag` on.
int64_t Zipf(uint64_t seed, int tag, int64_t n, double exponent);

}  // namespace flow::datagen
