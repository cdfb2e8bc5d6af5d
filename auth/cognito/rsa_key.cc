#include "auth/cognito/rsa_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

namespace auth::cognito {
namespace {

constexpr int kLeastBits = 2048;
constexpr int kMostBits = 8192;  // verifying takes time with the square of it

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<::BN_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number to_number(std::string_view bytes) {
  return Number(::BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

bool is_acceptable(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = ::BN_num_bits(modulus);
  return bits >= kLeastBits && bits <= kMostBits && ::BN_is_odd(modulus) && ::BN_is_odd(exponent) &&
         ::BN_num_bits(exponent) <= 64 && ::BN_get_word(exponent) >= 65537;
}

EVP_PKEY* make_key(const BIGNUM* modulus, const BIGNUM* exponent) {
  const std::unique_ptr<OSSL_PARAM_BLD, Freed<::OSSL_PARAM_BLD_free>> builder(
      ::OSSL_PARAM_BLD_new());
  if (!builder || ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus) != 1 ||
      ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
    return nullptr;
  const std::unique_ptr<OSSL_PARAM, Freed<::OSSL_PARAM_free>> parameters(
      ::OSSL_PARAM_BLD_to_param(builder.get()));
  const std::unique_ptr<EVP_PKEY_CTX, Freed<::EVP_PKEY_CTX_free>> context(
      ::EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || ::EVP_PKEY_fromdata_init(context.get()) != 1 ||
      ::EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return key;
}

}  // namespace

void RsaKey::Free::operator()(evp_pkey_st* key) const { ::EVP_PKEY_free(key); }
void RsaKey::Free::operator()(evp_pkey_ctx_st* context) const { ::EVP_PKEY_CTX_free(context); }

std::optional<RsaKey> RsaKey::from_components(std::string_view modulus, std::string_view exponent) {
  if (modulus.empty() || modulus.size() > kMostBits / 8 || exponent.empty() || exponent.size() > 8)
    return std::nullopt;
  const Number n = to_number(modulus);
  const Number e = to_number(exponent);
  if (!n || !e || !is_acceptable(n.get(), e.get())) return std::nullopt;
  RsaKey key;
  key.key_.reset(make_key(n.get(), e.get()));
  if (!key.key_) return std::nullopt;
  key.verifying_.reset(::EVP_PKEY_CTX_new_from_pkey(nullptr, key.key_.get(), nullptr));
  EVP_PKEY_CTX* context = key.verifying_.get();
  if (context == nullptr || ::EVP_PKEY_verify_init(context) != 1 ||
      ::EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
      ::EVP_PKEY_CTX_set_signature_md(context, ::EVP_sha256()) != 1)
    return std::nullopt;
  key.signature_bytes_ = static_cast<std::size_t>(::EVP_PKEY_get_size(key.key_.get()));
  return key;
}

bool RsaKey::verify(std::string_view text, std::string_view signature) const {
  if (signature.size() != signature_bytes_) return false;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(bytes_of(text), text.size(), digest);
  const Context context(::EVP_PKEY_CTX_dup(verifying_.get()));
  return context != nullptr && ::EVP_PKEY_verify(context.get(), bytes_of(signature),
                                                 signature.size(), digest, sizeof digest) == 1;
}

}  // namespace auth::cognito
