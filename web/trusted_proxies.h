// TrustedProxies: whose word on a request's origin counts.
//
// A proxy tells by X-Forwarded-For whom it speaks for and by X-Forwarded-Proto how. Anyone can send
// these headers, so they are read from listed peers only; from others they are as if not sent.
//
// Thread safety: a value, read by any thread.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace web {

class TrustedProxies {
 public:
  // Addresses and networks: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32". Throws
  // std::invalid_argument that names one that is neither.
  explicit TrustedProxies(const std::vector<std::string>& entries = {});

  bool contains(std::string_view address) const;

  struct Origin {
    std::string client_address{};  // empty: the peer itself
    bool is_secure = false;
  };
  // Reads X-Forwarded-For from its end, past what is trusted: the first other address is the
  // client's. REQUIRES: the peer is trusted.
  Origin origin(const net::HttpRequest& request) const;

 private:
  using Address = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Address address;
    unsigned bits;
  };
  static std::optional<Address> parse_address(std::string_view text);
  bool contains(const Address& address) const;

  std::vector<Network> networks_;
};

// Whether a header is a proxy's to send: "X-Forwarded-…", "Forwarded", "X-Real-IP",
// "Via".
bool is_forwarding_header(std::string_view name);

}  // namespace web
