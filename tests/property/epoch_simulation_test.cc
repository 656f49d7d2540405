// links: runtime/checkpoint
// labels: asan
// A pipeline in one thread over a model of everything around it: a log that grows, a disk that
// forgets what was not synced, servers that do not answer, answer too late or lose what they held,
// a process that dies at any step, a machine that loses power. The store and the appliers are the
// real ones; so is the protocol. At every committed epoch, and in every sink whenever it has taken
// one, there must be exactly the result of the log up to that epoch's frontier.
//
// FLOW_CASES: how many seeds (default 1000); FLOW_SEED: the first. A failure prints its seed and
// what happened last.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>

#include "runtime/checkpoint/epoch_store.h"
#include "runtime/checkpoint/sink_applier.h"
#include "runtime/format/row_codec.h"
#include "tests/support/memory_files.h"
#include "tests/support/sink_fixture.h"

namespace flow {
namespace {

using test::Random;
using testing::MemoryFiles;

const std::string kRoot = "/disk/state";
constexpr int kPartitions = 3;
constexpr int64_t kLead = 1;

using Table = std::map<int64_t, int64_t>;  // key -> sum; a sum of 0 is no row
using Offsets = std::vector<int64_t>;

// Record `offset` of a partition: what it adds to which key.
std::pair<int64_t, int64_t> Record(uint64_t seed, int partition, int64_t offset) {
  uint64_t x = seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(partition) * 0xBF58476D1CE4E5B9u +
               static_cast<uint64_t>(offset) * 0x94D049BB133111EBu;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  x ^= x >> 31;
  return {static_cast<int64_t>(x % 10), static_cast<int64_t>(x / 10 % 5) - 2};
}

void Add(uint64_t seed, int partition, int64_t offset, Table* table) {
  auto [key, delta] = Record(seed, partition, offset);
  int64_t& sum = (*table)[key];
  sum += delta;
  if (sum == 0) table->erase(key);
}

// The batch result at a frontier.
Table ResultAt(uint64_t seed, const Offsets& offsets) {
  Table table;
  for (int p = 0; p < kPartitions; ++p) {
    for (int64_t o = 0; o < offsets[static_cast<size_t>(p)]; ++o) Add(seed, p, o, &table);
  }
  return table;
}

// A server with one sink: keeps rows and marker together, and may fail in each way a server can.
class Server : public EpochTarget {
 public:
  Server(int sink, Random* random) : sinks_{sink}, random_(random) {}
  std::optional<EpochMarker> marker;
  Table rows;
  int64_t down = 0;   // calls that get no answer yet
  bool anew = false;  // it lost what it held, and has not been made anew

  const std::vector<int>& sinks() const override { return sinks_; }
  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    if (Silent()) return ExternalError("no answer");
    return std::vector<std::optional<EpochMarker>>{marker};
  }
  Status Create(int, const EpochMarker& first) override {
    if (Silent()) return ExternalError("no answer");
    marker = first;
    rows.clear();
    anew = first.epoch > 0;
    return OkStatus();
  }
  Status Apply(const std::vector<SinkStep>& steps) override {
    if (Silent()) return ExternalError("no answer");
    const SinkStep& step = steps.front();
    if (!marker) return ExternalError("the marker is gone");
    if (*marker != step.from) return DataError("the marker is not at `from`");
    Take(step.rows);
    marker = step.to;
    if (random_->Chance(10)) return ExternalError("the answer was lost");
    return OkStatus();
  }
  std::optional<std::string> Refusal(int, const Batch&, int32_t) override { return std::nullopt; }
  bool CanResync(int) const override { return true; }
  Status Resync(int, const EpochMarker& to,
                const std::function<Result<const Batch*>()>& next) override {
    if (Silent()) return ExternalError("no answer");
    marker.reset();
    rows.clear();
    while (true) {
      FLOW_TRY(const Batch* some, next());
      if (some == nullptr) break;
      Take(some);
      if (random_->Chance(10)) return ExternalError("cut off");
    }
    marker = to;
    anew = false;
    return OkStatus();
  }
  void Forget() {
    marker.reset();
    rows.clear();
    anew = true;
  }

 private:
  bool Silent() {
    if (down == 0 && random_->Chance(8)) down = random_->Between(1, 3);
    return down > 0 && down-- > 0;
  }
  void Take(const Batch* batch) {
    for (int32_t row = 0; batch != nullptr && row < batch->rows; ++row) {
      int64_t key = batch->values<int64_t>(0)[row];
      if (batch->weight(row) > 0) {
        rows[key] = batch->values<int64_t>(1)[row];
      } else {
        rows.erase(key);
      }
    }
  }
  std::vector<int> sinks_;
  Random* random_;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : seed_(seed), random_(seed) {
    program_ = testing::OneSink(program::Connector::kNull, {}, {"k", "sum"},
                                {TypeKind::kBigint, TypeKind::kBigint}, {0});
    program_.views[0].append_only = false;
    program_.sinks.push_back(program_.sinks[0]);
    program_.sinks[1].name = "other";
    for (int i = 0; i < 2; ++i) servers_.push_back(std::make_unique<Server>(i, &random_));
    available_.assign(kPartitions, 0);
  }

  // "": all was as it must be.
  std::string Run() {
    for (int step = 0; step < 120 && wrong_.empty(); ++step) Event();
    // Then all is well for long enough.
    calm_ = true;
    for (int i = 0; i < 400 && wrong_.empty() && !Finished(); ++i) {
      // A sink that has lost what it held is found by the next epoch that it gets.
      if (i % 40 == 0) ++available_[0];
      if (!alive_) {
        Start();
      } else if (i % 3 == 0) {
        Read();
        Cut();
      } else {
        for (size_t s = 0; s < servers_.size(); ++s) ApplyTo(s);
      }
    }
    if (wrong_.empty() && !Finished()) Wrong("it does not come to an end");
    return wrong_;
  }
  int64_t crashes = 0, power_cuts = 0, epochs = 0, applied = 0, lost = 0;

 private:
  void Wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = what + "\nlast events: " + events_;
  }
  void Note(const std::string& event) {
    events_ += event + " ";
    if (events_.size() > 600) events_.erase(0, 200);
  }

  void Event() {
    if (!alive_) {
      Start();
      return;
    }
    switch (random_.Between(0, 11)) {
      case 0:
      case 1:
        for (int64_t& offset : available_) offset += random_.Between(0, 6);
        Read();
        break;
      case 2:
      case 3:
      case 4:
        Read();
        Cut();
        break;
      case 5:
      case 6:
      case 7:
        ApplyTo(static_cast<size_t>(random_.Between(0, 1)));
        break;
      case 8:
        Fold();
        break;
      case 9:
        if (random_.Chance(50)) {
          Note("server-loses");
          servers_[static_cast<size_t>(random_.Between(0, 1))]->Forget();
          ++lost;
        }
        break;
      default:
        if (random_.Chance(40)) Crash();
        break;
    }
  }

  // May die at one of the next steps on disk.
  void Endanger() {
    if (!calm_ && random_.Chance(25)) files_.DieAfter(random_.Between(0, 25));
  }
  // After something on disk: has the process died in it?
  bool Died() {
    if (!files_.dead()) {
      files_.DieAfter(-1);
      return false;
    }
    Crash();
    return true;
  }
  void Crash() {
    alive_ = false;
    for (auto& queue : queues_) queue.clear();
    appliers_.clear();
    store_.reset();
    ++crashes;
    int kind = static_cast<int>(random_.Between(0, 2));
    Note(kind == 0 ? "killed" : "power-cut");
    if (kind == 0) {
      files_.Restart();
    } else {
      ++power_cuts;
      files_.PowerCut(kind == 1 ? nullptr : &random_);
    }
  }

  void Start() {
    Note("start");
    Endanger();
    auto opened = EpochStore::Open(&files_, kRoot, {});
    if (!opened.ok()) {
      if (!Died()) Wrong("the state does not open: " + opened.error().message);
      return;
    }
    store_ = std::move(opened).value();
    if (store_->epoch() < acknowledged_) {
      return Wrong("epoch " + std::to_string(acknowledged_) + " was durable, now it is " +
                   std::to_string(store_->epoch()));
    }
    appliers_.clear();
    queues_.assign(servers_.size(), {});
    // As Epochs::Reconcile does it; a server without an answer is asked again.
    for (auto& server : servers_) {
      appliers_.push_back(
          std::make_unique<SinkApplier>(&program_, store_.get(), server.get(), nullptr));
      if (!Patiently([&] { return appliers_.back()->Attach(); })) return;
    }
    for (auto& applier : appliers_) {
      if (!Patiently([&] { return applier->RollForward(); })) return;
    }
    for (auto& applier : appliers_) {
      bool again = false;
      bool ok = Patiently([&]() -> Status {
        if (again) FLOW_RETURN_IF_ERROR(applier->Recover());
        again = true;
        return applier->CatchUp();
      });
      if (!ok) return;
    }
    store_->SetApplied(Applied());
    if (Status status = store_->RemoveLeftovers(); !status.ok()) {
      if (!Died()) Wrong("leftovers stay: " + status.error().message);
      return;
    }
    const Manifest manifest = store_->current();
    Remember(manifest);
    offsets_ = OffsetsOf(manifest);
    table_.clear();
    Status loaded = store_->Load([&](const StateRecord& record) {
      table_[ToNumber(record.key)] = ToNumber(record.value);
      return OkStatus();
    });
    if (!loaded.ok()) {
      if (!Died()) Wrong("the state does not load: " + loaded.error().message);
      return;
    }
    if (Died()) return;
    if (table_ != ResultAt(seed_, offsets_)) return Wrong("the state is not that of its frontier");
    before_ = table_;
    alive_ = true;
    CheckServers();
  }

  // False: the process is dead, or the run is wrong.
  bool Patiently(const std::function<Status()>& f) {
    for (int i = 0; i < 60; ++i) {
      Status status = f();
      if (status.ok()) return true;
      if (files_.dead()) {
        Crash();
        return false;
      }
      if (status.error().domain != ErrorDomain::kExternal) {
        Wrong("refused: " + status.error().message);
        return false;
      }
    }
    Wrong("a server never answers");
    return false;
  }

  void Read() {
    for (int p = 0; p < kPartitions; ++p) {
      int64_t& next = offsets_[static_cast<size_t>(p)];
      int64_t end = available_[static_cast<size_t>(p)];
      if (!calm_) end = std::min(end, next + random_.Between(0, 4));
      for (; next < end; ++next) Add(seed_, p, next, &table_);
    }
  }

  void Cut() {
    for (size_t s = 0; s < servers_.size(); ++s) {
      if (store_->epoch() - std::min(appliers_[s]->applied(), store_->epoch()) > kLead) return;
    }
    bool content_due = false;
    for (auto& applier : appliers_) content_due = content_due || !applier->lost().empty();
    if (table_ == before_ && offsets_ == OffsetsOf(store_->current()) && !content_due) return;
    EpochData data;
    data.manifest.epoch = store_->epoch() + 1;
    data.manifest.owners = {"v"};
    for (int p = 0; p < kPartitions; ++p) {
      PartitionPosition position;
      position.source = "s";
      position.partition = p;
      position.next_offset = offsets_[static_cast<size_t>(p)];
      data.manifest.partitions.push_back(position);
    }
    for (const auto& server : servers_) {
      data.manifest.applied[program_.sinks[static_cast<size_t>(server->sinks()[0])].name] = 0;
    }
    data.deltas.resize(1);
    auto rows = std::make_shared<Batch>(program_.views[0].types, 16);
    auto content = std::make_shared<Batch>(program_.views[0].types, 16);
    for (int64_t key = 0; key < 10; ++key) {
      auto now = table_.find(key);
      auto was = before_.find(key);
      const bool is = now != table_.end();
      if (is) Append(content.get(), key, now->second, 1);
      if (is == (was != before_.end()) && (!is || now->second == was->second)) continue;
      if (is) {
        data.deltas[0].Put(0, FromNumber(key), FromNumber(now->second));
      } else {
        data.deltas[0].Remove(0, FromNumber(key));
      }
      Append(rows.get(), key, is ? now->second : was->second, is ? 1 : -1);
    }
    if (rows->rows > 0) {
      std::string frame;
      for (int32_t row = 0; row < rows->rows; ++row) AppendRowBytes(*rows, row, &frame);
      data.outboxes.push_back({program_.views[0].name, {frame}, rows->rows});
    }
    Note("cut-" + std::to_string(data.manifest.epoch));
    Endanger();
    Status status = store_->Commit(&data);
    if (Died()) return;
    if (!status.ok()) return Wrong("an epoch is not committed: " + status.error().message);
    acknowledged_ = store_->epoch();
    ++epochs;
    before_ = table_;
    Remember(store_->current());
    CommittedEpoch epoch;
    epoch.marker = {store_->epoch(), store_->hash()};
    epoch.rows = {rows};
    if (content_due) epoch.content[0] = content;
    for (auto& queue : queues_) queue.push_back(epoch);
  }

  void ApplyTo(size_t s) {
    if (queues_[s].empty()) return;
    Note("apply-" + std::to_string(s));
    std::vector<CommittedEpoch> batch(queues_[s].begin(), queues_[s].end());
    bool again = false;
    bool ok = Patiently([&]() -> Status {
      if (again) FLOW_RETURN_IF_ERROR(appliers_[s]->Recover());
      again = true;
      return appliers_[s]->Apply(batch);
    });
    if (!ok) return;
    queues_[s].clear();
    ++applied;
    store_->SetApplied(Applied());
    CheckServers();
  }

  void Fold() {
    Note("fold");
    Endanger();
    auto folded = store_->Fold();
    Status status = folded.ok() ? store_->CollectGarbage() : Status(folded.error());
    if (Died()) return;
    if (!status.ok()) Wrong("folding failed: " + status.error().message);
  }

  int64_t Applied() const {
    int64_t least = store_->epoch();
    for (const auto& applier : appliers_) least = std::min(least, applier->applied());
    return least;
  }

  // What a reader of a sink sees: nothing that is not committed, and whole epochs.
  void CheckServers() {
    for (const auto& server : servers_) {
      if (server->anew || !server->marker) continue;
      if (server->marker->epoch > store_->epoch()) return Wrong("a sink is ahead of the state");
      auto known = frontiers_.find(server->marker->manifest);
      if (known == frontiers_.end()) return Wrong("a sink holds an epoch that nobody committed");
      if (server->rows != ResultAt(seed_, known->second)) {
        return Wrong("a sink does not hold the result of epoch " +
                     std::to_string(server->marker->epoch));
      }
    }
  }

  bool Finished() {
    if (!alive_ || offsets_ != available_) return false;
    const Manifest manifest = store_->current();
    if (OffsetsOf(manifest) != available_) return false;
    for (size_t s = 0; s < servers_.size(); ++s) {
      if (!servers_[s]->marker || servers_[s]->anew) return false;
      if (servers_[s]->marker->epoch != manifest.epoch) return false;
    }
    return true;
  }

  void Remember(const Manifest& manifest) { frontiers_[store_->hash()] = OffsetsOf(manifest); }
  static Offsets OffsetsOf(const Manifest& manifest) {
    Offsets offsets(kPartitions, 0);
    for (const PartitionPosition& p : manifest.partitions) {
      offsets[static_cast<size_t>(p.partition)] = p.next_offset;
    }
    return offsets;
  }
  static void Append(Batch* batch, int64_t key, int64_t sum, int64_t weight) {
    batch->Reserve(batch->rows + 1);
    batch->values<int64_t>(0)[batch->rows] = key;
    batch->values<int64_t>(1)[batch->rows] = sum;
    batch->column(0).status[batch->rows] = batch->column(1).status[batch->rows] = kFlowValue;
    batch->weights.resize(static_cast<size_t>(batch->rows), 1);
    batch->weights.push_back(weight);
    ++batch->rows;
  }
  static std::string FromNumber(int64_t n) {
    return std::string(reinterpret_cast<const char*>(&n), sizeof n);
  }
  static int64_t ToNumber(std::string_view bytes) {
    int64_t n = 0;
    std::memcpy(&n, bytes.data(), std::min(bytes.size(), sizeof n));
    return n;
  }

  const uint64_t seed_;
  Random random_;
  program::Program program_;
  MemoryFiles files_;
  std::vector<std::unique_ptr<Server>> servers_;
  Offsets available_;
  bool calm_ = false;
  std::string wrong_, events_;
  int64_t acknowledged_ = 0;
  std::map<std::string, Offsets> frontiers_;  // by manifest hash

  // The process.
  bool alive_ = false;
  std::unique_ptr<EpochStore> store_;
  std::vector<std::unique_ptr<SinkApplier>> appliers_;
  std::vector<std::deque<CommittedEpoch>> queues_;
  Offsets offsets_ = Offsets(kPartitions, 0);
  Table table_, before_;
};

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

TEST(EpochSimulation, SinksAlwaysHoldTheResultOfACommittedFrontier) {
  const int64_t cases = FromEnvironment("FLOW_CASES", 1000);
  const int64_t first = FromEnvironment("FLOW_SEED", 1);
  int64_t crashes = 0, power_cuts = 0, epochs = 0, applied = 0, lost = 0;
  int failures = 0;
  for (int64_t i = 0; i < cases && failures < 3; ++i) {
    Simulation simulation(static_cast<uint64_t>(first + i));
    std::string wrong = simulation.Run();
    if (!wrong.empty()) {
      ++failures;
      ADD_FAILURE() << "seed " << first + i << ": " << wrong;
    }
    crashes += simulation.crashes;
    power_cuts += simulation.power_cuts;
    epochs += simulation.epochs;
    applied += simulation.applied;
    lost += simulation.lost;
  }
  std::printf(
      "%lld seeds: %lld epochs, %lld applied, %lld crashes, %lld of them power cuts, servers "
      "lost what they held %lld times\n",
      static_cast<long long>(cases), static_cast<long long>(epochs),
      static_cast<long long>(applied), static_cast<long long>(crashes),
      static_cast<long long>(power_cuts), static_cast<long long>(lost));
  // Floors: a simulation without trouble proves nothing.
  EXPECT_GE(epochs, cases * 5);
  EXPECT_GE(crashes, cases * 3);
  EXPECT_GE(power_cuts, cases);
  EXPECT_GE(lost, cases / 2);
}

}  // namespace
}  // namespace flow
