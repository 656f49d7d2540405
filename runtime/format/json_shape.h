// The shape of a JSON record: the texts between its values, and what becomes of each value.
//
// Records of one log look alike. So the last record that was parsed is remembered as one list of
// steps, whatever its nesting, and the next one is compared with it: text, value, text, value. The
// shape is only a guess, for every byte of the texts is compared, and of the values everything is
// checked: a record that looks different is parsed as if there were no shape.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace flow {

struct JsonShape {
  // What is tried first with a value; what else it may be is for the parser.
  enum class Take : uint8_t { kAnything, kNothing, kBigint, kNumber, kString, kTimestamp };

  struct Step {
    static constexpr size_t kBytes = 48;
    char bytes[kBytes];  // the text before the value; zeros behind it
    uint32_t size;
    uint32_t mask;   // the first 16 bytes that count
    int32_t node;    // of the value in the decoder's trie; -1: nobody wants it
    int32_t depth;   // how many containers are around it
    int32_t column;  // that it is for alone; -1: it is none
    Take take;
  };
  static constexpr size_t kMostSteps = 64;

  std::vector<Step> steps;
  std::string tail;  // behind the last value

  void Clear() {
    steps.clear();
    tail.clear();
  }
  // False: there is no room for it.
  bool Add(std::string_view text, int node, int depth, Take take, int column) {
    if (steps.size() == kMostSteps || text.size() > Step::kBytes) return false;
    Step step{};
    std::memcpy(step.bytes, text.data(), text.size());
    step.size = static_cast<uint32_t>(text.size());
    step.mask = text.size() >= 16 ? 0xFFFF : (1u << text.size()) - 1;
    step.node = node;
    step.depth = depth;
    step.take = take;
    step.column = column;
    steps.push_back(step);
    return true;
  }
};

}  // namespace flow
