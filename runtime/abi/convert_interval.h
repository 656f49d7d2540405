// Text to INTERVAL.
#pragma once

#include "runtime/abi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif
// Amounts with their units, and at the end perhaps [-]H:MM[:SS[.ffffff]]: "1 day 2 hours", "90
// min",
// "-1 days -2:00:00", "250ms". Reads all that flow_format_interval writes.
uint8_t flow_parse_interval(const char* data, size_t size, int64_t* out);
#ifdef __cplusplus
}
#endif
