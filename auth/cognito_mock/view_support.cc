#include "auth/cognito_mock/view_support.h"

#include "auth/cognito/bearer.h"
#include "base/base64.h"
#include "net/text.h"

namespace auth::cognito_mock {

std::optional<Provider::BasicAuth> read_basic_auth(const web::Request& request) {
  Provider::BasicAuth found;
  for (const auto& field : request.raw().headers) {
    if (!net::equals_ignoring_case(field.name, "Authorization")) continue;
    constexpr std::string_view kScheme = "Basic ";
    if (found || !net::equals_ignoring_case(field.value.substr(0, kScheme.size()), kScheme))
      return std::nullopt;
    const auto pair = base::base64_decode(field.value.substr(kScheme.size()));
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    // RFC 6749, 2.3.1: both are form-encoded.
    auto id = net::percent_decode(std::string_view(*pair).substr(0, colon), true);
    auto secret = net::percent_decode(std::string_view(*pair).substr(colon + 1), true);
    if (!id || !secret) return std::nullopt;
    found.emplace(*std::move(id), *std::move(secret));
  }
  return found;
}

std::string_view read_bearer(const web::Request& request) {
  try {
    return cognito::bearer_token(request).value_or("");
  } catch (const web::HttpError&) {
    return {};
  }
}

}  // namespace auth::cognito_mock
