// Signer: values that go to a client and come back unchanged, such as a link that resets a
// password.
//
//   web::Signer signer(request.application().secret_keys(), "password-reset");
//   const std::string text = signer.sign(user_key);                   // for a URL or a cookie
//   if (auto value = signer.unsign(text, std::chrono::hours(1))) …
//
// Each purpose has a key of its own, derived from the site's secret: what was signed for one is
// nothing to another. What the fallbacks signed is still accepted, so that the secret can be
// changed while the site runs. The value is signed, not hidden.
//
//   text := base64url(value) '.' seconds(decimal, since 1970) '.' base64url(mac)
//   mac  := HMAC-SHA-256(key(purpose), everything before the last '.')
//   key  := HMAC-SHA-256(secret, "ddbdjango.web.signing:" purpose)
//
// Thread safety: values; any thread once made.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"

namespace web {

// [web] secret_key and secret_key_fallbacks: former ones, whose signatures are still good.
struct SecretKeys {
  std::string current{};
  std::vector<std::string> fallbacks{};
};

class Signer {
 public:
  // Throws std::invalid_argument where keys.current is empty.
  Signer(const SecretKeys& keys, std::string_view purpose, base::NowFunction now = base::now);

  std::string sign(std::string_view value) const;
  // nullopt: not signed by this site for this purpose, changed, from the future, or older than
  // `max_age`.
  std::optional<std::string> unsign(std::string_view text, std::chrono::seconds max_age) const;

  // The bare signature of `message`, 32 bytes, for other formats; and whether `mac` is one by the
  // secret or a fallback. Takes the same time wherever they differ.
  std::string mac(std::string_view message) const;
  bool is_mac_of(std::string_view mac, std::string_view message) const;

 private:
  std::vector<std::string> keys_;  // the current one first
  base::NowFunction now_;
};

}  // namespace web
