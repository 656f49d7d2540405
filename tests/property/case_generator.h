// Random pipelines over random logs, as .flow text: what the sameness tests run.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace flow::test {

// A seeded generator; the same seed gives the same case on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t Next() { return engine_(); }
  int64_t Between(int64_t low, int64_t high) {  // inclusive
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  bool Chance(int percent) { return Between(1, 100) <= percent; }
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[static_cast<size_t>(Between(0, static_cast<int64_t>(items.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

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
  bool unnests = false;
};

GeneratedCase Generate(uint64_t seed);

// The case with UNNEST in some of its views (case_unnest.cc).
GeneratedCase WithUnnest(GeneratedCase generated);

}  // namespace flow::test
