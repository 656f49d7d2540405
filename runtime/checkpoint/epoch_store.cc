// EpochStore: opening, committing, folding, and removing what is not needed.
#include "runtime/checkpoint/epoch_store.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <set>

#include "runtime/checkpoint/delta_sort.h"
#include "runtime/checkpoint/plan_text.h"
#include "runtime/checkpoint/state_fold.h"

namespace flow {

namespace {

constexpr int64_t kSortedDelta = 1 << 20;  // bytes from which a delta is sorted

constexpr int64_t kKeptEpochs = 3;  // for people who look
constexpr const char* kRestore =
    "restore the state directory from a copy, or start again with --reset-state";

std::string NewUid() {
  std::random_device device;
  std::string uid;
  for (int i = 0; i < 4; ++i) {
    char part[9];
    std::snprintf(part, sizeof part, "%08x", device());
    uid += part;
  }
  return uid;
}

std::optional<int64_t> EpochOfName(const std::string& name) {
  constexpr std::string_view kPrefix = "epoch-";
  int64_t epoch;
  if (name.rfind(kPrefix, 0) != 0) return std::nullopt;
  auto [end, code] =
      std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), epoch);
  if (code != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return epoch;
}

}  // namespace

Result<std::unique_ptr<EpochStore>> EpochStore::Open(Files* files, const std::string& root,
                                                     const Options& options) {
  std::unique_ptr<EpochStore> store(new EpochStore(files, root));
  if (files->Exists(root)) {
    FLOW_TRY(std::vector<std::string> names, files->List(root));
    auto has = [&](const char* name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!names.empty() && !has("LOCK")) {
      return UserError(root + " is no state directory: there are other files in it",
                       "give --state a folder of its own");
    }
  }
  FLOW_RETURN_IF_ERROR(files->MakeFolder(root));
#ifdef FLOW_MUTANT_NO_LOCK
  auto held = files->Lock(store->Path("LOCK"));
  if (held.ok()) store->lock_ = std::move(held).value();
#else
  FLOW_TRY(store->lock_, files->Lock(store->Path("LOCK")));
#endif
  // Before anything in it is relied upon; a run that crashed may have made these folders and have
  // got no further.
#ifndef FLOW_MUTANT_NO_NAME_SYNC
  FLOW_RETURN_IF_ERROR(files->SyncNames(root));
#endif
  if (options.reset) {
    // CURRENT first: a crash half way leaves a directory without state, not a torn one.
    if (files->Exists(store->Path("CURRENT"))) {
      FLOW_RETURN_IF_ERROR(files->Remove(store->Path("CURRENT")));
      FLOW_RETURN_IF_ERROR(files->SyncFolder(root));
    }
    FLOW_TRY(std::vector<std::string> names, files->List(root));
    for (const std::string& name : names) {
      if (name != "LOCK") FLOW_RETURN_IF_ERROR(files->Remove(store->Path(name)));
    }
  }
  if (files->Exists(store->Path("CURRENT"))) {
    FLOW_RETURN_IF_ERROR(store->Recover(options));
  } else {
    FLOW_RETURN_IF_ERROR(store->Create(options));
  }
  return store;
}

Status EpochStore::Create(const Options& options) {
  fresh_ = true;
  // What a crash before the first CURRENT left. By then there was no epoch but the empty one.
  FLOW_TRY(std::vector<std::string> names, files_->List(root_));
  for (const std::string& name : names) {
    if (EpochOfName(name).value_or(0) > 0) {
      return DataError(
          "damaged state: " + Path("CURRENT") + " is missing, but there is " + Path(name),
          kRestore);
    }
  }
  // LOCK tells whose folder this is.
  FLOW_RETURN_IF_ERROR(files_->SyncFolder(root_));
  for (const std::string& name : names) {
    if (name != "LOCK") FLOW_RETURN_IF_ERROR(files_->Remove(Path(name)));
  }
  uid_ = NewUid();
  FLOW_RETURN_IF_ERROR(files_->Replace(Path("UID"), uid_ + "\n"));
  FLOW_RETURN_IF_ERROR(files_->MakeFolder(Path("runs")));
  FLOW_RETURN_IF_ERROR(WritePlan(options.plan));
  EpochData data;
  data.manifest.uid = uid_;
  data.manifest.plan = PlanHash(options.plan);
  FLOW_RETURN_IF_ERROR(WriteEpoch(&data, EpochFolder(0)));
  const std::string text = ManifestText(data.manifest);
  FLOW_RETURN_IF_ERROR(SetCurrent(0, ManifestHash(text)));
  current_ = data.manifest;
  hash_ = ManifestHash(text);
  return OkStatus();
}

Status EpochStore::Recover(const Options& options) {
  FLOW_TRY(uid_, files_->ReadAll(Path("UID")));
  if (!uid_.empty() && uid_.back() == '\n') uid_.pop_back();
  FLOW_TRY(std::string text, files_->ReadAll(Path("CURRENT")));
  size_t space = text.find(' ');
  size_t end = text.find('\n');
  int64_t epoch = -1;
  if (space != std::string::npos) {
    std::from_chars(text.data(), text.data() + space, epoch);
  }
  if (epoch < 0 || end == std::string::npos || uid_.size() != 32) {
    return DataError(
        "damaged state: " + Path("CURRENT") + " or " + Path("UID") + " can not be read", kRestore);
  }
  std::string hash = text.substr(space + 1, end - space - 1);
  if (!files_->Exists(Path(EpochFolder(epoch) + "/MANIFEST"))) {
    return DataError("damaged state: " + Path("CURRENT") + " names epoch " + std::to_string(epoch) +
                         ", but there is no " + Path(EpochFolder(epoch) + "/MANIFEST"),
                     kRestore);
  }
  FLOW_TRY(auto read, ReadManifest(epoch));
  if (read.second != hash) {
    return DataError("damaged state: " + Path(EpochFolder(epoch)) +
                         "/MANIFEST is not the one that " + Path("CURRENT") + " names",
                     kRestore);
  }
  if (read.first.uid != uid_) {
    return DataError("damaged state: " + Path("UID") + " is not the one of this state", kRestore);
  }
  FLOW_RETURN_IF_ERROR(CheckFiles(read.first));
  current_ = std::move(read.first);
  hash_ = hash;
  segments_ = current_.segments;
  FLOW_RETURN_IF_ERROR(CheckPlan(options));
  // A crashed process may have renamed these in the page cache only. Before a sink hears of this
  // epoch it must be durable.
#ifndef FLOW_MUTANT_NO_RECOVERY_SYNC
  const std::string folder = Path(EpochFolder(epoch));
  FLOW_RETURN_IF_ERROR(files_->SyncFile(folder + "/MANIFEST"));
  FLOW_RETURN_IF_ERROR(files_->SyncFolder(folder));
  FLOW_RETURN_IF_ERROR(files_->SyncFile(Path("CURRENT")));
  FLOW_RETURN_IF_ERROR(files_->SyncFolder(root_));
#endif
  return OkStatus();
}

Status EpochStore::WritePlan(const std::vector<PlanPart>& plan) {
  FLOW_RETURN_IF_ERROR(files_->MakeFolder(Path("plans")));
  const std::string path = Path("plans/" + PlanHash(plan) + ".json");
  if (files_->Exists(path)) return OkStatus();
  FLOW_RETURN_IF_ERROR(files_->Replace(path, PlanText(plan)));
  return files_->SyncFolder(root_);
}

Status EpochStore::CheckPlan(const Options& options) {
  const std::string wanted = PlanHash(options.plan);
  if (wanted == current_.plan) {
    // Only those who look need it here; what was damaged is written again.
    const std::string path = Path("plans/" + wanted + ".json");
    auto text = files_->ReadAll(path);
    if (text.ok() && text.value() == PlanText(options.plan)) return OkStatus();
    return files_->Replace(path, PlanText(options.plan));
  }
  const std::string path = Path("plans/" + current_.plan + ".json");
  FLOW_TRY(std::string text, files_->ReadAll(path));
  FLOW_TRY(std::vector<PlanPart> before, ParsePlan(text, path));
  if (PlanHash(before) != current_.plan) {
    return DataError("damaged state: " + path + " is not the plan that it was written as",
                     kRestore);
  }
  std::string differences = PlanDifferences(before, options.plan);
  const bool done = options.replace_done && current_.batch && current_.batch->published;
  if (!differences.empty() && !done) {
    return Error{
        ErrorDomain::kState,
        "the state in " + root_ + " belongs to another program:\n" + differences,
        "run the program it was made by, give this one a --state of its own, or forget the "
        "state with --reset-state"};
  }
  // Only sinks came or went, or nothing of it is needed: the next manifests name the new plan.
  FLOW_RETURN_IF_ERROR(WritePlan(options.plan));
  current_.plan = wanted;
  return OkStatus();
}

Result<std::pair<Manifest, std::string>> EpochStore::ReadManifest(int64_t epoch) const {
  const std::string path = Path(EpochFolder(epoch) + "/MANIFEST");
  FLOW_TRY(std::string text, files_->ReadAll(path));
  FLOW_TRY(Manifest manifest, ParseManifest(text, path));
  if (manifest.epoch != epoch) {
    return DataError("damaged state: " + path + " is of epoch " + std::to_string(manifest.epoch));
  }
  return std::pair<Manifest, std::string>(std::move(manifest), ManifestHash(text));
}

Status EpochStore::CheckFiles(const Manifest& manifest) const {
  auto check = [&](const SegmentInfo& info) -> Status {
    FLOW_TRY(int64_t size, files_->Size(Path(info.file)));
    if (size == info.size) return OkStatus();
    return DataError("damaged state: " + Path(info.file) + " has " + std::to_string(size) +
                         " bytes instead of " + std::to_string(info.size),
                     kRestore);
  };
  for (const StateSegment& segment : manifest.segments) FLOW_RETURN_IF_ERROR(check(segment.info));
  for (const OutboxInfo& outbox : manifest.outboxes) FLOW_RETURN_IF_ERROR(check(outbox.info));
  return OkStatus();
}

Manifest EpochStore::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

int64_t EpochStore::epoch() const {
  std::lock_guard lock(mutex_);
  return current_.epoch;
}

std::string EpochStore::hash() const {
  std::lock_guard lock(mutex_);
  return hash_;
}

int64_t EpochStore::state_bytes() const {
  std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  for (const StateSegment& segment : current_.segments) bytes += segment.info.size;
  return bytes;
}

Status EpochStore::Load(const std::function<Status(const StateRecord&)>& f) const {
  return FoldSegments(files_, root_, current().segments, false, f);
}

Status EpochStore::Load(const LoadWorkers& workers, StateTarget* target) const {
  return LoadSegments(files_, root_, current().segments, workers, target);
}

Status EpochStore::WriteEpoch(EpochData* data, const std::string& name) {
  const std::string work = name + ".tmp";
  const std::string folder = Path(work);
  FLOW_RETURN_IF_ERROR(files_->Remove(folder));
  FLOW_RETURN_IF_ERROR(files_->MakeFolder(folder));
  Manifest& manifest = data->manifest;
  manifest.outboxes.clear();

  StateSegment delta;
  delta.first_epoch = delta.last_epoch = manifest.epoch;
  for (const StateWriter& writer : data->deltas) delta.records += writer.records();
  if (delta.records > 0) {
    FLOW_TRY(std::unique_ptr<OutputFile> file, files_->Create(folder + "/delta.seg"));
    SegmentWriter writer(file.get());
    int64_t bytes = 0;
    for (const StateWriter& part : data->deltas) bytes += part.bytes();
    // Who folds an unsorted delta has all of it in memory.
    delta.sorted = bytes >= kSortedDelta;
    if (delta.sorted) {
      FLOW_TRY(delta.records, WriteSorted(data->deltas, &writer));
    } else {
      for (const StateWriter& part : data->deltas) {
        for (const std::string& frame : part.frames()) FLOW_RETURN_IF_ERROR(writer.Frame(frame));
      }
    }
    FLOW_RETURN_IF_ERROR(writer.Finish(&delta.info));
    delta.info.file = name + "/delta.seg";
    manifest.segments.push_back(delta);
  }
  bool any_outbox = false;
  for (const EpochData::Outbox& outbox : data->outboxes) {
    if (outbox.rows == 0) continue;
    if (!any_outbox) FLOW_RETURN_IF_ERROR(files_->MakeFolder(folder + "/outbox"));
    any_outbox = true;
    // Numbered: a view's name may be no file name.
    const std::string file_name = "outbox/" + std::to_string(manifest.outboxes.size()) + ".seg";
    FLOW_TRY(std::unique_ptr<OutputFile> file, files_->Create(folder + "/" + file_name));
    SegmentWriter writer(file.get());
    for (const std::string& frame : outbox.frames) FLOW_RETURN_IF_ERROR(writer.Frame(frame));
    OutboxInfo info;
    info.view = outbox.view;
    info.rows = outbox.rows;
    FLOW_RETURN_IF_ERROR(writer.Finish(&info.info));
    info.info.file = name + "/" + file_name;
    manifest.outboxes.push_back(std::move(info));
  }
  if (any_outbox) FLOW_RETURN_IF_ERROR(files_->SyncFolder(folder + "/outbox"));
  FLOW_RETURN_IF_ERROR(files_->WriteSynced(folder + "/MANIFEST", ManifestText(manifest)));
  FLOW_RETURN_IF_ERROR(files_->SyncFolder(folder));
  // What is there under this name was prepared by a crashed process and never committed.
  FLOW_RETURN_IF_ERROR(files_->Remove(Path(name)));
  FLOW_RETURN_IF_ERROR(files_->Rename(folder, Path(name)));
  return files_->SyncFolder(root_);
}

Status EpochStore::SetCurrent(int64_t epoch, const std::string& hash) {
  return files_->Replace(Path("CURRENT"), std::to_string(epoch) + " " + hash + "\n");
}

Status EpochStore::Commit(EpochData* data) {
  Manifest& manifest = data->manifest;
  size_t base;
  {
    std::lock_guard lock(mutex_);
    manifest.uid = uid_;
    manifest.parent = hash_;
    manifest.plan = current_.plan;
    if (data->forget) segments_.clear();
    manifest.segments = segments_;
    base = segments_.size();
#ifndef FLOW_MUTANT_COLLECT_WRITING
    writing_ = segments_;
#endif
  }
#ifdef FLOW_MUTANT_CURRENT_FIRST
  FLOW_RETURN_IF_ERROR(SetCurrent(manifest.epoch, ManifestHash(ManifestText(manifest))));
#endif
  FLOW_RETURN_IF_ERROR(WriteEpoch(data, EpochFolder(manifest.epoch)));
  std::string hash = ManifestHash(ManifestText(manifest));
  FLOW_RETURN_IF_ERROR(SetCurrent(manifest.epoch, hash));
  std::lock_guard lock(mutex_);
  current_ = manifest;
  hash_ = std::move(hash);
  writing_.clear();
  // A fold may have replaced some of the older ones meanwhile.
  segments_.insert(segments_.end(), manifest.segments.begin() + static_cast<ptrdiff_t>(base),
                   manifest.segments.end());
  return OkStatus();
}

Result<bool> EpochStore::Fold() {
  std::vector<StateSegment> chosen;
  bool whole;
  {
    std::lock_guard lock(mutex_);
    auto [begin, end] = ChooseFold(segments_);
    // Only what a committed manifest names: a delta that is being written is not there yet.
    if (begin == end || segments_[end - 1].last_epoch > current_.epoch) return false;
    chosen.assign(segments_.begin() + static_cast<ptrdiff_t>(begin),
                  segments_.begin() + static_cast<ptrdiff_t>(end));
    whole = begin == 0;
  }
  const std::string file = "runs/" + std::to_string(chosen.front().first_epoch) + "-" +
                           std::to_string(chosen.back().last_epoch) + ".seg";
  Result<StateSegment> written = WriteRun(files_, root_, chosen, whole, file, &stop_folding_);
  if (!written.ok() && stop_folding_.load()) return false;
  if (!written.ok()) return std::move(written.error());
  const StateSegment run = std::move(written).value();
#ifndef FLOW_MUTANT_RUN_NOT_SYNCED
  FLOW_RETURN_IF_ERROR(files_->SyncFolder(Path("runs")));
#endif
  std::lock_guard lock(mutex_);
  auto first = std::find_if(segments_.begin(), segments_.end(), [&](const StateSegment& segment) {
    return segment.info.file == chosen.front().info.file;
  });
  auto last = first + static_cast<ptrdiff_t>(chosen.size());
  *first = run;
  segments_.erase(first + 1, last);
  return true;
}

Result<std::optional<Manifest>> EpochStore::ReadParent(const Manifest& child) const {
  const std::string path = Path(EpochFolder(child.epoch - 1) + "/MANIFEST");
  if (!files_->Exists(path)) return std::optional<Manifest>();
  FLOW_TRY(auto read, ReadManifest(child.epoch - 1));
#ifndef FLOW_MUTANT_NO_LINEAGE
  if (read.second != child.parent) {
    return DataError("damaged state: " + path + " is not the one that epoch " +
                         std::to_string(child.epoch) + " follows",
                     kRestore);
  }
#endif
  return std::optional<Manifest>(std::move(read.first));
}

Result<std::optional<Manifest>> EpochStore::ReadAncestor(int64_t epoch, std::string* hash) const {
  Manifest manifest;
  {
    std::lock_guard lock(mutex_);
    manifest = current_;
    *hash = hash_;
  }
  if (epoch > manifest.epoch || epoch < 0) return std::optional<Manifest>();
  while (manifest.epoch > epoch) {
    *hash = manifest.parent;
    FLOW_TRY(std::optional<Manifest> parent, ReadParent(manifest));
    if (!parent) {
      // Its child still knows what it was.
      if (manifest.epoch - 1 > epoch) hash->clear();
      return std::optional<Manifest>();
    }
    manifest = std::move(*parent);
  }
  return std::optional<Manifest>(std::move(manifest));
}

Status EpochStore::RetainedFrom(
    int64_t first, const std::function<void(Manifest manifest, const std::string& hash)>& f) const {
  Manifest manifest = current();
  std::string hash = this->hash();
  while (manifest.epoch >= first) {
    std::optional<Manifest> parent;
    if (manifest.epoch > first) {
      FLOW_TRY(parent, ReadParent(manifest));
      if (!parent) {
        return Error{ErrorDomain::kState,
                     "epoch " + std::to_string(manifest.epoch - 1) + " is gone from " + root_,
                     kRestore};
      }
    }
    std::string parent_hash = manifest.parent;
    f(std::move(manifest), hash);
    if (!parent) return OkStatus();
    manifest = std::move(*parent);
    hash = std::move(parent_hash);
  }
  return OkStatus();
}

Result<Manifest> EpochStore::Retained(int64_t epoch) const {
  std::string hash;
  FLOW_TRY(std::optional<Manifest> manifest, ReadAncestor(epoch, &hash));
  bool there = manifest.has_value();
  for (size_t i = 0; there && i < manifest->outboxes.size(); ++i) {
    there = files_->Exists(Path(manifest->outboxes[i].info.file));
  }
  if (there) return std::move(*manifest);
  return Error{ErrorDomain::kState, "epoch " + std::to_string(epoch) + " is gone from " + root_,
               ""};
}

Result<std::optional<std::string>> EpochStore::HashOf(int64_t epoch) const {
  std::string hash;
  FLOW_TRY(std::optional<Manifest> manifest, ReadAncestor(epoch, &hash));
  // Empty: its child is gone too, or it is no ancestor.
  if (!manifest && (hash.empty() || epoch >= this->epoch())) return std::optional<std::string>();
  return std::optional<std::string>(std::move(hash));
}

Status EpochStore::ReadOutbox(const OutboxInfo& outbox,
                              const std::function<Status(std::string_view row)>& f) const {
  FLOW_TRY(std::unique_ptr<SegmentReader> reader, SegmentReader::Open(files_, root_, outbox.info));
  while (true) {
    FLOW_TRY(std::string_view frame, reader->Next());
    if (frame.empty()) return OkStatus();
    FLOW_RETURN_IF_ERROR(f(frame));
  }
}

Result<bool> EpochStore::RollForward(const std::string& hash) {
  const int64_t next = epoch() + 1;
  if (!files_->Exists(Path(EpochFolder(next)))) return false;
  FLOW_TRY(auto read, ReadManifest(next));
#ifndef FLOW_MUTANT_WRONG_PARENT
  if (read.first.parent != this->hash()) return false;
#endif
  if (read.second != hash) return false;
  FLOW_RETURN_IF_ERROR(CheckFiles(read.first));
  FLOW_RETURN_IF_ERROR(files_->SyncFolder(root_));
  FLOW_RETURN_IF_ERROR(SetCurrent(next, hash));
  std::lock_guard lock(mutex_);
  current_ = std::move(read.first);
  hash_ = hash;
  segments_ = current_.segments;
  return true;
}

void EpochStore::SetApplied(int64_t epoch) {
  std::lock_guard lock(mutex_);
  applied_ = std::max(applied_, epoch);
}

Status EpochStore::CollectGarbage() {
  std::set<std::string> named;
  int64_t keep_from, newest_kept;
  {
    std::lock_guard lock(mutex_);
    // Both what CURRENT names and what the next manifest will.
    for (const StateSegment& segment : current_.segments) named.insert(segment.info.file);
    for (const StateSegment& segment : segments_) named.insert(segment.info.file);
    for (const StateSegment& segment : writing_) named.insert(segment.info.file);
    newest_kept = current_.epoch - kKeptEpochs;
    keep_from = std::min(applied_ + 1, newest_kept + 1);
#ifdef FLOW_MUTANT_COLLECT_EARLY
    keep_from = current_.epoch;
    newest_kept = current_.epoch;
#endif
  }
  FLOW_TRY(std::vector<std::string> names, files_->List(root_));
  for (const std::string& name : names) {
    std::optional<int64_t> epoch = EpochOfName(name);
    if (!epoch || *epoch > newest_kept) continue;
    if (*epoch >= keep_from) {
      // Its rows are needed. What it changed is in a folded run, or forgotten.
      const std::string delta = name + "/delta.seg";
      if (!named.contains(delta) && files_->Exists(Path(delta))) {
        FLOW_RETURN_IF_ERROR(files_->Remove(Path(delta)));
      }
      continue;
    }
    if (named.contains(name + "/delta.seg")) {
      if (files_->Exists(Path(name + "/outbox"))) {
        FLOW_RETURN_IF_ERROR(files_->Remove(Path(name + "/outbox")));
      }
      continue;
    }
    FLOW_RETURN_IF_ERROR(files_->Remove(Path(name)));
  }
  FLOW_TRY(std::vector<std::string> runs, files_->List(Path("runs")));
  for (const std::string& run : runs) {
    if (named.contains("runs/" + run)) continue;
    FLOW_RETURN_IF_ERROR(files_->Remove(Path("runs/" + run)));
  }
  return OkStatus();
}

Status EpochStore::RemoveLeftovers() {
  FLOW_TRY(std::vector<std::string> names, files_->List(root_));
  const int64_t current = epoch();
  for (const std::string& name : names) {
    std::optional<int64_t> epoch = EpochOfName(name);
    bool torn = name.size() > 4 && name.substr(name.size() - 4) == ".tmp";
    if (torn || (epoch && *epoch > current)) FLOW_RETURN_IF_ERROR(files_->Remove(Path(name)));
  }
  return CollectGarbage();
}

}  // namespace flow
