// BYTES: parts of them, and texts that stand for them.
#include <algorithm>
#include <optional>
#include <string>

#include "runtime/format/base64.h"
#include "runtime/format/nested.h"
#include "runtime/format/utf8.h"
#include "stdlib/native/native.h"

using flow_native::Give;
using flow_native::View;

namespace {

// So many bytes from one on, the first being 1; what is outside is left out.
uint8_t Slice(const FlowString* s, int64_t from, int64_t end, FlowArena* arena, FlowString* out) {
  const auto size = static_cast<int64_t>(s->size);
  from = std::clamp<int64_t>(from, 1, size + 1);
  end = std::clamp<int64_t>(end, from, size + 1);
  return Give(View(s).substr(static_cast<size_t>(from - 1), static_cast<size_t>(end - from)), arena,
              out);
}

uint8_t GiveUtf8(std::string_view bytes, FlowArena* arena, FlowString* out) {
  if (!flow::IsUtf8(bytes.data(), bytes.size())) return kFlowErrCast;
  return Give(bytes, arena, out);
}

}  // namespace

FLOW_FUNCTION("octet_length(bytes) -> int", "How many bytes.", "octet_length(X'00ff')")
uint8_t flow_bytes_octet_length(FlowArena*, const FlowString* s, int32_t* out) {
  *out = static_cast<int32_t>(s->size);
  return kFlowValue;
}

FLOW_FUNCTION("length(bytes) -> int", "How many bytes.", "length(X'00ff')")
uint8_t flow_bytes_length(FlowArena*, const FlowString* s, int32_t* out) {
  *out = static_cast<int32_t>(s->size);
  return kFlowValue;
}

FLOW_FUNCTION("substring(bytes, int) -> bytes", "From a byte on; the first one is 1.",
              "substring(X'00ff10', 2)")
uint8_t flow_bytes_substring_from(FlowArena* arena, const FlowString* s, int32_t from,
                                  FlowString* out) {
  return Slice(s, from, static_cast<int64_t>(s->size) + 1, arena, out);
}

FLOW_FUNCTION("substring(bytes, int, int) -> bytes",
              "So many bytes from one on; the first one is 1.", "substring(X'00ff10', 2, 1)")
uint8_t flow_bytes_substring(FlowArena* arena, const FlowString* s, int32_t from, int32_t count,
                             FlowString* out) {
  if (count < 0) return kFlowErrArgument;
  return Slice(s, from, static_cast<int64_t>(from) + count, arena, out);
}

FLOW_FUNCTION("concat(bytes, bytes) -> bytes", "One after the other, as ||.",
              "concat(X'00', X'ff')")
uint8_t flow_bytes_concat(FlowArena* arena, const FlowString* a, const FlowString* b,
                          FlowString* out) {
  return Give(std::string(View(a)) + std::string(View(b)), arena, out);
}

FLOW_FUNCTION("encode(string) -> bytes", "The bytes of a text.", "encode('abc')")
uint8_t flow_encode(FlowArena* arena, const FlowString* s, FlowString* out) {
  return Give(View(s), arena, out);
}

FLOW_FUNCTION("decode(bytes) -> string",
              "The text that has these bytes; an error if it is no UTF-8.", "decode(X'616263')")
uint8_t flow_decode(FlowArena* arena, const FlowString* s, FlowString* out) {
  return GiveUtf8(View(s), arena, out);
}

FLOW_FUNCTION("encode(bytes, string) -> string", "The bytes as text: in 'hex' or 'base64'.",
              "encode(X'00ff', 'base64')")
uint8_t flow_encode_as(FlowArena* arena, const FlowString* s, const FlowString* format,
                       FlowString* out) {
  if (View(format) == "base64") return Give(flow::Base64(std::string(View(s))), arena, out);
  if (View(format) != "hex") return kFlowErrArgument;
  std::string text;
  flow::AppendNestedText(flow::TypeKind::kBytes, View(s), &text);
  return Give(std::string_view(text).substr(2), arena, out);
}

FLOW_FUNCTION("decode(string, string) -> bytes",
              "The bytes that a text in 'hex' or 'base64' means.", "decode('00ff', 'hex')")
uint8_t flow_decode_as(FlowArena* arena, const FlowString* s, const FlowString* format,
                       FlowString* out) {
  std::string bytes;
  if (View(format) == "base64") {
    std::optional<std::string> read = flow::FromBase64(std::string(View(s)));
    return read.has_value() ? Give(*read, arena, out) : uint8_t{kFlowErrCast};
  }
  if (View(format) != "hex") return kFlowErrArgument;
  const std::string text = "\\x" + std::string(View(s));
  const bool ok =
      flow::ReadNested(flow::TypeKind::kBytes, flow::TimestampUnit::kMillis, text, false, &bytes);
  return ok ? Give(bytes, arena, out) : uint8_t{kFlowErrCast};
}
