// clicktwin: the benchmark's query over clicks as somebody would write it by hand in C++, with
// simdjson and one thread: views, known users and revenue a page and minute; a row is late when its
// own file's greatest event time so far, less the delay, has passed the end of its minute.
//
//   clicktwin DELAY_SECONDS FILE...      prints the rows as JSON lines
#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int64_t kMinute = 60'000'000;

struct Group {
  uint64_t hash = 0;
  std::string page;
  int64_t minute = -1;  // -1: free
  int64_t views = 0, known = 0, cents = 0, paid = 0;
};

// Linear probing; grows at one half.
class Table {
 public:
  Group& Find(std::string_view page, int64_t minute) {
    uint64_t hash = std::hash<std::string_view>()(page) * 31 + static_cast<uint64_t>(minute);
    hash *= 0x9E3779B97F4A7C15ULL;
    size_t mask = groups_.size() - 1;
    for (size_t i = hash >> 40 & mask;; i = (i + 1) & mask) {
      Group& group = groups_[i];
      if (group.minute == minute && group.hash == hash && group.page == page) return group;
      if (group.minute >= 0) continue;
      if (++used_ * 2 > groups_.size()) {
        Grow();
        return Find(page, minute);
      }
      group.hash = hash;
      group.page = page;
      group.minute = minute;
      return group;
    }
  }
  const std::vector<Group>& groups() const { return groups_; }

 private:
  void Grow() {
    std::vector<Group> old(groups_.size() * 2);
    old.swap(groups_);
    used_ = 0;
    for (Group& group : old) {
      if (group.minute >= 0) {
        Group& moved = Find(group.page, group.minute);
        moved = std::move(group);
      }
    }
  }
  std::vector<Group> groups_ = std::vector<Group>(1024);
  size_t used_ = 0;
};

int Digits(const char* text, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

// 2026-01-01T10:00:05.123Z to microseconds.
int64_t Time(std::string_view text) {
  const char* t = text.data();
  int64_t year = Digits(t, 4), month = Digits(t + 5, 2), day = Digits(t + 8, 2);
  year -= month <= 2;
  int64_t era = year / 400, year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t days =
      era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
  int64_t ms = text.size() > 20 ? Digits(t + 20, 3) : 0;
  return (((days * 24 + Digits(t + 11, 2)) * 60 + Digits(t + 14, 2)) * 60 + Digits(t + 17, 2)) *
             1'000'000 +
         ms * 1000;
}

// A number with at most two digits after its point.
int64_t Cents(std::string_view text) {
  int64_t whole = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc()) return 0;
  int64_t cents = whole * 100;
  if (end + 2 < text.data() + text.size() && *end == '.') cents += Digits(end + 1, 2);
  return cents;
}

struct Counts {
  int64_t read = 0, dead = 0, late = 0;
};

void ReadFile(const char* path, int64_t delay, Table* table, Counts* counts) {
  auto loaded = simdjson::padded_string::load(path);
  if (loaded.error() != simdjson::SUCCESS) {
    std::fprintf(stderr, "clicktwin: %s can not be read\n", path);
    std::exit(1);
  }
  simdjson::padded_string text = std::move(loaded).value_unsafe();
  simdjson::ondemand::parser parser;
  int64_t greatest = INT64_MIN;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    const char* line_end =
        static_cast<const char*>(memchr(at, '\n', static_cast<size_t>(end - at)));
    if (line_end == nullptr) line_end = end;
    size_t size = static_cast<size_t>(line_end - at);
    size_t room = static_cast<size_t>(end - at) + simdjson::SIMDJSON_PADDING;
    ++counts->read;
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    simdjson::ondemand::value user;
    simdjson::ondemand::value revenue;
    std::string_view page, time;
    bool ok = parser.iterate(at, size, room).get(document) == simdjson::SUCCESS &&
              document.get_object().get(object) == simdjson::SUCCESS;
    bool known = false;
    std::string_view money;
    ok = ok && object.find_field("user_id").get(user) == simdjson::SUCCESS;
    if (ok) known = !user.is_null();
    ok = ok && object.find_field("page").get_string().get(page) == simdjson::SUCCESS;
    ok = ok && object.find_field("revenue").get(revenue) == simdjson::SUCCESS;
    if (ok) money = revenue.raw_json_token();
    ok = ok && object.find_field("ts").get_string().get(time) == simdjson::SUCCESS;
    at = line_end + 1;
    if (!ok) {
      ++counts->dead;
      continue;
    }
    int64_t us = Time(time);
    int64_t minute = us - us % kMinute;
    bool late = greatest != INT64_MIN && greatest - delay >= minute + kMinute;
    if (us > greatest) greatest = us;
    if (late) {
      ++counts->late;
      continue;
    }
    Group& group = table->Find(page, minute);
    ++group.views;
    group.known += known;
    if (money.empty() || money[0] == 'n') continue;
    ++group.paid;
    group.cents += Cents(money);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: clicktwin DELAY_SECONDS FILE...\n", stderr);
    return 2;
  }
  Table table;
  Counts counts;
  int64_t delay = std::strtoll(argv[1], nullptr, 10) * 1'000'000;
  for (int i = 2; i < argc; ++i) ReadFile(argv[i], delay, &table, &counts);
  for (const Group& group : table.groups()) {
    if (group.minute < 0) continue;
    int64_t second = group.minute / 1'000'000 % 86400;
    std::printf(
        "{\"page\":\"%s\",\"window_start\":\"2026-01-01T%02d:%02d:00Z\",\"views\":%lld,"
        "\"known\":%lld,\"revenue\":",
        group.page.c_str(), static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
        static_cast<long long>(group.views), static_cast<long long>(group.known));
    if (group.paid == 0) {
      std::puts("null}");
    } else {
      std::printf("%lld.%02lld}\n", static_cast<long long>(group.cents / 100),
                  static_cast<long long>(group.cents % 100));
    }
  }
  std::fprintf(stderr, "read %lld dead %lld late %lld\n", static_cast<long long>(counts.read),
               static_cast<long long>(counts.dead), static_cast<long long>(counts.late));
  return 0;
}
