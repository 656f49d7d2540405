// The public interface (include/flow/flow.h) over the compiler and the runtime.
#include <flow/flow.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "compiler/catalog/aggregate.h"
#include "compiler/catalog/form.h"
#include "compiler/catalog/function.h"
#include "compiler/driver/datagen.h"
#include "compiler/driver/explain.h"
#include "compiler/driver/feed_impl.h"
#include "compiler/driver/program_impl.h"
#include "compiler/driver/report.h"
#include "compiler/driver/testing/run_tests.h"
#include "compiler/format/format.h"
#include "runtime/connector/secrets.h"
#include "runtime/exec/job.h"
#include "runtime/exec/state_tools.h"
#include "runtime/format/encode.h"

namespace libflow {

Code CodeOf(flow::ErrorDomain domain) {
  switch (domain) {
    case flow::ErrorDomain::kUser:
      return kUsage;
    case flow::ErrorDomain::kState:
      return kStateMismatch;
    case flow::ErrorDomain::kData:
    case flow::ErrorDomain::kExternal:
    case flow::ErrorDomain::kInternal:
      return kRunFailed;
  }
  return kRunFailed;
}

namespace {

flow::CompileOptions Translate(const CompileOptions& options) {
  flow::CompileOptions out;
  out.variable = [variables =
                      options.variables](const std::string& name) -> std::optional<std::string> {
    auto it = variables.find(name);
    if (it != variables.end()) return it->second;
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  out.engine =
      options.engine == Engine::kJit ? flow::EngineKind::kJit : flow::EngineKind::kInterpreter;
  out.views = options.views;
  out.all_views = options.all_views;
  out.disabled_rules = options.disabled_rules;
  out.jit.tier0 = options.baseline;
  out.jit.tier1 = options.optimize;
  out.jit.background = options.background;
  out.jit.cache = options.optimize;
  out.kernels = options.kernels;
  out.tests = options.tests;
  return out;
}

void FillDiagnostics(const flow::SourceFile& file, const flow::Diagnostics& diagnostics, bool color,
                     CompileResult* result) {
  for (const flow::Diagnostic& d : diagnostics.all()) {
    if (d.severity == flow::Severity::kWarning && file.InPrelude(d.span)) continue;
    Diagnostic out;
    out.is_error = d.severity == flow::Severity::kError;
    out.code = d.code;
    out.message = d.message;
    out.label = d.label;
    out.hint = d.hint;
    flow::SourceFile::Place begin = file.PlaceOf(d.span.begin);
    flow::SourceFile::Place end = file.PlaceOf(d.span.end);
    out.line = begin.line;
    out.column = begin.column;
    out.end_line = end.line;
    out.end_column = end.column;
    result->diagnostics.push_back(std::move(out));
  }
  if (diagnostics.all().empty()) return;
  result->text = diagnostics.ToText(file, color);
  result->json = diagnostics.ToJson(file);
}

void CheckViews(const std::vector<std::string>& wanted, const flow::BoundScript& bound,
                const flow::Error** error, flow::Error* storage) {
  std::vector<std::string> names;
  for (const auto& view : bound.views) names.push_back(view.name);
  for (const std::string& name : wanted) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = flow::DidYouMean(name, names);
    std::string names_text;
    for (const std::string& known : names) {
      names_text += (names_text.empty() ? "`" : ", `") + known + "`";
    }
    *storage =
        flow::UserError("there is no view `" + name + "`",
                        near.empty() ? "there is " + names_text : "did you mean `" + near + "`?");
    *error = storage;
    return;
  }
}

std::unique_ptr<flow::Compilation> CompileInto(const flow::SourceFile& file,
                                               const CompileOptions& options, bool color,
                                               CompileResult* result) {
  flow::Diagnostics diagnostics;
  auto compiled = flow::Compile(file, Translate(options), diagnostics);
  FillDiagnostics(file, diagnostics, color, result);
  const flow::Error* error = nullptr;
  flow::Error storage;
  if (!compiled.ok()) error = &compiled.error();
  if (error == nullptr && !diagnostics.has_errors()) {
    CheckViews(options.views, compiled.value()->bound, &error, &storage);
  }
  if (error != nullptr) {
    result->code = CodeOf(error->domain);
    Diagnostic out;
    out.message = error->message;
    out.hint = error->hint;
    out.code = "compiler";
    result->text += "error: " + error->message + "\n" +
                    (error->hint.empty() ? "" : "  = hint: " + error->hint + "\n");
    nlohmann::ordered_json json = {
        {"severity", "error"}, {"code", out.code}, {"message", out.message}, {"hint", out.hint}};
    result->json += json.dump() + "\n";
    result->diagnostics.push_back(std::move(out));
    return nullptr;
  }
  if (!diagnostics.has_errors()) return std::move(compiled).value();
  result->code = kCheckFailed;
  return nullptr;
}

class RowsView : public Rows {
 public:
  RowsView(const flow::program::View& view, const flow::Batch& batch, int64_t revision)
      : view_(view), batch_(batch), revision_(revision) {}
  const std::string& view() const override { return view_.name; }
  int64_t revision() const override { return revision_; }
  int count() const override { return batch_.rows; }
  const std::vector<std::string>& columns() const override { return view_.columns; }
  const std::vector<int>& key() const override { return view_.key; }
  bool append_only() const override { return view_.append_only; }
  const std::vector<int>& shown() const override { return shown_; }
  bool is_upsert(int row) const override { return batch_.weight(row) > 0; }
  bool is_null(int row, int column) const override {
    return batch_.column(column).status[row] != kFlowValue;
  }
  std::string text(int row, int column) const override {
    return flow::CellText(batch_.column(column), Type(column), row);
  }
  int64_t integer(int row, int column) const override {
    flow::Datum value = flow::ReadCell(batch_.column(column), Type(column), row);
    return value.type.is(flow::TypeKind::kDouble) ? static_cast<int64_t>(value.d) : value.i;
  }
  double number(int row, int column) const override {
    flow::Datum value = flow::ReadCell(batch_.column(column), Type(column), row);
    if (value.type.is(flow::TypeKind::kDouble)) return value.d;
    if (value.type.is(flow::TypeKind::kDecimal)) return std::atof(text(row, column).c_str());
    return static_cast<double>(value.i);
  }
  std::string json(int row) const override {
    std::string out;
    flow::AppendJsonRow(batch_, row, view_.columns, {}, view_.structs, &out);
    return out;
  }

 private:
  const flow::Type& Type(int column) const { return view_.types[static_cast<size_t>(column)]; }
  const flow::program::View& view_;
  const std::vector<int> shown_ = flow::ShownColumns(view_);
  const flow::Batch& batch_;
  int64_t revision_;
};

RunResult Failure(const flow::Error& error) {
  RunResult result;
  result.code = CodeOf(error.domain);
  result.error = error.message;
  result.hint = error.hint;
  return result;
}

flow::RunOptions Translate(const RunOptions& options, const std::atomic<bool>* stop) {
  flow::RunOptions out;
  out.mode = options.mode == Mode::kStream ? flow::RunMode::kStream : flow::RunMode::kBatch;
  out.until_end = options.until_end;
  out.to = options.to;
  out.from = options.from;
  out.partial = options.partial;
  out.decisions = options.decisions;
  if (options.use_sinks) {
    out.state_directory = options.state;
    out.reset_state = options.reset_state;
    out.epoch_us = options.epoch_us;
    out.resume = options.resume;
  }
  out.stream_state = options.stream_state;
  out.replay = {options.letters, options.letters_of};
  out.memory_bytes = options.memory;
  out.workers = options.workers;
  out.batch_rows = options.batch_rows;
  out.hash_mask = options.collide_hashes ? 0 : ~uint64_t{0};
  out.use_sinks = options.use_sinks;
  out.print = options.print;
  out.to_stdout = options.to_stdout;
  out.changes = options.changes;
  out.digest = options.digest;
  out.format = options.format;
  out.on_notice = options.on_notice;
  out.stop = stop;
  if (options.on_rows) {
    out.on_rows = [on_rows = options.on_rows](const flow::program::View& view,
                                              const flow::Batch& changes, int64_t revision) {
      on_rows(RowsView(view, changes, revision));
    };
  }
  if (options.on_progress) {
    out.on_progress = [on_progress = options.on_progress](const flow::Progress& progress) {
      on_progress(
          {progress.rows, progress.bytes, progress.ticks, progress.watermark, progress.lag});
    };
  }
  return out;
}

}  // namespace

Program::Program(std::unique_ptr<ProgramImpl> impl) : impl_(std::move(impl)) {}
Program::~Program() = default;

std::vector<std::string> Program::views() const {
  std::vector<std::string> names;
  for (const auto& view : impl_->compilation->lowered.program.views) {
    if (view.wanted) names.push_back(view.name);
  }
  return names;
}

bool Program::wants_state() const {
  const flow::program::Program& program = impl_->compilation->lowered.program;
  for (const flow::program::Sink& sink : program.sinks) {
    switch (sink.connector) {
      case flow::program::Connector::kKafka:
      case flow::program::Connector::kPostgres:
      case flow::program::Connector::kRedis:
      case flow::program::Connector::kHttp:
        return true;
      case flow::program::Connector::kFile:
        if (!flow::AllSourcesBounded(program)) return true;
        break;
      case flow::program::Connector::kNexmark:
      case flow::program::Connector::kDatagen:
      case flow::program::Connector::kInline:
      case flow::program::Connector::kStdout:
      case flow::program::Connector::kNull:
      case flow::program::Connector::kChecksum:
        break;
    }
  }
  return false;
}

bool Program::only_prints_one_view() const {
  const flow::program::Program& program = impl_->compilation->lowered.program;
  bool stdout_only =
      std::all_of(program.sinks.begin(), program.sinks.end(), [](const flow::program::Sink& sink) {
        return sink.connector == flow::program::Connector::kStdout && sink.options.empty();
      });
  return stdout_only && views().size() == 1 && program.sinks.size() <= 1;
}

bool Program::endless() const {
  return !flow::AllSourcesBounded(impl_->compilation->lowered.program);
}

CompileResult Compile(const std::string& name, const std::string& text,
                      const CompileOptions& options, bool color) {
  CompileResult result;
  flow::SourceFile file(name, options.prelude + text, options.prelude.size());
  auto compilation = CompileInto(file, options, color, &result);
  if (compilation == nullptr) return result;
  auto impl = std::make_unique<ProgramImpl>();
  impl->compilation = std::move(compilation);
  result.program = std::make_unique<Program>(std::move(impl));
  return result;
}

std::string Explain(const std::string& name, const std::string& text, const CompileOptions& options,
                    const ExplainOptions& explain, CompileResult* diagnostics) {
  flow::SourceFile file(name, options.prelude + text, options.prelude.size());
  CompileOptions without_kernels = options;
  without_kernels.kernels = false;
  auto compilation = CompileInto(file, without_kernels, false, diagnostics);
  if (compilation == nullptr) return "";
  auto explained = flow::ExplainText(
      *compilation, {explain.plan, explain.stage, explain.format, explain.optimized_ir});
  if (explained.ok()) return explained.value();
  diagnostics->text = "error: " + explained.error().message + "\n";
  diagnostics->diagnostics.push_back({});
  diagnostics->diagnostics.back().message = explained.error().message;
  return "";
}

RunResult Run(Program& program, const RunOptions& options) {
  ProgramImpl& impl = program.impl();
  flow::RunOptions run = Translate(options, &impl.stop);
  flow::Secrets secrets(options.secrets);
  auto program_with_secrets = secrets.Resolve(impl.compilation->lowered.program, options.use_sinks);
  if (!program_with_secrets.ok()) return Failure(program_with_secrets.error());
  const flow::program::Program& lowered = program_with_secrets.value();
  if (options.on_notice) {
    run.on_notice = [&](const std::string& line) { options.on_notice(secrets.Hide(line)); };
  }
  for (const auto& [name, feed] : options.feeds) {
    const bool known = std::any_of(lowered.sources.begin(), lowered.sources.end(),
                                   [&](const auto& source) { return source.name == name; });
    if (!known) return Failure(flow::UserError("no view reads a source `" + name + "`: it is fed"));
    run.feeds[name] = &feed->impl().feed;
  }
  auto report = run.mode == flow::RunMode::kStream ? flow::RunStream(lowered, run)
                                                   : flow::RunBatch(lowered, run);
  impl.stop.store(false);
  if (!report.ok()) return Failure(secrets.Hide(report.error()));
  const flow::RunReport& ran = report.value();
  RunResult result;
  for (const flow::ViewDigest& digest : ran.digests) {
    result.digests.push_back({digest.view, digest.rows, flow::HashText(digest.hash)});
  }
  result.ledger_json = flow::LedgerJson(ran);
  result.ledger_text = flow::LedgerText(ran);
  result.stats_text = flow::StatsText(ran);
  result.stats_json = flow::StatsJson(ran);
  result.rows = ran.rows;
  result.bytes = ran.bytes;
  result.ticks = ran.ticks;
  result.wall_us = ran.wall_us;
  result.cpu_us = ran.cpu_us;
  result.first_row_us = ran.first_row_us;
  result.peak_rss = ran.peak_rss;
  result.frontier = ran.frontier();
  result.balanced = ran.balanced();
  result.stopped = ran.stopped;
  result.epoch = ran.epoch;
  return result;
}

RunResult Analyze(Program& program, const RunOptions& options, const ExplainOptions& explain,
                  std::string* explained) {
  ProgramImpl& impl = program.impl();
  flow::Secrets secrets(options.secrets);
  auto resolved = secrets.Resolve(impl.compilation->lowered.program, false);
  if (!resolved.ok()) return Failure(resolved.error());
  flow::RunOptions run;
  run.to = options.to;
  run.decisions = options.decisions;
  run.memory_bytes = options.memory;
  run.workers = options.workers;
  run.use_sinks = false;
  run.digest = true;
  run.profile = true;
  run.until_end = options.to.empty();
  run.stop = &impl.stop;
  if (options.on_notice) {
    run.on_notice = [&](const std::string& line) { options.on_notice(secrets.Hide(line)); };
  }
  std::optional<flow::RunReport> reports[2];
  for (const bool batch : {false, true}) {
    if (explain.plan == (batch ? "stream" : "batch") || impl.stop.load()) continue;
    run.mode = batch ? flow::RunMode::kBatch : flow::RunMode::kStream;
    auto report =
        batch ? flow::RunBatch(resolved.value(), run) : flow::RunStream(resolved.value(), run);
    if (!report.ok()) {
      impl.stop.store(false);
      return Failure(secrets.Hide(report.error()));
    }
    reports[batch ? 1 : 0] = std::move(report).value();
  }
  RunResult result;
  result.stopped = impl.stop.exchange(false);
  if (result.stopped) {
    return Failure(flow::UserError("stopped", "--to FRONTIER analyzes the beginning of the log"));
  }
  auto text =
      flow::ExplainText(*impl.compilation, {explain.plan, "program", explain.format, false},
                        {reports[0] ? &*reports[0] : nullptr, reports[1] ? &*reports[1] : nullptr});
  if (!text.ok()) return Failure(text.error());
  *explained = std::move(text).value();
  return result;
}

void Stop(Program& program) { program.impl().stop.store(true); }

RunResult Datagen(Program& program, const DatagenOptions& options) {
  flow::Status status = flow::WriteSource(program.impl().compilation->bound,
                                          {options.source, options.path, options.brokers,
                                           options.topic, options.limit, options.secrets});
  return status.ok() ? RunResult{} : Failure(status.error());
}

RunResult QueryState(const StateQuery& query, const std::function<void(const std::string&)>& out) {
  RunResult result;
  flow::Status status;
  int64_t differ = 0;
  switch (query.what) {
    case StateQuery::What::kStatus:
      status = flow::StateStatus(query.state, query.json, out);
      break;
    case StateQuery::What::kList:
      status = flow::StateList(query.state, query.json, out);
      break;
    case StateQuery::What::kInspect:
      status = flow::StateInspect(query.state, query.name, query.match, query.limit, out);
      break;
    case StateQuery::What::kDiff:
      status = flow::StateDiff(query.state, query.other, query.limit, out, &differ);
      if (differ > 0) result.code = kCheckFailed;
      break;
    case StateQuery::What::kDeadList:
      status = flow::DeadLetterList(query.state, query.json, out);
      break;
    case StateQuery::What::kDeadShow:
      status = flow::DeadLetterShow(query.state, query.name, query.limit, out);
      break;
  }
  return status.ok() ? result : Failure(status.error());
}

TestsResult Test(const std::string& name, const std::string& text, const CompileOptions& options,
                 const TestOptions& tests, const std::function<void(const TestResult&)>& on_result,
                 bool color) {
  TestsResult result;
  flow::SourceFile file(name, text);
  flow::Diagnostics diagnostics;
  auto ran = flow::testing::RunTests(file, Translate(options),
                                     {tests.seed, tests.runs, tests.wanted, tests.stop},
                                     diagnostics, [&](const flow::testing::TestResult& test) {
                                       TestResult& one = result.results.emplace_back();
                                       one.name = test.name;
                                       one.line = test.line;
                                       one.passed = test.passed;
                                       one.runs = test.runs;
                                       one.wall_us = test.wall_us;
                                       one.seeded = test.seeded;
                                       one.seed = test.seed;
                                       if (!test.passed)
                                         one.failure = flow::testing::FailureText(test);
                                       one.json = flow::testing::ResultJson(name, test);
                                       if (!test.passed) result.code = kCheckFailed;
                                       if (on_result) on_result(one);
                                     });
  FillDiagnostics(file, diagnostics, color, &result.diagnostics);
  if (diagnostics.has_errors()) result.code = kCheckFailed;
  if (!ran.ok()) {
    result.code = CodeOf(ran.error().domain);
    result.diagnostics.text += "error: " + ran.error().message + "\n";
    return result;
  }
  result.declared = ran.value().declared;
  return result;
}

FormatResult Format(const std::string& name, const std::string& text, bool color) {
  flow::SourceFile file(name, text);
  flow::Diagnostics diagnostics;
  auto formatted = flow::Format(file, diagnostics);
  CompileResult found;
  FillDiagnostics(file, diagnostics, color, &found);
  FormatResult result;
  result.diagnostics = std::move(found.diagnostics);
  result.errors = std::move(found.text);
  if (diagnostics.has_errors()) {
    result.code = kCheckFailed;
  } else if (!formatted.ok()) {
    result.code = kRunFailed;
    result.error = formatted.error().message;
  } else {
    result.text = std::move(formatted).value();
  }
  return result;
}

std::string Functions(const std::string& name, bool json) {
  std::vector<flow::Form> all = flow::Forms();
  for (const flow::AggregateName& aggregate : flow::Aggregates()) {
    all.push_back({aggregate.name, aggregate.signature, aggregate.help, aggregate.example});
  }
  for (const flow::Function& function : flow::StandardFunctions()) {
    // Of what is also a form, the form says more: any number of arguments.
    if (flow::IsForm(function.name) || flow::IsInternal(function.name)) continue;
    all.push_back({function.name, function.ToString(), function.help, function.example});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const flow::Form& a, const flow::Form& b) { return a.name < b.name; });
  std::string text;
  for (const flow::Form& entry : all) {
    if (!name.empty() && entry.name != name) continue;
    if (json) {
      nlohmann::ordered_json line = {{"name", entry.name},
                                     {"signature", entry.signature},
                                     {"help", entry.help},
                                     {"example", entry.example},
                                     {"aggregate", flow::FindAggregate(entry.name) != nullptr}};
      text += line.dump() + "\n";
    } else {
      text += fmt::format("{:<52}  {}\n", entry.signature, entry.help);
      if (!name.empty()) text += "    " + entry.example + "\n";
    }
  }
  return text;
}

std::string Version() { return FLOW_VERSION; }

}  // namespace libflow
