// What generated code calls for operators that are too large to emit: decimals, casts, strings,
// hashes and the accumulators of aggregates. Built natively and to bitcode like the functions.
//
// Functions that can fail return a cell status: kFlowValue or an error code. Values of 16 bytes are
// passed by address. Every function here is listed in FLOW_SUPPORT_FUNCTIONS; the code generator
// knows their types from its own declarations, and a test compares the two.
#pragma once

#include "runtime/abi/abi.h"
#include "runtime/abi/compact_sum.h"
#include "runtime/abi/exact_sum.h"
#include "stdlib/function.h"

extern "C" {
// Strings.
uint8_t flow_op_string_equal(const FlowString* a, const FlowString* b);
int32_t flow_op_string_compare(const FlowString* a, const FlowString* b);
// Is the string one of `count` in ascending order?
uint8_t flow_op_string_in(const FlowString* s, const FlowString* list, int32_t count);
void flow_op_string_copy(FlowString* out, const FlowString* s, FlowArena* arena);

// Hashes of keys, see runtime/abi/hash.h.
uint64_t flow_op_hash_null(uint64_t h);
uint64_t flow_op_hash_u64(uint64_t h, uint64_t v);
uint64_t flow_op_hash_i128(uint64_t h, const FlowInt128* v);
uint64_t flow_op_hash_string(uint64_t h, const FlowString* s);
uint64_t flow_op_hash_double(uint64_t h, double d);

// Decimals: unscaled values below 10^38 in magnitude.
uint8_t flow_op_decimal_mul(const FlowInt128* a, const FlowInt128* b, FlowInt128* out);
// a * 10^shift / b, rounded half away from zero.
uint8_t flow_op_decimal_div(const FlowInt128* a, const FlowInt128* b, int32_t shift,
                            FlowInt128* out);
uint8_t flow_op_decimal_mod(const FlowInt128* a, const FlowInt128* b, FlowInt128* out);
// From one scale to another, rounded half away from zero; overflow at 10^precision.
uint8_t flow_op_decimal_rescale(const FlowInt128* a, int32_t from_scale, int32_t to_scale,
                                int32_t precision, FlowInt128* out);

// Casts between numbers.
uint8_t flow_op_double_to_int(double d, int32_t* out);
uint8_t flow_op_double_to_bigint(double d, int64_t* out);
uint8_t flow_op_double_to_decimal(double d, int32_t precision, int32_t scale, FlowInt128* out);
double flow_op_decimal_to_double(const FlowInt128* a, int32_t scale);
uint8_t flow_op_decimal_to_int(const FlowInt128* a, int32_t scale, int32_t* out);
uint8_t flow_op_decimal_to_bigint(const FlowInt128* a, int32_t scale, int64_t* out);

// Casts from and to text.
uint8_t flow_op_parse_boolean(const FlowString* s, uint8_t* out);
uint8_t flow_op_parse_int(const FlowString* s, int32_t* out);
uint8_t flow_op_parse_bigint(const FlowString* s, int64_t* out);
uint8_t flow_op_parse_double(const FlowString* s, double* out);
uint8_t flow_op_parse_decimal(const FlowString* s, int32_t precision, int32_t scale,
                              FlowInt128* out);
uint8_t flow_op_parse_date(const FlowString* s, int32_t* out);
uint8_t flow_op_parse_timestamp(const FlowString* s, int64_t* out);
void flow_op_format_boolean(uint8_t value, FlowString* out);
void flow_op_format_bigint(FlowArena* arena, int64_t value, FlowString* out);
void flow_op_format_double(FlowArena* arena, double value, FlowString* out);
void flow_op_format_decimal(FlowArena* arena, const FlowInt128* value, int32_t scale,
                            FlowString* out);
void flow_op_format_date(FlowArena* arena, int32_t value, FlowString* out);
void flow_op_format_timestamp(FlowArena* arena, int64_t value, FlowString* out);
void flow_op_format_interval(FlowArena* arena, int64_t value, FlowString* out);

// Accumulators in cells of 8 and 16 bytes, see runtime/abi/compact_sum.h and exact_sum.h.
void flow_op_sum64_add(void* sum, const FlowInt128* value, int64_t weight, FlowArena* arena);
void flow_op_sum64_merge(void* sum, const void* other, FlowArena* arena);
uint8_t flow_op_sum64_finish(const void* sum, FlowInt128* out);
// sum * 10^shift / count, rounded half away from zero.
uint8_t flow_op_sum64_average(const void* sum, int64_t count, int32_t shift, FlowInt128* out);
void flow_op_sum64_free(void* sum);
void flow_op_sum128_add(void* sum, const FlowInt128* value, int64_t weight, FlowArena* arena);
void flow_op_sum128_merge(void* sum, const void* other, FlowArena* arena);
uint8_t flow_op_sum128_finish(const void* sum, FlowInt128* out);
uint8_t flow_op_sum128_average(const void* sum, int64_t count, int32_t shift, FlowInt128* out);
void flow_op_sum128_free(void* sum);
// A finite multiset of doubles whose sum is past the greatest double is an overflow.
uint8_t flow_op_double_sum_finish(const void* sum, double* out);
}

// An explicit list: F(name) for every function above.
#define FLOW_SUPPORT_FUNCTIONS(F) \
  F(flow_op_string_equal)         \
  F(flow_op_string_compare)       \
  F(flow_op_string_in)            \
  F(flow_op_string_copy)          \
  F(flow_op_hash_null)            \
  F(flow_op_hash_u64)             \
  F(flow_op_hash_i128)            \
  F(flow_op_hash_string)          \
  F(flow_op_hash_double)          \
  F(flow_op_decimal_mul)          \
  F(flow_op_decimal_div)          \
  F(flow_op_decimal_mod)          \
  F(flow_op_decimal_rescale)      \
  F(flow_op_double_to_int)        \
  F(flow_op_double_to_bigint)     \
  F(flow_op_double_to_decimal)    \
  F(flow_op_decimal_to_double)    \
  F(flow_op_decimal_to_int)       \
  F(flow_op_decimal_to_bigint)    \
  F(flow_op_parse_boolean)        \
  F(flow_op_parse_int)            \
  F(flow_op_parse_bigint)         \
  F(flow_op_parse_double)         \
  F(flow_op_parse_decimal)        \
  F(flow_op_parse_date)           \
  F(flow_op_parse_timestamp)      \
  F(flow_op_format_boolean)       \
  F(flow_op_format_bigint)        \
  F(flow_op_format_double)        \
  F(flow_op_format_decimal)       \
  F(flow_op_format_date)          \
  F(flow_op_format_timestamp)     \
  F(flow_op_format_interval)      \
  F(flow_op_sum64_add)            \
  F(flow_op_sum64_merge)          \
  F(flow_op_sum64_finish)         \
  F(flow_op_sum64_average)        \
  F(flow_op_sum64_free)           \
  F(flow_op_sum128_add)           \
  F(flow_op_sum128_merge)         \
  F(flow_op_sum128_finish)        \
  F(flow_op_sum128_average)       \
  F(flow_op_sum128_free)          \
  F(flow_op_double_sum_finish)
