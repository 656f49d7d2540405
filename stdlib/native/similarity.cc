// How alike two texts are, by characters.
#include <algorithm>
#include <string>
#include <vector>

#include "stdlib/native/native.h"
#include "stdlib/utf8.h"

namespace {

// Work grows with the product of the lengths: beyond this the row is an error, not a stall.
constexpr size_t kMostCharacters = 10000;

using Characters = std::vector<uint32_t>;

// One number a character: its bytes, which for well-formed text are at most four.
bool Split(const FlowString* s, Characters* out) {
  const char* end = flow_string_data(s) + s->size;
  for (const char* p = flow_string_data(s); p < end;) {
    const char* next = flow_text::Next(p, end);
    uint32_t bytes = 0;
    for (; p < next; ++p) bytes = bytes << 8 | static_cast<unsigned char>(*p);
    out->push_back(bytes);
    if (out->size() > kMostCharacters) return false;
  }
  return true;
}

bool SplitBoth(const FlowString* a, const FlowString* b, Characters* x, Characters* y) {
  return Split(a, x) && Split(b, y);
}

double Jaro(const Characters& a, const Characters& b) {
  if (a.empty() || b.empty()) return 0;
  const size_t longest = std::max(a.size(), b.size());
  const size_t reach = longest / 2 > 0 ? longest / 2 - 1 : 0;
  std::vector<char> a_matched(a.size());
  std::vector<char> b_matched(b.size());
  double matches = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t last = std::min(b.size(), i + reach + 1);
    for (size_t j = i > reach ? i - reach : 0; j < last; ++j) {
      if (b_matched[j] != 0 || a[i] != b[j]) continue;
      a_matched[i] = b_matched[j] = 1;
      ++matches;
      break;
    }
  }
  if (matches == 0) return 0;
  size_t crossed = 0;
  for (size_t i = 0, j = 0; i < a.size(); ++i) {
    if (a_matched[i] == 0) continue;
    while (b_matched[j] == 0) ++j;
    crossed += a[i] != b[j++];
  }
  const auto transpositions = static_cast<double>(crossed / 2);
  return (matches / static_cast<double>(a.size()) + matches / static_cast<double>(b.size()) +
          (matches - transpositions) / matches) /
         3;
}

}  // namespace

FLOW_FUNCTION("levenshtein(string, string) -> int",
              "How many characters to insert, delete or exchange to get from one to the other; at "
              "most 10000 characters each.",
              "levenshtein('kitten', 'sitting')")
uint8_t flow_levenshtein(FlowArena*, const FlowString* s, const FlowString* other, int32_t* out) {
  Characters a;
  Characters b;
  if (!SplitBoth(s, other, &a, &b)) return kFlowErrArgument;
  std::vector<int32_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int32_t>(j);
  for (size_t i = 0; i < a.size(); ++i) {
    int32_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
#ifdef FLOW_MUTANT_LEVENSHTEIN_FREE_EXCHANGE
      const int32_t exchange = diagonal;
#else
      const int32_t exchange = diagonal + (a[i] != b[j]);
#endif
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchange, row[j] + 1, diagonal + 1});
    }
  }
  *out = row[b.size()];
  return kFlowValue;
}

FLOW_FUNCTION("hamming(string, string) -> int",
              "In how many places texts of the same length differ; an error if they have not.",
              "hamming('duck', 'luck')")
uint8_t flow_hamming(FlowArena*, const FlowString* s, const FlowString* other, int32_t* out) {
  Characters a;
  Characters b;
  if (!SplitBoth(s, other, &a, &b) || a.size() != b.size()) return kFlowErrArgument;
  *out = 0;
  for (size_t i = 0; i < a.size(); ++i) *out += a[i] != b[i];
  return kFlowValue;
}

FLOW_FUNCTION("jaro_similarity(string, string) -> double",
              "From 0 (nothing in common, or nothing at all) to 1 (equal), by Jaro; at most 10000 "
              "characters each.",
              "jaro_similarity('duck', 'duckdb')")
uint8_t flow_jaro_similarity(FlowArena*, const FlowString* s, const FlowString* other,
                             double* out) {
  Characters a;
  Characters b;
  if (!SplitBoth(s, other, &a, &b)) return kFlowErrArgument;
  *out = Jaro(a, b);
  return kFlowValue;
}

FLOW_FUNCTION("jaro_winkler_similarity(string, string) -> double",
              "As jaro_similarity, more if up to four first characters agree (Winkler).",
              "jaro_winkler_similarity('duck', 'duckdb')")
uint8_t flow_jaro_winkler_similarity(FlowArena*, const FlowString* s, const FlowString* other,
                                     double* out) {
  Characters a;
  Characters b;
  if (!SplitBoth(s, other, &a, &b)) return kFlowErrArgument;
  *out = Jaro(a, b);
  if (*out <= 0.7) return kFlowValue;
  size_t same = 0;
  while (same < 4 && same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  *out += static_cast<double>(same) * 0.1 * (1 - *out);
  return kFlowValue;
}
