// What the tests of tokens share: keys, a pool, and tokens that differ from a good one in one
// thing.
#pragma once
#include <string>

#include "auth/cognito/jwt_verifier.h"
#include "auth/cognito_mock/signing_key.h"
#include "base/json.h"

namespace auth::cognito {

inline constexpr const char* kTestIssuer =
    "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123";
inline constexpr const char* kTestClient = "7vpq2ldbk1example";
inline const base::Timestamp kTestNow = *base::parse_iso("2026-11-22T10:00:00Z");

inline std::int64_t seconds_from_now(std::int64_t seconds) {
  return std::chrono::duration_cast<std::chrono::seconds>(kTestNow.time_since_epoch()).count() +
         seconds;
}

// Made once: that takes a tenth of a second.
inline const cognito_mock::SigningKey& test_key(int which = 0) {
  static const cognito_mock::SigningKey kKeys[] = {cognito_mock::SigningKey::generate(),
                                                   cognito_mock::SigningKey::generate()};
  return kKeys[which];
}

inline std::string key_set_text(std::initializer_list<base::Json> keys) {
  return base::Json{{"keys", base::Json::array_t(keys)}}.dump();
}

// Keys that do not change.
class FixedKeys : public KeySource {
 public:
  explicit FixedKeys(KeySet keys) : keys_(std::move(keys)) {}
  TokenResult<std::shared_ptr<const RsaKey>> find(std::string_view key_id) override {
    ++asked;
    if (auto key = keys_.find(key_id)) return key;
    return TokenError{TokenFault::unknown_key, "unknown"};
  }
  int asked = 0;

 private:
  const KeySet keys_;
};

// As Cognito makes them.
inline base::Json id_payload() {
  return {{"sub", "9a1b2c3d-0000-4000-8000-1234567890ab"},
          {"cognito:groups", {"editors", "staff"}},
          {"email_verified", true},
          {"iss", kTestIssuer},
          {"cognito:username", "demo"},
          {"origin_jti", "5b9f50a3-05da-454a-8b99-b79c2349de77"},
          {"aud", kTestClient},
          {"event_id", "0ed5ad5c-7182-4ecf-9ad9-67c9d5c5f3a4"},
          {"token_use", "id"},
          {"auth_time", seconds_from_now(-10)},
          {"exp", seconds_from_now(3590)},
          {"iat", seconds_from_now(-10)},
          {"jti", "8c9a1f2b-3333-4444-8555-666677778888"},
          {"email", "demo@ddblog.local"}};
}
inline base::Json access_payload() {
  return {{"sub", "9a1b2c3d-0000-4000-8000-1234567890ab"},
          {"cognito:groups", {"editors"}},
          {"iss", kTestIssuer},
          {"client_id", kTestClient},
          {"origin_jti", "5b9f50a3-05da-454a-8b99-b79c2349de77"},
          {"token_use", "access"},
          {"scope", "openid email profile"},
          {"auth_time", seconds_from_now(-10)},
          {"exp", seconds_from_now(3590)},
          {"iat", seconds_from_now(-10)},
          {"jti", "1c9a1f2b-3333-4444-8555-666677778888"},
          {"username", "demo"}};
}

}  // namespace auth::cognito
