// Random pipelines over random logs, as .flow text: what the sameness tests run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flow::test {

struct GeneratedSource {
  std::string name;
  std::vector<int64_t> partition_rows;
};

struct GeneratedCase {
  uint64_t seed = 0;
  std::string text;
  std::vector<GeneratedSource> sources;
  bool idle = false;    // the sources have IDLE
  bool unique = false;  // one has UNIQUE BY
  // What the log holds, for coverage.
  bool null_key = false, tie = false, skewed = false;
  int64_t calls = 0;  // of FUNCTIONs
  int64_t rankings = 0;
  bool unnests = false;
};

GeneratedCase Generate(uint64_t seed);

// The case with UNNEST in some of its views (generate_unnest.cc).
GeneratedCase WithUnnest(GeneratedCase generated);

}  // namespace flow::test
