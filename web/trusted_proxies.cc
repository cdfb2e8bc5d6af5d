#include "web/trusted_proxies.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <arpa/inet.h>

#include "net/text.h"

namespace web {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the last element off a list.
std::string_view take_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view last =
      trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return last;
}

// ":4711"
bool is_port(std::string_view text) {
  return text.size() > 1 && text[0] == ':' &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// Some proxies write the port of their peer, too: "192.0.2.1:4711", "[2001:db8::1]:4711".
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    const bool ends =
        end != std::string_view::npos && (end + 1 == text.size() || is_port(text.substr(end + 1)));
    return ends ? text.substr(1, end - 1) : text;
  }
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && is_port(text.substr(colon)) ? text.substr(0, colon)
                                                                        : text;
}

}  // namespace

std::optional<TrustedProxies::Address> TrustedProxies::parse_address(std::string_view text) {
  const std::string zero_ended(text);
  Address address{};
  in_addr v4{};
  if (::inet_pton(AF_INET, zero_ended.c_str(), &v4) == 1) {
    address[10] = address[11] = 0xFF;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4), 4, address.begin() + 12);
    return address;
  }
  if (::inet_pton(AF_INET6, zero_ended.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    const std::size_t slash = entry.find('/');
    const auto address = parse_address(std::string_view(entry).substr(0, slash));
    const bool is_v4 = entry.find(':') == std::string::npos;
    const unsigned whole = is_v4 ? 32 : 128;
    unsigned bits = whole;
    bool good = address.has_value();
    if (slash != std::string::npos) {
      const char* const end = entry.data() + entry.size();
      const auto [stop, error] = std::from_chars(entry.data() + slash + 1, end, bits);
      good = good && error == std::errc() && stop == end && bits <= whole;
    }
    if (!good)
      throw std::invalid_argument("trusted_proxies: \"" + entry +
                                  "\" is neither an address nor a network such as 10.0.0.0/8");
    networks_.push_back({*address, bits + (is_v4 ? 96 : 0)});
  }
}

bool TrustedProxies::contains(const Address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    const std::size_t bytes = network.bits / 8;
    if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(bytes),
                    network.address.begin()))
      return false;
    if (network.bits % 8 == 0) return true;
    const unsigned shift = 8 - network.bits % 8;
    return address[bytes] >> shift == network.address[bytes] >> shift;
  });
}

bool TrustedProxies::contains(std::string_view address) const {
  if (networks_.empty()) return false;
  const auto parsed = parse_address(address);
  return parsed && contains(*parsed);
}

TrustedProxies::Origin TrustedProxies::origin(const net::HttpRequest& request) const {
  Origin origin;
  const std::string addresses = request.header_list("X-Forwarded-For");
  for (std::string_view rest = addresses; !rest.empty();) {
    const std::string_view last = without_port(take_last(rest));
    const auto address = parse_address(last);
    if (!address) break;  // whoever wrote that is not known
    origin.client_address = last;
    if (!contains(*address)) break;
  }
  const std::string protocols = request.header_list("X-Forwarded-Proto");
  std::string_view rest = protocols;
  origin.is_secure = net::equals_ignoring_case(take_last(rest), "https");
  return origin;
}

bool is_forwarding_header(std::string_view name) {
  constexpr std::string_view kPrefix = "X-Forwarded-";
  return (name.size() > kPrefix.size() &&
          net::equals_ignoring_case(name.substr(0, kPrefix.size()), kPrefix)) ||
         net::equals_ignoring_case(name, "Forwarded") ||
         net::equals_ignoring_case(name, "X-Real-IP") || net::equals_ignoring_case(name, "Via");
}

}  // namespace web
