// Gives the texts of Generator, and its events as JSON.
#include <cmath>
#include <cstdlib>

#include "runtime/abi/convert.h"
#include "runtime/connector/nexmark/generator.h"
#include "runtime/connector/nexmark/random.h"
#include "runtime/connector/nexmark/tags.h"

namespace flow::nexmark {

namespace {

constexpr int64_t kLetters = int64_t{1} << 20;
constexpr int64_t kHotChannels = 4;
constexpr int64_t kColdChannels = 10000;

constexpr const char* kFirstNames[] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                       "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
constexpr const char* kLastNames[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                      "Walton", "Smith",  "Jones",   "Noris"};
constexpr const char* kCities[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                   "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
constexpr const char* kStates[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr const char* kHotNames[kHotChannels] = {"Google", "Facebook", "Baidu", "Apple"};

template <size_t n>
const char* Choose(const char* const (&list)[n], uint64_t bits) {
  return list[Below(bits, static_cast<int64_t>(n))];
}

std::string Url(uint64_t seed) {
  std::string url = "https://www.nexmark.com/";
  for (int part = 0; part < 3; ++part) {
    AppendString(seed, kTagUrl + part * 10, 5, '_', &url);
    url += '/';
  }
  return url + "item.htm?query=1";
}

uint32_t ReverseBits(uint32_t v) {
  uint32_t out = 0;
  for (int i = 0; i < 32; ++i, v >>= 1) out = out << 1 | (v & 1);
  return out;
}

}  // namespace

void AppendString(uint64_t seed, int tag, int64_t limit, char special, std::string* out) {
  int64_t size = 3 + Below(Draw(seed, tag), limit - 3);
  const size_t start = out->size();
  uint64_t bits = 0;
  for (int64_t i = 0; i < size; ++i) {
    if (i % 4 == 0) bits = Draw(seed, tag + 1 + static_cast<int>(i / 4));
    const uint64_t x = (bits & 0xFFFF) * (13 * 26) >> 16;
    bits >>= 16;
    *out += x < 26 ? special : static_cast<char>('a' + x % 26);
  }
  while (out->size() > start && out->back() == ' ') out->pop_back();
  const size_t first = out->find_first_not_of(' ', start);
  if (first != std::string::npos) out->erase(start, first - start);
}

void Generator::BuildTables() {
  letters_.resize(static_cast<size_t>(kLetters));
  for (int64_t i = 0; i < kLetters; i += 8) {
    uint64_t bits = Draw(config_.seed, kTagLetters + static_cast<int>(i / 8));
    for (int64_t j = 0; j < 8; ++j, bits >>= 8) {
      letters_[static_cast<size_t>(i + j)] = static_cast<char>('a' + ((bits & 0xFF) * 26 >> 8));
    }
  }
  for (int64_t i = 0; i < kHotChannels; ++i) {
    channels_.emplace_back(kHotNames[i]);
    urls_.push_back(Url(flow_hash_u64(config_.seed, ~static_cast<uint64_t>(i))));
  }
  for (int64_t i = 0; i < kColdChannels; ++i) {
    const uint64_t seed = flow_hash_u64(config_.seed, ~static_cast<uint64_t>(i + kHotChannels));
    channels_.push_back("channel-" + std::to_string(i));
    urls_.push_back(Url(seed));
    if (Below(Draw(seed, kTagChannelId), 10) > 0) {
      const int64_t id = static_cast<int32_t>(ReverseBits(static_cast<uint32_t>(i)));
      urls_.back() += "&channel_id=" + std::to_string(std::abs(id));
    }
  }
}

int64_t Generator::Channel(const Event& event) const {
  if (Below(Draw(event.seed, kTagHotChannel), 2) > 0) {
    return Below(Draw(event.seed, kTagChannel), kHotChannels);
  }
  return kHotChannels + Below(Draw(event.seed, kTagChannel), kColdChannels);
}

// Letters that bring a record to about its size: `rest` is what is missing.
std::string_view Generator::Extra(const Event& event, int64_t rest) const {
  if (rest < 0) return {};
  const int64_t delta = std::llround(0.2 * static_cast<double>(rest));
  int64_t size = rest - delta;
  if (delta > 0) size += Below(Draw(event.seed, kTagExtraSize), 2 * delta);
  if (size > kLetters) size = kLetters;
  const int64_t start = Below(Draw(event.seed, kTagExtraStart), kLetters - size + 1);
  return std::string_view(letters_).substr(static_cast<size_t>(start), static_cast<size_t>(size));
}

std::string Generator::Name(const Event& event) const {
  return std::string(Choose(kFirstNames, Draw(event.seed, kTagFirstName))) + " " +
         Choose(kLastNames, Draw(event.seed, kTagLastName));
}

std::string Generator::Email(const Event& event) const {
  std::string email;
  AppendString(event.seed, kTagEmailUser, 7, ' ', &email);
  email += '@';
  AppendString(event.seed, kTagEmailHost, 5, ' ', &email);
  return email + ".com";
}

std::string_view Generator::Text(const Event& event, Field field, std::string* scratch) const {
  auto size_of = [&](Field f) { return static_cast<int64_t>(Text(event, f, scratch).size()); };
  switch (field) {
    case Field::kPersonName:
      *scratch = Name(event);
      return *scratch;
    case Field::kPersonEmailAddress:
      *scratch = Email(event);
      return *scratch;
    case Field::kPersonCreditCard: {
      uint64_t bits = Draw(event.seed, kTagCreditCard);
      scratch->clear();
      for (int group = 0; group < 4; ++group, bits >>= 16) {
        if (group > 0) *scratch += ' ';
        const std::string digits = std::to_string((bits & 0xFFFF) * 10000 >> 16);
        scratch->append(4 - digits.size(), '0');
        *scratch += digits;
      }
      return *scratch;
    }
    case Field::kPersonCity:
      return Choose(kCities, Draw(event.seed, kTagCity));
    case Field::kPersonState:
      return Choose(kStates, Draw(event.seed, kTagState));
    case Field::kPersonExtra:
      return Extra(event, config_.person_bytes - 8 - size_of(Field::kPersonName) -
                              size_of(Field::kPersonEmailAddress) -
                              size_of(Field::kPersonCreditCard) - size_of(Field::kPersonCity) -
                              size_of(Field::kPersonState));
    case Field::kAuctionItemName:
      scratch->clear();
      AppendString(event.seed, kTagItemName, 20, ' ', scratch);
      return *scratch;
    case Field::kAuctionDescription:
      scratch->clear();
      AppendString(event.seed, kTagDescription, 100, ' ', scratch);
      return *scratch;
    case Field::kAuctionExtra:
      return Extra(event, config_.auction_bytes - 48 - size_of(Field::kAuctionItemName) -
                              size_of(Field::kAuctionDescription));
    case Field::kBidChannel:
      return channels_[static_cast<size_t>(Channel(event))];
    case Field::kBidUrl:
      return urls_[static_cast<size_t>(Channel(event))];
    case Field::kBidExtra:
      return Extra(event, config_.bid_bytes - 32);
    case Field::kEventType:
    case Field::kDateTime:
    case Field::kPersonId:
    case Field::kPersonDateTime:
    case Field::kAuctionId:
    case Field::kAuctionInitialBid:
    case Field::kAuctionReserve:
    case Field::kAuctionDateTime:
    case Field::kAuctionExpires:
    case Field::kAuctionSeller:
    case Field::kAuctionCategory:
    case Field::kBidAuction:
    case Field::kBidBidder:
    case Field::kBidPrice:
    case Field::kBidDateTime:
    case Field::kPerson:
    case Field::kAuction:
    case Field::kBid:
      break;
  }
  return {};
}

void AppendTime(int64_t ms, std::string* out) {
  char text[kFlowTextMax];
  const size_t size = flow_format_timestamp(ms * 1000, text);
  out->append(text, size);
  if (ms % 1000 == 0) *out += ".000";
}

std::string Generator::Json(const Event& event) const {
  std::string out = "{\"event_type\":" + std::to_string(static_cast<int>(event.kind));
  std::string scratch;
  bool open = false;   // within the record
  bool first = false;  // nothing in it yet
  for (const FieldInfo& info : Fields()) {
    if (info.field == Field::kEventType || info.field == Field::kDateTime) continue;
    if (info.shape == Shape::kRecord) {
      if (open) out += '}';
      open = info.kind == static_cast<int>(event.kind);
      first = true;
      out += std::string(",\"") + info.name + (open ? "\":{" : "\":null");
      continue;
    }
    if (!open) continue;
    if (!first) out += ',';
    first = false;
    out += std::string("\"") + info.name + "\":";
    switch (info.shape) {
      case Shape::kNumber:
        out += std::to_string(Number(event, info.field));
        break;
      case Shape::kTime:
        out += '"';
        AppendTime(Number(event, info.field), &out);
        out += '"';
        break;
      case Shape::kText:
        // Letters, blanks and a few marks: nothing that JSON escapes.
        out += '"';
        out += Text(event, info.field, &scratch);
        out += '"';
        break;
      case Shape::kRecord:
        break;
    }
  }
  if (open) out += '}';
  return out + "}";
}

}  // namespace flow::nexmark
