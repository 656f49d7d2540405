// Sources whose records are made by DATAGEN, for the generator of cases.
#pragma once

#include <string>
#include <vector>

#include "tests/generator/case_generator.h"
#include "tests/generator/random.h"

namespace flow::test {

// Instead of the rows of an INLINE source, as many that are made, with faults.
inline std::string GeneratedRecords(uint64_t seed, GeneratedSource* source) {
  Random random(seed * 37 + static_cast<uint64_t>(source->name.back()));
  random.Next();
  if (!random.Chance(20)) return "";
  const auto partitions = static_cast<int64_t>(source->partition_rows.size());
  const int64_t rows = random.Between(1, 60);
  source->partition_rows.assign(source->partition_rows.size(), rows);
  static const std::vector<std::string> rates = {"0.1", "0.5", "2", "40"};
  std::string text = "DATAGEN (events = " + std::to_string(rows * partitions) +
                     ", partitions = " + std::to_string(partitions) +
                     ", seed = " + std::to_string(random.Between(1, 1000)) +
                     ", rate = " + random.Pick(rates);
  if (random.Chance(60)) text += ", disorder = " + std::to_string(random.Between(1, 90)) + "s";
  if (random.Chance(30)) text += ", late = 0.1, late.by = 1m";
  if (random.Chance(50)) text += ", duplicates = 0.2, duplicates.within = 10";
  if (random.Chance(50)) text += ", bad = 0.1";
  if (random.Chance(30)) text += ", stall = 10s, stall.every = 30s";
  return text +
         ", column.k = 'choice(a, b, abc = 2, a much longer string than twelve bytes) null 0.1',"
         " column.g = 'uniform(-2, 3) null 0.1', column.d = 'normal(0, 500)',"
         " column.b = 'choice(9223372036854775807, -9223372036854775807, 0 = 20, 17 = 20)',"
         " column.f = 'normal(0, 1e4) null 0.05', column.o = 'choice(true, false) null 0.1'";
}

}  // namespace flow::test
