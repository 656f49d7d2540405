// The parts of a URL, as RFC 3986 divides it (its appendix B). Any text divides somehow; a part
// that is not there is NULL.
#include <string>

#include "runtime/format/utf8.h"
#include "stdlib/native/native.h"
#include "stdlib/native/percent.h"

using flow_native::Borrow;
using flow_native::Give;
using flow_native::View;

namespace {

constexpr size_t kNone = std::string_view::npos;

struct Part {
  std::string_view text;
  bool there = false;
};

struct Url {
  Part protocol, host, port, path, query, fragment;
};

Part Of(std::string_view text) { return {text, true}; }

bool IsScheme(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool letter = (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';
    const bool later =
        (text[i] >= '0' && text[i] <= '9') || text[i] == '+' || text[i] == '-' || text[i] == '.';
    if (!letter && (i == 0 || !later)) return false;
  }
  return !text.empty();
}

void SplitAuthority(std::string_view authority, Url* url) {
  const size_t user = authority.rfind('@');
  if (user != kNone) authority.remove_prefix(user + 1);
  // A colon within [...] is of an IPv6 address.
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == kNone ? 0 : bracket);
  url->host = Of(authority.substr(0, colon));
  if (colon != kNone && colon + 1 < authority.size()) url->port = Of(authority.substr(colon + 1));
}

Url Split(std::string_view text) {
  Url url;
  const size_t hash = text.find('#');
  if (hash != kNone) {
    url.fragment = Of(text.substr(hash + 1));
    text = text.substr(0, hash);
  }
  const size_t mark = text.find('?');
  if (mark != kNone) {
    url.query = Of(text.substr(mark + 1));
    text = text.substr(0, mark);
  }
  const size_t colon = text.find(':');
  if (colon != kNone && IsScheme(text.substr(0, colon))) {
    url.protocol = Of(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  if (text.substr(0, 2) == "//") {
    text.remove_prefix(2);
    const size_t slash = text.find('/');
    SplitAuthority(text.substr(0, slash), &url);
    text = slash == kNone ? std::string_view() : text.substr(slash);
  }
  url.path = Of(text);
  return url;
}

uint8_t GivePart(const Part& part, FlowString* out) {
  return part.there ? Borrow(part.text, out) : static_cast<uint8_t>(kFlowNull);
}

}  // namespace

FLOW_FUNCTION("url_extract_protocol(string) -> string", "The protocol of a URL; NULL if none.",
              "url_extract_protocol('https://example.com/a')")
uint8_t flow_url_extract_protocol(FlowArena*, const FlowString* url, FlowString* out) {
  return GivePart(Split(View(url)).protocol, out);
}

FLOW_FUNCTION("url_extract_host(string) -> string", "The host of a URL; NULL if none.",
              "url_extract_host('https://example.com:8080/a')")
uint8_t flow_url_extract_host(FlowArena*, const FlowString* url, FlowString* out) {
  return GivePart(Split(View(url)).host, out);
}

FLOW_FUNCTION("url_extract_port(string) -> int",
              "The port of a URL; NULL if none, an error if it is not a number up to 65535.",
              "url_extract_port('https://example.com:8080/a')")
uint8_t flow_url_extract_port(FlowArena*, const FlowString* url, int32_t* out) {
  const Part port = Split(View(url)).port;
  if (!port.there) return kFlowNull;
  *out = 0;
  for (char c : port.text) {
    if (c < '0' || c > '9') return kFlowErrArgument;
    *out = *out * 10 + (c - '0');
    if (*out > 65535) return kFlowErrArgument;
  }
  return kFlowValue;
}

FLOW_FUNCTION("url_extract_path(string) -> string", "The path of a URL, with its first slash.",
              "url_extract_path('https://example.com/a/b?q=1')")
uint8_t flow_url_extract_path(FlowArena*, const FlowString* url, FlowString* out) {
  return GivePart(Split(View(url)).path, out);
}

FLOW_FUNCTION("url_extract_query(string) -> string",
              "What follows the ? of a URL, up to a #; NULL if there is none.",
              "url_extract_query('https://example.com/a?q=1&r=2#top')")
uint8_t flow_url_extract_query(FlowArena*, const FlowString* url, FlowString* out) {
#ifdef FLOW_MUTANT_URL_QUERY_WITH_FRAGMENT
  const size_t mark = View(url).find('?');
  return mark == kNone ? static_cast<uint8_t>(kFlowNull) : Borrow(View(url).substr(mark + 1), out);
#endif
  return GivePart(Split(View(url)).query, out);
}

FLOW_FUNCTION("url_extract_fragment(string) -> string",
              "What follows the # of a URL; NULL if there is none.",
              "url_extract_fragment('https://example.com/a#top')")
uint8_t flow_url_extract_fragment(FlowArena*, const FlowString* url, FlowString* out) {
  return GivePart(Split(View(url)).fragment, out);
}

FLOW_FUNCTION("url_extract_parameter(string, string) -> string",
              "The decoded value of the first parameter of that name in the URL's query; NULL if "
              "there is none.",
              "url_extract_parameter('https://example.com/a?q=x+y&r=2', 'q')")
uint8_t flow_url_extract_parameter(FlowArena* arena, const FlowString* url, const FlowString* name,
                                   FlowString* out) {
  const Part query = Split(View(url)).query;
  if (!query.there) return kFlowNull;
  for (std::string_view rest = query.text;;) {
    const size_t end = rest.find('&');
    const std::string_view one = rest.substr(0, end);
    const size_t equal = one.find('=');
    if (!one.empty() && flow_native::PercentDecoded(one.substr(0, equal), true) == View(name)) {
      const std::string value = flow_native::PercentDecoded(
          equal == kNone ? std::string_view() : one.substr(equal + 1), true);
      if (!flow::IsUtf8(value.data(), value.size())) return kFlowErrCast;
      return Give(value, arena, out);
    }
    if (end == kNone) return kFlowNull;
    rest.remove_prefix(end + 1);
  }
}
