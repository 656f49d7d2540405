// Epochs: threads around EpochStore and SinkApplier.
#include "runtime/exec/epochs.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/exec/epoch_parts.h"
#include "runtime/exec/local_target.h"
#include "runtime/exec/run_common.h"

namespace flow {

namespace {

constexpr int64_t kLead = 1;  // epochs by which CURRENT may lead the slowest sink

}  // namespace

Result<std::unique_ptr<Epochs>> Epochs::Open(const program::Program& program,
                                             const RunOptions& options) {
  std::unique_ptr<Epochs> epochs(new Epochs(program, options));
  EpochStore::Options store_options;
  store_options.reset = options.reset_state;
  store_options.plan = PlanParts(program);
  FLOW_TRY(epochs->store_,
           EpochStore::Open(Files::System(), options.state_directory, store_options));
  // Before a sink is touched.
  if (epochs->store_->current().batch) {
    return Error{ErrorDomain::kState, "the state in " + options.state_directory + " is of a batch",
                 "give the stream a --state of its own"};
  }
  FLOW_TRY(auto targets, OpenEpochTargets(program, {epochs->store_->uid()},
                                          [e = epochs.get()] { return e->Interrupted(); }));
  for (auto& target : OpenLocalTargets(program, options)) targets.push_back(std::move(target));
  for (auto& target : targets) {
    auto held = std::make_unique<Target>();
    held->applier = std::make_unique<SinkApplier>(&program, epochs->store_.get(), target.get(),
                                                  options.on_notice);
    held->target = std::move(target);
    epochs->targets_.push_back(std::move(held));
  }
  FLOW_RETURN_IF_ERROR(epochs->Reconcile());
  epochs->committed_ = epochs->store_->epoch();
  epochs->running_ = true;
  epochs->writer_ = std::thread([e = epochs.get()] { e->WriteLoop(); });
  epochs->folder_ = std::thread([e = epochs.get()] { e->FoldLoop(); });
  for (auto& target : epochs->targets_) {
    target->thread = std::thread([e = epochs.get(), t = target.get()] { e->ApplyLoop(t); });
  }
  return epochs;
}

Epochs::~Epochs() {
  ending_ = true;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  if (store_ != nullptr) store_->StopFolding();
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
  if (folder_.joinable()) folder_.join();
  for (auto& target : targets_) {
    if (target->thread.joinable()) target->thread.join();
  }
}

// A run that is told to stop still has time for its last epoch: see Drain.
bool Epochs::Interrupted() const {
  return ending_ || (!running_ && options_.stop != nullptr && options_.stop->load());
}

void Epochs::Notice(const std::string& line) const {
  if (options_.on_notice) options_.on_notice(line);
}

bool Epochs::Sleep(int64_t us) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::microseconds(us), [&] { return stop_ || Interrupted(); });
  return !stop_;
}

Status Epochs::Patiently(Target* target, const std::function<Status()>& f) {
  SinkApplier* applier = target->applier.get();
  auto wait_for = [&](const std::string& what) {
    {
      std::lock_guard lock(mutex_);
      target->waiting = what;
    }
    WriteStatus();
  };
  int64_t wait = kFirstWaitUs;
  bool told = false;
  while (true) {
    Status status = f();
    if (status.ok()) {
      if (!told) return status;
      wait_for("");
      Notice("sink " + applier->Names() + ": going on");
      return status;
    }
    if (status.error().domain != ErrorDomain::kExternal) return status;
    wait_for(status.error().message);
    if (!told) {
      Notice("waiting for sink " + applier->Names() + ": " + status.error().message +
             "; trying again");
    }
    told = true;
    if (!Sleep(wait) || Interrupted()) return status;
    wait = std::min(wait * 2, kLongestWaitUs);
  }
}

void Epochs::WriteStatus() {
  nlohmann::ordered_json json;
  json["pid"] = ::getpid();
  json["sinks"] = nlohmann::ordered_json::array();
  std::string text;
  {
    std::lock_guard lock(mutex_);
    for (const auto& target : targets_) {
      json["sinks"].push_back({{"name", target->applier->Names()},
                               {"applied", target->applied},
                               {"waiting", target->waiting}});
    }
    json["disk"] = disk_waiting_;
    text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    if (text == status_text_) return;
    status_text_ = text;
  }
  // Only for people who look: what fails here fails nothing.
  const std::string path = store_->root() + "/STATUS";
  auto file = store_->files()->Create(path + ".tmp");
  if (file.ok() && file.value()->Append(text).ok()) {
    (void)store_->files()->Rename(path + ".tmp", path).ok();
  }
}

Status Epochs::Reconcile() {
  for (auto& target : targets_) {
    FLOW_RETURN_IF_ERROR(Patiently(target.get(), [&] { return target->applier->Attach(); }));
  }
  for (auto& target : targets_) FLOW_RETURN_IF_ERROR(target->applier->RollForward());
  int64_t applied = store_->epoch();
  for (auto& target : targets_) {
    SinkApplier* applier = target->applier.get();
    bool again = false;
    FLOW_RETURN_IF_ERROR(Patiently(target.get(), [&]() -> Status {
      if (again) FLOW_RETURN_IF_ERROR(applier->Recover());
      again = true;
      return applier->CatchUp();
    }));
    target->applied = std::min(applier->applied(), store_->epoch());
    target->lost = applier->lost();
    applied = std::min(applied, target->applied);
  }
  store_->SetApplied(applied);
  return store_->RemoveLeftovers();
}

std::optional<std::string> Epochs::Refusal(int view, const Batch& rows, int32_t row) {
  for (auto& target : targets_) {
    for (int sink : target->target->sinks()) {
      if (program_.sinks[static_cast<size_t>(sink)].view != view) continue;
      if (auto why = target->target->Refusal(sink, rows, row)) return why;
    }
  }
  return std::nullopt;
}

bool Epochs::ReadyLocked() const {
  if (has_cut_) return false;
  for (const auto& target : targets_) {
    if (committed_ - target->applied > kLead) return false;
  }
  return true;
}

bool Epochs::Ready() {
  std::lock_guard lock(mutex_);
  return ReadyLocked();
}

bool Epochs::WaitReady(int64_t us) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::microseconds(us),
                           [&] { return ReadyLocked() || !status_.ok(); });
}

std::set<int> Epochs::ViewsToMakeAnew() {
  std::lock_guard lock(mutex_);
  std::set<int> views;
  for (const auto& target : targets_) {
    for (int sink : target->lost) views.insert(program_.sinks[static_cast<size_t>(sink)].view);
  }
  return views;
}

void Epochs::Cut(EpochData data, std::vector<std::shared_ptr<const Batch>> rows,
                 std::map<int, std::shared_ptr<const Batch>> content) {
  {
    std::lock_guard lock(mutex_);
    cut_ = std::move(data);
    cut_rows_ = std::move(rows);
    cut_content_ = std::move(content);
    has_cut_ = true;
  }
  changed_.notify_all();
}

Status Epochs::Drain(const std::function<bool()>& stop_waiting) {
  std::unique_lock lock(mutex_);
  while (status_.ok()) {
    bool done = !has_cut_;
    for (const auto& target : targets_) done = done && target->applied >= committed_;
    if (done || stop_waiting()) break;
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
  return status_;
}

Status Epochs::status() {
  std::lock_guard lock(mutex_);
  return status_;
}

int64_t Epochs::applied() {
  std::lock_guard lock(mutex_);
  int64_t least = committed_;
  for (const auto& target : targets_) least = std::min(least, target->applied);
  return least;
}

std::map<std::string, int64_t> Epochs::applied_by_sink() {
  std::lock_guard lock(mutex_);
  std::map<std::string, int64_t> applied;
  for (const auto& target : targets_) {
    for (int sink : target->applier->sinks()) {
      applied[program_.sinks[static_cast<size_t>(sink)].name] = target->applied;
    }
  }
  return applied;
}

void Epochs::Fail(Status status) {
  {
    std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  changed_.notify_all();
}

void Epochs::WriteLoop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || has_cut_; });
      if (!has_cut_) return;
    }
    // cut_ is this thread's until has_cut_ is false.
    int64_t begin = NowUs();
    bool told = false;
#ifdef FLOW_MUTANT_APPLY_FIRST
    CommittedEpoch early;
    early.marker = {store_->epoch() + 1, "not known yet"};
    early.rows = cut_rows_;
    for (auto& target : targets_) (void)target->applier->Apply({early}).ok();
#endif
    while (true) {
      Status status = store_->Commit(&cut_);
      if (status.ok()) break;
      if (!OutOfSpace(status.error())) {
        Fail(std::move(status));
        return;
      }
      if (!told) Notice(status.error().message + "; waiting for space");
      told = true;
      {
        std::lock_guard lock(mutex_);
        disk_waiting_ = status.error().message;
      }
      if (!Sleep(kFirstWaitUs * 5)) {
        Fail(std::move(status));
        return;
      }
    }
    if (told) Notice("there is space again: going on");
    CommittedEpoch epoch;
    epoch.marker = {store_->epoch(), store_->hash()};
    {
      std::lock_guard lock(mutex_);
      epoch.rows = std::move(cut_rows_);
      epoch.content = std::move(cut_content_);
      cut_content_.clear();
      committed_ = epoch.marker.epoch;
      for (auto& target : targets_) target->queue.push_back(epoch);
      has_cut_ = false;
      disk_waiting_.clear();
      cut_ = EpochData();
      ++commits_;
      commit_us_ += NowUs() - begin;
      fold_due_ = true;
    }
    changed_.notify_all();
  }
}

void Epochs::FoldLoop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::seconds(1), [&] { return stop_ || fold_due_; });
      if (stop_) return;
      if (!fold_due_) {
        lock.unlock();
        WriteStatus();
        continue;
      }
      fold_due_ = false;
    }
    store_->SetApplied(applied());
    Status status;
    Result<bool> folded = store_->Fold();
    if (!folded.ok()) status = std::move(folded.error());
    // What could not be folded for want of space is folded later; what is not needed, the half of a
    // run too, goes in any case.
    if (status.ok() || OutOfSpace(status.error())) status = store_->CollectGarbage();
    if (!status.ok() && !OutOfSpace(status.error())) Fail(std::move(status));
  }
}

void Epochs::ApplyLoop(Target* target) {
  SinkApplier* applier = target->applier.get();
  while (true) {
    std::vector<CommittedEpoch> epochs;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || !target->queue.empty(); });
      if (target->queue.empty() || stop_) return;
      epochs.assign(target->queue.begin(), target->queue.end());
      target->queue.clear();
    }
    bool again = false;
    Status status = Patiently(target, [&]() -> Status {
      if (again) {
        FLOW_RETURN_IF_ERROR(applier->Recover());
        std::lock_guard lock(mutex_);
        target->lost = applier->lost();
      }
      again = true;
      return applier->Apply(epochs);
    });
    if (!status.ok()) {
      Fail(std::move(status));
      return;
    }
    {
      std::lock_guard lock(mutex_);
      target->applied = std::min(applier->applied(), epochs.back().marker.epoch);
      target->lost = applier->lost();
      fold_due_ = true;
    }
    changed_.notify_all();
  }
}

}  // namespace flow
