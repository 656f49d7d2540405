// links: runtime/format runtime/abi
// labels: asan
// The short ways to read numbers and timestamps give what the full ones give, or nothing.
#include <gtest/gtest.h>

#include <string>

#include "runtime/abi/abi.h"
#include "runtime/abi/convert.h"
#include "runtime/format/short_text.h"

namespace flow {
namespace {

void CheckTimestamp(const std::string& text) {
  int64_t shortly = 0, fully = 0;
  if (!ReadShortTimestamp(text.data(), text.size(), &shortly)) return;
  ASSERT_EQ(flow_parse_timestamp(text.data(), text.size(), &fully), kFlowValue) << text;
  EXPECT_EQ(shortly, fully) << text;
}

TEST(ShortText, TimestampsWithAnyByteInAnyPlace) {
  for (const std::string text :
       {"2024-02-29 23:59:58", "2024-02-29T23:59:58Z", "2023-12-31 00:00:00.123",
        "2023-12-31T01:02:03.123Z", "0001-03-01T10:20:30.000456", "9999-12-31T10:20:30.654321Z"}) {
    int64_t us;
    EXPECT_TRUE(ReadShortTimestamp(text.data(), text.size(), &us)) << text;
    for (size_t at = 0; at < text.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = text;
        changed[at] = static_cast<char>(byte);
        CheckTimestamp(changed);
      }
      CheckTimestamp(text.substr(0, at));
    }
  }
}

TEST(ShortText, EveryDayOfSomeYears) {
  for (int year : {1, 4, 100, 400, 1582, 1600, 1899, 1900, 1969, 1970, 2000, 2023, 2024, 2100}) {
    for (int month = 0; month <= 13; ++month) {
      for (int day = 0; day <= 32; ++day) {
        char text[64];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT12:34:56Z", year, month, day);
        CheckTimestamp(text);
        int64_t shortly, fully;
        EXPECT_EQ(ReadShortTimestamp(text, 20, &shortly),
                  flow_parse_timestamp(text, 20, &fully) == kFlowValue)
            << text;
      }
    }
  }
}

TEST(ShortText, Numbers) {
  for (const std::string text : {"0", "-0", "7", "-12", "999999999999999999", "-999999999999999999",
                                 "1.5", "0.05", "12345678.9012345678", "-0.000000000000001"}) {
    ShortNumber number;
    ASSERT_TRUE(ReadShortNumber(text.data(), text.size(), &number)) << text;
    FlowInt128 fully = 0;
    ASSERT_EQ(flow_parse_decimal(text.data(), text.size(), 38, number.fraction, &fully),
              kFlowValue);
    EXPECT_EQ(number.integer(), static_cast<int64_t>(fully)) << text;
  }
  for (const std::string text : {"", "-", "1.", "1..5", "1e5", "1000000000000000000",
                                 "9999999999999999999", "0.1234567890123456789", "+1", " 1"}) {
    ShortNumber number;
    EXPECT_FALSE(ReadShortNumber(text.data(), text.size(), &number)) << text;
  }
}

}  // namespace
}  // namespace flow
