// What the Authorization header of a request must hold before a call is looked at.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace dynamodb::server {

// An error of AWS's signature check, for Reply::refuse().
struct Refused {
  std::string_view type{};
  std::string message{};
};

// That the header is there and has the parts of an AWS signature, as DynamoDB and DynamoDB Local
// demand even where any credentials will do. Does not look at the date.
std::optional<Refused> check_has_signature(const net::HttpRequest& request);

}  // namespace dynamodb::server
