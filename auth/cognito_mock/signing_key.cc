#include "auth/cognito_mock/signing_key.h"

#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "base/base64.h"
#include "base/json.h"

namespace auth::cognito_mock {

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Memory = std::unique_ptr<BIO, Freed<::BIO_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string written(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL has failed with a signing key");
}

}  // namespace

void SigningKey::Free::operator()(evp_pkey_st* key) const { ::EVP_PKEY_free(key); }

SigningKey::SigningKey(evp_pkey_st* key) : key_(key) {
  const std::string modulus = component(OSSL_PKEY_PARAM_RSA_N);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(bytes_of(modulus), modulus.size(), digest);
  id_ = base::base64url_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

SigningKey SigningKey::generate(unsigned bits) {
  EVP_PKEY* key = ::EVP_RSA_gen(bits);
  require(key != nullptr);
  return SigningKey(key);
}

SigningKey SigningKey::from_pem(std::string_view pem) {
  const Memory memory(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = ::PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) throw std::invalid_argument("this is no private key in PEM");
  return SigningKey(key);
}

std::string SigningKey::pem() const {
  const Memory memory(::BIO_new(::BIO_s_mem()));
  require(::PEM_write_bio_PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr) == 1);
  return written(memory.get());
}

std::string SigningKey::public_pem() const {
  const Memory memory(::BIO_new(::BIO_s_mem()));
  require(::PEM_write_bio_PUBKEY(memory.get(), key_.get()) == 1);
  return written(memory.get());
}

std::string SigningKey::component(const char* name) const {
  BIGNUM* read = nullptr;
  if (::EVP_PKEY_get_bn_param(key_.get(), name, &read) != 1)
    throw std::invalid_argument("the private key is not RSA");
  const std::unique_ptr<BIGNUM, Freed<::BN_free>> number(read);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
  ::BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

base::Json SigningKey::jwk() const {
  return {{"alg", "RS256"},
          {"e", base::base64url_encode(component(OSSL_PKEY_PARAM_RSA_E))},
          {"kid", id_},
          {"kty", "RSA"},
          {"n", base::base64url_encode(component(OSSL_PKEY_PARAM_RSA_N))},
          {"use", "sig"}};
}

std::string SigningKey::sign(std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, Freed<::EVP_MD_CTX_free>> context(::EVP_MD_CTX_new());
  std::size_t size = 0;
  require(context != nullptr &&
          ::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key_.get()) == 1);
  require(::EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) == 1);
  std::string signature(size, '\0');
  require(::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           bytes_of(text), text.size()) == 1);
  signature.resize(size);
  return signature;
}

std::string sign_token(const SigningKey& key, const base::Json& payload) {
  return sign_token(key, base::Json{{"kid", key.id()}, {"alg", "RS256"}}, payload);
}

std::string sign_token(const SigningKey& key, const base::Json& header, const base::Json& payload) {
  std::string token =
      base::base64url_encode(header.dump()) + "." + base::base64url_encode(payload.dump());
  token += "." + base::base64url_encode(key.sign(token));
  return token;
}

}  // namespace auth::cognito_mock
