// Parsing of frontiers.
#include "runtime/time/frontier.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace flow {

namespace {
bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}
}  // namespace

Result<std::vector<FrontierTerm>> ParseFrontier(const std::string& text) {
  constexpr const char* kHint = "write NAME:PARTITION=OFFSET,... or FILE=BYTES,...";
  std::vector<FrontierTerm> terms;
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = std::min(text.find(',', begin), text.size());
    std::string term = text.substr(begin, end - begin);
    begin = end + 1;
    size_t equals = term.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      return UserError("`" + term + "` is not a term of a frontier", kHint);
    }
    FrontierTerm out;
    std::string_view number = std::string_view(term).substr(equals + 1);
    auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), out.offset);
    if (error != std::errc() || rest != number.data() + number.size() || out.offset < 0) {
      return UserError("`" + std::string(number) + "` in `" + term + "` is not an offset", kHint);
    }
    out.name = term.substr(0, equals);
    size_t colon = out.name.rfind(':');
    if (colon != std::string::npos && IsNumber(std::string_view(out.name).substr(colon + 1))) {
      out.partition = out.name.substr(colon + 1);
      out.name.resize(colon);
    } else if (IsNumber(out.name) && !terms.empty() && !terms.back().partition.empty()) {
      // clicks:0=12,1=7: a bare number is a partition of the source named before.
      out.partition = out.name;
      out.name = terms.back().name;
    }
    terms.push_back(std::move(out));
  }
  return terms;
}

bool LooksLikeTime(const std::string& text) {
  return text.size() >= 10 && text[4] == '-' && text[7] == '-' &&
         IsNumber(std::string_view(text).substr(0, 4)) && text.find('=') == std::string::npos;
}

}  // namespace flow
