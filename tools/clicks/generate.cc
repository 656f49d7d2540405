// clickgen: writes click events as JSON lines, one file a partition: the log of the demo and of the
// benchmarks. An event is a function of seed, partition and index, so the same log comes out again.
//
//   clickgen FOLDER [--events N] [--partitions P] [--seed S] [--minutes M]
//
// Event time advances evenly over M minutes. One event in ten is up to 8 s behind, one in a
// thousand up to five minutes, and one in two hundred thousand is not well-formed.
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int64_t kStart = 1767261600;  // 2026-01-01 10:00:00 UTC
constexpr const char* kCountries[] = {"DE", "FR", "US", "IN", "BR", "JP", "NG", "PL", "IT", "ES"};
constexpr const char* kAgents[] = {"Mozilla/5.0 (X11; Linux x86_64)",
                                   "Mozilla/5.0 (iPhone; CPU OS)", "Mozilla/5.0 (Windows NT 10.0)",
                                   "curl/8.5"};

// splitmix64: one step from a counter gives an independent-looking number.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// Random numbers of one event.
class Dice {
 public:
  Dice(uint64_t seed, int partition, int64_t index)
      : state_(Mix(seed ^
                   Mix(static_cast<uint64_t>(partition) << 40 ^ static_cast<uint64_t>(index)))) {}
  uint64_t Roll(uint64_t sides) {
    state_ = Mix(state_);
    return static_cast<uint64_t>((static_cast<unsigned __int128>(state_) * sides) >> 64);
  }

 private:
  uint64_t state_;
};

struct Options {
  std::string folder;
  int64_t events = 4'000'000;
  int partitions = 4;
  uint64_t seed = 1;
  int64_t minutes = 60;
};

int64_t EventTimeMs(const Options& options, int64_t index, int64_t count, Dice* dice) {
  int64_t ms = options.minutes * 60'000 * index / count;
  uint64_t kind = dice->Roll(1000);
  if (kind == 0) {
    ms -= static_cast<int64_t>(dice->Roll(300'000));
  } else if (kind < 100) {
    ms -= static_cast<int64_t>(dice->Roll(8'000));
  }
  return kStart * 1000 + ms;
}

// Writes the event as a line; returns its length. `out` has room for 512 bytes.
int Line(const Options& options, int partition, int64_t index, int64_t count, char* out) {
  Dice dice(options.seed, partition, index);
  int64_t ms = EventTimeMs(options, index, count, &dice);
  if (dice.Roll(200'000) == 0)
    return std::snprintf(out, 512, "{\"event_id\":\"%d-%07" PRId64, partition, index);
  // A few pages get most of the views.
  uint64_t page = dice.Roll(dice.Roll(40) + 1);
  uint64_t user = dice.Roll(200'000);
  char revenue[32] = "null";
  if (dice.Roll(12) == 0) {
    std::snprintf(revenue, sizeof revenue, "%u.%02u", static_cast<unsigned>(dice.Roll(200)),
                  static_cast<unsigned>(dice.Roll(100)));
  }
  int64_t second_of_day = ms / 1000 % 86400;
  return std::snprintf(
      out, 512,
      "{\"event_id\":\"%d-%07" PRId64
      "\",\"user_id\":%u,\"page\":\"/page/%u\",\"country\":\"%s\","
      "\"revenue\":%s,\"ts\":\"2026-01-01T%02d:%02d:%02d.%03dZ\",\"agent\":\"%s\",\"session\":\"%"
      "016" PRIx64 "\"}",
      partition, index, static_cast<unsigned>(user), static_cast<unsigned>(page),
      kCountries[dice.Roll(dice.Roll(10) + 1)], revenue, static_cast<int>(second_of_day / 3600),
      static_cast<int>(second_of_day / 60 % 60), static_cast<int>(second_of_day % 60),
      static_cast<int>(ms % 1000), kAgents[dice.Roll(4)], Mix(user));
}

bool WritePartition(const Options& options, int partition) {
  std::string path = options.folder + "/clicks-" + std::to_string(partition) + ".jsonl";
  FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    std::fprintf(stderr, "clickgen: %s: %s\n", path.c_str(), std::strerror(errno));
    return false;
  }
  std::vector<char> buffer(1 << 20);
  std::setvbuf(file, buffer.data(), _IOFBF, buffer.size());
  int64_t count =
      options.events / options.partitions + (partition < options.events % options.partitions);
  char line[512];
  bool ok = true;
  for (int64_t index = 0; index < count && ok; ++index) {
    int size = Line(options, partition, index, count, line);
    line[size++] = '\n';
    ok = std::fwrite(line, 1, static_cast<size_t>(size), file) == static_cast<size_t>(size);
  }
  ok = std::fclose(file) == 0 && ok;
  if (!ok) std::fprintf(stderr, "clickgen: %s: %s\n", path.c_str(), std::strerror(errno));
  return ok;
}

int Usage() {
  std::fputs("usage: clickgen FOLDER [--events N] [--partitions P] [--seed S] [--minutes M]\n",
             stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word.compare(0, 2, "--") != 0) {
      options.folder = word;
      continue;
    }
    if (i + 1 == argc) return Usage();
    int64_t value = std::strtoll(argv[++i], nullptr, 10);
    if (word == "--events") {
      options.events = value;
    } else if (word == "--partitions") {
      options.partitions = static_cast<int>(value);
    } else if (word == "--seed") {
      options.seed = static_cast<uint64_t>(value);
    } else if (word == "--minutes") {
      options.minutes = value;
    } else {
      return Usage();
    }
  }
  bool in_range = options.events >= 0 && options.partitions >= 1 && options.minutes >= 1 &&
                  options.minutes <= 13 * 60;  // the day does not change
  if (options.folder.empty() || !in_range) return Usage();
  for (int partition = 0; partition < options.partitions; ++partition) {
    if (!WritePartition(options, partition)) return 1;
  }
  return 0;
}
