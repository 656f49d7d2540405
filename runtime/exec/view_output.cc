// ViewCollector and ViewOutput.
#include "runtime/exec/view_output.h"

#include <cstdio>

#include "runtime/exec/stdout_sink.h"
#include "runtime/format/encode.h"
#include "runtime/format/row_codec.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {
// About how much memory a batch holds.
int64_t BytesOf(const Batch& batch) {
  int64_t bytes = batch.string_bytes();
  for (const Type& type : batch.types()) bytes += int64_t{batch.rows} * (type.width() + 1);
  return bytes;
}
}  // namespace

ViewCollector::ViewCollector(const program::View* view, bool keep_rows, bool hash)
    : keep_rows_(keep_rows), hash_(hash) {
  digest_.view = view->name;
  rows_.Reset(view->types, 64);
}

void ViewCollector::Add(const PathRunner::Output& output, bool keep, bool count) {
  const Batch& batch = *output.batch;
  for (int32_t row = 0; row < batch.rows; ++row) {
    int64_t weight = batch.weight(row);
    if (count) digest_.rows += weight;
    if (hash_ && count) {
      digest_.hash +=
          static_cast<unsigned __int128>(static_cast<__int128>(weight)) * RowHash(batch, row);
    }
    if (keep) rows_.AppendRow(batch, row);
  }
}

Result<std::unique_ptr<ViewOutput>> ViewOutput::Open(const program::Program& program, int view,
                                                     const RunOptions& options, bool bounded,
                                                     SinkThread* thread) {
  const program::View& spec = program.views[static_cast<size_t>(view)];
  std::unique_ptr<ViewOutput> output(new ViewOutput(spec, options, thread));
  output->pending_.Reset(spec.types, 64);
  output->outbox_.Reset(spec.types, 64);
  const bool durable = !options.state_directory.empty();
  output->callback_ = static_cast<bool>(options.on_rows);
  // With state, `--to stream` compares with them. What leaves a view with RETAIN would have to be
  // kept in memory for it.
  output->hashes_ = options.digest || (durable && !spec.retain && !spec.dead_letters);
  int wanted = 0;
  for (const program::View& other : program.views) wanted += other.wanted ? 1 : 0;
  auto add_stdout = [&](std::string format) {
    if (!options.to_stdout) return;
    StdoutOptions stdout_options;
    stdout_options.format = format.empty() ? "json" : format;
    stdout_options.several_views = wanted > 1;
    // An endless run, or --changes, shows every revision of an updating view.
    bool revisions = (options.changes || !bounded) && !spec.append_only;
    stdout_options.changes = revisions || options.changes;
    output->owned_.push_back(MakeStdoutSink(spec, stdout_options));
    SinkConnector* sink = output->owned_.back().get();
    output->all_.push_back(sink);
    if (spec.append_only || revisions) {
      output->changes_.push_back(sink);
      return;
    }
    output->final_.push_back(sink);
    if (output->table_ == nullptr) output->table_ = std::make_unique<RowTable>(&spec);
  };
  if (!spec.wanted) return output;
  if (options.print || (options.use_sinks && program.sinks.empty())) add_stdout(options.format);
  if (!options.use_sinks) return output;
  for (const program::Sink& sink : program.sinks) {
    if (sink.view != view) continue;
    switch (sink.connector) {
      case program::Connector::kStdout: {
        if (durable) break;
        auto format = sink.options.find("format");
        add_stdout(options.format.empty() && format != sink.options.end() ? format->second
                                                                          : options.format);
        continue;
      }
      case program::Connector::kNull:
        output->nulls_.push_back(sink.name);
        continue;
      case program::Connector::kChecksum:
        output->checksums_.push_back(sink.name);
        output->hashes_ = true;
        continue;
      case program::Connector::kKafka:
      case program::Connector::kFile:
      case program::Connector::kPostgres:
      case program::Connector::kRedis:
      case program::Connector::kHttp:
      case program::Connector::kNexmark:
      case program::Connector::kDatagen:
      case program::Connector::kInline:
        break;
    }
    if (durable) {
      output->outbox_wanted_ = true;
      continue;
    }
    SinkContext context;
    context.program = &program;
    context.bounded = bounded;
    context.replace = options.mode == RunMode::kBatch;
    context.changes = options.changes;
    context.format = options.format;
    FLOW_TRY(std::unique_ptr<SinkConnector> connector, OpenSink(sink, spec, context));
    output->all_.push_back(connector.get());
    output->changes_.push_back(connector.get());
    output->owned_.push_back(std::move(connector));
  }
  return output;
}

void ViewOutput::Add(const Batch& rows) {
  if (rows.rows == 0) return;
  if (table_ != nullptr) {
    table_->Apply(rows);
    for (int32_t row = 0; view_.windowed && row < rows.rows; ++row) {
      least_table_end_ = std::min(least_table_end_, RowWindowEnd(view_, rows, row));
    }
  }
  if (changes_.empty() && !callback_ && !outbox_wanted_) return;
  for (int32_t row = 0; row < rows.rows; ++row) {
    pending_.AppendRow(rows, row);
    if (view_.windowed) {
      least_pending_end_ = std::min(least_pending_end_, RowWindowEnd(view_, rows, row));
    }
  }
  if (!view_.append_only) FoldPending();
}

void ViewOutput::ForgetSaved() {
  saved_cleared_ = saved_cleared_ || saved_rows_ > 0;
  saved_rows_ = 0;
}

void ViewOutput::FoldPending() {
  if (BytesOf(pending_) <= fold_at_) return;
  pending_ = Consolidate(view_, pending_);
  ForgetSaved();
  fold_at_ = std::max(kFoldBytes, 2 * BytesOf(pending_));
}

bool ViewOutput::Due(int64_t watermark, int64_t now_us, bool last) const {
  if (last || view_.emit != program::EmitKind::kEvery) return true;
  if (now_us - pending_since_us_ >= view_.emit_every) return true;
  // A window that closes is shown at once.
  return watermark != kMinTime && least_pending_end_ <= watermark;
}

void ViewOutput::Emit(Batch batch, const std::vector<SinkConnector*>& sinks, int64_t revision) {
  if (batch.rows == 0) return;
  emitted_ += batch.rows;
  if (outbox_wanted_) {
    for (int32_t row = 0; row < batch.rows; ++row) outbox_.AppendRow(batch, row);
  }
  const int64_t bytes = BytesOf(batch);
  auto rows = std::make_shared<const Batch>(std::move(batch));
  for (SinkConnector* sink : sinks) thread_->Push(sink, rows, bytes, revision);
}

void ViewOutput::EndTick(int64_t watermark, int64_t now_us, int64_t revision, bool last) {
  if (pending_since_us_ == 0) pending_since_us_ = now_us;
  if (pending_.rows > 0 && Due(watermark, now_us, last)) {
    Batch batch;
    if (view_.append_only) {
      batch.Reset(view_.types, pending_.rows);
      if (view_.windowed) {
        for (int32_t row : SortedRows(view_, pending_)) batch.AppendRow(pending_, row);
      } else {
        std::swap(batch, pending_);
        pending_.Reset(view_.types, 64);
      }
    } else {
      batch = Consolidate(view_, pending_);
    }
    pending_.Clear();
    ForgetSaved();
    fold_at_ = kFoldBytes;
    least_pending_end_ = INT64_MAX;
    if (callback_ && batch.rows > 0) options_.on_rows(view_, batch, revision);
    Emit(std::move(batch), changes_, revision);
    pending_since_us_ = now_us;
  } else if (pending_.rows == 0) {
    if (now_us - pending_since_us_ >= view_.emit_every) pending_since_us_ = now_us;
  }
  if (table_ == nullptr) return;
  if (last) {
    Emit(table_->Take([](const Batch&, int32_t) { return true; }), final_, revision);
  } else if (least_table_end_ != INT64_MAX && Passed(watermark, least_table_end_, view_.lateness)) {
    least_table_end_ = INT64_MAX;
    Emit(table_->Take([&](const Batch& batch, int32_t row) {
      int64_t end = RowWindowEnd(view_, batch, row);
      if (end != INT64_MAX && Passed(watermark, end, view_.lateness)) return true;
      least_table_end_ = std::min(least_table_end_, end);
      return false;
    }),
         final_, revision);
  }
}

int64_t ViewOutput::outbox_bytes() const {
  return outbox_.rows == 0 ? 0 : BytesOf(outbox_) + 8 * int64_t{outbox_.rows};
}

int64_t ViewOutput::pending_bytes() const { return pending_.rows == 0 ? 0 : BytesOf(pending_); }

std::shared_ptr<const Batch> ViewOutput::TakeOutbox() {
  if (outbox_.rows == 0) return nullptr;
  auto rows = view_.append_only ? std::make_shared<Batch>(std::move(outbox_))
                                : std::make_shared<Batch>(Consolidate(view_, outbox_));
  outbox_ = Batch(view_.types, 64);
  return rows->rows == 0 ? nullptr : rows;
}

void ViewOutput::SaveChanges(StateSink* out) {
  if (saved_cleared_) out->Drop("");
  saved_cleared_ = false;
  std::string value;
  for (; saved_rows_ < pending_.rows; ++saved_rows_) {
    std::string key;
    for (int shift = 24; shift >= 0; shift -= 8) {
      key += static_cast<char>(static_cast<uint32_t>(saved_rows_) >> shift);
    }
    value.clear();
    AppendRowBytes(pending_, saved_rows_, &value);
    out->Put(key, value);
  }
}

Status ViewOutput::Load(std::string_view row) {
  FLOW_RETURN_IF_ERROR(ReadRowBytes(row, &pending_));
  saved_rows_ = pending_.rows;
  if (view_.windowed) {
    least_pending_end_ =
        std::min(least_pending_end_, RowWindowEnd(view_, pending_, pending_.rows - 1));
  }
  return OkStatus();
}

Status ViewOutput::Close(const ViewDigest& digest) {
  FLOW_RETURN_IF_ERROR(thread_->Drain(all_));
  for (SinkConnector* sink : all_) FLOW_RETURN_IF_ERROR(sink->Close());
  for (size_t i = 0; i < checksums_.size(); ++i) {
    std::fprintf(stderr, "%s %lld %s\n", view_.name.c_str(), static_cast<long long>(digest.rows),
                 HashText(digest.hash).c_str());
  }
  for (const std::string& name : nulls_) {
    std::fprintf(stderr, "%s: %lld rows of %s\n", name.c_str(), static_cast<long long>(digest.rows),
                 view_.name.c_str());
  }
  return OkStatus();
}

}  // namespace flow
