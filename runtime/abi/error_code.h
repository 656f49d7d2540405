// Why an expression or a decoded field failed. The number is a cell's status (runtime/abi/abi.h).
#pragma once

#include <stdint.h>

enum FlowErrorCode : uint8_t {
  kFlowErrOverflow = 2,  // integer or DECIMAL result out of range
  kFlowErrDivisionByZero = 3,
  kFlowErrCast = 4,  // text or value that is not of the wanted type
  kFlowErrOutOfRange =
      5,  // a value outside the type: a DATE in year 10000, a DOUBLE to INT too large
  kFlowErrFieldType = 6,     // a field of the record does not fit its column
  kFlowErrMissing = 7,       // NULL or nothing where the column says NOT NULL
  kFlowErrArgument = 8,      // a function's argument is outside its domain
  kFlowErrMalformed = 9,     // the record is not well-formed (whole record)
  kFlowErrNoEventTime = 10,  // NULL or undecodable event time (whole record)
  kFlowErrAhead = 11,        // event time too far past the log timestamp (whole record)
  kFlowErrTooLong = 12,      // a string result past 1 GiB
};

// A short text, lower case, no trailing stop: "division by zero".
const char* FlowErrorText(uint8_t code);
