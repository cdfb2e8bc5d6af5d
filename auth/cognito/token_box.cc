#include "auth/cognito/token_box.h"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/secrets.h"

namespace auth::cognito {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { ::EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string encrypt(std::string_view key, std::string_view text, std::string_view bound_to) {
  const std::string nonce = base::random_bytes(kNonceBytes);
  std::string out(text.size(), '\0'), tag(kTagBytes, '\0');
  const Cipher cipher(::EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* c = cipher.get();
  int size = 0;
  const bool done = c != nullptr &&
                    ::EVP_EncryptInit_ex(c, ::EVP_aes_256_gcm(), nullptr, bytes_of(key),
                                         bytes_of(std::string_view(nonce))) == 1 &&
                    ::EVP_EncryptUpdate(c, nullptr, &size, bytes_of(bound_to),
                                        static_cast<int>(bound_to.size())) == 1 &&
                    ::EVP_EncryptUpdate(c, bytes_of(out), &size, bytes_of(text),
                                        static_cast<int>(text.size())) == 1 &&
                    ::EVP_EncryptFinal_ex(c, bytes_of(out) + size, &size) == 1 &&
                    ::EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  if (!done) throw std::runtime_error("OpenSSL has failed to encrypt");
  return nonce + out + tag;
}

std::optional<std::string> decrypt(std::string_view key, std::string_view box,
                                   std::string_view bound_to) {
  const std::string_view nonce = box.substr(0, kNonceBytes);
  const std::string_view text = box.substr(kNonceBytes, box.size() - kNonceBytes - kTagBytes);
  std::string tag(box.substr(box.size() - kTagBytes)), out(text.size(), '\0');
  const Cipher cipher(::EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* c = cipher.get();
  int size = 0;
  const bool done =
      c != nullptr &&
      ::EVP_DecryptInit_ex(c, ::EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
      ::EVP_DecryptUpdate(c, nullptr, &size, bytes_of(bound_to),
                          static_cast<int>(bound_to.size())) == 1 &&
      ::EVP_DecryptUpdate(c, bytes_of(out), &size, bytes_of(text), static_cast<int>(text.size())) ==
          1 &&
      ::EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      ::EVP_DecryptFinal_ex(c, bytes_of(out) + size, &size) == 1;
  return done ? std::optional(std::move(out)) : std::nullopt;
}

std::string key_of(const std::string& secret) {
  return web::Signer({.current = secret}, "cognito.tokens").mac("AES-256-GCM");
}

}  // namespace

TokenBox::TokenBox(const web::SecretKeys& keys) {
  keys_.push_back(key_of(keys.current));
  for (const auto& fallback : keys.fallbacks) keys_.push_back(key_of(fallback));
}

std::string TokenBox::seal(std::string_view text, std::string_view bound_to) const {
  return base::base64url_encode(encrypt(keys_.front(), text, bound_to));
}

std::optional<std::string> TokenBox::open(std::string_view box, std::string_view bound_to) const {
  const auto bytes = base::base64url_decode(box);
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return std::nullopt;
  for (const auto& key : keys_) {
    if (auto text = decrypt(key, *bytes, bound_to)) return text;
  }
  return std::nullopt;
}

}  // namespace auth::cognito
