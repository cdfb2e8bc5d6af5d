// Errors of calls that are made several times, where the answer of an attempt was lost.
#pragma once
#include <utility>

#include "dynamodb/error.h"

namespace dynamodb {

// What a call has come to whose last attempt ended with `error`, where an earlier one may have been
// carried out: an error that only says that the last did nothing becomes an internal_server_error.
inline Error after_lost_answer(Error error) {
  error.after_lost_answer = true;
  if (error.code == ErrorCode::unavailable || error.code == ErrorCode::access_denied ||
      error.code == ErrorCode::provisioned_throughput_exceeded) {
    error.code = ErrorCode::internal_server_error;
    error.message += " (whether an earlier attempt was carried out is not known)";
  }
  return error;
}

}  // namespace dynamodb
