// What the signature of a request must be before a call is looked at.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/aws/sigv4.h"
#include "net/http_message.h"

namespace dynamodb::server {

// An error of AWS's signature check, for Reply::refuse().
struct Refused {
  std::string_view type{};
  std::string message{};
};

// That the Authorization header is there and has the parts of an AWS signature, as DynamoDB and
// DynamoDB Local demand even where any credentials will do. Does not look at the date.
std::optional<Refused> check_has_signature(const net::HttpRequest& request);

// That the request is signed by a key that `verifier` knows, now.
std::optional<Refused> check_signature(const net::aws::Verifier& verifier,
                                       const net::HttpRequest& request);

// A verifier for the keys that `source` names: "env" for AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY, otherwise a file of lines "KEY_ID:SECRET". Secrets do not belong on a
// command line, which every process sees. Throws std::runtime_error that says what is wrong.
std::unique_ptr<net::aws::Verifier> make_verifier(const std::string& source);

}  // namespace dynamodb::server
