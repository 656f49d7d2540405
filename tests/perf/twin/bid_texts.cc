// NEXMark's queries about the texts of bids.
#include <cstring>
#include <string_view>

#include "tests/perf/twin/bids.h"

namespace flow::twin {

namespace {

std::string_view Text(const Batch& batch, int column, int32_t row) {
  const FlowString& text = Values<FlowString>(batch, column)[row];
  return {flow_string_data(&text), text.size};
}

void Set(std::string_view text, FlowString* cell) {
  flow_string_set(cell, text.data(), static_cast<uint32_t>(text.size()));
}

// auction, bidder, price, channel and url; all but the last go out as they are.
std::vector<program::SourceColumn> ChannelColumns() {
  return BidColumns({{"auction", TypeKind::kBigint},
                     {"bidder", TypeKind::kBigint},
                     {"price", TypeKind::kBigint},
                     {"channel", TypeKind::kString},
                     {"url", TypeKind::kString}});
}

void CopyChannelBid(const Batch& batch, int32_t i, Output* out, int32_t row) {
  for (int column = 0; column < 3; ++column) out->Copy<int64_t>(batch, column + 1, i, column, row);
  out->Copy<FlowString>(batch, 4, i, 3, row);
}

}  // namespace

// Bids of a price in a range, with the time of day and how often there is a 'c' in their extra.
void Q14(const Paths& paths, bool print) {
  Log log(BidColumns({{"auction", TypeKind::kBigint},
                      {"bidder", TypeKind::kBigint},
                      {"price", TypeKind::kBigint},
                      {"dateTime", TypeKind::kTimestamp},
                      {"extra", TypeKind::kString}}));
  Output out({{"auction", TypeKind::kBigint},
              {"bidder", TypeKind::kBigint},
              {"price", Type::Decimal(23, 3)},
              {"bid_time_type", TypeKind::kString},
              {"dateTime", TypeKind::kTimestamp},
              {"extra", TypeKind::kString},
              {"c_counts", TypeKind::kInt}},
             print);
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i) || !IsValue(batch, 3, i)) continue;
      const FlowInt128 price = FlowInt128{908} * Values<int64_t>(batch, 3)[i];
      if (price <= 1'000'000'000 || price >= 50'000'000'000) continue;
      if (!IsValue(batch, 4, i) || !IsValue(batch, 5, i)) Fail("a bid without time or extra");
      const int64_t time = Values<int64_t>(batch, 4)[i];
      const int64_t hour = (time - Truncate(time, kDay)) / (60 * kMinute);
      const char* of_day = hour >= 8 && hour <= 18   ? "dayTime"
                           : hour <= 6 || hour >= 20 ? "nightTime"
                                                     : "otherTime";
      int32_t count = 0;
      for (char c : Text(batch, 5, i)) count += c == 'c';
      const int32_t row = out.Next();
      out.Copy<int64_t>(batch, 1, i, 0, row);
      out.Copy<int64_t>(batch, 2, i, 1, row);
      out.Cell<FlowInt128>(2, row) = price;
      Set(of_day, &out.Cell<FlowString>(3, row));
      out.Cell<int64_t>(4, row) = time;
      out.Copy<FlowString>(batch, 5, i, 5, row);
      out.Cell<int32_t>(6, row) = count;
    }
    out.Flush();
  };
  ReadAll(&log, paths, [] {}, rows);
  out.Finish();
}

namespace {

// 0 to 3 for the four channels that have many bids, else -1.
int HotChannel(std::string_view channel) {
  constexpr std::string_view kHot[] = {"apple", "google", "facebook", "baidu"};
  for (int i = 0; i < 4; ++i) {
    if (channel.size() != kHot[i].size()) continue;
    bool equal = true;
    for (size_t at = 0; at < channel.size(); ++at) equal &= (channel[at] | 0x20) == kHot[i][at];
    if (equal) return i;
  }
  return -1;
}

// What (&|^)channel_id=([^&]*) finds: is there one, and what is behind the =.
bool ChannelId(std::string_view url, std::string_view* id) {
  constexpr std::string_view kKey = "channel_id=";
  for (size_t at = url.find(kKey); at != url.npos; at = url.find(kKey, at + 1)) {
    if (at > 0 && url[at - 1] != '&') continue;
    *id = url.substr(at + kKey.size());
    *id = id->substr(0, id->find('&'));
    return true;
  }
  *id = {};
  return false;
}

}  // namespace

// The number of the channel: of four by name, of others by the url.
void Q21(const Paths& paths, bool print) {
  Log log(ChannelColumns());
  Output out({{"auction", TypeKind::kBigint},
              {"bidder", TypeKind::kBigint},
              {"price", TypeKind::kBigint},
              {"channel", TypeKind::kString},
              {"channel_id", TypeKind::kString}},
             print);
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i)) continue;
      if (!IsValue(batch, 4, i) || !IsValue(batch, 5, i)) Fail("a bid without channel or url");
      const int hot = HotChannel(Text(batch, 4, i));
      std::string_view id =
          std::string_view("0123").substr(hot < 0 ? 0 : static_cast<size_t>(hot), 1);
      if (hot < 0 && !ChannelId(Text(batch, 5, i), &id)) continue;
      const int32_t row = out.Next();
      CopyChannelBid(batch, i, &out, row);
      Set(id, &out.Cell<FlowString>(4, row));
    }
    out.Flush();
  };
  ReadAll(&log, paths, [] {}, rows);
  out.Finish();
}

// The three directories of the url.
void Q22(const Paths& paths, bool print) {
  Log log(ChannelColumns());
  Output out({{"auction", TypeKind::kBigint},
              {"bidder", TypeKind::kBigint},
              {"price", TypeKind::kBigint},
              {"channel", TypeKind::kString},
              {"dir1", TypeKind::kString},
              {"dir2", TypeKind::kString},
              {"dir3", TypeKind::kString}},
             print);
  auto rows = [&](const Batch& batch) {
    for (int32_t i = 0; i < batch.rows; ++i) {
      if (!IsBid(batch, i)) continue;
      if (!IsValue(batch, 5, i)) Fail("a bid without url");
      const std::string_view url = Text(batch, 5, i);
      const int32_t row = out.Next();
      CopyChannelBid(batch, i, &out, row);
      size_t begin = 0;  // of part `part`, which ends with the next slash
      for (int part = 1; part <= 6; ++part) {
        const size_t slash = begin > url.size() ? url.npos : url.find('/', begin);
        const std::string_view text =
            begin > url.size() ? std::string_view() : url.substr(begin, slash - begin);
        if (part >= 4) Set(text, &out.Cell<FlowString>(part, row));
        begin = slash == url.npos ? url.size() + 1 : slash + 1;
      }
    }
    out.Flush();
  };
  ReadAll(&log, paths, [] {}, rows);
  out.Finish();
}

}  // namespace flow::twin
