// INTERVALs from text, for CAST.
#include "runtime/abi/convert_interval.h"
#include "stdlib/native/native.h"

FLOW_FUNCTION("_parse_interval(string, boolean) -> interval", "The time that a text stands for.",
              "_parse_interval('1 day', 1 < 2)")
uint8_t flow_parse_interval_text(FlowArena*, const FlowString* text, uint8_t try_cast,
                                 int64_t* out) {
  const uint8_t code = flow_parse_interval(flow_string_data(text), text->size, out);
  return code != kFlowValue && try_cast != 0 ? uint8_t{kFlowNull} : code;
}
