// links: runtime/checkpoint
// What a sink's marker means at a start, and how a sink is brought forward: against a target that
// keeps rows and marker in memory and fails as a server may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/checkpoint/sink_applier.h"
#include "runtime/format/row_codec.h"
#include "tests/support/memory_files.h"
#include "tests/support/sink_fixture.h"

namespace flow {
namespace {

using testing::Big;
using ::testing::HasSubstr;
using testing::MemoryFiles;
using testing::Rows;
using testing::Why;

const std::string kRoot = "/s";

// Holds rows and a marker for each of its sinks.
class ModelTarget : public EpochTarget {
 public:
  explicit ModelTarget(int sinks) : held_(static_cast<size_t>(sinks)) {
    for (int i = 0; i < sinks; ++i) sinks_.push_back(i);
  }
  struct Held {
    std::optional<EpochMarker> marker;
    std::vector<int64_t> rows;
    std::vector<int64_t> epochs = {};  // of one without markers: as they came
  };
  enum class Fault { kNone, kBefore, kAnswerLost };
  Fault fault = Fault::kNone;
  bool keeps_markers = true;
  bool KeepsMarkers() const override { return keeps_markers; }
  Held& held(size_t i) { return held_[i]; }

  const std::vector<int>& sinks() const override { return sinks_; }
  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    std::vector<std::optional<EpochMarker>> markers;
    if (!keeps_markers) markers.resize(held_.size());
    if (!keeps_markers) return markers;
    for (const Held& held : held_) markers.push_back(held.marker);
    return markers;
  }
  Status Create(int sink, const EpochMarker& marker) override {
    held_[static_cast<size_t>(sink)] = {marker, {}};
    return OkStatus();
  }
  Status Apply(const std::vector<SinkStep>& steps) override {
    if (fault == Fault::kBefore) return ExternalError("no answer");
    for (const SinkStep& step : steps) {
      Held& held = held_[static_cast<size_t>(step.sink)];
      if (!keeps_markers) held.epochs.push_back(step.to.epoch);
      if (keeps_markers && held.marker != step.from)
        return DataError("the marker is not at `from`");
      for (int32_t row = 0; step.rows != nullptr && row < step.rows->rows; ++row) {
        held.rows.push_back(step.rows->values<int64_t>(0)[row]);
      }
      held.marker = step.to;
    }
    if (fault == Fault::kAnswerLost) return ExternalError("the answer is lost");
    return OkStatus();
  }
  std::optional<std::string> Refusal(int, const Batch&, int32_t) override { return std::nullopt; }
  bool CanResync(int) const override { return false; }
  Status Resync(int, const EpochMarker&, const std::function<Result<const Batch*>()>&) override {
    return OkStatus();
  }

 private:
  std::vector<int> sinks_;
  std::vector<Held> held_;
};

class Applier : public ::testing::Test {
 protected:
  Applier()
      : program_(testing::OneSink(program::Connector::kNull, {}, {"n"}, {TypeKind::kBigint}, {})) {
    program::Sink more = program_.sinks[0];
    more.name = "other";
    program_.sinks.push_back(more);
  }
  void Open(bool reset = false) {
    store_.reset();
    EpochStore::Options options;
    options.reset = reset;
    auto opened = EpochStore::Open(&files_, kRoot, options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(opened).value();
  }
  // Epoch n holds the rows n and 10 n.
  Batch RowsOf(int64_t n) { return Rows({TypeKind::kBigint}, {{{Big(n)}, 1}, {{Big(10 * n)}, 1}}); }
  void Commit(const std::map<std::string, int64_t>& applied = {{"out", 0}, {"other", 0}}) {
    EpochData data;
    data.manifest.epoch = store_->epoch() + 1;
    data.manifest.applied = applied;
    std::string frame;
    Batch rows = RowsOf(data.manifest.epoch);
    for (int32_t row = 0; row < rows.rows; ++row) AppendRowBytes(rows, row, &frame);
    data.outboxes.push_back({"v", {frame}, rows.rows});
    ASSERT_TRUE(store_->Commit(&data).ok());
  }
  EpochMarker MarkerAt(int64_t epoch) {
    auto hash = store_->HashOf(epoch);
    EXPECT_TRUE(hash.ok() && hash.value());
    return {epoch, hash.value().value_or("")};
  }
  std::string Reconcile() {
    applier_ = std::make_unique<SinkApplier>(&program_, store_.get(), &target_, nullptr);
    if (Status status = applier_->Attach(); !status.ok()) return Describe(status);
    if (Status status = applier_->RollForward(); !status.ok()) return Describe(status);
    Status status = applier_->CatchUp();
    return status.ok() ? "ok" : Describe(status);
  }
  static std::string Describe(const Status& status) {
    return (status.error().domain == ErrorDomain::kState ? "state: " : "") + status.error().message;
  }
  static std::vector<int64_t> Prefix(int64_t epoch) {
    std::vector<int64_t> rows;
    for (int64_t n = 1; n <= epoch; ++n) rows.insert(rows.end(), {n, 10 * n});
    return rows;
  }
  void ExpectPrefix(int64_t epoch) {
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(target_.held(i).rows, Prefix(epoch));
      EXPECT_EQ(target_.held(i).marker, MarkerAt(epoch));
    }
  }
  CommittedEpoch Committed(int64_t n) {
    CommittedEpoch epoch;
    epoch.marker = MarkerAt(n);
    epoch.rows = {std::make_shared<Batch>(RowsOf(n))};
    return epoch;
  }

  MemoryFiles files_;
  program::Program program_;
  std::unique_ptr<EpochStore> store_;
  ModelTarget target_{2};
  std::unique_ptr<SinkApplier> applier_;
};

TEST_F(Applier, BehindByDifferentEpochs) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  for (int i = 0; i < 3; ++i) Commit();
  // One sink has the first epoch already.
  target_.held(0) = {MarkerAt(1), Prefix(1)};
  EXPECT_EQ(Reconcile(), "ok");
  ExpectPrefix(3);
  // Nothing is left to do.
  EXPECT_EQ(Reconcile(), "ok");
  ExpectPrefix(3);
}

TEST_F(Applier, AheadByOneProvesACommit) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  for (int i = 0; i < 3; ++i) Commit();
  EXPECT_EQ(Reconcile(), "ok");
  const EpochMarker second = MarkerAt(2);
  files_.Damage(kRoot + "/CURRENT", "2 " + second.manifest + "\n");
  Open();
  ASSERT_EQ(store_->epoch(), 2);
  EXPECT_EQ(Reconcile(), "ok");
  EXPECT_EQ(store_->epoch(), 3);
  ExpectPrefix(3);
}

// HTTP and STDOUT: the state says what they have, and epochs are never put together.
TEST_F(Applier, WithoutMarkersTheStatesWordCounts) {
  target_.keeps_markers = false;
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  Commit();
  Commit();
  ASSERT_TRUE(applier_->Apply({Committed(1), Committed(2)}).ok());
  EXPECT_EQ(target_.held(0).epochs, (std::vector<int64_t>{1, 2}));
  // A lost answer: what is left of these is sent, in the same pieces.
  Commit({{"out", 1}, {"other", 1}});
  target_.fault = ModelTarget::Fault::kBefore;
  ASSERT_FALSE(applier_->Apply({Committed(3)}).ok());
  target_.fault = ModelTarget::Fault::kNone;
  ASSERT_TRUE(applier_->Recover().ok());
  EXPECT_EQ(applier_->applied(), 2);
  ASSERT_TRUE(applier_->Apply({Committed(2), Committed(3)}).ok());
  EXPECT_EQ(target_.held(0).epochs, (std::vector<int64_t>{1, 2, 3}));
  // After a crash it begins behind what the third epoch's manifest says.
  Open();
  EXPECT_EQ(Reconcile(), "ok");
  EXPECT_EQ(target_.held(0).epochs, (std::vector<int64_t>{1, 2, 3, 2, 3}));
  EXPECT_EQ(target_.held(1).epochs, (std::vector<int64_t>{1, 2, 3, 2, 3}));
}

TEST_F(Applier, AheadOfWhatIsThere) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  Commit();
  target_.held(0).marker = EpochMarker{2, std::string(32, 'f')};
  EXPECT_THAT(Reconcile(),
              HasSubstr("state: sink out holds epoch 2, which this state does not have"));
  target_.held(0).marker = EpochMarker{9, std::string(32, 'f')};
  EXPECT_THAT(Reconcile(), HasSubstr("state: sink out holds epoch 9; the state is at 1"));
}

TEST_F(Applier, OfAnotherLineage) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  for (int i = 0; i < 2; ++i) Commit();
  target_.held(1).marker = EpochMarker{1, std::string(32, 'f')};
  EXPECT_THAT(Reconcile(), HasSubstr("state: sink other holds epoch 1 of another lineage"));
  EXPECT_TRUE(target_.held(0).rows.empty());  // nothing was written
}

TEST_F(Applier, LostMarker) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  Commit();
  ASSERT_EQ(Reconcile(), "ok");
  target_.held(0).marker.reset();
  EXPECT_THAT(Reconcile(), HasSubstr("state: sink out has lost what it held"));
  // While it is in use, too.
  EXPECT_THAT(Why(applier_->Recover()), HasSubstr("lost what it held"));
}

TEST_F(Applier, ANewSinkBeginsAtCurrent) {
  Open();
  Commit({});
  EXPECT_EQ(Reconcile(), "ok");
  EXPECT_EQ(target_.held(0).marker, MarkerAt(1));
  EXPECT_TRUE(target_.held(0).rows.empty());
}

TEST_F(Applier, NotRetainedAnyMore) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  const EpochMarker first = MarkerAt(0);
  for (int i = 0; i < 12; ++i) {
    Commit();
    ASSERT_EQ(Reconcile(), "ok");
    store_->SetApplied(store_->epoch());
    ASSERT_TRUE(store_->CollectGarbage().ok());
  }
  // The sink's server was put back to a copy of before.
  target_.held(0) = {first, {}};
  EXPECT_THAT(Reconcile(), HasSubstr("state: sink out holds epoch 0, and what followed is not"));
}

TEST_F(Applier, TheOutboxIsGoneButItsManifestIsNot) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  Commit();
  ASSERT_TRUE(files_.Remove(kRoot + "/epoch-1/outbox").ok());
  EXPECT_THAT(Reconcile(),
              HasSubstr("state: sink out holds epoch 0, and what followed is not retained"));
}

TEST_F(Applier, ADamagedManifestOnTheWay) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  for (int i = 0; i < 2; ++i) Commit();
  std::string text = files_.Content(kRoot + "/epoch-1/MANIFEST");
  const size_t at = text.find("\"view\": \"v\"");
  ASSERT_NE(at, std::string::npos);
  text[at + 9] = 'w';
  files_.Damage(kRoot + "/epoch-1/MANIFEST", text);
  EXPECT_THAT(Reconcile(), HasSubstr("epoch-1/MANIFEST is not the one that epoch 2 follows"));
  EXPECT_TRUE(target_.held(0).rows.empty());
}

TEST_F(Applier, DoubtIsDecidedByTheMarker) {
  for (auto fault : {ModelTarget::Fault::kBefore, ModelTarget::Fault::kAnswerLost}) {
    Open(/*reset=*/true);
    target_ = ModelTarget(2);
    ASSERT_EQ(Reconcile(), "ok");
    for (int i = 0; i < 2; ++i) Commit();
    target_.fault = fault;
    std::vector<CommittedEpoch> epochs;
    epochs.push_back(Committed(1));
    epochs.push_back(Committed(2));
    EXPECT_FALSE(applier_->Apply(epochs).ok());
    target_.fault = ModelTarget::Fault::kNone;
    ASSERT_TRUE(applier_->Recover().ok());
    EXPECT_EQ(Why(applier_->Apply(epochs)), "ok");
    ExpectPrefix(2);
  }
}

TEST_F(Applier, AMarkerThatGoesBackWhileInUse) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  Commit();
  ASSERT_EQ(Reconcile(), "ok");
  target_.held(0).marker = MarkerAt(0);
  EXPECT_THAT(Why(applier_->Recover()), HasSubstr("gone back to epoch 0"));
}

TEST_F(Applier, SeveralEpochsAtOnceAfterDifferentMarkers) {
  Open();
  ASSERT_EQ(Reconcile(), "ok");
  for (int i = 0; i < 3; ++i) Commit();
  target_.held(0) = {MarkerAt(2), Prefix(2)};
  target_.held(1) = {MarkerAt(0), {}};
  ASSERT_TRUE(applier_->Recover().ok());
  std::vector<CommittedEpoch> epochs;
  for (int64_t n = 1; n <= 3; ++n) epochs.push_back(Committed(n));
  EXPECT_EQ(Why(applier_->Apply(epochs)), "ok");
  ExpectPrefix(3);
}

}  // namespace
}  // namespace flow
