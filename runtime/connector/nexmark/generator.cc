// Gives Generator: places, numbers and times of events. Their texts are in generator_text.cc.
#include "runtime/connector/nexmark/generator.h"

#include <algorithm>
#include <cmath>

#include "runtime/connector/nexmark/random.h"
#include "runtime/connector/nexmark/tags.h"

namespace flow::nexmark {

namespace {
constexpr int64_t kFirstPerson = 1000;
constexpr int64_t kFirstAuction = 1000;
constexpr int64_t kFirstCategory = 10;
constexpr int64_t kCategories = 5;
constexpr int64_t kLead = 10;       // cold choices reach this far past what exists
constexpr int64_t kHotBatch = 100;  // the hot id changes every so many new ones
// So that the ids of endless partitions are apart.
constexpr int64_t kEndless = 1000000000000000;
}  // namespace

Generator::Generator(const Config& config)
    : config_(config),
      total_proportion_(config.person_proportion + config.auction_proportion +
                        config.bid_proportion),
      per_partition_((config.events < 0 ? kEndless : config.events) / config.partitions) {
  BuildTables();
}

int64_t Generator::EventCount(int64_t partition) const {
  if (partition + 1 < config_.partitions) return per_partition_;
  const int64_t all = config_.events < 0 ? kEndless : config_.events;
  return all - per_partition_ * (config_.partitions - 1);
}

int64_t Generator::TimeOf(int64_t number) const {
  // Each partition spans the whole time: its events are `partitions` times as far apart.
  const FlowInt128 us = FlowInt128{number} * config_.partitions * 1000000 / config_.rate;
  return config_.base_time_ms + static_cast<int64_t>(us / 1000);
}

Event Generator::At(int64_t partition, int64_t offset) const {
  Event event;
  const int64_t n = config_.out_of_order_group;
  const int64_t k = offset + 1;
  event.number = n == 1 ? k : k / n * n + k * 953 % n;
  event.id = 1 + partition * per_partition_ + event.number;
  const int64_t rest = event.id % total_proportion_;
  event.kind = rest < config_.person_proportion                                ? Kind::kPerson
               : rest < config_.person_proportion + config_.auction_proportion ? Kind::kAuction
                                                                               : Kind::kBid;
  event.time_ms = TimeOf(event.number);
  event.seed = flow_hash_u64(config_.seed, static_cast<uint64_t>(event.id));
  return event;
}

int64_t Generator::LastPerson(int64_t id) const {
  const int64_t epoch = id / total_proportion_;
  const int64_t rest = id % total_proportion_;
  return epoch * config_.person_proportion + std::min(rest, config_.person_proportion - 1);
}

int64_t Generator::LastAuction(int64_t id) const {
  int64_t epoch = id / total_proportion_;
  int64_t rest = id % total_proportion_ - config_.person_proportion;
  if (rest < 0) {
    --epoch;
    rest = config_.auction_proportion - 1;
  }
  return epoch * config_.auction_proportion + std::min(rest, config_.auction_proportion - 1);
}

int64_t Generator::ColdPerson(const Event& event, int tag) const {
  const int64_t people = LastPerson(event.id) + 1;
  const int64_t active = std::min(people, config_.active_people);
  return people - active + Below(Draw(event.seed, tag), active + kLead);
}

int64_t Generator::Price(const Event& event, int tag) const {
  const double u = Unit(Draw(event.seed, tag));
  return static_cast<int64_t>(std::llround(100.0 * std::pow(10.0, u * 6.0)));
}

int64_t Generator::Number(const Event& event, Field field) const {
  auto hot = [&](int tag, int64_t ratio) { return Below(Draw(event.seed, tag), ratio) > 0; };
  switch (field) {
    case Field::kEventType:
      return static_cast<int64_t>(event.kind);
    case Field::kDateTime:
    case Field::kPersonDateTime:
    case Field::kAuctionDateTime:
    case Field::kBidDateTime:
      return event.time_ms;
    case Field::kPersonId:
      return LastPerson(event.id) + kFirstPerson;
    case Field::kAuctionId:
      return LastAuction(event.id) + kFirstAuction;
    case Field::kAuctionInitialBid:
      return Price(event, kTagInitialBid);
    case Field::kAuctionReserve:
      return Price(event, kTagInitialBid) + Price(event, kTagReserve);
    case Field::kAuctionExpires: {
      const int64_t in_flight =
          config_.in_flight_auctions * total_proportion_ / config_.auction_proportion;
      const int64_t horizon = TimeOf(event.number + in_flight) - event.time_ms;
      return event.time_ms + 1 +
             Below(Draw(event.seed, kTagExpires), std::max<int64_t>(horizon * 2, 1));
    }
    case Field::kAuctionSeller: {
      const int64_t seller = hot(kTagHotSeller, config_.hot_sellers_ratio)
                                 ? LastPerson(event.id) / kHotBatch * kHotBatch
                                 : ColdPerson(event, kTagSeller);
      return seller + kFirstPerson;
    }
    case Field::kAuctionCategory:
      return kFirstCategory + Below(Draw(event.seed, kTagCategory), kCategories);
    case Field::kBidAuction: {
      const int64_t last = LastAuction(event.id);
      const int64_t oldest = std::max<int64_t>(last - config_.in_flight_auctions, 0);
      const int64_t auction =
          hot(kTagHotAuction, config_.hot_auction_ratio)
              ? last / kHotBatch * kHotBatch
              : oldest + Below(Draw(event.seed, kTagAuction), last - oldest + 1 + kLead);
      return auction + kFirstAuction;
    }
    case Field::kBidBidder: {
      const int64_t bidder = hot(kTagHotBidder, config_.hot_bidders_ratio)
                                 ? LastPerson(event.id) / kHotBatch * kHotBatch + 1
                                 : ColdPerson(event, kTagBidder);
      // Twice, as the published generator does: bidders are persons 1000 ids further on.
      return bidder + kFirstPerson + kFirstPerson;
    }
    case Field::kBidPrice:
      return Price(event, kTagPrice);
    case Field::kPersonName:
    case Field::kPersonEmailAddress:
    case Field::kPersonCreditCard:
    case Field::kPersonCity:
    case Field::kPersonState:
    case Field::kPersonExtra:
    case Field::kAuctionItemName:
    case Field::kAuctionDescription:
    case Field::kAuctionExtra:
    case Field::kBidChannel:
    case Field::kBidUrl:
    case Field::kBidExtra:
    case Field::kPerson:
    case Field::kAuction:
    case Field::kBid:
      break;
  }
  return 0;
}

const std::vector<FieldInfo>& Fields() {
  constexpr int kP = static_cast<int>(Kind::kPerson);
  constexpr int kA = static_cast<int>(Kind::kAuction);
  constexpr int kB = static_cast<int>(Kind::kBid);
  static const std::vector<FieldInfo> fields = {
      {Field::kEventType, -1, "", "event_type", Shape::kNumber},
      {Field::kDateTime, -1, "", "dateTime", Shape::kTime},
      {Field::kPerson, kP, "", "person", Shape::kRecord},
      {Field::kPersonId, kP, "person", "id", Shape::kNumber},
      {Field::kPersonName, kP, "person", "name", Shape::kText},
      {Field::kPersonEmailAddress, kP, "person", "emailAddress", Shape::kText},
      {Field::kPersonCreditCard, kP, "person", "creditCard", Shape::kText},
      {Field::kPersonCity, kP, "person", "city", Shape::kText},
      {Field::kPersonState, kP, "person", "state", Shape::kText},
      {Field::kPersonDateTime, kP, "person", "dateTime", Shape::kTime},
      {Field::kPersonExtra, kP, "person", "extra", Shape::kText},
      {Field::kAuction, kA, "", "auction", Shape::kRecord},
      {Field::kAuctionId, kA, "auction", "id", Shape::kNumber},
      {Field::kAuctionItemName, kA, "auction", "itemName", Shape::kText},
      {Field::kAuctionDescription, kA, "auction", "description", Shape::kText},
      {Field::kAuctionInitialBid, kA, "auction", "initialBid", Shape::kNumber},
      {Field::kAuctionReserve, kA, "auction", "reserve", Shape::kNumber},
      {Field::kAuctionDateTime, kA, "auction", "dateTime", Shape::kTime},
      {Field::kAuctionExpires, kA, "auction", "expires", Shape::kTime},
      {Field::kAuctionSeller, kA, "auction", "seller", Shape::kNumber},
      {Field::kAuctionCategory, kA, "auction", "category", Shape::kNumber},
      {Field::kAuctionExtra, kA, "auction", "extra", Shape::kText},
      {Field::kBid, kB, "", "bid", Shape::kRecord},
      {Field::kBidAuction, kB, "bid", "auction", Shape::kNumber},
      {Field::kBidBidder, kB, "bid", "bidder", Shape::kNumber},
      {Field::kBidPrice, kB, "bid", "price", Shape::kNumber},
      {Field::kBidChannel, kB, "bid", "channel", Shape::kText},
      {Field::kBidUrl, kB, "bid", "url", Shape::kText},
      {Field::kBidDateTime, kB, "bid", "dateTime", Shape::kTime},
      {Field::kBidExtra, kB, "bid", "extra", Shape::kText},
  };
  return fields;
}

}  // namespace flow::nexmark
