// NEXMark events as a pure function of (seed, partition, offset).
//
// The shape of the stream (proportions, ids, hot keys, times, sizes of strings) is that of the
// published generator; the random numbers are our own, a hash of (seed, event id, field), so that
// any field of any event can be made alone, in any order, on any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flow::nexmark {

enum class Kind : int32_t { kPerson = 0, kAuction = 1, kBid = 2 };

struct Config {
  int64_t events = -1;    // in all partitions together; -1: endless
  int64_t rate = 100000;  // events a second of event time, all partitions together
  int64_t partitions = 1;
  uint64_t seed = 42;
  int64_t base_time_ms = 1672531200000;  // 2023-01-01 00:00:00
  int64_t person_proportion = 1;
  int64_t auction_proportion = 3;
  int64_t bid_proportion = 46;
  int64_t hot_auction_ratio = 2;  // of r bids all but one go to the hot auction
  int64_t hot_bidders_ratio = 4;
  int64_t hot_sellers_ratio = 4;
  int64_t in_flight_auctions = 100;
  int64_t active_people = 1000;
  int64_t person_bytes = 200;
  int64_t auction_bytes = 500;
  int64_t bid_bytes = 100;
  int64_t out_of_order_group = 1;
};

// One event's place in the stream.
struct Event {
  int64_t number = 0;  // in its partition, from 1, before out-of-order groups are shuffled
  int64_t id = 0;      // over all partitions
  Kind kind = Kind::kBid;
  int64_t time_ms = 0;
  uint64_t seed = 0;  // of its random numbers
};

enum class Field : uint8_t {
  kEventType,
  kDateTime,  // of the event, whatever its kind
  kPersonId,
  kPersonName,
  kPersonEmailAddress,
  kPersonCreditCard,
  kPersonCity,
  kPersonState,
  kPersonDateTime,
  kPersonExtra,
  kAuctionId,
  kAuctionItemName,
  kAuctionDescription,
  kAuctionInitialBid,
  kAuctionReserve,
  kAuctionDateTime,
  kAuctionExpires,
  kAuctionSeller,
  kAuctionCategory,
  kAuctionExtra,
  kBidAuction,
  kBidBidder,
  kBidPrice,
  kBidChannel,
  kBidUrl,
  kBidDateTime,
  kBidExtra,
  kPerson,  // the records themselves
  kAuction,
  kBid,
};

enum class Shape : uint8_t { kNumber, kTime, kText, kRecord };

struct FieldInfo {
  Field field;
  int kind;  // that has it: a Kind, or -1: all
  const char* record;
  const char* name;
  Shape shape;
};
// In the order of the records' JSON form.
const std::vector<FieldInfo>& Fields();

// "2023-01-01 00:00:00.000"
void AppendTime(int64_t ms, std::string* out);

class Generator {
 public:
  explicit Generator(const Config& config);

  const Config& config() const { return config_; }
  // Events of a partition; INT64_MAX-like for an endless one.
  int64_t EventCount(int64_t partition) const;
  Event At(int64_t partition, int64_t offset) const;

  // A field of kNumber, or of kTime in milliseconds. The event must have it.
  int64_t Number(const Event& event, Field field) const;
  // A field of kText. The result points into the generator, or into `scratch`.
  std::string_view Text(const Event& event, Field field, std::string* scratch) const;
  // The event as the published benchmark puts it on Kafka.
  std::string Json(const Event& event) const;

 private:
  void BuildTables();
  int64_t TimeOf(int64_t number) const;
  int64_t LastPerson(int64_t id) const;
  int64_t LastAuction(int64_t id) const;
  int64_t ColdPerson(const Event& event, int tag) const;
  int64_t Price(const Event& event, int tag) const;
  int64_t Channel(const Event& event) const;  // 0..3 hot, 4 + i
  std::string_view Extra(const Event& event, int64_t rest) const;
  std::string Name(const Event& event) const;
  std::string Email(const Event& event) const;

  const Config config_;
  const int64_t total_proportion_;
  const int64_t per_partition_;  // events of each partition but the last
  std::string letters_;          // what `extra` is cut from
  std::vector<std::string> channels_;
  std::vector<std::string> urls_;
};

}  // namespace flow::nexmark
