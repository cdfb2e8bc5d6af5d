#include "auth/cognito/jwt.h"

#include "base/base64.h"
#include "base/json.h"

namespace auth::cognito {
namespace {

constexpr base::JsonLimits kLimits{.max_depth = 16, .max_keys = 1000};

// parse_json() refuses duplicate keys and invalid UTF-8.
TokenResult<JsonPointer> parse_object(std::string_view part, const char* name) {
  const auto text = base::base64url_decode(part);
  if (!text) return TokenError{TokenFault::malformed, std::string(name) + " is not base64url"};
  try {
    auto json = std::make_shared<const base::Json>(base::parse_json(*text, kLimits));
    if (json->is_object()) return json;
  } catch (const base::JsonError&) {
  }
  return TokenError{TokenFault::malformed, std::string(name) + " is not a JSON object"};
}

TokenResult<std::string> check_header(const base::Json& header) {
  const auto algorithm = header.find("alg");
  if (algorithm == header.end() || *algorithm != "RS256")
    return TokenError{TokenFault::algorithm, "alg is not RS256"};
  for (const char* name : {"crit", "jku", "x5u", "jwk", "x5c"}) {
    if (header.contains(name))
      return TokenError{TokenFault::header, std::string("header has ") + name};
  }
  const auto key_id = header.find("kid");
  if (key_id == header.end() || !key_id->is_string())
    return TokenError{TokenFault::header, "kid is not a string"};
  std::string id = key_id->get<std::string>();
  if (id.empty() || id.size() > kMostKeyIdBytes)
    return TokenError{TokenFault::header, "kid is empty or too long"};
  return id;
}

}  // namespace

TokenResult<Jwt> parse_jwt(std::string_view token) {
  if (token.size() > kMostTokenBytes)
    return TokenError{TokenFault::malformed, "token is over 16 KiB"};
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return TokenError{TokenFault::malformed, "token has not three parts"};
  const std::string_view header_part = token.substr(0, first);
  Jwt jwt{.signed_text = token.substr(0, second),
          .payload = token.substr(first + 1, second - first - 1)};
  const std::string_view signature_part = token.substr(second + 1);
  const auto header = parse_object(header_part, "header");
  if (!header) return header.error();
  auto key_id = check_header(**header);
  if (!key_id) return key_id.error();
  if (jwt.payload.empty() || signature_part.empty())
    return TokenError{TokenFault::malformed, "token has an empty part"};
  auto signature = base::base64url_decode(signature_part);
  if (!signature) return TokenError{TokenFault::malformed, "signature is not base64url"};
  jwt.key_id = *std::move(key_id);
  jwt.signature = *std::move(signature);
  return jwt;
}

TokenResult<JsonPointer> parse_payload(const Jwt& jwt) {
  return parse_object(jwt.payload, "payload");
}

}  // namespace auth::cognito
