// A JSON Web Token taken apart, before anything in it is believed.
//
// Thread safety: values and pure functions.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "auth/cognito/token_error.h"
#include "base/json_fwd.h"

namespace auth::cognito {

inline constexpr std::size_t kMostTokenBytes = 16 * 1024;
inline constexpr std::size_t kMostKeyIdBytes = 128;

using JsonPointer = std::shared_ptr<const base::Json>;

// Views into the token's text.
struct Jwt {
  std::string key_id;            // `kid`
  std::string_view signed_text;  // header and payload as they were sent
  std::string_view payload;      // base64url
  std::string signature;         // bytes
};

// Checks the form (J1) and the header (J2, J3): only `alg` RS256 passes, and no header that would
// bring its own key or critical extensions.
TokenResult<Jwt> parse_jwt(std::string_view token);

// The claims. REQUIRES: the signature has been verified.
TokenResult<JsonPointer> parse_payload(const Jwt& jwt);

}  // namespace auth::cognito
