// Gives OpenHttpTarget: an epoch as requests, what their answers mean, and rows that are refused.
#include "runtime/connector/http/http_target.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "runtime/connector/file/row_text.h"
#include "runtime/connector/http/client.h"
#include "runtime/connector/options.h"
#include "runtime/format/encode.h"

namespace flow {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kRowsARequest = 500;
constexpr int64_t kLongestRetryAfter = 3600;  // s
constexpr char kHeader[] = "header.";

struct Settings {
  std::string who;
  std::string sink_key;  // "uid/sink/", of Idempotency-Key
  bool lines = false;    // a row a line; else an array
  int64_t batch = kRowsARequest;
  std::string refused;  // where refused rows are recorded; empty: they end the run
};

// Of a sink's name, what a header can hold and no `/`.
std::string Escaped(const std::string& name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '-' || c == '.';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

// The first words of what a server said, in one line.
std::string Excerpt(const std::string& body) {
  std::string text = body.substr(0, 200);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text.empty() ? text : ": " + text;
}

class HttpTarget : public EpochTarget {
 public:
  HttpTarget(Settings settings, int sink, RowText text, std::unique_ptr<http::Client> client)
      : settings_(std::move(settings)),
        sinks_{sink},
        text_(std::move(text)),
        client_(std::move(client)) {}

  const std::vector<int>& sinks() const override { return sinks_; }
  bool KeepsMarkers() const override { return false; }

  // There is nothing to ask a server, but it may have asked for time.
  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    FLOW_RETURN_IF_ERROR(MayAsk());
    return std::vector<std::optional<EpochMarker>>(1);
  }
  Status Create(int /*sink*/, const EpochMarker& /*marker*/) override { return OkStatus(); }
  std::optional<std::string> Refusal(int, const Batch&, int32_t) override { return std::nullopt; }
  bool CanResync(int /*sink*/) const override { return false; }
  Status Resync(int, const EpochMarker&, const std::function<Result<const Batch*>()>&) override {
    return InternalError(settings_.who + " can not be made anew");
  }

  Status Apply(const std::vector<SinkStep>& steps) override {
    if (steps.size() != 1 || steps[0].sink != sinks_[0]) {
      return InternalError(settings_.who + ": an epoch of another sink");
    }
    const SinkStep& step = steps[0];
    if (!(epoch_ == step.to)) {
      epoch_ = step.to;
      sent_ = 0;
    }
    // Rows are numbered within their epoch. What this instance has sent of it is not sent again.
    std::vector<std::string> rows;
    int64_t first = 0;
    auto send = [&]() -> Status {
      const int64_t end = first + static_cast<int64_t>(rows.size());
      if (end > sent_ && !rows.empty()) {
        FLOW_RETURN_IF_ERROR(Send(rows, 0, rows.size(), first));
        sent_ = end;
      }
      first = end;
      rows.clear();
      return OkStatus();
    };
    for (int32_t row = 0; step.rows != nullptr && row < step.rows->rows; ++row) {
      std::string lines;
      text_.Append(*step.rows, row, step.to.epoch, &lines);
      // Equal rows come as one with a multiplicity: so many lines.
      for (size_t begin = 0; begin < lines.size();) {
        const size_t end = lines.find('\n', begin);
        rows.push_back(lines.substr(begin, end - begin));
        begin = end + 1;
        if (static_cast<int64_t>(rows.size()) == settings_.batch) FLOW_RETURN_IF_ERROR(send());
      }
    }
    return send();
  }

 private:
  Status MayAsk() const {
    const auto now = Clock::now();
    if (now >= not_before_) return OkStatus();
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(not_before_ - now);
    return ExternalError(settings_.who + ": " + why_wait_ + "; it asks for " +
                         std::to_string(left.count() + 1) + " s more");
  }

  std::string Body(const std::vector<std::string>& rows, size_t begin, size_t end) const {
    std::string body = settings_.lines ? "" : "[";
    for (size_t i = begin; i < end; ++i) {
      body += rows[i];
      if (settings_.lines || i + 1 < end) body += settings_.lines ? "\n" : ",\n";
    }
    if (!settings_.lines) body += "]";
    return body;
  }

  // Rows [begin, end) as one request; if the server refuses it, its halves, so that the rows that
  // are to blame are found. `first` is the number of rows[0] in the epoch.
  Status Send(const std::vector<std::string>& rows, size_t begin, size_t end, int64_t first) {
    FLOW_RETURN_IF_ERROR(MayAsk());
    const std::string key = settings_.sink_key + std::to_string(epoch_.epoch) + "/" +
                            std::to_string(first + static_cast<int64_t>(begin)) + "-" +
                            std::to_string(first + static_cast<int64_t>(end) - 1);
    FLOW_TRY(const http::Answer answer,
             client_->Post(
                 {{"Content-Type", settings_.lines ? "application/x-ndjson" : "application/json"},
                  {"Idempotency-Key", key}},
                 Body(rows, begin, end)));
    if (answer.status >= 200 && answer.status < 300) return OkStatus();
    const std::string said =
        client_->server() + " answers " + std::to_string(answer.status) + Excerpt(answer.body);
    switch (answer.status) {
      case 400:
      case 413:
      case 415:
      case 422:
        break;
      case 408:
      case 409:  // the same key is being worked on
      case 425:
      case 429:
        return Later(said, answer.retry_after);
      default:
        if (answer.status >= 500) return Later(said, answer.retry_after);
        // It takes no rows at all, whatever is in them.
        return DataError(settings_.who + ": " + said,
                         answer.location.empty()
                             ? "are the url and the headers right?"
                             : "it points to another address: write that one as the url");
    }
    if (end - begin > 1) {
      const size_t middle = begin + (end - begin) / 2;
      FLOW_RETURN_IF_ERROR(Send(rows, begin, middle, first));
      return Send(rows, middle, end, first);
    }
    if (settings_.refused.empty()) {
      return DataError(
          settings_.who + ": a row is refused: " + said + ": " + rows[begin].substr(0, 400),
          "on_refused = 'record' writes such rows to a file and goes on");
    }
    return Record(key, answer, rows[begin]);
  }

  Status Later(const std::string& said, int64_t retry_after) {
    not_before_ = Clock::now() + std::chrono::seconds(std::min(retry_after, kLongestRetryAfter));
    why_wait_ = said;
    return ExternalError(settings_.who + ": " + said);
  }

  // At least once, as everything here: it is on disk before the next request.
  Status Record(const std::string& key, const http::Answer& answer, const std::string& row) const {
    std::string line = "{\"key\":";
    AppendJsonString(key.data(), key.size(), &line);
    line += ",\"status\":" + std::to_string(answer.status) + ",\"answer\":";
    std::string said = answer.body.substr(0, 1000);
    for (char& c : said) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';  // nobody says what they mean
    }
    AppendJsonString(said.data(), said.size(), &line);
    line += ",\"row\":" + row + "}\n";
    const int fd =
        ::open(settings_.refused.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    const bool written =
        fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        ::fsync(fd) == 0;
    const int code = errno;
    if (fd >= 0) ::close(fd);
    if (written) return OkStatus();
    return ExternalError(settings_.who + ": can not record a refused row in " + settings_.refused +
                         ": " + std::strerror(code));
  }

  const Settings settings_;
  const std::vector<int> sinks_;
  const RowText text_;
  const std::unique_ptr<http::Client> client_;
  EpochMarker epoch_{-1, ""};  // that is being sent
  int64_t sent_ = 0;           // rows of it
  Clock::time_point not_before_{};
  std::string why_wait_;
};

}  // namespace

Result<std::unique_ptr<EpochTarget>> OpenHttpTarget(const program::Program& program, int sink,
                                                    const PipelineIdentity& pipeline,
                                                    const std::function<bool()>& interrupted) {
  const program::Sink& spec = program.sinks[static_cast<size_t>(sink)];
  const program::View& view = program.views[static_cast<size_t>(spec.view)];
  Settings settings;
  settings.who = "sink " + spec.name + " (HTTP)";
  settings.sink_key = pipeline.uid + "/" + Escaped(spec.name) + "/";
  const std::string& who = settings.who;
  http::Settings request;
  request.who = who;
  request.interrupted = interrupted;
  program::Options options;
  for (const auto& [name, value] : spec.options) {
    if (name.starts_with(kHeader)) {
      request.headers.emplace_back(name.substr(sizeof kHeader - 1), value);
    } else {
      options.emplace(name, value);
    }
  }
  FLOW_RETURN_IF_ERROR(CheckOptions(
      who, options, {"url", "batch", "body", "on_refused", "refused", "ca", "timeout"}));
  FLOW_TRY(request.url, RequiredOption(who, options, "url"));
  request.ca = OptionOr(options, "ca", "");
  FLOW_TRY(const int64_t timeout,
           DurationOption(who, options, "timeout", 60'000'000, 1'000'000, 86'400'000'000));
  request.timeout_ms = timeout / 1000;
  FLOW_TRY(settings.batch, IntegerOption(who, options, "batch", kRowsARequest, 1, 1'000'000));
  FLOW_TRY(const std::string body, ChoiceOption(who, options, "body", {"array", "lines"}));
  settings.lines = body == "lines";
  FLOW_TRY(const std::string refused, ChoiceOption(who, options, "on_refused", {"fail", "record"}));
  if (refused == "record") {
    FLOW_TRY(settings.refused, RequiredOption(who, options, "refused"));
  }
  FLOW_TRY(auto client, http::Client::Open(std::move(request)));
  return std::unique_ptr<EpochTarget>(new HttpTarget(
      std::move(settings), sink, RowText(program::Format::kJson, view), std::move(client)));
}

}  // namespace flow
