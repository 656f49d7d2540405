// Gives OpenRedisTarget: keys and marker in one script.
#include "runtime/connector/redis/redis_target.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

#include "runtime/abi/convert.h"
#include "runtime/connector/options.h"
#include "runtime/connector/redis/client.h"
#include "runtime/connector/redis/row_writer.h"
#include "runtime/connector/redis/scripts.h"

namespace flow {

namespace {

using redis::Answer;

// Rows travel in texts of about this size; more than some of them are staged on the server first,
// so that no command is huge.
constexpr size_t kTextBytes = 1 << 20;
constexpr size_t kTextsAtOnce = 4;

struct Settings {
  std::string who;  // "sink x (REDIS)"
  redis::Address address;
  int64_t ttl_ms = 0;
  std::chrono::milliseconds timeout{60000};
};

// Unlike any other, also after somebody has emptied the server.
std::string NewIncarnation() {
  std::random_device device;
  const uint64_t bits = uint64_t{device()} << 32 | device();
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bits));
  return text;
}

class RedisTarget : public EpochTarget {
 public:
  RedisTarget(Settings settings, redis::RowWriter writer, const std::string& pipeline,
              const std::string& name, int sink)
      : settings_(std::move(settings)),
        writer_(std::move(writer)),
        sinks_{sink},
        client_(settings_.who, settings_.timeout) {
    for (const char* kind : {"sink:", "keys:", "before:", "staged:"}) {
      std::string key = redis::kOwnPrefix;
      key.append(kind).append(pipeline).append(":").append(name);
      keys_.push_back(std::move(key));
    }
    keys_.back() += ':';  // an incarnation follows
  }

  const std::vector<int>& sinks() const override { return sinks_; }

  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    incarnation_ = NewIncarnation();
    const Status connected = client_.Connect(settings_.address);
    Result<Answer> answer =
        connected.ok()
            ? client_.RunScript("taking over the sink", redis::kAttachScript, keys_, {incarnation_})
            : Result<Answer>(connected.error());
    if (!answer.ok()) {
      client_.Close();
      Error error = answer.error();
      if (error.domain == ErrorDomain::kExternal) {
        error.hint = "is " + settings_.address.ToString() + " up?";
      }
      return error;
    }
    const auto& texts = answer.value().texts;
    if (texts.size() != 2) return InternalError(settings_.who + ": a marker of another form");
    std::optional<EpochMarker> marker;
    if (texts[0].has_value()) {
      marker.emplace();
      marker->manifest = texts[1].value_or("");
      if (flow_parse_bigint(texts[0]->data(), texts[0]->size(), &marker->epoch) != kFlowValue) {
        return DataError(settings_.who + ": the marker " + keys_[0] + " has no epoch but '" +
                         *texts[0] + "'");
      }
    }
    return std::vector<std::optional<EpochMarker>>{marker};
  }

  Status Create(int /*sink*/, const EpochMarker& marker) override {
    return Checked(client_.RunScript("setting the marker", redis::kCreateScript, keys_,
                                     {incarnation_, std::to_string(marker.epoch), marker.manifest}),
                   "another marker");
  }

  Status Apply(const std::vector<SinkStep>& steps) override {
    if (steps.size() != 1 || steps[0].sink != sinks_[0]) {
      return InternalError(settings_.who + ": an epoch of another sink");
    }
    const SinkStep& step = steps[0];
    std::vector<std::string> texts;
    size_t staged = 0;
    for (int32_t row = 0; step.rows != nullptr && row < step.rows->rows; ++row) {
      if (texts.empty() || texts.back().size() >= kTextBytes) {
        if (texts.size() == kTextsAtOnce) {
          FLOW_RETURN_IF_ERROR(StageTexts(&texts, &staged));
        }
        texts.emplace_back();
      }
      writer_.Pack(*step.rows, row, &texts.back());
    }
    // All or none: the order of the texts does not matter, but a few of a large epoch are no less.
    if (staged > 0) FLOW_RETURN_IF_ERROR(StageTexts(&texts, &staged));
    const std::string from = std::to_string(step.from.epoch);
    const std::string to = std::to_string(step.to.epoch);
    const std::string ttl = std::to_string(settings_.ttl_ms);
    const std::string count = std::to_string(staged);
    std::vector<std::string_view> arguments = {
        incarnation_, from, step.from.manifest, to, step.to.manifest, ttl, count};
    arguments.insert(arguments.end(), texts.begin(), texts.end());
    return Checked(client_.RunScript("writing an epoch", redis::kApplyScript, keys_, arguments),
                   "not at " + from + " of " + step.from.manifest);
  }

  std::optional<std::string> Refusal(int /*sink*/, const Batch& rows, int32_t row) override {
    return writer_.Refusal(rows, row);
  }

  bool CanResync(int /*sink*/) const override { return true; }

  Status Resync(int /*sink*/, const EpochMarker& to,
                const std::function<Result<const Batch*>()>& next) override {
    FLOW_RETURN_IF_ERROR(Checked(
        client_.RunScript("beginning a resync", redis::kResyncBeginScript, keys_, {incarnation_}),
        ""));
    std::string text;
    while (true) {
      FLOW_TRY(const Batch* rows, next());
      for (int32_t row = 0; rows != nullptr && row < rows->rows; ++row) {
        writer_.Pack(*rows, row, &text);
        if (text.size() >= kTextBytes) FLOW_RETURN_IF_ERROR(ResyncRows(&text));
      }
      if (rows == nullptr) break;
    }
    FLOW_RETURN_IF_ERROR(ResyncRows(&text));
    while (true) {
      Result<Answer> swept = client_.RunScript("deleting keys of before", redis::kResyncSweepScript,
                                               keys_, {incarnation_});
      if (swept.ok() && swept.value().text == "more") continue;
      FLOW_RETURN_IF_ERROR(Checked(swept, ""));
      break;
    }
    return Checked(client_.RunScript("setting the marker", redis::kResyncEndScript, keys_,
                                     {incarnation_, std::to_string(to.epoch), to.manifest}),
                   "");
  }

 private:
  Status ResyncRows(std::string* text) {
    if (text->empty()) return OkStatus();
    const std::string ttl = std::to_string(settings_.ttl_ms);
    const Status status = Checked(client_.RunScript("writing rows", redis::kResyncRowsScript, keys_,
                                                    {incarnation_, ttl, *text}),
                                  "");
    text->clear();
    return status;
  }

  // Rows that nobody sees yet: a list that is this instance's own.
  Status StageTexts(std::vector<std::string>* texts, size_t* staged) {
    const std::string list = keys_.back() + incarnation_;
    for (const std::string& text : *texts) {
      const char* doing = "staging rows";
      if (*staged == 0) {
        const Result<Answer> cleared = client_.Run(doing, {"DEL", list});
        if (!cleared.ok()) return cleared.error();
      }
      const Result<Answer> pushed = client_.Run(doing, {"RPUSH", list, text});
      if (!pushed.ok()) return pushed.error();
      // If nobody comes to take them, they go.
      const Result<Answer> limited = client_.Run(doing, {"EXPIRE", list, "3600"});
      if (!limited.ok()) return limited.error();
      ++*staged;
    }
    texts->clear();
    return OkStatus();
  }

  // What a script has said against it, as an error.
  Status Checked(const Result<Answer>& answer, const std::string& wanted) const {
    if (!answer.ok()) return answer.error();
    const std::string said = answer.value().text.value_or("nothing");
    if (said == "ok") return OkStatus();
    if (said == "fenced") {
      return DataError(settings_.who + ": another instance of this pipeline has taken over",
                       "only one instance of a pipeline may run");
    }
    // The server has lost what it held: the next Attach will see it.
    if (said == "gone") {
      return ExternalError(settings_.who + ": the marker " + keys_[0] + " is gone",
                           "Redis was emptied, or evicts keys (maxmemory-policy)");
    }
    if (said == "unstaged") return ExternalError(settings_.who + ": staged rows are gone");
    return DataError(settings_.who + ": the marker " + keys_[0] + " is at epoch " + said + ", " +
                     wanted);
  }

  const Settings settings_;
  redis::RowWriter writer_;
  const std::vector<int> sinks_;
  redis::Client client_;
  std::vector<std::string> keys_;  // as scripts.h says
  std::string incarnation_;
};

}  // namespace

Result<std::unique_ptr<EpochTarget>> OpenRedisTarget(const program::Program& program, int sink,
                                                     const PipelineIdentity& pipeline) {
  const program::Sink& spec = program.sinks[static_cast<size_t>(sink)];
  const program::View& view = program.views[static_cast<size_t>(spec.view)];
  Settings settings;
  settings.who = "sink " + spec.name + " (REDIS)";
  const std::string& who = settings.who;
  FLOW_RETURN_IF_ERROR(
      CheckOptions(who, spec.options, {"url", "key", "value", "field", "ttl", "timeout"}));
  FLOW_TRY(const std::string url, RequiredOption(who, spec.options, "url"));
  FLOW_TRY(settings.address, redis::ParseAddress(who, url));
  FLOW_TRY(const std::string key, RequiredOption(who, spec.options, "key"));
  FLOW_TRY(const std::string value,
           ChoiceOption(who, spec.options, "value", {"hash", "json", "string"}));
  constexpr int64_t kYear = 366 * 86'400'000'000;
  FLOW_TRY(const int64_t ttl, DurationOption(who, spec.options, "ttl", 0, 1000, 100 * kYear));
  settings.ttl_ms = ttl / 1000;
  FLOW_TRY(const int64_t timeout,
           DurationOption(who, spec.options, "timeout", 60'000'000, 100'000, 86'400'000'000));
  settings.timeout = std::chrono::milliseconds(timeout / 1000);

  Result<program::TextTemplate> parsed = program::ParseTextTemplate(key);
  if (!parsed.ok()) {
    return UserError(who + ": key = '" + key + "': " + parsed.error().message, parsed.error().hint);
  }
  for (int k : view.key) {
    const std::string& column = view.columns[static_cast<size_t>(k)];
    const auto& places = parsed.value().columns;
    if (std::find(places.begin(), places.end(), column) != places.end()) continue;
    std::string message = who;
    message.append(": key = '").append(key).append("' leaves out the column ").append(column);
    std::string hint = "add {";
    hint.append(column).append("} to it");
    return UserError(std::move(message), std::move(hint));
  }
  redis::ValueForm form = redis::ValueForm::kHash;
  if (value == "json") form = redis::ValueForm::kJson;
  if (value == "string") form = redis::ValueForm::kString;
  std::string field;
  if (form == redis::ValueForm::kString) {
    FLOW_TRY(field, RequiredOption(who, spec.options, "field"));
  }
  FLOW_TRY(redis::RowWriter writer,
           redis::RowWriter::Make(who, parsed.value(), form, field, view.columns, view.types));
  writer.set_structs(view.structs);
  return std::unique_ptr<EpochTarget>(
      new RedisTarget(std::move(settings), std::move(writer), pipeline.uid, spec.name, sink));
}

}  // namespace flow
