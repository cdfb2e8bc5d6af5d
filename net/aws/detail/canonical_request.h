// The canonical request of SigV4, and the hashes that its signature is made of.
//
// Source: AWS IAM User Guide, "Elements of an AWS API request signature".
#pragma once
#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/aws/sigv4.h"

namespace net::aws::detail {

using Sha256 = std::array<unsigned char, 32>;

Sha256 hmac_sha256(std::string_view key, std::string_view message);
std::string to_hex(const Sha256& hash);
inline std::string_view bytes_of(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// "20130609T100759Z"; its first eight characters are the scope's date.
std::string basic_iso(base::Timestamp time);
std::optional<base::Timestamp> parse_basic_iso(std::string_view text);

std::string canonical_path(std::string_view path);
std::string canonical_query(std::string_view query);

// Appends `value` without outer white space, inner runs of it as one space.
void append_canonical_value(std::string& out, std::string_view value);

// The names of the headers that a signer signs: lower case, sorted, each once.
std::vector<std::string> signed_names(std::span<const HeaderField> headers);

// `signed_headers` is the list "host;x-amz-date". Values of a repeated header are joined by commas.
std::string canonical_request(const SignedParts& parts, std::string_view signed_headers);

// "AWS4-HMAC-SHA256\n<time>\n<scope>\n<hash of the canonical request>".
std::string string_to_sign(std::string_view time, std::string_view scope,
                           std::string_view canonical_request);

// The signing keys derived last, so that a signature costs one HMAC instead of five.
class SigningKeys {
 public:
  Sha256 get(std::string_view secret, std::string_view date, std::string_view region,
             std::string_view service);

 private:
  struct Entry {
    std::string secret, date, region, service;
    Sha256 key;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_; a ring of kMostEntries
  std::size_t next_ = 0;
  static constexpr std::size_t kMostEntries = 16;
};

}  // namespace net::aws::detail
