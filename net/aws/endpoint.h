// Where a service answers: by region, or at an `endpoint_url`.
//
// The URLs are those of AWS's endpoint rule sets (as in the AWS SDK for JavaScript 3).
//
// Thread safety: pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace net::aws {

enum class Service { dynamodb, dynamodb_streams, sts };

struct EndpointChoice {
  bool fips = false;        // FIPS 140 validated endpoints
  bool dual_stack = false;  // IPv6 beside IPv4

  bool operator==(const EndpointChoice&) const = default;
};

struct Endpoint {
  std::string url;            // "https://dynamodb.us-east-1.amazonaws.com", no '/' at its end
  std::string unix_socket{};  // a path; empty: by TCP

  bool operator==(const Endpoint&) const = default;
};

// nullopt: no region has such a name. Regions that are not known are taken to be of the partition
// that their name says, else of the commercial one. "local" is http://localhost:8000.
std::optional<Endpoint> service_endpoint(Service service, std::string_view region,
                                         const EndpointChoice& choice = {});

// Reads `endpoint_url`: http://host[:port][/path], https://…, or unix:/path/of.sock (also
// unix:///path). nullopt: anything else, among it URLs with a query or with a user and password.
std::optional<Endpoint> parse_endpoint(std::string_view url);

// The region that requests are signed for: "us-east-1" for "local" and
// for none.
std::string signing_region(std::string_view region);

}  // namespace net::aws
