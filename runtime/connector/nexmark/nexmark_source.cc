// Gives OpenNexmarkSource: the wanted columns of generated events.
#include "runtime/connector/nexmark/nexmark_source.h"

#include <algorithm>

#include "runtime/abi/convert.h"
#include "runtime/connector/nexmark/generator.h"
#include "runtime/connector/options.h"
#include "runtime/connector/record_decoder.h"
#include "runtime/connector/row_reader.h"
#include "runtime/format/field.h"

namespace flow {

namespace {

using nexmark::Event;
using nexmark::FieldInfo;
using nexmark::Generator;
using nexmark::Shape;

struct WantedField {
  FieldTarget target;
  FieldInfo info;
  bool presence = false;
};

const FieldInfo* FindField(const std::vector<program::PathStep>& path) {
  for (const FieldInfo& info : nexmark::Fields()) {
    const bool nested = *info.record != '\0';
    if (path.size() != (nested ? 2u : 1u) || path.back().key != info.name) continue;
    if (!nested || path.front().key == info.record) return &info;
  }
  return nullptr;
}

class NexmarkDecoder : public Decoder {
 public:
  NexmarkDecoder(const program::Source& source, std::shared_ptr<const Generator> generator,
                 std::vector<WantedField> wanted)
      : source_(source), generator_(std::move(generator)), wanted_(std::move(wanted)) {}

  void Decode(const Morsel& morsel, DecodedRows* out) const override {
    PrepareRows(source_.columns, morsel.row_count, out);
    PresetAbsent(source_.columns, 0, static_cast<int32_t>(morsel.row_count), &out->batch);
    std::string scratch;
    for (int64_t i = 0; i < morsel.row_count; ++i) {
      const int64_t offset = morsel.begin_offset + i;
      out->offsets[static_cast<size_t>(i)] = offset;
      const Event event = generator_->At(morsel.partition, offset);
      for (const WantedField& wanted : wanted_) {
        if (wanted.info.kind >= 0 && wanted.info.kind != static_cast<int>(event.kind)) continue;
        Store(event, wanted, static_cast<int32_t>(i), &scratch, &out->batch);
      }
    }
    FillMetadata(source_.columns, morsel, out);
    out->batch.kept.push_back(generator_);
  }

  std::string Raw(const Morsel& morsel, int64_t index) const override {
    return generator_->Json(generator_->At(morsel.partition, morsel.begin_offset + index));
  }

 private:
  void Store(const Event& event, const WantedField& wanted, int32_t row, std::string* scratch,
             Batch* batch) const {
    FlowColumn* column = &batch->column(wanted.target.column);
    if (wanted.presence) {
      static_cast<uint8_t*>(column->values)[row] = 1;
      return;
    }
    switch (wanted.info.shape) {
      case Shape::kNumber: {
        const int64_t value = generator_->Number(event, wanted.info.field);
        if (wanted.target.type.is(TypeKind::kBigint)) {
          static_cast<int64_t*>(column->values)[row] = value;
          column->status[row] = kFlowValue;
          return;
        }
        char text[kFlowTextMax];
        StoreNumber(wanted.target, text, flow_format_bigint(value, text), column, row,
                    batch->arena().abi());
        return OwnString(wanted.target, column, row, batch);
      }
      case Shape::kTime: {
        const int64_t ms = generator_->Number(event, wanted.info.field);
        if (wanted.target.type.is(TypeKind::kTimestamp)) {
          static_cast<int64_t*>(column->values)[row] = ms * 1000;
          column->status[row] = kFlowValue;
          return;
        }
        scratch->clear();
        nexmark::AppendTime(ms, scratch);
        StoreText(wanted.target, scratch->data(), scratch->size(), column, row,
                  batch->arena().abi());
        return OwnString(wanted.target, column, row, batch);
      }
      case Shape::kText: {
        const std::string_view text = generator_->Text(event, wanted.info.field, scratch);
        StoreText(wanted.target, text.data(), text.size(), column, row, batch->arena().abi());
        if (text.data() == scratch->data()) OwnString(wanted.target, column, row, batch);
        return;
      }
      case Shape::kRecord:
        return;
    }
  }

  // The string in the cell points to a buffer that is about to go.
  static void OwnString(const FieldTarget& target, FlowColumn* column, int32_t row, Batch* batch) {
    if (!target.type.is_variable()) return;
    FlowString* cell = &static_cast<FlowString*>(column->values)[row];
    const FlowString borrowed = *cell;
    flow_string_copy(cell, flow_string_data(&borrowed), borrowed.size, batch->arena().abi());
  }

  const program::Source& source_;
  const std::shared_ptr<const Generator> generator_;
  const std::vector<WantedField> wanted_;
};

class NexmarkSource : public SourceConnector {
 public:
  NexmarkSource(std::string name, std::shared_ptr<const Generator> generator,
                std::unique_ptr<Decoder> decoder)
      : name_(std::move(name)), generator_(std::move(generator)), decoder_(std::move(decoder)) {
    for (int64_t p = 0; p < generator_->config().partitions; ++p) {
      PartitionInfo info;
      info.id = static_cast<int>(p);
      info.name = std::to_string(p);
      info.bounded = generator_->config().events >= 0;
      if (info.bounded) info.end = generator_->EventCount(p);
      partitions_.push_back(std::move(info));
    }
  }

  const std::vector<PartitionInfo>& partitions() const override { return partitions_; }
  const Decoder& decoder() const override { return *decoder_; }

  Result<std::unique_ptr<PartitionReader>> Open(int partition, int64_t from, int64_t to) override {
    if (partition < 0 || static_cast<size_t>(partition) >= partitions_.size()) {
      return UserError("source " + name_ + " has no partition " + std::to_string(partition));
    }
    const int64_t end = generator_->EventCount(partition);
    if (from < 0 || from > end) {
      return UserError("source " + name_ + ": partition " + std::to_string(partition) + " has " +
                       std::to_string(end) + " events; there is no offset " + std::to_string(from));
    }
    return std::unique_ptr<PartitionReader>(
        new RowReader(partition, from, to < 0 || to > end ? end : to));
  }

 private:
  const std::string name_;
  const std::shared_ptr<const Generator> generator_;
  const std::unique_ptr<Decoder> decoder_;
  std::vector<PartitionInfo> partitions_;
};

Result<nexmark::Config> ReadConfig(const std::string& who, const program::Options& options) {
  FLOW_RETURN_IF_ERROR(CheckOptions(
      "NEXMARK (" + who + ")", options,
      {"events", "rate", "partitions", "seed", "base_time", "person_proportion",
       "auction_proportion", "bid_proportion", "hot_auction_ratio", "hot_bidders_ratio",
       "hot_sellers_ratio", "in_flight_auctions", "active_people", "avg_person_byte_size",
       "avg_auction_byte_size", "avg_bid_byte_size", "out_of_order_group_size"}));
  nexmark::Config config;
  auto read = [&](const char* name, int64_t least, int64_t greatest, int64_t* out) -> Status {
    FLOW_TRY(*out, IntegerOption(who, options, name, *out, least, greatest));
    return OkStatus();
  };
  constexpr int64_t kMany = 1000000;
  FLOW_RETURN_IF_ERROR(read("events", 0, kMany * kMany * 1000, &config.events));
  FLOW_RETURN_IF_ERROR(read("rate", 1, kMany * 1000, &config.rate));
  FLOW_RETURN_IF_ERROR(read("partitions", 1, 4096, &config.partitions));
  FLOW_RETURN_IF_ERROR(read("person_proportion", 1, kMany, &config.person_proportion));
  FLOW_RETURN_IF_ERROR(read("auction_proportion", 1, kMany, &config.auction_proportion));
  FLOW_RETURN_IF_ERROR(read("bid_proportion", 0, kMany, &config.bid_proportion));
  FLOW_RETURN_IF_ERROR(read("hot_auction_ratio", 1, kMany, &config.hot_auction_ratio));
  FLOW_RETURN_IF_ERROR(read("hot_bidders_ratio", 1, kMany, &config.hot_bidders_ratio));
  FLOW_RETURN_IF_ERROR(read("hot_sellers_ratio", 1, kMany, &config.hot_sellers_ratio));
  FLOW_RETURN_IF_ERROR(read("in_flight_auctions", 1, kMany, &config.in_flight_auctions));
  FLOW_RETURN_IF_ERROR(read("active_people", 1, kMany, &config.active_people));
  FLOW_RETURN_IF_ERROR(read("avg_person_byte_size", 0, kMany, &config.person_bytes));
  FLOW_RETURN_IF_ERROR(read("avg_auction_byte_size", 0, kMany, &config.auction_bytes));
  FLOW_RETURN_IF_ERROR(read("avg_bid_byte_size", 0, kMany, &config.bid_bytes));
  FLOW_RETURN_IF_ERROR(read("out_of_order_group_size", 1, kMany, &config.out_of_order_group));
  FLOW_TRY(const int64_t seed,
           IntegerOption(who, options, "seed", 42, std::numeric_limits<int64_t>::min(),
                         std::numeric_limits<int64_t>::max()));
  config.seed = static_cast<uint64_t>(seed);
  const std::string base = OptionOr(options, "base_time", "2023-01-01 00:00:00");
  int64_t base_us = 0;
  if (flow_parse_timestamp(base.data(), base.size(), &base_us) != kFlowValue) {
    return UserError(who + ": base_time = '" + base + "' is not a timestamp",
                     "like '2023-01-01 00:00:00'");
  }
  config.base_time_ms = base_us / 1000;
  return config;
}

}  // namespace

Result<std::unique_ptr<SourceConnector>> OpenNexmarkSource(const program::Source& source) {
  const std::string who = "source " + source.name;
  FLOW_TRY(const nexmark::Config config, ReadConfig(who, source.options));
  std::vector<WantedField> wanted;
  for (size_t i = 0; i < source.columns.size(); ++i) {
    const program::SourceColumn& column = source.columns[i];
    const bool presence = column.from == program::ColumnFrom::kPresence;
    if (!presence && column.from != program::ColumnFrom::kField) continue;
    const FieldInfo* info = FindField(column.path);
    if (info == nullptr || (info->shape == Shape::kRecord && !presence)) {
      return UserError(who + ": NEXMARK events have no field for the column " + column.name,
                       "their fields are event_type, dateTime, and those of person, auction and "
                       "bid, each a STRUCT");
    }
    wanted.push_back({{static_cast<int>(i), column.type}, *info, presence});
  }
  auto generator = std::make_shared<const Generator>(config);
  std::unique_ptr<Decoder> decoder(new NexmarkDecoder(source, generator, std::move(wanted)));
  return std::unique_ptr<SourceConnector>(
      new NexmarkSource(source.name, std::move(generator), std::move(decoder)));
}

}  // namespace flow
