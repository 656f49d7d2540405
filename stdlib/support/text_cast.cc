// Casts from and to text, by runtime/abi/convert.h.
#include "runtime/abi/convert.h"

#include "stdlib/support/support.h"

namespace {

void Keep(FlowArena* arena, const char* text, size_t size, FlowString* out) {
  flow_string_copy(out, text, static_cast<uint32_t>(size), arena);
}

}  // namespace

FLOW_LARGE uint8_t flow_op_parse_boolean(const FlowString* s, uint8_t* out) {
  return flow_parse_boolean(flow_string_data(s), s->size, out);
}
FLOW_LARGE uint8_t flow_op_parse_int(const FlowString* s, int32_t* out) {
  return flow_parse_int(flow_string_data(s), s->size, out);
}
FLOW_LARGE uint8_t flow_op_parse_bigint(const FlowString* s, int64_t* out) {
  return flow_parse_bigint(flow_string_data(s), s->size, out);
}
FLOW_LARGE uint8_t flow_op_parse_double(const FlowString* s, double* out) {
  return flow_parse_double(flow_string_data(s), s->size, out);
}
FLOW_LARGE uint8_t flow_op_parse_decimal(const FlowString* s, int32_t precision, int32_t scale,
                                         FlowInt128* out) {
  return flow_parse_decimal(flow_string_data(s), s->size, precision, scale, out);
}
FLOW_LARGE uint8_t flow_op_parse_date(const FlowString* s, int32_t* out) {
  return flow_parse_date(flow_string_data(s), s->size, out);
}
FLOW_LARGE uint8_t flow_op_parse_timestamp(const FlowString* s, int64_t* out) {
  return flow_parse_timestamp(flow_string_data(s), s->size, out);
}

FLOW_LARGE void flow_op_format_boolean(uint8_t value, FlowString* out) {
  flow_string_set(out, value != 0 ? "true" : "false", value != 0 ? 4 : 5);
}
FLOW_LARGE void flow_op_format_bigint(FlowArena* arena, int64_t value, FlowString* out) {
  char text[kFlowTextMax];
  Keep(arena, text, flow_format_bigint(value, text), out);
}
FLOW_LARGE void flow_op_format_double(FlowArena* arena, double value, FlowString* out) {
  char text[kFlowTextMax];
  Keep(arena, text, flow_format_double(value, text), out);
}
FLOW_LARGE void flow_op_format_decimal(FlowArena* arena, const FlowInt128* value, int32_t scale,
                                       FlowString* out) {
  char text[kFlowTextMax];
  Keep(arena, text, flow_format_decimal(*value, scale, text), out);
}
FLOW_LARGE void flow_op_format_date(FlowArena* arena, int32_t value, FlowString* out) {
  char text[kFlowTextMax];
  Keep(arena, text, flow_format_date(value, text), out);
}
FLOW_LARGE void flow_op_format_timestamp(FlowArena* arena, int64_t value, FlowString* out) {
  char text[kFlowTextMax];
  Keep(arena, text, flow_format_timestamp(value, text), out);
}
FLOW_LARGE void flow_op_format_interval(FlowArena* arena, int64_t value, FlowString* out) {
  char text[kFlowTextMax];
  Keep(arena, text, flow_format_interval(value, text), out);
}
