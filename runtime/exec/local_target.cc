// OpenLocalTargets.
#include "runtime/exec/local_target.h"

#include "runtime/exec/stdout_sink.h"

namespace flow {

namespace {

class LocalTarget : public EpochTarget {
 public:
  LocalTarget(std::string name, int sink, std::unique_ptr<SinkConnector> connector)
      : name_(std::move(name)), sinks_{sink}, connector_(std::move(connector)) {}

  const std::vector<int>& sinks() const override { return sinks_; }

  bool KeepsMarkers() const override { return false; }
  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    return std::vector<std::optional<EpochMarker>>(1);
  }
  Status Create(int /*sink*/, const EpochMarker& /*marker*/) override { return OkStatus(); }
  Status Apply(const std::vector<SinkStep>& steps) override {
    const SinkStep& step = steps.front();
    if (step.rows != nullptr) {
      ChangeBatch changes;
      changes.rows = step.rows;
      changes.revision = step.to.epoch;
      FLOW_RETURN_IF_ERROR(connector_->Write(changes));
      FLOW_RETURN_IF_ERROR(connector_->Flush());
    }
    return OkStatus();
  }
  std::optional<std::string> Refusal(int, const Batch&, int32_t) override { return std::nullopt; }
  bool CanResync(int /*sink*/) const override { return false; }
  Status Resync(int, const EpochMarker&, const std::function<Result<const Batch*>()>&) override {
    return InternalError("sink " + name_ + " can not be made anew");
  }

 private:
  const std::string name_;
  const std::vector<int> sinks_;
  const std::unique_ptr<SinkConnector> connector_;
};

}  // namespace

std::vector<std::unique_ptr<EpochTarget>> OpenLocalTargets(const program::Program& program,
                                                           const RunOptions& options) {
  std::vector<std::unique_ptr<EpochTarget>> targets;
  int wanted = 0;
  for (const program::View& view : program.views) {
    wanted += view.wanted && !view.dead_letters ? 1 : 0;
  }
  for (size_t i = 0; i < program.sinks.size(); ++i) {
    const program::Sink& sink = program.sinks[i];
    if (sink.connector != program::Connector::kStdout) continue;
    const program::View& view = program.views[static_cast<size_t>(sink.view)];
    StdoutOptions stdout_options;
    auto format = sink.options.find("format");
    stdout_options.format = !options.format.empty()        ? options.format
                            : format != sink.options.end() ? format->second
                                                           : "json";
    stdout_options.several_views = wanted > 1;
    stdout_options.changes = options.changes || !view.append_only;
    targets.push_back(std::make_unique<LocalTarget>(sink.name, static_cast<int>(i),
                                                    MakeStdoutSink(view, stdout_options)));
  }
  return targets;
}

}  // namespace flow
