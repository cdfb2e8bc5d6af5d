// AWS Signature Version 4, both ways: signing what our client sends, checking what a server gets.
//
//   net::aws::Signer signer("us-east-1", "dynamodb");
//   for (auto& header : signer.sign(request, credentials, base::now())) send(header);
//
// Credentials go into the Authorization header (no pre-signed URLs, no chunked signing). The path
// is encoded once more for the signature, as every service but S3 wants it.
// Source: AWS IAM User Guide, "Create a signed AWS API request".
//
// Thread safety: Signer and Verifier from any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "net/http_client.h"
#include "net/http_message.h"

namespace net::aws {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token{};                  // empty: none
  std::optional<base::Timestamp> expires_at{};  // nullopt: they do not expire

  bool operator==(const Credentials&) const = default;
};

// What a signature covers. `path` and `query` are as sent, percent-encoded.
struct SignedParts {
  std::string_view method;
  std::string_view path;
  std::string_view query{};
  std::span<const HeaderField> headers{};
  std::string_view body{};
};

// Lower-case hexadecimal SHA-256 of the bytes.
std::string sha256_hex(std::string_view bytes);

namespace detail {
class SigningKeys;
}

class Signer {
 public:
  Signer(std::string region, std::string service);
  ~Signer();

  // The headers to add: X-Amz-Date, Authorization, and X-Amz-Security-Token with a session token.
  // All given headers are signed but those that proxies change (Connection, User-Agent, …); Host is
  // to be among them.
  std::vector<OwnedHeader> sign(const SignedParts& parts, const Credentials& credentials,
                                base::Timestamp now) const;

  // Adds those headers to the request, and Host from its URL where it has none.
  void sign(ClientRequest& request, const Credentials& credentials, base::Timestamp now) const;

  const std::string& region() const { return region_; }
  const std::string& service() const { return service_; }

 private:
  std::string region_;
  std::string service_;
  std::unique_ptr<detail::SigningKeys> keys_;
};

enum class SignatureFault : std::uint8_t {
  missing_token,        // MissingAuthenticationTokenException
  incomplete,           // IncompleteSignatureException
  invalid,              // InvalidSignatureException: expired, in the future, or another signature
  unrecognized_client,  // UnrecognizedClientException: no such access key, or another session token
};

struct SignatureError {
  SignatureFault fault;
  std::string message;  // AWS's words
};

struct KnownKey {
  std::string secret_access_key;
  std::string session_token{};  // empty: the request must not carry one
};

class Verifier {
 public:
  // The secret of that access key; nullopt: unknown. Called from any thread.
  using Lookup = std::function<std::optional<KnownKey>(std::string_view access_key_id)>;

  // An empty `region` lets any region in.
  Verifier(std::string region, std::string service, Lookup lookup);
  ~Verifier();

  // nullopt: the request is signed by a known key, within 15 minutes of `now`.
  std::optional<SignatureError> check(const SignedParts& parts, base::Timestamp now) const;

 private:
  std::string region_;
  std::string service_;
  Lookup lookup_;
  std::unique_ptr<detail::SigningKeys> keys_;
};

}  // namespace net::aws
