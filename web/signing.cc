#include "web/signing.h"

#include <charconv>
#include <cstdint>
#include <stdexcept>

#include "base/base64.h"
#include "base/secrets.h"

namespace web {
namespace {

// A clock that was set back between two machines of one site.
constexpr std::chrono::seconds kSkew{60};

std::string derived(std::string_view secret, std::string_view purpose) {
  return base::hmac_sha256(secret, "ddbdjango.web.signing:" + std::string(purpose));
}

std::chrono::seconds since_epoch(base::Timestamp time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
}

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || stop != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Signer::Signer(const SecretKeys& keys, std::string_view purpose, base::NowFunction now)
    : now_(std::move(now)) {
  if (keys.current.empty())
    throw std::invalid_argument("signing needs a secret key: set web.secret_key");
  keys_.push_back(derived(keys.current, purpose));
  for (const std::string& fallback : keys.fallbacks) {
    if (!fallback.empty()) keys_.push_back(derived(fallback, purpose));
  }
}

std::string Signer::sign(std::string_view value) const {
  std::string text =
      base::base64url_encode(value) + '.' + std::to_string(since_epoch(now_()).count());
  const std::string signature = base::base64url_encode(mac(text));
  return text + '.' + signature;
}

std::optional<std::string> Signer::unsign(std::string_view text,
                                          std::chrono::seconds max_age) const {
  const std::size_t last = text.rfind('.');
  const std::size_t first = text.find('.');
  if (last == std::string_view::npos || first == last) return std::nullopt;
  const auto signature = base::base64url_decode(text.substr(last + 1));
  if (!signature || !is_mac_of(*signature, text.substr(0, last))) return std::nullopt;
  const auto signed_at = parse_seconds(text.substr(first + 1, last - first - 1));
  const std::chrono::seconds now = since_epoch(now_());
  if (!signed_at || *signed_at > now + kSkew || now - *signed_at > max_age) return std::nullopt;
  return base::base64url_decode(text.substr(0, first));
}

std::string Signer::mac(std::string_view message) const {
  return base::hmac_sha256(keys_.front(), message);
}

bool Signer::is_mac_of(std::string_view mac, std::string_view message) const {
  bool found = false;
  for (const std::string& key : keys_)
    found |= base::secrets_equal(mac, base::hmac_sha256(key, message));
  return found;
}

}  // namespace web
