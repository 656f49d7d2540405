// Gives flow_parse_interval.
#include "runtime/abi/convert_interval.h"

#include "runtime/abi/convert_text.h"
#include "runtime/abi/error_code.h"

namespace {

using flow::abi::IsBlank;
using flow::abi::IsDigit;
using flow::abi::Text;
using flow::abi::ToLower;
using flow::abi::TrimLeft;

constexpr int64_t kIntervalSecond = 1'000'000;
constexpr int64_t kIntervalHour = 3600 * kIntervalSecond;

struct IntervalUnit {
  Text name;
  int64_t us;
};
constexpr IntervalUnit kIntervalUnits[] = {{"us", 1},
                                           {"microsecond", 1},
                                           {"ms", 1000},
                                           {"millisecond", 1000},
                                           {"s", kIntervalSecond},
                                           {"sec", kIntervalSecond},
                                           {"second", kIntervalSecond},
                                           {"m", 60 * kIntervalSecond},
                                           {"min", 60 * kIntervalSecond},
                                           {"minute", 60 * kIntervalSecond},
                                           {"h", kIntervalHour},
                                           {"hour", kIntervalHour},
                                           {"d", 24 * kIntervalHour},
                                           {"day", 24 * kIntervalHour},
                                           {"w", 168 * kIntervalHour},
                                           {"week", 168 * kIntervalHour}};

bool TakeDigits(Text* text, FlowInt128* value) {
  if (text->empty() || !IsDigit(text->front())) return false;
  for (*value = 0; !text->empty() && IsDigit(text->front()); text->remove_prefix(1)) {
    if (*value < static_cast<FlowInt128>(1) << 80) *value = *value * 10 + (text->front() - '0');
  }
  return true;
}

// The unit at the front, also in the plural; 0: it is none.
int64_t TakeUnit(Text* text) {
  size_t size = 0;
  char word[16];
  while (size < text->size() && !IsBlank((*text)[size]) && size + 1 < sizeof word) {
    word[size] = ToLower((*text)[size]);
    ++size;
  }
  for (const IntervalUnit& unit : kIntervalUnits) {
    const bool plural = size == unit.name.size() + 1 && size > 3 && word[size - 1] == 's';
    if (Text(word, plural ? size - 1 : size) != unit.name) continue;
    text->remove_prefix(size);
    return unit.us;
  }
  return 0;
}

// What follows the hours: MM[:SS[.ffffff]].
bool TakeRest(Text* text, FlowInt128* us) {
  int64_t unit = 60 * kIntervalSecond;
  for (int part = 0; part < 2; ++part, unit /= 60) {
    if (text->size() < 2 || !IsDigit((*text)[0]) || !IsDigit((*text)[1])) return false;
    const int value = ((*text)[0] - '0') * 10 + ((*text)[1] - '0');
    if (value > 59) return false;
    *us += value * unit;
    text->remove_prefix(2);
    if (text->empty()) return true;
    if (text->front() != (part == 0 ? ':' : '.')) return false;
    text->remove_prefix(1);
  }
  if (text->empty() || text->size() > 6) return false;
  for (int64_t digit = kIntervalSecond / 10; !text->empty(); digit /= 10) {
    if (!IsDigit(text->front())) return false;
    *us += (text->front() - '0') * digit;
    text->remove_prefix(1);
  }
  return true;
}

}  // namespace

extern "C" uint8_t flow_parse_interval(const char* data, size_t size, int64_t* out) {
  Text text = flow::abi::Trim(data, size);
  if (text.empty()) return kFlowErrCast;
  FlowInt128 sum = 0;
  while (!text.empty()) {
    const bool negative = text.front() == '-';
    if (negative || text.front() == '+') text.remove_prefix(1);
    FlowInt128 amount = 0;
    if (!TakeDigits(&text, &amount)) return kFlowErrCast;
    FlowInt128 us = 0;
    if (!text.empty() && text.front() == ':') {
      text.remove_prefix(1);
      us = amount * kIntervalHour;
      if (!TakeRest(&text, &us)) return kFlowErrCast;
    } else {
      text = TrimLeft(text);
      const int64_t unit = TakeUnit(&text);
      if (unit == 0) return kFlowErrCast;
      us = amount * unit;
      text = TrimLeft(text);
    }
    sum += negative ? -us : us;
    if (sum != static_cast<int64_t>(sum)) return kFlowErrOutOfRange;
  }
  *out = static_cast<int64_t>(sum);
  return kFlowValue;
}
