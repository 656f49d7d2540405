// ReadDatagen. The distributions of columns are in datagen_column.cc.
#include "runtime/program/datagen.h"

#include <algorithm>

#include "runtime/abi/convert.h"
#include "runtime/program/datagen_column.h"
#include "runtime/program/duration_text.h"

namespace flow::program {

namespace {

constexpr char kColumn[] = "column.";
constexpr char kStart[] = "2026-01-01 00:00:00";

std::string LowerText(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

class DatagenReader {
 public:
  DatagenReader(const Options& options, const std::vector<SourceColumn>& declared, Datagen* out)
      : options_(options), declared_(declared), out_(out) {}

  std::vector<DatagenMistake> Read() {
    ReadLog();
    ReadFaults();
    ReadStalls();
    ReadColumns();
    return std::move(mistakes_);
  }

 private:
  const std::string* Find(const std::string& name) const {
    const auto it = options_.find(name);
    return it == options_.end() ? nullptr : &it->second;
  }
  void Mistake(const std::string& option, std::string message, std::string hint = "") {
    mistakes_.push_back({option, false, std::move(message), std::move(hint), ""});
  }

  void Whole(const char* name, int64_t least, int64_t greatest, int64_t* value) {
    const std::string* text = Find(name);
    if (text == nullptr) return;
    if (flow_parse_bigint(text->data(), text->size(), value) != kFlowValue || *value < least ||
        *value > greatest) {
      Mistake(name, "option `" + std::string(name) + "` is a whole number from " +
                        std::to_string(least) + " to " + std::to_string(greatest));
    }
  }
  // True if it is there.
  bool Number(const char* name, double least, double greatest, const std::string& what,
              double* value) {
    const std::string* text = Find(name);
    if (text == nullptr) return false;
    if (flow_parse_double(text->data(), text->size(), value) != kFlowValue ||
        !(*value >= least && *value <= greatest)) {
      Mistake(name, "option `" + std::string(name) + "` is " + what);
    }
    return true;
  }
  bool Fraction(const char* name, double* value) {
    return Number(name, 0, 1, "a share of all rows: a number from 0 to 1", value);
  }
  bool Length(const char* name, int64_t* us) {
    const std::string* text = Find(name);
    if (text == nullptr) return false;
    const auto parsed = ParseDuration(*text);
    if (!parsed || *parsed <= 0) {
      Mistake(name, "option `" + std::string(name) + "` is a length of time over 0",
              "such as 500ms, 10s, 5m, 1h or 7d");
    } else {
      *us = *parsed;
    }
    return true;
  }
  void Needs(const char* name, const char* other) {
    if (Find(name) == nullptr || Find(other) != nullptr) return;
    mistakes_.push_back({name, true,
                         "option `" + std::string(name) + "` says nothing without `" + other + "`",
                         "", ""});
  }

  void ReadLog() {
    constexpr int64_t kMost = 1'000'000'000'000'000;
    if (Find("events") != nullptr) Whole("events", 0, kMost, &out_->events.emplace(0));
    Whole("partitions", 1, 4096, &out_->partitions);
    int64_t seed = static_cast<int64_t>(out_->seed);
    Whole("seed", -kMost, kMost, &seed);
    out_->seed = static_cast<uint64_t>(seed);
    Number("rate", 1e-6, 1e9, "rows a second: a number over 0", &out_->rate);
    Number("skew", 0, 10, "a number from 0 (all partitions alike) to 10", &out_->skew);
    const std::string* start = Find("start");
    const std::string text = start == nullptr ? kStart : *start;
    if (flow_parse_timestamp(text.data(), text.size(), &out_->start) != kFlowValue) {
      Mistake("start", "option `start` is a timestamp", "like '2026-01-01 00:00:00'");
    }
  }

  void ReadFaults() {
    Length("disorder", &out_->disorder);
    Fraction("disorder.fraction", &out_->disordered);
    Needs("disorder.fraction", "disorder");
    out_->late_by = 600'000'000;
    Fraction("late", &out_->late);
    Length("late.by", &out_->late_by);
    Needs("late.by", "late");
    out_->ahead_by = 3'600'000'000;
    Fraction("ahead", &out_->ahead);
    Length("ahead.by", &out_->ahead_by);
    Needs("ahead.by", "ahead");
    Number("duplicates", 0, 0.9, "a share of all rows: a number from 0 to 0.9", &out_->duplicates);
    Whole("duplicates.within", 1, 1'000'000'000, &out_->duplicates_within);
    Needs("duplicates.within", "duplicates");
    double bad = 0;
    Fraction("bad", &bad);
    Needs("bad.kind", "bad");
    const std::string* kind = Find("bad.kind");
    const std::string which = kind == nullptr ? "both" : *kind;
    if (which != "both" && which != "malformed" && which != "type") {
      Mistake("bad.kind", "option `bad.kind` is one of both, malformed, type");
    }
    out_->malformed = which == "type" ? 0 : which == "malformed" ? bad : bad / 2;
    out_->mistyped = bad - out_->malformed;
  }

  void ReadStalls() {
    Needs("stall.every", "stall");
    Needs("stall.kind", "stall");
    if (!Length("stall", &out_->stall)) return;
    out_->stall_every = 10 * out_->stall;
    if (Length("stall.every", &out_->stall_every) && out_->stall_every <= out_->stall) {
      Mistake("stall.every", "a stall does not end before the next begins",
              "`stall.every` is longer than `stall`");
    }
    if (out_->stall_every > 366ll * 86'400'000'000) {
      Mistake("stall", "stalls are at most a year apart");
    }
    const std::string* kind = Find("stall.kind");
    if (kind != nullptr && *kind != "silent" && *kind != "delayed") {
      Mistake("stall.kind", "option `stall.kind` is one of silent, delayed");
    }
    out_->stall_delays = kind != nullptr && *kind == "delayed";
  }

  void ReadColumns() {
    std::vector<std::string> names;
    for (const SourceColumn& column : declared_) {
      out_->columns.push_back(UsualDistribution(column.type));
      names.push_back(column.name);
    }
    for (const auto& [option, text] : options_) {
      if (!option.starts_with(kColumn)) continue;
      const std::string wanted = option.substr(sizeof(kColumn) - 1);
      // Names of options have no case.
      auto is_wanted = [&](const std::string& name) { return LowerText(name) == wanted; };
      const auto found = std::find_if(names.begin(), names.end(), is_wanted);
      if (found == names.end()) {
        mistakes_.push_back(
            {option, true, "there is no field `" + wanted + "`", "", wanted, names});
        continue;
      }
      if (std::find_if(found + 1, names.end(), is_wanted) != names.end()) {
        mistakes_.push_back({option, true, "two columns have this name, but for its case", "", ""});
        continue;
      }
      const auto index = static_cast<size_t>(found - names.begin());
      DatagenMistake mistake;
      if (ReadDistribution(text, declared_[index].type, &out_->columns[index], &mistake)) continue;
      mistake.option = option;
      mistakes_.push_back(std::move(mistake));
    }
  }

  const Options& options_;
  const std::vector<SourceColumn>& declared_;
  Datagen* const out_;
  std::vector<DatagenMistake> mistakes_;
};

}  // namespace

std::vector<DatagenMistake> ReadDatagen(const Options& options,
                                        const std::vector<SourceColumn>& declared, Datagen* out) {
  *out = Datagen();
  return DatagenReader(options, declared, out).Read();
}

}  // namespace flow::program
