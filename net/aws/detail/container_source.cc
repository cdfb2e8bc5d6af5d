// The container endpoint of ECS and of EKS Pod Identity.
// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
#include <algorithm>
#include <array>
#include <charconv>

#include "net/aws/detail/credential_source.h"
#include "net/aws/detail/profile_file.h"
#include "net/aws/endpoint.h"

namespace net::aws::detail {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::chrono::seconds kMostTime{5};

// 127.0.0.0/8, in four decimal parts.
bool is_ipv4_loopback(std::string_view host) {
  int parts = 0;
  for (std::string_view rest = host; parts < 4; ++parts) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    int value = -1;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || part.size() > 3) return false;
    if (value < 0 || value > 255 || (parts == 0 && value != 127)) return false;
    if (part.size() == rest.size()) return parts == 3;
    rest.remove_prefix(part.size() + 1);
  }
  return false;
}

std::string_view host_of(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

// Credentials travel without TLS only where nobody can listen.
bool is_allowed(std::string_view url) {
  if (url.find_first_of("@\\") != std::string_view::npos) return false;
  if (url.starts_with("https://")) return !host_of(url).empty();
  if (!url.starts_with("http://")) return false;
  constexpr std::array<std::string_view, 5> kHosts = {"localhost", "[::1]", "169.254.170.2",
                                                      "169.254.170.23", "[fd00:ec2::23]"};
  const std::string_view host = host_of(url);
  return std::find(kHosts.begin(), kHosts.end(), host) != kHosts.end() || is_ipv4_loopback(host);
}

boost::system::result<std::string, SourceError> find_url(const SourceContext& context) {
  if (const auto relative = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    if (!relative->starts_with('/'))
      return failed("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'");
    return context.options.container_endpoint + *relative;
  }
  const auto full = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!full) return not_configured("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set");
  if (!is_allowed(*full))
    return failed(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine, ECS "
        "or EKS");
  return *full;
}

// Empty: none.
boost::system::result<std::string, SourceError> find_token(const SourceContext& context) {
  std::string token;
  if (const auto file = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    auto text = read_small_file(*file, kMostBytes);
    if (!text) return failed("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read");
    token = std::move(*text);
  } else {
    token = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  }
  if (token.find_first_of("\r\n") != std::string::npos)
    return failed("the container's authorization token holds a line break");
  return token;
}

}  // namespace

SourceResult from_container(const SourceContext& context) {
  const auto url = find_url(context);
  if (!url) return url.error();
  const auto token = find_token(context);
  if (!token) return token.error();
  ClientRequest request{
      .method = "GET",
      .url = *url,
      .headers = {{"Accept", "application/json"}},
      .deadline = std::min(context.deadline, std::chrono::steady_clock::now() + kMostTime),
      .max_response_bytes = kMostBytes};
  if (!token->empty()) request.headers.push_back({"Authorization", *token});
  const ClientOutcome outcome = send_with_retries(context, request);
  if (!outcome || outcome->status != 200) return failed(describe(outcome));
  return parse_credentials(outcome->body, "Token");
}

}  // namespace net::aws::detail
