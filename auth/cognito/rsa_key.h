// RsaKey: a public key that has been read once and verifies RS256 signatures from then on.
//
// Thread safety: verify() from any thread.
#pragma once
#include <memory>
#include <optional>
#include <string_view>

struct evp_pkey_st;
struct evp_pkey_ctx_st;

namespace auth::cognito {

class RsaKey {
 public:
  // Modulus and exponent as big-endian bytes. nullopt: a modulus of fewer than 2048 or more than
  // 8192 bits, or an exponent that is even, below 65537 or over 64 bits (J3).
  static std::optional<RsaKey> from_components(std::string_view modulus, std::string_view exponent);

  // RSASSA-PKCS1-v1_5 with SHA-256.
  bool verify(std::string_view text, std::string_view signature) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
    void operator()(evp_pkey_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_pkey_ctx_st, Free>;

  RsaKey() = default;
  std::unique_ptr<evp_pkey_st, Free> key_;
  Context verifying_;  // set up once and copied for each use, which costs less than setting it up
  std::size_t signature_bytes_ = 0;
};

}  // namespace auth::cognito
