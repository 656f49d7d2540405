// The texts of error codes.
#include "runtime/abi/error_code.h"

const char* FlowErrorText(uint8_t code) {
  switch (static_cast<FlowErrorCode>(code)) {
    case kFlowErrOverflow:
      return "numeric overflow";
    case kFlowErrDivisionByZero:
      return "division by zero";
    case kFlowErrCast:
      return "invalid text or value for the type";
    case kFlowErrOutOfRange:
      return "value out of range for the type";
    case kFlowErrFieldType:
      return "field does not fit its column's type";
    case kFlowErrMissing:
      return "missing value in a NOT NULL column";
    case kFlowErrArgument:
      return "invalid argument of a function";
    case kFlowErrMalformed:
      return "malformed record";
    case kFlowErrNoEventTime:
      return "no event time";
    case kFlowErrAhead:
      return "event time too far ahead of the log";
    case kFlowErrTooLong:
      return "string too long";
  }
  return "unknown error";
}
