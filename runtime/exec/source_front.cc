// SourceFront: decoding, event times, AHEAD and watermarks.
#include "runtime/exec/source_front.h"

#include <algorithm>
#include <atomic>

#include "runtime/abi/error_code.h"
#include "runtime/format/encode.h"
#include "runtime/time/windows.h"

namespace flow {

namespace {

// A record whose late columns are needed is read twice. Where many are, a morsel is decoded in one
// step; which of the two is done changes no result, so it may follow what came before.
constexpr int64_t kFewOf = 4;           // at most one record in so many
constexpr int kMorselsUntilTried = 64;  // again; then twice as many, and so on
constexpr int kMostMorselsUntilTried = 4096;

}  // namespace

SourceFront::SourceFront(const program::Program* program, int source, const Decoder* decoder)
    : source_(&program->sources[static_cast<size_t>(source)]),
      decoder_(decoder),
      until_tried_(kMorselsUntilTried) {
  if (source_->event_time_pipeline >= 0) {
    event_time_runner_ =
        std::make_unique<PathRunner>(*program, source_->event_time_pipeline, ~uint64_t{0});
  }
  if (source_->unique()) {
    unique_runner_ = std::make_unique<PathRunner>(*program, source_->unique_pipeline, ~uint64_t{0});
  }
  if (source_->late_filter >= 0) {
    late_runner_ = std::make_unique<PathRunner>(*program, source_->late_filter, ~uint64_t{0});
  }
}

void SourceFront::UniqueKeys(SourceRows* rows) {
  const auto count = static_cast<size_t>(rows->decoded.batch.rows);
  rows->unique_key.resize(count);
  rows->unique_status.assign(count, kFlowValue);
  PathCounts ignored;
  for (auto [first, run] : rows->alive) {
    // The output is unchecked, so no row is lost here: errors come as cell statuses.
    unique_runner_->Run(
        rows->decoded.batch.columns(), nullptr, nullptr, first, run, &ignored,
        [](int32_t, uint8_t) {},
        [&](const PathRunner::Output& out) {
          for (int32_t i = 0; i < out.rows.rows; ++i) {
            const auto row = static_cast<size_t>(out.source_row[i]);
            uint8_t& status = rows->unique_status[row];
            for (int32_t c = 0; c < out.batch->column_count(); ++c) {
              const uint8_t cell = out.batch->column(c).status[i];
              if (cell != kFlowValue && (status == kFlowValue || status == kFlowNull)) {
                status = cell;
              }
            }
            if (status == kFlowValue) rows->unique_key[row] = RowHash(*out.batch, i);
          }
        });
  }
}

void SourceFront::DropBadKeys(SourceRows* rows, const DeadFn& dead) {
  RowRuns good;
  for (auto [first, count] : rows->alive) {
    int32_t run = first;
    auto end_run = [&](int32_t row) {
      if (row > run) good.emplace_back(run, row - run);
      run = row + 1;
    };
    for (int32_t row = first; row < first + count; ++row) {
      const uint8_t status = rows->unique_status[static_cast<size_t>(row)];
      if (status == kFlowValue || status == kFlowNull) continue;
      --rows->alive_rows;
      ++rows->dead_rows;
      dead(row, status);
      end_run(row);
    }
    end_run(first + count);
  }
  rows->alive = std::move(good);
}

void SourceFront::DecodeLate(SourceRows* rows) {
  late_rows_.clear();
  PathCounts ignored;
  for (auto [first, count] : rows->alive) {
    late_runner_->Run(
        rows->decoded.batch.columns(), nullptr, nullptr, first, count, &ignored,
        [](int32_t, uint8_t) {},
        [&](const PathRunner::Output& out) {
          late_rows_.insert(late_rows_.end(), out.source_row, out.source_row + out.rows.rows);
        });
  }
  decoder_->DecodeLate(rows->morsel, late_rows_, &rows->decoded);
  if (static_cast<int64_t>(late_rows_.size()) * kFewOf <= rows->alive_rows) {
    until_tried_ = kMorselsUntilTried;
    return;
  }
  whole_morsels_ = until_tried_;
  until_tried_ = std::min(until_tried_ * 2, kMostMorselsUntilTried);
}

void SourceFront::EventTimes(SourceRows* rows, std::vector<uint8_t>* status) {
  const Batch& batch = rows->decoded.batch;
  size_t count = static_cast<size_t>(batch.rows);
  rows->event_time.assign(count, kMinTime);
  status->assign(count, kFlowValue);
  if (source_->event_time_column >= 0) {
    const int64_t* values = batch.values<int64_t>(source_->event_time_column);
    std::copy(values, values + count, rows->event_time.begin());
    const uint8_t* cells = batch.column(source_->event_time_column).status;
    std::copy(cells, cells + count, status->begin());
    return;
  }
  if (event_time_runner_ == nullptr) return;
  PathCounts ignored;
  // The output is unchecked, so no row is lost here: errors come as cell statuses.
  event_time_runner_->Run(
      batch.columns(), nullptr, nullptr, 0, batch.rows, &ignored, [](int32_t, uint8_t) {},
      [&](const PathRunner::Output& out) {
        const int64_t* values = static_cast<const int64_t*>(out.rows.columns[0].values);
        for (int32_t i = 0; i < out.rows.rows; ++i) {
          size_t row = static_cast<size_t>(out.source_row[i]);
          rows->event_time[row] = values[i];
          (*status)[row] = out.rows.columns[0].status[i];
        }
      });
}

void SourceFront::Decode(SourceRows* rows, const DeadFn& dead) {
  rows->decoded.Clear();
  const bool in_two_steps = late_runner_ != nullptr && whole_morsels_ == 0;
  if (in_two_steps) {
    decoder_->DecodeEarly(rows->morsel, &rows->decoded);
  } else {
    decoder_->Decode(rows->morsel, &rows->decoded);
    whole_morsels_ -= whole_morsels_ > 0 ? 1 : 0;
  }
  const DecodedRows& decoded = rows->decoded;
  const int32_t count = decoded.batch.rows;
  EventTimes(rows, &status_);
  rows->alive.clear();
  rows->alive_rows = 0;
  rows->dead_rows = 0;
  rows->greatest = kMinTime;
  for (const auto& raise : rows->raises) rows->greatest = std::max(rows->greatest, raise.second);
  const bool timed = source_->has_event_time();
  int32_t run = 0;  // first row of the current run of alive rows
  auto end_run = [&](int32_t row) {
    if (row > run) rows->alive.emplace_back(run, row - run);
    run = row + 1;
  };
  for (int32_t row = 0; row < count; ++row) {
    size_t i = static_cast<size_t>(row);
    uint8_t code = decoded.record_status[i];
    if (code == kFlowValue && timed) {
      if (status_[i] != kFlowValue) {
        code = kFlowErrNoEventTime;
      } else if (source_->ahead && decoded.log_timestamps[i] != kNoTime &&
                 rows->event_time[i] > SaturatingAdd(decoded.log_timestamps[i], *source_->ahead)) {
        code = kFlowErrAhead;
      }
    }
    if (code != kFlowValue) {
      ++rows->dead_rows;
      dead(row, code);
      end_run(row);
      continue;
    }
    ++rows->alive_rows;
    if (timed) rows->greatest = std::max(rows->greatest, rows->event_time[i]);
  }
  end_run(count);
  if (in_two_steps) DecodeLate(rows);
  if (unique_runner_ != nullptr) UniqueKeys(rows);
}

int64_t SourceFront::Judge(int64_t max_event_time, SourceRows* rows) const {
  if (!source_->has_event_time()) return max_event_time;
  rows->watermark.resize(static_cast<size_t>(rows->decoded.batch.rows));
  const int64_t delay = source_->watermark_delay;
  if (source_->unique()) rows->clock.resize(static_cast<size_t>(rows->decoded.batch.rows));
#ifdef FLOW_MUTANT_GLOBAL_WATERMARK
  static std::atomic<int64_t> global{kMinTime};
  if (max_event_time == kMinTime) global.store(kMinTime);
  if (global.load() > max_event_time) max_event_time = global.load();
  if (rows->greatest > global.load()) global.store(rows->greatest);
#endif
  auto raise = rows->raises.begin();
  for (auto [first, count] : rows->alive) {
    for (int32_t row = first; row < first + count; ++row) {
      size_t i = static_cast<size_t>(row);
      while (raise != rows->raises.end() && raise->first <= rows->decoded.offsets[i]) {
#ifndef FLOW_MUTANT_RAISE_IGNORED
        max_event_time = std::max(max_event_time, raise->second);
#endif
        ++raise;
      }
      rows->watermark[i] = max_event_time == kMinTime ? kMinTime : max_event_time - delay;
      max_event_time = std::max(max_event_time, rows->event_time[i]);
      if (source_->unique()) rows->clock[i] = max_event_time;
    }
  }
  for (; raise != rows->raises.end(); ++raise) {
    max_event_time = std::max(max_event_time, raise->second);
  }
  return max_event_time;
}

}  // namespace flow
