#include "auth/cognito/key_set.h"

#include "auth/cognito/jwt.h"
#include "base/base64.h"
#include "base/json.h"

namespace auth::cognito {
namespace {

std::string text_member(const base::Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<RsaKey> parse_key(const base::Json& jwk) {
  if (text_member(jwk, "kty") != "RSA" || text_member(jwk, "use") != "sig" ||
      text_member(jwk, "alg") != "RS256")
    return std::nullopt;
  const auto modulus = base::base64url_decode(text_member(jwk, "n"));
  const auto exponent = base::base64url_decode(text_member(jwk, "e"));
  if (!modulus || !exponent) return std::nullopt;
  return RsaKey::from_components(*modulus, *exponent);
}

base::Json parse_document(std::string_view text) {
  if (text.size() > kMostKeySetBytes) throw KeySetError("key set is over 64 KiB");
  try {
    return base::parse_json(text, {.max_depth = 8, .max_keys = 2000});
  } catch (const base::JsonError& error) {
    throw KeySetError(std::string("key set is not JSON: ") + error.what());
  }
}

}  // namespace

KeySet KeySet::parse(std::string_view text) {
  const base::Json document = parse_document(text);
  const auto keys = document.is_object() ? document.find("keys") : document.end();
  if (keys == document.end() || !keys->is_array()) throw KeySetError("key set has no list of keys");
  if (keys->size() > kMostKeys) throw KeySetError("key set has over 32 keys");
  KeySet set;
  for (const auto& jwk : *keys) {
    if (!jwk.is_object()) throw KeySetError("a key of the key set is not an object");
    std::string key_id = text_member(jwk, "kid");
    if (key_id.empty() || key_id.size() > kMostKeyIdBytes) continue;
    auto key = parse_key(jwk);
    if (!key) continue;
    if (!set.keys_.try_emplace(std::move(key_id), std::make_shared<const RsaKey>(*std::move(key)))
             .second)
      throw KeySetError("two keys of the key set have one kid");
  }
  if (set.keys_.empty()) throw KeySetError("key set has no key for RS256 signatures");
  return set;
}

std::shared_ptr<const RsaKey> KeySet::find(std::string_view key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? nullptr : found->second;
}

}  // namespace auth::cognito
