// TokenBox: tokens as they are kept at rest: encrypted and authenticated (L7).
//
//   box := base64url(nonce[12] ciphertext tag[16])     AES-256-GCM, a random nonce for each
//
// The key is derived from the site's secret for this purpose alone. What a fallback secret has
// sealed is still opened, so that the secret can be changed while people are signed in.
//
// Thread safety: any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/signing.h"

namespace auth::cognito {

class TokenBox {
 public:
  explicit TokenBox(const web::SecretKeys& keys);

  // `bound_to`: what must be given again to open it, such as the user's key: a box that was copied
  // elsewhere stays shut.
  std::string seal(std::string_view text, std::string_view bound_to) const;
  // nullopt: changed, bound to another, or sealed with another key.
  std::optional<std::string> open(std::string_view box, std::string_view bound_to) const;

 private:
  std::vector<std::string> keys_;  // the current one first
};

}  // namespace auth::cognito
