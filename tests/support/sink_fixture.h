// What tests of epoch targets share: a program of one view and one sink, batches from text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/abi/convert.h"
#include "runtime/base/batch.h"
#include "runtime/base/datum.h"
#include "runtime/connector/epoch_target.h"

namespace flow::testing {

using Row = std::vector<Datum>;

inline Datum Text(std::string text) { return Datum::String(std::move(text)); }
inline Datum Big(int64_t value) { return Datum::Int(TypeKind::kBigint, value); }
inline Datum Missing(Type type) { return Datum::Null(std::move(type)); }
inline Datum Time(const std::string& text) {
  int64_t us = 0;
  EXPECT_EQ(flow_parse_timestamp(text.data(), text.size(), &us), kFlowValue) << text;
  return Datum::Int(TypeKind::kTimestamp, us);
}

inline Batch Rows(const std::vector<Type>& types,
                  const std::vector<std::pair<Row, int64_t>>& rows) {
  Batch batch(types, static_cast<int32_t>(rows.size()));
  for (const auto& [row, weight] : rows) {
    for (size_t c = 0; c < types.size(); ++c) {
      WriteCell(batch.column(static_cast<int32_t>(c)), batch.rows, row[c], batch.arena().abi());
    }
    batch.weights.push_back(weight);
    ++batch.rows;
  }
  return batch;
}

inline EpochMarker Marker(int64_t epoch) {
  return {epoch, epoch == 0 ? "" : "manifest" + std::to_string(epoch)};
}

// A program with one view and one sink of it.
inline program::Program OneSink(program::Connector connector, program::Options options,
                                std::vector<std::string> columns, std::vector<Type> types,
                                std::vector<int> key) {
  program::Program program;
  program::View view;
  view.name = "v";
  view.columns = std::move(columns);
  view.types = std::move(types);
  view.key = std::move(key);
  view.append_only = view.key.empty();
  program.views.push_back(std::move(view));
  program::Sink sink;
  sink.name = "out";
  sink.connector = connector;
  sink.options = std::move(options);
  sink.upsert = !program.views[0].append_only;
  program.sinks.push_back(std::move(sink));
  return program;
}

inline std::string Why(const Status& status) { return status.ok() ? "ok" : status.error().message; }
template <typename T>
std::string Why(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().message;
}

// The marker that Attach finds: "none", "3:manifest3", or the error.
inline std::string Attached(EpochTarget* target) {
  auto markers = target->Attach();
  if (!markers.ok()) return markers.error().message;
  EXPECT_EQ(markers.value().size(), 1u);
  const auto& marker = markers.value()[0];
  if (!marker.has_value()) return "none";
  return std::to_string(marker->epoch) + ":" + marker->manifest;
}

inline Status ApplyRows(EpochTarget* target, int64_t from, int64_t to, const Batch* rows) {
  SinkStep step;
  step.from = Marker(from);
  step.to = Marker(to);
  step.rows = rows;
  return target->Apply({step});
}

// Gives batches one after the other, then null.
inline std::function<Result<const Batch*>()> Each(const std::vector<const Batch*>& batches) {
  return [batches, at = size_t{0}]() mutable -> Result<const Batch*> {
    return at < batches.size() ? batches[at++] : nullptr;
  };
}

}  // namespace flow::testing
