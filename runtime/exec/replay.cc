// ForReplay and OpenLetters.
#include "runtime/exec/replay.h"

#include <filesystem>

#include "runtime/checkpoint/files.h"
#include "runtime/checkpoint/state_view.h"
#include "runtime/connector/dead_letter_source.h"
#include "runtime/connector/dead_rows.h"
#include "runtime/exec/routes.h"
#include "runtime/exec/run_common.h"
#include "runtime/format/row_codec.h"

namespace flow {

namespace {

constexpr char kTopic[] = "kafka://";
// So far behind that nothing is late: letters come in any order.
constexpr int64_t kNeverLate = int64_t{1} << 62;

struct Topic {
  std::string brokers, name;
};

std::optional<Topic> ParseTopic(const std::string& letters) {
  if (!letters.starts_with(kTopic)) return std::nullopt;
  const std::string rest = letters.substr(sizeof kTopic - 1);
  const size_t slash = rest.find('/');
  if (slash == std::string::npos) return Topic{rest, ""};
  return Topic{rest.substr(0, slash), rest.substr(slash + 1)};
}

std::string OptionOf(const program::Options& options, const std::string& name) {
  auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

// What dies again would be read again.
bool WritesTo(const program::DeadLetter& clause, const std::string& letters) {
  if (clause.connector == program::Connector::kKafka) {
    const std::optional<Topic> topic = ParseTopic(letters);
    return topic && topic->name == OptionOf(clause.options, "topic");
  }
  std::error_code error;
  return std::filesystem::equivalent(OptionOf(clause.options, "path"), letters, error);
}

Result<std::map<int, std::vector<DeadLetterRecord>>> LettersInState(const std::string& root,
                                                                    const std::string& source) {
  std::map<int, std::vector<DeadLetterRecord>> letters;
  const program::View view = DeadLetterView(program::Source());
  FLOW_RETURN_IF_ERROR(ReadStateRecords(Files::System(), root,
                                        [&](const StateView&, const std::string& owner,
                                            std::string_view, std::string_view value) -> Status {
                                          if (owner != "dead " + source) return OkStatus();
                                          Batch rows(view.types, 1);
                                          FLOW_RETURN_IF_ERROR(ReadRowBytes(value, &rows));
                                          DeadLetterRecord letter = ReadDeadLetter(rows, 0);
                                          letters[letter.partition].push_back(std::move(letter));
                                          return OkStatus();
                                        }));
  return letters;
}

}  // namespace

Result<program::Program> ForReplay(const program::Program& program, const RunOptions& options) {
  if (options.state_directory.empty()) {
    return UserError("a replay needs state: it knows what has been replayed",
                     "leave --state none out");
  }
  if (!program.aggregates.empty()) {
    return UserError(
        "view " + program.aggregates[0].name +
            " aggregates: of dead letters alone that would not be the view's rows",
        "replay through views that only select, for one into the topic that the pipeline reads");
  }
  const std::optional<Topic> topic = ParseTopic(options.replay.letters);
  if (topic && (topic->brokers.empty() || topic->name.empty())) {
    return UserError("`" + options.replay.letters + "` names no topic",
                     "write it as kafka://host:9092/topic");
  }
  program::Program out = program;
  for (program::Source& source : out.sources) {
    if (source.dead_letter && WritesTo(*source.dead_letter, options.replay.letters)) {
      return UserError("source " + source.name + " writes its dead letters to where they come from",
                       "a letter that dies again would be there twice: leave DEAD LETTER out, or "
                       "name another place");
    }
    source.watermark_delay = kNeverLate;
    source.idle.reset();
    source.ahead.reset();
    source.overload = program::Overload::kSlow;
    source.unique_pipeline = -1;
  }
  out.definitions.push_back(
      {"replay", "dead letters", options.replay.letters + " " + options.replay.view});
  return out;
}

Result<std::unique_ptr<SourceConnector>> OpenLetters(const program::Program& program, int index,
                                                     const RunOptions& options) {
  const program::Source& source = program.sources[static_cast<size_t>(index)];
  LetterChoice choice;
  choice.source = source.name;
  choice.view = options.replay.view;
  const Routes routes(program);
  for (int path : routes.of_source[static_cast<size_t>(index)]) {
    choice.paths.insert(PathView(program, routes.all[static_cast<size_t>(path)]));
  }
  const std::string& letters = options.replay.letters;
  program::Source log;
  log.name = source.name;
  if (const std::optional<Topic> topic = ParseTopic(letters)) {
    log.connector = program::Connector::kKafka;
    if (source.connector == program::Connector::kKafka) {
      log.options = source.options;  // how to log in
      log.secrets = source.secrets;
    }
    for (const char* own : {"brokers", "topic"}) log.secrets.erase(own);
    log.options["brokers"] = topic->brokers;
    log.options["topic"] = topic->name;
  } else if (Files::System()->Exists(letters + "/CURRENT")) {
    FLOW_TRY(auto in_state, LettersInState(letters, source.name));
    return OpenLetterList(source, std::move(choice), std::move(in_state));
  } else {
    log.connector = program::Connector::kFile;
    log.options["path"] = letters;
  }
  FLOW_TRY(auto lines, OpenSource(log));
  return OpenLetterLog(source, std::move(choice), std::move(lines));
}

}  // namespace flow
