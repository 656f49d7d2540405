// Text to values and back: casts, decoders, encoders and literals all use these, so that they
// agree. C functions: the standard library and generated code call them by symbol.
#pragma once

#include "runtime/abi/abi.h"

#ifdef __cplusplus
extern "C" {
#endif
// Each returns kFlowValue, or kFlowErrCast (not such a text), kFlowErrOutOfRange. Blanks around the
// text are allowed, as in PostgreSQL.
// t true y yes on 1, f false n no off 0, and prefixes that name one of them.
uint8_t flow_parse_boolean(const char* text, size_t size, uint8_t* out);
uint8_t flow_parse_int(const char* text, size_t size, int32_t* out);
uint8_t flow_parse_bigint(const char* text, size_t size, int64_t* out);
uint8_t flow_parse_double(const char* text, size_t size, double* out);  // also NaN, Infinity
// Rounds half away from zero to `scale`; kFlowErrOverflow past `precision` digits. Accepts 1e3.
uint8_t flow_parse_decimal(const char* text, size_t size, int32_t precision, int32_t scale,
                           FlowInt128* out);
uint8_t flow_parse_date(const char* text, size_t size, int32_t* out);  // 2026-01-31
// 2026-01-31, 2026-01-31 10:00[:00[.123456]], T instead of the blank, Z or +02[:00] applied; UTC.
// More than six fraction digits are rounded. Years 0001 to 9999.
uint8_t flow_parse_timestamp(const char* text, size_t size, int64_t* out);

// Each writes at most kFlowTextMax bytes without a terminator and returns how many.
enum { kFlowTextMax = 64 };
size_t flow_format_bigint(int64_t value, char* out);
size_t flow_format_double(double value, char* out);  // shortest round trip; NaN, Infinity
size_t flow_format_decimal(FlowInt128 unscaled, int32_t scale, char* out);
size_t flow_format_date(int32_t days, char* out);         // 2026-01-31
size_t flow_format_timestamp(int64_t us, char* out);      // 2026-01-31 10:00:00[.123[456]]
size_t flow_format_timestamp_iso(int64_t us, char* out);  // 2026-01-31T10:00:00[.123[456]]Z
size_t flow_format_interval(int64_t us, char* out);  // [-]H:MM:SS[.ffffff], with "N days " first

// DOUBLE and DECIMAL into each other. To DECIMAL as PostgreSQL: the 15 significant digits that a
// double is sure to have, rounded half away from zero to `scale`; NaN and infinities are
// kFlowErrOutOfRange, more than `precision` digits kFlowErrOverflow. To DOUBLE: the nearest.
uint8_t flow_decimal_from_double(double value, int32_t precision, int32_t scale, FlowInt128* out);
double flow_decimal_to_double(FlowInt128 unscaled, int32_t scale);
// Another scale, rounded half away from zero; kFlowErrOverflow past `precision` digits.
uint8_t flow_decimal_rescale(FlowInt128 unscaled, int32_t from_scale, int32_t precision,
                             int32_t to_scale, FlowInt128* out);

// Civil dates (proleptic Gregorian), days since 1970-01-01.
void flow_civil_from_days(int32_t days, int32_t* year, int32_t* month, int32_t* day);
int32_t flow_days_from_civil(int32_t year, int32_t month, int32_t day);

// 10^n for n in [0, 38].
FlowInt128 flow_pow10(int32_t n);
#ifdef __cplusplus
}
#endif

// The least and greatest DATE and TIMESTAMP: years 0001 to 9999.
#define FLOW_DATE_MIN (-719162)
#define FLOW_DATE_MAX 2932896
#define FLOW_TIMESTAMP_MIN (-62135596800000000ll)
#define FLOW_TIMESTAMP_MAX 253402300799999999ll
