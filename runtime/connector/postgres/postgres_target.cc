// Gives OpenPostgresTarget: rows and marker in one transaction.
#include "runtime/connector/postgres/postgres_target.h"

#include <algorithm>
#include <random>
#include <utility>

#include "runtime/connector/options.h"
#include "runtime/connector/postgres/session.h"
#include "runtime/connector/postgres/table.h"
#include "runtime/connector/postgres/text.h"

namespace flow {

namespace {

using postgres::Answer;
using postgres::Dialect;
using postgres::NullPattern;
using postgres::Session;
using postgres::StagedRows;
using postgres::Table;

constexpr char kMarkers[] = "flowc_sink";
constexpr char kRefused[] = "flowc_refused";
// Rows of one INSERT ... VALUES (merge = 'merge').
constexpr int64_t kRowsAnInsert = 500;
constexpr size_t kCopyBytes = 256 << 10;

struct Settings {
  std::string who;  // "sink x (POSTGRES)"
  std::string url;
  std::string server;  // for messages
  Table table;
  bool record_refused = false;
  Session::Duration timeout{60000};
};

// Somewhere at random: if the marker's row is lost and made anew, an instance from before is still
// another one.
std::string FirstIncarnation() {
  std::random_device device;
  return std::to_string((uint64_t{device()} << 20 | 1) & ((uint64_t{1} << 52) - 1));
}

class PostgresTarget : public EpochTarget {
 public:
  PostgresTarget(Settings settings, std::string pipeline, std::string name, int sink)
      : settings_(std::move(settings)),
        table_(settings_.table),
        pipeline_(std::move(pipeline)),
        name_(std::move(name)),
        sinks_{sink},
        session_(settings_.who, settings_.timeout) {}

  const std::vector<int>& sinks() const override { return sinks_; }

  Result<std::vector<std::optional<EpochMarker>>> Attach() override {
    Result<std::optional<EpochMarker>> marker = TryAttach();
    if (!marker.ok()) {
      session_.Close();
      Error error = marker.error();
      if (error.domain == ErrorDomain::kExternal && error.hint.empty()) {
        error.hint = "is " + settings_.server + " up?";
      }
      return error;
    }
    return std::vector<std::optional<EpochMarker>>{std::move(marker).value()};
  }

  Status Create(int /*sink*/, const EpochMarker& marker) override {
    return InTransaction([&]() -> Status {
      FLOW_RETURN_IF_ERROR(postgres::EnsureTable(&session_, settings_.who, table_));
      FLOW_TRY(const Answer set,
               session_.Run("setting the marker",
                            "UPDATE " + Markers() +
                                " SET epoch = $4::bigint, manifest = $5, updated = now() WHERE "
                                "pipeline = $1 AND sink = $2 AND incarnation = $3::bigint AND "
                                "(epoch IS NULL OR (epoch = $4::bigint AND manifest = $5))",
                            {pipeline_, name_, std::to_string(incarnation_),
                             std::to_string(marker.epoch), marker.manifest}));
      return set.affected == 1 ? OkStatus() : Status(WhyNot(std::nullopt));
    });
  }

  Status Apply(const std::vector<SinkStep>& steps) override {
    if (steps.size() != 1 || steps[0].sink != sinks_[0]) {
      return InternalError(settings_.who + ": an epoch of another sink");
    }
    const SinkStep& step = steps[0];
    return InTransaction([&]() -> Status {
      StagedRows staged;
      if (step.rows != nullptr && step.rows->rows > 0) {
        const Batch* rows = step.rows;
        FLOW_TRY(staged,
                 Stage([&]() -> Result<const Batch*> { return std::exchange(rows, nullptr); }));
      }
      // Only now, so that nobody who waits for this row waits for our rows to travel.
      FLOW_TRY(const Answer moved,
               session_.Run(
                   "moving the marker",
                   "UPDATE " + Markers() +
                       " SET epoch = $6::bigint, manifest = $7, updated = now() WHERE "
                       "pipeline = $1 AND sink = $2 AND incarnation = $3::bigint AND "
                       "epoch = $4::bigint AND manifest = $5",
                   {pipeline_, name_, std::to_string(incarnation_), std::to_string(step.from.epoch),
                    step.from.manifest, std::to_string(step.to.epoch), step.to.manifest}));
      if (moved.affected != 1) return WhyNot(step.from);
      if (staged.count == 0) return OkStatus();
      return Move(step.to.epoch, 0, staged.count - 1, [&](int64_t first, int64_t last) {
        return postgres::MoveRows(table_, staged, first, last);
      });
    });
  }

  std::optional<std::string> Refusal(int /*sink*/, const Batch& rows, int32_t row) override {
    for (size_t i = 0; i < table_.types.size(); ++i) {
      std::optional<std::string> why =
          postgres::CellRefusal(rows.column(static_cast<int32_t>(i)), table_.types[i], row);
      if (why.has_value()) return "column " + table_.columns[i] + ": " + *why;
    }
    return std::nullopt;
  }

  // Other rows of a table that is only appended to may be other people's.
  bool CanResync(int /*sink*/) const override { return table_.upsert; }

  Status Resync(int /*sink*/, const EpochMarker& to,
                const std::function<Result<const Batch*>()>& next) override {
    if (!table_.upsert) return InternalError(settings_.who + ": only its upserts can be redone");
    // The whole table at once: more time for a statement.
    session_.set_timeout(settings_.timeout * 20);
    const Status status = InTransaction([&]() -> Status {
      FLOW_RETURN_IF_ERROR(LimitStatements());
      FLOW_RETURN_IF_ERROR(postgres::EnsureTable(&session_, settings_.who, table_));
      FLOW_TRY(const StagedRows staged, Stage(next));
      FLOW_TRY(const Answer moved,
               session_.Run("setting the marker",
                            "UPDATE " + Markers() +
                                " SET epoch = $4::bigint, manifest = $5, updated = now() WHERE "
                                "pipeline = $1 AND sink = $2 AND incarnation = $3::bigint",
                            {pipeline_, name_, std::to_string(incarnation_),
                             std::to_string(to.epoch), to.manifest}));
      if (moved.affected != 1) return WhyNot(std::nullopt);
      const Result<Answer> emptied =
          session_.Run("deleting the rows of before", "DELETE FROM " + table_.QualifiedName());
      if (!emptied.ok()) return emptied.error();
      if (staged.count == 0) return OkStatus();
      return Move(to.epoch, 0, staged.count - 1, [&](int64_t first, int64_t last) {
        return postgres::InsertRows(table_, first, last);
      });
    });
    session_.set_timeout(settings_.timeout);
    return status;
  }

 private:
  using Statements = std::function<std::string(int64_t first, int64_t last)>;

  std::string Markers() const { return table_.Beside(kMarkers); }

  Result<std::optional<EpochMarker>> TryAttach() {
    FLOW_RETURN_IF_ERROR(session_.Connect(settings_.url));
    const bool copy = table_.dialect == Dialect::kCopy;
    if (copy) {
      // An answered COMMIT is on the server's disk, whatever the server's or the user's setting.
      const Result<Answer> durable =
          session_.Run("setting up the session",
                       "SELECT set_config('synchronous_commit', 'on', false) WHERE "
                       "current_setting('synchronous_commit') = 'off'");
      if (!durable.ok()) return durable.error();
    }
    FLOW_RETURN_IF_ERROR(postgres::EnsureBookkeeping(
        &session_, table_, kMarkers,
        "pipeline varchar(64) NOT NULL, sink varchar(1024) NOT NULL, epoch bigint, manifest "
        "varchar(64) NOT NULL DEFAULT '', incarnation bigint NOT NULL, updated timestamp with time "
        "zone NOT NULL DEFAULT now(), PRIMARY KEY (pipeline, sink)"));
    if (settings_.record_refused) {
      FLOW_RETURN_IF_ERROR(postgres::EnsureBookkeeping(
          &session_, table_, kRefused,
          "pipeline varchar(64) NOT NULL, sink varchar(1024) NOT NULL, epoch bigint NOT NULL, "
          "row_key text NOT NULL, row_data text NOT NULL, code text NOT NULL, reason text NOT "
          "NULL, at timestamp with time zone NOT NULL DEFAULT now()"));
    }
    const Result<Answer> stage =
        session_.Run("creating a temporary table", postgres::StageTable(table_));
    if (!stage.ok()) return stage.error();
    FLOW_TRY(const Answer row, copy ? NextIncarnation() : NextIncarnationByMerge());
    if (row.rows.size() != 1 || row.rows[0].size() != 3) {
      return InternalError(settings_.who + ": its row in " + Markers() + " is not one row");
    }
    incarnation_ = std::stoll(row.rows[0][2].value_or("0"));
    if (!row.rows[0][0].has_value()) return std::optional<EpochMarker>();
    FLOW_TRY(const bool exists, postgres::TableExists(&session_, table_, table_.name));
    if (!exists) {
      // Somebody dropped the table: what the marker says is not there any more.
      const Result<Answer> cleared =
          session_.Run("clearing the marker",
                       "UPDATE " + Markers() +
                           " SET epoch = NULL, manifest = '' WHERE pipeline = $1 AND sink = $2 AND "
                           "incarnation = $3::bigint",
                       {pipeline_, name_, std::to_string(incarnation_)});
      if (!cleared.ok()) return cleared.error();
      return std::optional<EpochMarker>();
    }
    EpochMarker marker;
    marker.epoch = std::stoll(*row.rows[0][0]);
    marker.manifest = row.rows[0][1].value_or("");
    return std::optional<EpochMarker>(marker);
  }

  // Takes the sink over. The row is locked by whoever moves it: a transaction in doubt has ended
  // when this returns, and later ones find another incarnation than theirs.
  Result<Answer> NextIncarnation() {
    return session_.Run("taking over the sink",
                        "INSERT INTO " + Markers() +
                            " AS m (pipeline, sink, incarnation) VALUES ($1, $2, $3) ON CONFLICT "
                            "(pipeline, sink) DO UPDATE SET incarnation = m.incarnation + 1 "
                            "RETURNING epoch, manifest, incarnation",
                        {pipeline_, name_, FirstIncarnation()});
  }

  Result<Answer> NextIncarnationByMerge() {
    Answer row;
    FLOW_RETURN_IF_ERROR(InTransaction([&]() -> Status {
      FLOW_TRY(const Answer moved, session_.Run("taking over the sink",
                                                "UPDATE " + Markers() +
                                                    " SET incarnation = incarnation + 1 WHERE "
                                                    "pipeline = $1 AND sink = $2",
                                                {pipeline_, name_}));
      if (moved.affected == 0) {
        const Result<Answer> made = session_.Run(
            "taking over the sink",
            "INSERT INTO " + Markers() + " (pipeline, sink, incarnation) VALUES ($1, $2, 1)",
            {pipeline_, name_});
        if (!made.ok()) return made.error();
      }
      FLOW_TRY(row, session_.Run("reading the marker",
                                 "SELECT epoch, manifest, incarnation FROM " + Markers() +
                                     " WHERE pipeline = $1 AND sink = $2",
                                 {pipeline_, name_}));
      return OkStatus();
    }));
    return row;
  }

  Status LimitStatements() {
    const Result<Answer> set =
        session_.Run("setting up the session",
                     "SET LOCAL statement_timeout = " + std::to_string(session_.timeout().count()));
    return set.ok() ? OkStatus() : Status(set.error());
  }

  // Runs `work` between BEGIN and COMMIT; nothing has happened if it fails, except when the answer
  // to COMMIT is lost: then Attach will know.
  template <typename Work>
  Status InTransaction(const Work& work) {
    if (!session_.connected()) {
      return ExternalError(settings_.who + ": there is no connection to " + settings_.server);
    }
    const Result<Answer> begun =
        session_.Run("beginning a transaction", "BEGIN ISOLATION LEVEL READ COMMITTED");
    if (!begun.ok()) return begun.error();
    Status status = work();
    if (!status.ok()) {
      if (session_.connected() && !session_.Run("rolling back", "ROLLBACK").ok()) session_.Close();
      return status;
    }
    const Result<Answer> committed = session_.Run("committing", "COMMIT");
    if (committed.ok()) return OkStatus();
    session_.Close();
    return committed.error();
  }

  // Copies rows to the temporary table, numbered from 0. A row with a multiplicity stands there as
  // many times, under one number.
  Result<StagedRows> Stage(const std::function<Result<const Batch*>()>& next) {
    StagedRows staged;
    const Batch* batch = nullptr;
    int32_t row = 0;
    bool ended = false;
    // One row; false at the end.
    const auto each =
        [&](const std::function<void(const Batch&, int32_t, int64_t)>& use) -> Result<bool> {
      while (!ended && (batch == nullptr || row >= batch->rows)) {
        FLOW_TRY(batch, next());
        row = 0;
        ended = batch == nullptr;
      }
      if (ended) return false;
      Note(*batch, row, &staged);
      use(*batch, row, staged.count++);
      ++row;
      return true;
    };
    if (table_.dialect == Dialect::kMerge) {
      FLOW_RETURN_IF_ERROR(StageByInsert(each));
      return staged;
    }
    FLOW_RETURN_IF_ERROR(session_.CopyIn(
        "copying rows", "COPY flowc_stage FROM STDIN", [&](std::string* text) -> Status {
          while (text->size() < kCopyBytes) {
            FLOW_TRY(const bool more, each([&](const Batch& rows, int32_t r, int64_t number) {
                       AppendCopyRow(rows, r, number, text);
                     }));
            if (!more) break;
          }
          return OkStatus();
        }));
    return staged;
  }

  template <typename Each>
  Status StageByInsert(const Each& each) {
    Result<Answer> done = session_.Run("copying rows", "DELETE FROM flowc_stage");
    if (!done.ok()) return done.error();
    bool more = true;
    while (more) {
      std::string values;
      for (int64_t i = 0; i < kRowsAnInsert && values.size() < kCopyBytes; ++i) {
        FLOW_TRY(more, each([&](const Batch& rows, int32_t r, int64_t number) {
                   AppendValues(rows, r, number, &values);
                 }));
        if (!more) break;
      }
      if (values.empty()) break;
      done = session_.Run("copying rows", "INSERT INTO flowc_stage VALUES " + values);
      if (!done.ok()) return done.error();
    }
    return OkStatus();
  }

  void Note(const Batch& rows, int32_t row, StagedRows* staged) const {
    if (rows.weight(row) < 0) staged->deletes = true;
    if (!table_.upsert || table_.key.empty()) return;
    NullPattern pattern;
    for (int k : table_.key) pattern.push_back(rows.column(k).status[row] != kFlowValue);
    staged->patterns.insert(std::move(pattern));
  }

  int64_t Copies(int64_t weight) const { return table_.upsert ? 1 : std::max<int64_t>(weight, 0); }

  void AppendCopyRow(const Batch& rows, int32_t row, int64_t number, std::string* out) {
    line_ = std::to_string(number) + (rows.weight(row) > 0 ? "\t1" : "\t-1");
    for (size_t i = 0; i < table_.types.size(); ++i) {
      line_ += '\t';
      postgres::AppendCopyCell(rows.column(static_cast<int32_t>(i)), table_.types[i], row, &line_);
    }
    line_ += '\n';
    for (int64_t i = Copies(rows.weight(row)); i > 0; --i) *out += line_;
  }

  void AppendValues(const Batch& rows, int32_t row, int64_t number, std::string* out) {
    line_ = "(" + std::to_string(number) + (rows.weight(row) > 0 ? ", 1" : ", -1");
    for (size_t i = 0; i < table_.types.size(); ++i) {
      line_ += ", ";
      postgres::AppendLiteralCell(rows.column(static_cast<int32_t>(i)), table_.types[i], row,
                                  &line_);
    }
    line_ += ')';
    for (int64_t i = Copies(rows.weight(row)); i > 0; --i) {
      if (!out->empty()) *out += ", ";
      *out += line_;
    }
  }

  // Runs the statements for the staged rows [first, last]; what the server refuses for ever is
  // found by halving, and then recorded or the error.
  Status Move(int64_t epoch, int64_t first, int64_t last, const Statements& statements) {
    const std::string doing = "writing to " + table_.QualifiedName();
    if (table_.dialect == Dialect::kMerge) {
      const Result<Answer> done = session_.Run(doing, statements(first, last));
      return done.ok() ? OkStatus() : Status(done.error());
    }
    // Deferred constraints speak up at once, while it can be told which row they mean.
    const Result<Answer> done =
        session_.Run(doing, "SET CONSTRAINTS ALL IMMEDIATE; SAVEPOINT flowc; " +
                                statements(first, last) + "; RELEASE SAVEPOINT flowc");
    if (done.ok()) return OkStatus();
    if (!session_.connected() || !session_.last_failure().refuses_data()) return done.error();
    const postgres::Failure failure = session_.last_failure();
    const Result<Answer> undone =
        session_.Run(doing, "ROLLBACK TO SAVEPOINT flowc; RELEASE SAVEPOINT flowc");
    if (!undone.ok()) return undone.error();
    if (first == last) return Refused(epoch, first, failure);
    const int64_t middle = first + (last - first) / 2;
    FLOW_RETURN_IF_ERROR(Move(epoch, first, middle, statements));
    return Move(epoch, middle + 1, last, statements);
  }

  Status Refused(int64_t epoch, int64_t number, const postgres::Failure& failure) {
    FLOW_TRY(const Answer row, session_.Run("reading a refused row", postgres::DescribeRow(table_),
                                            {std::to_string(number)}));
    const bool found = row.rows.size() == 1 && row.rows[0].size() == 2;
    const std::string key = found ? row.rows[0][0].value_or("") : "";
    if (!settings_.record_refused) {
      return DataError(settings_.who + ": the server refuses the row " + key + ": " +
                           failure.message + " (SQLSTATE " + failure.code + ")",
                       "on_refused = 'record' puts such rows into " + table_.Beside(kRefused));
    }
    const Result<Answer> recorded =
        session_.Run("recording a refused row",
                     "INSERT INTO " + table_.Beside(kRefused) +
                         " (pipeline, sink, epoch, row_key, row_data, code, reason) VALUES ($1, "
                         "$2, $3::bigint, $4, $5, $6, $7)",
                     {pipeline_, name_, std::to_string(epoch), key,
                      found ? row.rows[0][1].value_or("") : "", failure.code, failure.message});
    return recorded.ok() ? OkStatus() : Status(recorded.error());
  }

  // Why no marker was moved.
  Error WhyNot(const std::optional<EpochMarker>& from) {
    const Result<Answer> row = session_.Run("reading the marker",
                                            "SELECT epoch, manifest, incarnation FROM " +
                                                Markers() + " WHERE pipeline = $1 AND sink = $2",
                                            {pipeline_, name_});
    if (!row.ok()) return row.error();
    if (row.value().rows.empty()) {
      return DataError(settings_.who + ": its row in " + Markers() + " is gone");
    }
    const auto& cells = row.value().rows[0];
    if (cells[2].value_or("") != std::to_string(incarnation_)) {
      return DataError(settings_.who + ": another instance of this pipeline has taken over",
                       "only one instance of a pipeline may run");
    }
    return DataError(settings_.who + ": the marker in " + Markers() + " is at epoch " +
                     cells[0].value_or("none") + " of " + cells[1].value_or("") +
                     (from.has_value()
                          ? ", not at " + std::to_string(from->epoch) + " of " + from->manifest
                          : std::string()));
  }

  const Settings settings_;
  const Table& table_;
  const std::string pipeline_;
  const std::string name_;
  const std::vector<int> sinks_;
  Session session_;
  int64_t incarnation_ = 0;
  std::string line_;
};

}  // namespace

Result<std::unique_ptr<EpochTarget>> OpenPostgresTarget(const program::Program& program, int sink,
                                                        const PipelineIdentity& pipeline) {
  const program::Sink& spec = program.sinks[static_cast<size_t>(sink)];
  const program::View& view = program.views[static_cast<size_t>(spec.view)];
  Settings settings;
  settings.who = "sink " + spec.name + " (POSTGRES)";
  const std::string& who = settings.who;
  FLOW_RETURN_IF_ERROR(CheckOptions(who, spec.options,
                                    {"url", "table", "schema", "on_refused", "merge", "timeout"}));
  FLOW_TRY(settings.url, RequiredOption(who, spec.options, "url"));
  FLOW_TRY(settings.server, Session::Describe(who, settings.url));
  FLOW_TRY(settings.table.name, RequiredOption(who, spec.options, "table"));
  settings.table.schema = OptionOr(spec.options, "schema", "");
  if (settings.table.name.starts_with("flowc_")) {
    return UserError(who + ": table names that begin with flowc_ are the sink's own");
  }
  FLOW_TRY(const std::string refused,
           ChoiceOption(who, spec.options, "on_refused", {"fail", "record"}));
  FLOW_TRY(const std::string merge, ChoiceOption(who, spec.options, "merge", {"copy", "merge"}));
  settings.record_refused = refused == "record";
  settings.table.dialect = merge == "merge" ? Dialect::kMerge : Dialect::kCopy;
  if (settings.record_refused && settings.table.dialect == Dialect::kMerge) {
    return UserError(who + ": on_refused = 'record' needs savepoints, which merge = 'merge' avoids",
                     "leave one of them out");
  }
  FLOW_TRY(const int64_t timeout,
           DurationOption(who, spec.options, "timeout", 60'000'000, 1'000'000, 86'400'000'000));
  settings.timeout = Session::Duration(timeout / 1000);
  settings.table.columns = view.columns;
  settings.table.types = view.types;
  settings.table.key = view.key;
  settings.table.upsert = spec.upsert;
  return std::unique_ptr<EpochTarget>(
      new PostgresTarget(std::move(settings), pipeline.uid, spec.name, sink));
}

}  // namespace flow
