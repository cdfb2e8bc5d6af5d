// Tokens and key sets. What is taken as a token has one form, and no token is believed that the one
// key has not signed.

#include "auth/cognito/jwt.h"
#include "auth/cognito/jwt_verifier.h"
#include "base/base64.h"
#include "base/json.h"
#include "fuzz/fuzz.h"

using namespace auth::cognito;

namespace {

// A public key whose private part nobody kept; every kid leads to it.
constexpr const char* kModulus =
    "3AnUR3ia5CpuS212q19eIGRvACtrO_g2_4c8qwMvFMaxYIc3BFjJnvuPvbWS1McS8ua4R-v95mzvjio-"
    "FWWLr7R5w5JJyqt5VEffvEA03dxKoQ0S2sML0cJ3KffqTJyeAf0Qdom5gCv08PrB5ncua9f1zMQHD2gf"
    "Xct2L9z2ZxMpLuCxARcCWit1nVMvs7pz7AmBs5PCCQNmQ8vJbUap71QrrO7_IlGLzcAxMXCdD73cj5Vo"
    "lGZ9BmVjP4nP95Qj2PzbhWh35aexkXPnCx9zkbGVyv4-dbWI5uNBNzJMjKIKNMLZqoFUXZ1_WXjgTfZX"
    "PYPZtxffFfRwKVccX_UP-Q";

class OneKey : public KeySource {
 public:
  TokenResult<std::shared_ptr<const RsaKey>> find(std::string_view) override { return key_; }

 private:
  const std::shared_ptr<const RsaKey> key_ = [] {
    const auto modulus = base::base64url_decode(kModulus);
    FUZZ_CHECK(modulus);
    auto key = RsaKey::from_components(*modulus, std::string_view("\1\0\1", 3));
    FUZZ_CHECK(key);
    return std::make_shared<const RsaKey>(*std::move(key));
  }();
};

void check_token(std::string_view text) {
  const auto jwt = parse_jwt(text);
  if (!jwt) return;
  FUZZ_CHECK(text.size() <= kMostTokenBytes && !jwt->key_id.empty());
  // The parts are the whole text, and are written in one way only.
  FUZZ_CHECK(std::string(jwt->signed_text) + "." + base::base64url_encode(jwt->signature) == text);
  if (const auto payload = parse_payload(*jwt)) FUZZ_CHECK((*payload)->is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static OneKey keys;
  static const JwtVerifier verifier(keys, {.issuer = "issuer", .client_ids = {"client"}});
  std::string_view text = fuzz::text_of(data, size);
  const std::uint8_t kind = fuzz::take_byte(text);
  if (kind == 'k') {
    try {
      static_cast<void>(KeySet::parse(text));
    } catch (const KeySetError&) {
    }
    return 0;
  }
  check_token(text);
  if (kind == 'p') {  // any payload and header, so that the JSON in them is reached
    const std::size_t line = text.find('\n');
    check_token(
        base::base64url_encode(text.substr(0, line)) + "." +
        base::base64url_encode(text.substr(line == std::string_view::npos ? text.size() : line)) +
        ".c2ln");
  }
  FUZZ_CHECK(!verifier.verify(text, TokenUse::id) && !verifier.verify(text, TokenUse::access));
  return 0;
}
