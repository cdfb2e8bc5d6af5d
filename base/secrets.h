// What secrets are made of and compared with: the system's random generator, SHA-256, HMAC-SHA-256,
// and a comparison whose time tells nothing.
//
// Digests are raw bytes; to_hex() and base64url_encode() (base64.h) make text of them.
// Thread safety: any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace base {

// From the operating system's generator. Throws std::runtime_error where the library of
// cryptography cannot be started.
std::string random_bytes(std::size_t size);
// 256 random bits as 43 characters of base64url: an identifier that nobody guesses.
std::string random_token();

std::string sha256(std::string_view message);                             // 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 bytes

// Takes the same time wherever texts of one length differ. Their length is no secret.
bool secrets_equal(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);  // lower case

}  // namespace base
