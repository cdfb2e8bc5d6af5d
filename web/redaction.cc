#include "web/redaction.h"

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

}  // namespace web
