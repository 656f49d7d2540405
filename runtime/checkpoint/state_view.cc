// ReadStateView and ReadStateRecords.
#include "runtime/checkpoint/state_view.h"

#include <charconv>

#include "runtime/checkpoint/plan_text.h"
#include "runtime/checkpoint/state_fold.h"

namespace flow {

namespace {

constexpr int kTries = 20;

Result<StateView> TryReadView(Files* files, const std::string& root) {
  StateView view;
  view.root = root;
  FLOW_TRY(std::string current, files->ReadAll(root + "/CURRENT"));
  FLOW_TRY(view.uid, files->ReadAll(root + "/UID"));
  if (!view.uid.empty() && view.uid.back() == '\n') view.uid.pop_back();
  size_t space = current.find(' ');
  int64_t epoch = -1;
  if (space != std::string::npos) {
    std::from_chars(current.data(), current.data() + space, epoch);
  }
  const std::string path = root + "/epoch-" + std::to_string(epoch) + "/MANIFEST";
  FLOW_TRY(std::string text, files->ReadAll(path));
  FLOW_TRY(view.manifest, ParseManifest(text, path));
  FLOW_TRY(std::string plan, files->ReadAll(root + "/plans/" + view.manifest.plan + ".json"));
  FLOW_TRY(view.plan, ParsePlan(plan, root));
  view.running = !files->Lock(root + "/LOCK").ok();
  if (files->Exists(root + "/STATUS")) {
    auto status = files->ReadAll(root + "/STATUS");
    if (status.ok()) view.status = status.value();
  }
  return view;
}

}  // namespace

Result<StateView> ReadStateView(Files* files, const std::string& root) {
  if (!files->Exists(root + "/CURRENT")) {
    return UserError(root + " is no state directory",
                     "it is the folder given with --state, or .flow/NAME/stream");
  }
  Result<StateView> view = TryReadView(files, root);
  for (int i = 1; i < kTries && !view.ok(); ++i) view = TryReadView(files, root);
  return view;
}

Status ReadStateRecords(
    Files* files, const std::string& root,
    const std::function<Status(const StateView&, const std::string& owner, std::string_view key,
                               std::string_view value)>& f) {
  Status status;
  for (int i = 0; i < kTries; ++i) {
    FLOW_TRY(StateView view, ReadStateView(files, root));
    bool all_there = true;
    for (const StateSegment& segment : view.manifest.segments) {
      all_there = all_there && files->Exists(root + "/" + segment.info.file);
    }
    if (!all_there) continue;
    bool began = false;
    status = FoldSegments(
        files, root, view.manifest.segments, false, [&](const StateRecord& record) -> Status {
          began = true;
          if (record.owner >= view.manifest.owners.size()) {
            return DataError("damaged state: a record of an unknown operator");
          }
          return f(view, view.manifest.owners[record.owner], record.key, record.value);
        });
    if (status.ok() || began) return status;
  }
  return status;
}

}  // namespace flow
