#include "web/redaction.h"

#include <algorithm>
#include <array>

#include "net/text.h"

namespace web {

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kEndings = {
      "password", "token", "code", "verifier", "secret", "key", "signature", "state", "nonce"};
  for (const std::string_view ending : kEndings) {
    if (name.size() >= ending.size() &&
        net::equals_ignoring_case(name.substr(name.size() - ending.size()), ending))
      return true;
  }
  return false;
}

bool is_secret_header(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kHeaders = {"Authorization", "Cookie",
                                                               "Set-Cookie", "Proxy-Authorization"};
  for (const std::string_view header : kHeaders)
    if (net::equals_ignoring_case(name, header)) return true;
  return is_secret_name(name);
}

std::string redacted_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  std::string out(target.substr(0, mark));
  if (mark == std::string_view::npos) return out;
  for (std::size_t start = mark; start < target.size();) {
    const std::size_t end = std::min(target.find('&', start + 1), target.size());
    const std::string_view pair = target.substr(start, end - start);  // with its '?' or '&'
    const std::size_t equals = pair.find('=');
    const std::string_view name =
        equals == std::string_view::npos ? std::string_view() : pair.substr(1, equals - 1);
    if (is_secret_name(net::percent_decode(name, true).value_or(std::string(name)))) {
      out.append(pair.substr(0, equals + 1)).append(kRedacted);
    } else {
      out += pair;
    }
    start = end;
  }
  return out;
}

}  // namespace web
