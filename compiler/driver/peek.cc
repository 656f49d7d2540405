// PeekRecords, PeekSource.
#include "compiler/driver/peek.h"

#include <algorithm>

#include "compiler/driver/records.h"
#include "compiler/interpret/evaluate.h"
#include "runtime/abi/error_code.h"
#include "runtime/connector/connector.h"
#include "runtime/connector/secrets.h"
#include "runtime/format/base64.h"
#include "runtime/format/encode.h"
#include "runtime/format/utf8.h"

namespace flow {

namespace {

std::string Quoted(const std::string& text) {
  std::string out;
  AppendJsonString(text.data(), text.size(), &out);
  return out;
}

std::string RawField(const std::string& raw) {
  return IsUtf8(raw.data(), raw.size()) ? "\"raw\":" + Quoted(raw)
                                        : "\"raw_base64\":" + Quoted(Base64(raw));
}

std::string DatumJson(const Datum& datum) {
  Batch batch({datum.type}, 1);
  batch.rows = 1;
  WriteCell(batch.column(0), 0, datum, batch.arena().abi());
  std::string out;
  AppendJsonCell(batch.column(0), datum.type, 0, &out);
  return out;
}

std::string RecordJson(const Morsel& morsel, size_t index, const std::string& raw) {
  const RawRecord& record = morsel.records[index];
  std::string out = "{\"partition\":" + std::to_string(morsel.PartitionOf(index)) +
                    ",\"offset\":" + std::to_string(record.offset);
  if (record.key != nullptr) {
    const std::string key(record.key, record.key_size);
    out += IsUtf8(key.data(), key.size()) ? ",\"key\":" + Quoted(key)
                                          : ",\"key_base64\":" + Quoted(Base64(key));
  }
  if (record.log_timestamp != kNoTime) {
    out += ",\"timestamp\":" + DatumJson(Datum::Int(TypeKind::kTimestamp, record.log_timestamp));
  }
  return out + "," + RawField(raw) + "}";
}

// What is wrong with one column of a row.
struct Fault {
  std::string column, value, why;
};

class SourcePeeker {
 public:
  SourcePeeker(const bound::Source& source, program::Source opened, const PeekOptions& options,
               const Lines& out, PeekCounts* counts)
      : source_(source), spec_(std::move(opened)), options_(options), out_(out), counts_(counts) {
    AddTexts();
    for (const bound::Visible& visible : source_.schema.names) AddNodes(visible);
    event_time_ = nodes_.Add(source_.event_time);
  }

  Status Run() {
    FLOW_TRY(connector_, OpenSource(spec_));
    return ReadSome(*connector_, options_.limit,
                    [&](const Morsel& morsel) -> Result<int64_t> { return Show(morsel); });
  }

 private:
  // A field that does not fit its column is also read as a text, to be shown.
  void AddTexts() {
    texts_.assign(spec_.columns.size(), -1);
    if (spec_.format == program::Format::kRows) return;
    const size_t own = spec_.columns.size();
    for (size_t i = 0; i < own; ++i) {
      if (spec_.columns[i].from != program::ColumnFrom::kField) continue;
      program::SourceColumn text = spec_.columns[i];
      text.type = TypeKind::kString;
      text.not_null = false;
      texts_[i] = static_cast<int>(spec_.columns.size());
      spec_.columns.push_back(std::move(text));
    }
  }

  void AddNodes(const bound::Visible& visible) {
    nodes_.Add(visible.expr);
    nodes_.Add(visible.presence);
    for (const bound::Visible& field : visible.fields) AddNodes(field);
  }

  int64_t Show(const Morsel& morsel) {
    DecodedRows rows;
    connector_->decoder().Decode(morsel, &rows);
    Arena arena;
    interpret::Evaluator evaluator(nodes_, arena.abi());
    int64_t shown = 0;
    for (int32_t row = 0; row < static_cast<int32_t>(morsel.row_count); ++row) {
      if (options_.only_errors && options_.limit >= 0 && shown_ >= options_.limit) break;
      evaluator.SetRow(rows.batch.columns(), row);
      if (ShowRow(morsel, rows, row, &evaluator)) {
        ++shown;
        ++shown_;
      }
    }
    return shown;
  }

  // The visible value as JSON; faults are added.
  std::string ValueJson(const bound::Visible& visible, const std::string& name,
                        const DecodedRows& rows, int32_t row, interpret::Evaluator* evaluator,
                        std::vector<Fault>* faults) {
    if (visible.expr == nullptr) {
      const interpret::Value presence = evaluator->Eval(nodes_.Add(visible.presence));
      if (!presence.is_value() || presence.i == 0) return "null";
      std::string out = "{";
      for (const bound::Visible& field : visible.fields) {
        out += (out.size() > 1 ? "," : "") + Quoted(field.name) + ":" +
               ValueJson(field, name + "." + field.name, rows, row, evaluator, faults);
      }
      return out + "}";
    }
    const interpret::Value value = evaluator->Eval(nodes_.Add(visible.expr));
    if (!value.is_error()) return DatumJson(interpret::ToDatum(value, visible.type));
    Fault fault{name, "", FlowErrorText(value.status)};
    if (value.status == kFlowErrFieldType) fault.why = "does not fit " + visible.type.ToString();
    if (visible.expr->op == ExprOp::kColumn) {
      const int text = texts_[static_cast<size_t>(visible.expr->column)];
      const Datum written =
          text < 0 ? Datum() : ReadCell(rows.batch.column(text), TypeKind::kString, row);
      if (written.is_value()) fault.value = written.s;
    }
    faults->push_back(std::move(fault));
    return "null";
  }

  bool ShowRow(const Morsel& morsel, const DecodedRows& rows, int32_t row,
               interpret::Evaluator* evaluator) {
    const auto index = static_cast<size_t>(row);
    ++counts_->records;
    std::vector<Fault> faults;
    std::string json, dead;
    if (rows.record_status[index] != kFlowValue) {
      dead = FlowErrorText(rows.record_status[index]);
    } else {
      for (const bound::Visible& visible : source_.schema.names) {
        json += (json.empty() ? "{" : ",") + Quoted(visible.name) + ":" +
                ValueJson(visible, visible.name, rows, row, evaluator, &faults);
      }
      json += "}";
      if (event_time_ >= 0 && !evaluator->Eval(event_time_).is_value()) {
        dead = FlowErrorText(kFlowErrNoEventTime);
      }
    }
    counts_->with_errors += faults.empty() ? 0 : 1;
    counts_->dead += dead.empty() ? 0 : 1;
    if (options_.only_errors && faults.empty() && dead.empty()) return false;
    const std::string raw = json.empty() ? connector_->decoder().Raw(morsel, row) : "";
    out_(options_.json ? AsJson(morsel, rows, row, json, raw, dead, faults)
                       : AsText(morsel, rows, row, json, raw, dead, faults));
    return true;
  }

  static int PartitionOf(const Morsel& morsel, int32_t row) {
    return morsel.PartitionOf(static_cast<size_t>(row));
  }

  static std::string AsJson(const Morsel& morsel, const DecodedRows& rows, int32_t row,
                            const std::string& json, const std::string& raw,
                            const std::string& dead, const std::vector<Fault>& faults) {
    std::string out = "{\"partition\":" + std::to_string(PartitionOf(morsel, row)) +
                      ",\"offset\":" + std::to_string(rows.offsets[static_cast<size_t>(row)]);
    out += json.empty() ? "," + RawField(raw) : ",\"row\":" + json;
    if (!dead.empty()) out += ",\"dead\":" + Quoted(dead);
    if (faults.empty()) return out + "}";
    out += ",\"errors\":[";
    for (size_t i = 0; i < faults.size(); ++i) {
      out += (i > 0 ? ",{\"column\":" : "{\"column\":") + Quoted(faults[i].column) +
             ",\"value\":" + (faults[i].value.empty() ? "null" : Quoted(faults[i].value)) +
             ",\"why\":" + Quoted(faults[i].why) + "}";
    }
    return out + "]}";
  }

  std::string AsText(const Morsel& morsel, const DecodedRows& rows, int32_t row,
                     const std::string& json, const std::string& raw, const std::string& dead,
                     const std::vector<Fault>& faults) const {
    constexpr size_t kShown = 200;
    std::string shown = json;
    if (json.empty()) {
      // Quoted: it may hold anything, and is on one line.
      shown = Quoted(raw.substr(0, kShown)) + (raw.size() > kShown ? "..." : "");
    }
    std::string out =
        connector_->OffsetToText(PartitionOf(morsel, row), rows.offsets[static_cast<size_t>(row)]) +
        "  " + shown + "\n";
    for (const Fault& fault : faults) {
      out += "  ! " + fault.column + ": ";
      if (!fault.value.empty()) {
        out += Quoted(fault.value.substr(0, kShown)) + (fault.value.size() > kShown ? "... " : " ");
      }
      out += fault.why + "\n";
    }
    if (!dead.empty()) out += "  ! dead: " + dead + "\n";
    out.pop_back();
    return out;
  }

  const bound::Source& source_;
  program::Source spec_;
  const PeekOptions& options_;
  const Lines& out_;
  PeekCounts* counts_;
  std::unique_ptr<SourceConnector> connector_;
  interpret::ExprTable nodes_;
  int event_time_ = -1;
  std::vector<int> texts_;  // by column: the one that has its field as a text; -1: none
  int64_t shown_ = 0;
};

}  // namespace

Status PeekRecords(const PeekOptions& options, const Lines& out, PeekCounts* counts) {
  FLOW_TRY(program::Source source, SourceOfPlace(options.what));
  FLOW_TRY(std::unique_ptr<SourceConnector> connector, OpenSource(source));
  return ReadSome(*connector, options.limit, [&](const Morsel& morsel) -> Result<int64_t> {
    for (size_t i = 0; i < morsel.records.size(); ++i) {
      const std::string raw = connector->decoder().Raw(morsel, static_cast<int64_t>(i));
      out(options.json ? RecordJson(morsel, i, raw) : raw);
      ++counts->records;
    }
    return static_cast<int64_t>(morsel.records.size());
  });
}

Status PeekSource(const BoundScript& script, const PeekOptions& options, const Lines& out,
                  PeekCounts* counts) {
  const bound::Source* source = nullptr;
  std::string names;
  for (const bound::Source& candidate : script.sources) {
    names += (names.empty() ? "" : ", ") + candidate.spec.name;
    if (options.what.empty() ? script.sources.size() == 1 : candidate.spec.name == options.what) {
      source = &candidate;
    }
  }
  if (source == nullptr && options.what.empty()) {
    return script.sources.empty() ? UserError("the file has no source")
                                  : UserError("the file has several sources", "name one: " + names);
  }
  if (source == nullptr) {
    return UserError("there is no source `" + options.what + "`",
                     names.empty() ? "" : "there is " + names);
  }
  program::Source opened = source->spec;
  Secrets secrets(options.secrets);
  FLOW_RETURN_IF_ERROR(secrets.Resolve("source " + opened.name, opened.secrets, &opened.options));
  // What is there now is shown; nobody waits for more.
  opened.options.erase("follow");
  Status shown = SourcePeeker(*source, std::move(opened), options, out, counts).Run();
  if (!shown.ok()) return secrets.Hide(shown.error());
  return OkStatus();
}

}  // namespace flow
