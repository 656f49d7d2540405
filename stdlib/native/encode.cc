// Bytes of a text written with fewer characters, and read again. What is read has to be UTF-8.
#include <optional>
#include <string>

#include "runtime/format/base64.h"
#include "runtime/format/utf8.h"
#include "stdlib/native/native.h"
#include "stdlib/native/percent.h"

using flow_native::Give;
using flow_native::View;

namespace {

uint8_t GiveText(const std::string& bytes, FlowArena* arena, FlowString* out) {
  if (!flow::IsUtf8(bytes.data(), bytes.size())) return kFlowErrCast;
  return Give(bytes, arena, out);
}

}  // namespace

FLOW_FUNCTION("to_base64(string) -> string", "Its bytes in base64 (RFC 4648, with padding).",
              "to_base64('hello')")
uint8_t flow_to_base64(FlowArena* arena, const FlowString* s, FlowString* out) {
  return Give(flow::Base64(std::string(View(s))), arena, out);
}

FLOW_FUNCTION("from_base64(string) -> string",
              "The text that is written in base64; an error if it is none, or not UTF-8.",
              "from_base64('aGVsbG8=')")
uint8_t flow_from_base64(FlowArena* arena, const FlowString* s, FlowString* out) {
  const std::optional<std::string> bytes = flow::FromBase64(std::string(View(s)));
  return bytes.has_value() ? GiveText(*bytes, arena, out) : static_cast<uint8_t>(kFlowErrCast);
}

FLOW_FUNCTION("hex(string) -> string", "Its bytes in hexadecimal, in upper case.", "hex('hello')")
uint8_t flow_hex(FlowArena* arena, const FlowString* s, FlowString* out) {
  std::string text;
  text.reserve(2 * static_cast<size_t>(s->size));
  for (char c : View(s)) {
    text += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
  }
  return Give(text, arena, out);
}

FLOW_FUNCTION("unhex(string) -> string",
              "The text whose bytes are written in hexadecimal; an error if it is none, or not "
              "UTF-8.",
              "unhex('68656C6C6F')")
uint8_t flow_unhex(FlowArena* arena, const FlowString* s, FlowString* out) {
  const std::string_view text = View(s);
  std::string bytes;
  bytes.reserve(text.size() / 2 + 1);
  if (text.size() % 2 != 0) return kFlowErrCast;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = flow_native::HexDigit(text[i]);
    const int low = flow_native::HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return kFlowErrCast;
    bytes += static_cast<char>(high << 4 | low);
  }
  return GiveText(bytes, arena, out);
}

FLOW_FUNCTION("url_encode(string) -> string",
              "With %XX for every byte but letters, digits and - _ . ~.", "url_encode('a b/c')")
uint8_t flow_url_encode(FlowArena* arena, const FlowString* s, FlowString* out) {
  std::string text;
  for (char c : View(s)) {
    const bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      text += c;
      continue;
    }
    text += '%';
    text += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
  }
  return Give(text, arena, out);
}

FLOW_FUNCTION("url_decode(string) -> string",
              "With every %XX as the byte that it stands for; an error if that is not UTF-8.",
              "url_decode('a%20b%2Fc')")
uint8_t flow_url_decode(FlowArena* arena, const FlowString* s, FlowString* out) {
  return GiveText(flow_native::PercentDecoded(View(s), false), arena, out);
}

FLOW_ALIAS("base64", "to_base64");

FLOW_FUNCTION("to_base64(bytes) -> string", "The bytes in base64 (RFC 4648, with padding).",
              "to_base64(X'00ff')")
uint8_t flow_bytes_to_base64(FlowArena* arena, const FlowString* s, FlowString* out) {
  return flow_to_base64(arena, s, out);
}

FLOW_FUNCTION("hex(bytes) -> string", "The bytes in hexadecimal, in upper case.", "hex(X'00ff')")
uint8_t flow_bytes_hex(FlowArena* arena, const FlowString* s, FlowString* out) {
  return flow_hex(arena, s, out);
}
