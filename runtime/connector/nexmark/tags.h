// The random draws of an event. Their numbers are part of what a seed means: never renumber.
#pragma once

namespace flow::nexmark {

enum Tag : int {
  kTagInitialBid = 0,
  kTagReserve = 1,
  kTagExpires = 2,
  kTagHotSeller = 3,
  kTagSeller = 4,
  kTagCategory = 5,
  kTagHotAuction = 6,
  kTagAuction = 7,
  kTagHotBidder = 8,
  kTagBidder = 9,
  kTagPrice = 10,
  kTagHotChannel = 11,
  kTagChannel = 12,
  kTagExtraSize = 13,
  kTagExtraStart = 14,
  kTagFirstName = 15,
  kTagLastName = 16,
  kTagCreditCard = 17,
  kTagCity = 18,
  kTagState = 19,
  kTagChannelId = 20,
  // Strings take several draws each: from their tag on.
  kTagEmailUser = 100,
  kTagEmailHost = 200,
  kTagItemName = 300,
  kTagDescription = 400,
  kTagUrl = 500,
  kTagLetters = 1000,
};

}  // namespace flow::nexmark
