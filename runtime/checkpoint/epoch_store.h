// A state directory: the epochs of one pipeline, each durable as a whole or not at all.
//
//   LOCK           flock; a second process is refused
//   UID            the pipeline's identity for sinks
//   plans/H.json   what the state belongs to: sources, views, layouts
//   CURRENT        "epoch hash": names the manifest that counts
//   epoch-N/       MANIFEST, delta.seg (what changed), outbox/VIEW.seg (rows for sinks)
//   runs/A-B.seg   folded segments of epochs A to B; scratch until a committed manifest names them
//
// The order of steps is what makes it safe; see docs/exactly-once.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/checkpoint/manifest.h"
#include "runtime/checkpoint/state_load.h"

namespace flow {

// What a cut hands over. `manifest` without parent, plan, segments and outboxes: the store's.
struct EpochData {
  Manifest manifest;
  std::vector<StateWriter> deltas;
  MemoryCharge charge;  // for what is here
  // Encoded rows (runtime/format/row_codec.h), a frame each, by view.
  struct Outbox {
    std::string view;
    std::vector<std::string> frames;
    int64_t rows = 0;
  };
  std::vector<Outbox> outboxes;
  bool forget = false;  // the state of before is gone: another run of a batch begins
};

class EpochStore {
 public:
  struct Options {
    bool reset = false;  // forget what is there
    // What the state must belong to. Parts of kind "sink" may come and go.
    std::vector<PlanPart> plan;
    // A batch that is done leaves nothing that another plan could not begin after.
    bool replace_done = false;
  };
  // Locks, and reads and verifies what CURRENT names; makes epoch 0 where nothing is. Fails with a
  // state error that lists what differs if the state belongs to another plan.
  static Result<std::unique_ptr<EpochStore>> Open(Files* files, const std::string& root,
                                                  const Options& options);

  const std::string& root() const { return root_; }
  const std::string& uid() const { return uid_; }
  Files* files() const { return files_; }
  bool fresh() const { return fresh_; }

  // The committed epoch. Thread-safe.
  Manifest current() const;
  int64_t epoch() const;
  std::string hash() const;

  // The whole state as of CURRENT, in key order; or in no order and by several threads.
  Status Load(const std::function<Status(const StateRecord&)>& f) const;
  Status Load(const LoadWorkers& workers, StateTarget* target) const;

  // Makes the next epoch durable: `data->manifest.epoch` must be epoch() + 1. On a full disk
  // nothing has happened and it may be called again. One thread at a time.
  Status Commit(EpochData* data);

  // Folds segments if that is due; false: nothing to do. Fold and CollectGarbage may run beside
  // Commit, both in one thread.
  Result<bool> Fold();
  // The run ends: a fold that is being made is given up, it can be made at any later time. Any
  // thread.
  void StopFolding() { stop_folding_.store(true); }

  // A retained epoch of CURRENT's lineage: its manifest is verified by those that follow it, and
  // its rows for sinks are there. A state error if it is gone.
  Result<Manifest> Retained(int64_t epoch) const;
  // CURRENT, its parent and so on down to epoch `first`, each with its hash.
  Status RetainedFrom(
      int64_t first,
      const std::function<void(Manifest manifest, const std::string& hash)>& f) const;
  // The hash of an epoch's manifest in CURRENT's lineage; nullopt: not known any more. A data error
  // if a manifest on the way is damaged.
  Result<std::optional<std::string>> HashOf(int64_t epoch) const;
  Status ReadOutbox(const OutboxInfo& outbox,
                    const std::function<Status(std::string_view row)>& f) const;

  // If epoch() + 1 was prepared with this hash and follows CURRENT, makes it current. A sink that
  // holds it proves that it had been committed.
  Result<bool> RollForward(const std::string& hash);

  // Every sink holds the epochs up to this one: their outboxes are needed no more.
  void SetApplied(int64_t epoch);
  // Removes what neither CURRENT nor a sink that lags needs.
  Status CollectGarbage();
  // After recovery: what a crash left behind.
  Status RemoveLeftovers();

  int64_t state_bytes() const;

 private:
  EpochStore(Files* files, std::string root) : files_(files), root_(std::move(root)) {}
  Status Create(const Options& options);
  Status Recover(const Options& options);
  Status CheckPlan(const Options& options);
  Status WritePlan(const std::vector<PlanPart>& plan);
  Status WriteEpoch(EpochData* data, const std::string& folder);
  Status SetCurrent(int64_t epoch, const std::string& hash);
  Result<std::pair<Manifest, std::string>> ReadManifest(int64_t epoch) const;
  // nullopt: it is not there. A data error if it is not the one that `child` follows.
  Result<std::optional<Manifest>> ReadParent(const Manifest& child) const;
  // Follows the parents from CURRENT; nullopt: the epoch's manifest is not there.
  Result<std::optional<Manifest>> ReadAncestor(int64_t epoch, std::string* hash) const;
  Status CheckFiles(const Manifest& manifest) const;
  std::string EpochFolder(int64_t epoch) const { return "epoch-" + std::to_string(epoch); }
  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  Files* files_;
  const std::string root_;
  std::unique_ptr<FileLock> lock_;
  std::string uid_;
  bool fresh_ = false;

  std::atomic<bool> stop_folding_{false};

  mutable std::mutex mutex_;  // of all below
  Manifest current_;
  std::string hash_;
  std::vector<StateSegment> segments_;  // of the next manifest: current_'s, or folded
  // Of the manifest that is being written: what it names must stay, though neither of the above
  // may name it any more.
  std::vector<StateSegment> writing_;
  int64_t applied_ = 0;
};

}  // namespace flow
