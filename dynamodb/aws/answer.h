// What an attempt came to: DynamoDB's HTTP answers, and the failures to get one, as results.
// Thread safety: functions of their arguments.
#pragma once
#include <string>

#include "dynamodb/aws/retry.h"
#include "dynamodb/error.h"
#include "net/http_client.h"

namespace dynamodb::aws {

struct Failure {
  Error error{};
  Retry retry = Retry::never;
  std::optional<base::Timestamp> date{};  // by the service's clock, where it refused
};

// Of one attempt: the JSON text of the result, or why there is none.
struct Attempt {
  std::string json{};
  std::optional<Failure> failure{};
};

// Unpacks gzip and checks x-amz-crc32, which DynamoDB computes over the body as sent. A body that
// does not match or cannot be unpacked is a transient failure. `max_bytes` bounds the unpacked
// body.
Attempt read_outcome(net::ClientOutcome outcome, std::size_t max_bytes);

}  // namespace dynamodb::aws
