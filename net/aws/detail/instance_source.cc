// EC2's instance metadata service, version 2: a token by PUT, the role's name, its credentials.
// Source: Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
#include <algorithm>

#include "base/log.h"
#include "net/aws/detail/credential_source.h"
#include "net/aws/endpoint.h"
#include "net/text.h"

namespace net::aws::detail {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
// For everything: off EC2 nobody answers at that address, and this is what the search costs there.
constexpr std::chrono::seconds kMostTime{1};
constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
// EC2 hands old credentials out when it cannot get new ones, and services take them meanwhile.
constexpr std::chrono::minutes kGrace{10};

boost::system::result<Endpoint, SourceError> find_endpoint(const SourceContext& context) {
  if (equals_ignoring_case(context.variable("AWS_EC2_METADATA_DISABLED").value_or(""), "true"))
    return not_configured("AWS_EC2_METADATA_DISABLED is true");
  if (const auto url = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
    const auto endpoint = parse_endpoint(*url);
    if (!endpoint) return failed("AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL");
    return *endpoint;
  }
  const auto mode = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("");
  return Endpoint{equals_ignoring_case(mode, "ipv6") ? "http://[fd00:ec2::254]"
                                                     : "http://169.254.169.254"};
}

}  // namespace

SourceResult from_instance(const SourceContext& context) {
  const auto endpoint = find_endpoint(context);
  if (!endpoint) return endpoint.error();
  const auto deadline = std::min(context.deadline, std::chrono::steady_clock::now() + kMostTime);
  const auto ask = [&](std::string method, std::string_view path, OwnedHeader header) {
    return context.http.send({.method = std::move(method),
                              .url = endpoint->url + std::string(path),
                              .unix_socket = endpoint->unix_socket,
                              .headers = {std::move(header)},
                              .deadline = deadline,
                              .max_response_bytes = kMostBytes});
  };
  const auto token =
      ask("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds", "21600"});
  if (!token) return not_configured("no metadata service: " + token.error().message);
  if (token->status != 200) return failed("the token request was " + describe(token));
  const OwnedHeader authorization{"X-aws-ec2-metadata-token", token->body};

  const auto roles = ask("GET", kRoles, authorization);
  if (roles && roles->status == 404) return not_configured("the instance has no role");
  if (!roles || roles->status != 200) return failed("the role's name: " + describe(roles));
  const std::string role = roles->body.substr(0, roles->body.find_first_of("\r\n"));
  if (role.empty()) return not_configured("the instance has no role");

  const auto answer = ask("GET", std::string(kRoles) + percent_encode(role), authorization);
  if (!answer || answer->status != 200) return failed("the credentials: " + describe(answer));
  SourceResult result = parse_credentials(answer->body, "Token");
  const auto now = context.options.now();
  if (result && result->expires_at && *result->expires_at <= now) {
    base::log_warning("the metadata service has sent credentials that have expired; trying them");
    result->expires_at = now + kGrace;
  }
  return result;
}

}  // namespace net::aws::detail
