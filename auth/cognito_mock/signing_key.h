// SigningKey: an RSA key pair that signs tokens as a user pool does.
//
// Thread safety: sign() from any thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/json_fwd.h"

struct evp_pkey_st;

namespace auth::cognito_mock {

class SigningKey {
 public:
  static SigningKey generate(unsigned bits = 2048);
  // As pem() wrote it. Throws std::invalid_argument.
  static SigningKey from_pem(std::string_view pem);

  const std::string& id() const { return id_; }  // `kid`: of the public key's hash
  std::string pem() const;                       // the private key
  base::Json jwk() const;                        // the public key, as in a JWKS document
  std::string public_pem() const;

  // RSASSA-PKCS1-v1_5 with SHA-256.
  std::string sign(std::string_view text) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  explicit SigningKey(evp_pkey_st* key);
  std::string component(const char* name) const;

  std::unique_ptr<evp_pkey_st, Free> key_;
  std::string id_;
};

// header.payload.signature; without `header` it has `kid` and `alg` of the key.
std::string sign_token(const SigningKey& key, const base::Json& payload);
std::string sign_token(const SigningKey& key, const base::Json& header, const base::Json& payload);

}  // namespace auth::cognito_mock
