// Schedules: see schedule.h.
#include "compiler/driver/testing/schedule.h"

#include <algorithm>

#include "compiler/driver/testing/given_log.h"

namespace flow::testing {

std::string Schedule::ToText() const {
  std::string text = mode == RunMode::kBatch ? "batch" : "stream";
  text += ", " + std::to_string(workers) + (workers == 1 ? " worker" : " workers");
  text += ", batches of " + std::to_string(batch_rows);
  text += engine == EngineKind::kJit ? ", JIT" : ", interpreter";
  if (shuffle) text += ", records shuffled";
  if (interleave) text += ", partitions interleaved";
  if (crashes > 0) {
    text += crashes == 1 ? ", a crash and a restore"
                         : ", " + std::to_string(crashes) + " crashes and restores";
  }
  if (little_memory) text += ", no memory for state";
  return text;
}

std::vector<Schedule> FixedSchedules() {
  std::vector<Schedule> all;
  auto add = [&](RunMode mode, EngineKind engine, int workers, int32_t batch_rows) -> Schedule& {
    Schedule& schedule = all.emplace_back();
    schedule.mode = mode;
    schedule.engine = engine;
    schedule.workers = workers;
    schedule.batch_rows = batch_rows;
    return schedule;
  };
  add(RunMode::kBatch, EngineKind::kInterpreter, 1, 1024);
  add(RunMode::kStream, EngineKind::kInterpreter, 1, 1);
  add(RunMode::kBatch, EngineKind::kJit, 4, 7);
  add(RunMode::kStream, EngineKind::kJit, 4, 1024);
  Schedule& stream = add(RunMode::kStream, EngineKind::kJit, 4, 1);
  stream.crashes = 1;
  stream.interleave = true;
  Schedule& batch = add(RunMode::kBatch, EngineKind::kInterpreter, 4, 1);
  batch.crashes = 1;
  return all;
}

Schedule RandomSchedule(uint64_t seed) {
  Random random(seed);
  static constexpr int32_t kSizes[] = {1, 7, 1024};
  Schedule schedule;
  schedule.seeded = true;
  schedule.seed = seed;
  schedule.mode = random.Chance(25) ? RunMode::kBatch : RunMode::kStream;
  schedule.engine = random.Chance(50) ? EngineKind::kJit : EngineKind::kInterpreter;
  schedule.workers = random.Chance(50) ? 1 : 4;
  schedule.batch_rows = kSizes[random.Between(0, 2)];
  schedule.shuffle = random.Chance(75);
  const bool stream = schedule.mode == RunMode::kStream;
  schedule.interleave = stream && random.Chance(75);
  if (random.Chance(20)) schedule.crashes = static_cast<int>(random.Between(1, 3));
  schedule.little_memory = stream && random.Chance(15);
  return schedule;
}

RunOptions OptionsOf(const Schedule& schedule, int64_t records, int crash) {
  RunOptions options;
  options.mode = schedule.mode;
  options.workers = schedule.workers;
  options.batch_rows = schedule.batch_rows;
  options.use_sinks = false;
  options.digest = true;
  options.tick_us = 20;
  options.until_end = schedule.mode == RunMode::kStream;
  options.epoch_us = 0;  // every tick
  if (schedule.little_memory) options.memory_bytes = 1;
  if (schedule.interleave) {
    // One partition may be held back until the others have ended.
    Random random(schedule.seed ^ 0x5eed);
    const int64_t stalled = random.Chance(30) ? random.Between(0, 3) : -1;
    options.schedule.morsels = [seed = random.Next(), stalled](int index, int64_t tick) {
      if (index == stalled && tick < 80) return 0;
      Random of_tick(seed ^
                     (static_cast<uint64_t>(tick) * 1000003u + static_cast<uint64_t>(index)));
      return tick > 200 ? 8 : static_cast<int>(of_tick.Between(0, 2));
    };
  }
  if (crash >= 0) {
    Random random(schedule.seed + 7919u * static_cast<uint64_t>(crash + 1));
    const int64_t ticks = random.Between(1, std::clamp<int64_t>(records, 2, 12));
    options.schedule.crash = [ticks, first = int64_t{-1}](int64_t tick) mutable {
      if (first < 0) first = tick;
      return tick - first + 1 >= ticks;
    };
  }
  return options;
}

}  // namespace flow::testing
