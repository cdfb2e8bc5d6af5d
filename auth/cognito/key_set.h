// KeySet: the public keys of a pool by their `kid`, from its JWKS document.
//
// Thread safety: immutable once made.
#pragma once
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "auth/cognito/rsa_key.h"
#include "auth/cognito/token_error.h"

namespace auth::cognito {

inline constexpr std::size_t kMostKeySetBytes = 64 * 1024;
inline constexpr std::size_t kMostKeys = 32;

// The document is not a key set, or none of its keys can be used.
struct KeySetError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class KeySet {
 public:
  // {"keys": [JWK, …]}. Keys that are not `kty` RSA, `use` sig, `alg` RS256 with a sound modulus
  // and exponent are left out (J2, J3). Throws KeySetError; also for two keys of one `kid`.
  static KeySet parse(std::string_view json);

  // nullptr: no such key.
  std::shared_ptr<const RsaKey> find(std::string_view key_id) const;

 private:
  std::map<std::string, std::shared_ptr<const RsaKey>, std::less<>> keys_;
};

// Where a verifier takes its keys from.
class KeySource {
 public:
  KeySource() = default;
  virtual ~KeySource() = default;
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;

  // TokenFault::unknown_key, or keys_unavailable where no keys are known at all. Any thread.
  virtual TokenResult<std::shared_ptr<const RsaKey>> find(std::string_view key_id) = 0;
};

}  // namespace auth::cognito
