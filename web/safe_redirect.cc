#include "web/safe_redirect.h"

#include <algorithm>

#include "net/text.h"
#include "web/request.h"

namespace web {
namespace {

constexpr std::size_t kMostBytes = 2048;

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f || c == '\\';
}

// Takes "http:" or "https:" off. False: another scheme, or "http" where only https may be.
bool take_scheme(std::string_view& target, bool https_only) {
  const std::size_t colon = target.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, colon);
  if (!net::equals_ignoring_case(scheme, "https") &&
      (https_only || !net::equals_ignoring_case(scheme, "http")))
    return false;
  target.remove_prefix(colon + 1);
  return true;
}

}  // namespace

bool is_safe_redirect(std::string_view target, const RedirectRules& rules) {
  if (target.empty() || target.size() > kMostBytes ||
      std::any_of(target.begin(), target.end(), is_forbidden))
    return false;
  if (target.front() == '/' && !target.starts_with("//")) return true;
  if (target.front() != '/' && !take_scheme(target, rules.https_only)) return false;
  if (!target.starts_with("//")) return false;
  target.remove_prefix(2);
  const std::string_view host = target.substr(0, target.find_first_of("/?#"));
  return !host.empty() &&
         std::any_of(rules.hosts.begin(), rules.hosts.end(), [&](const std::string& allowed) {
           return net::equals_ignoring_case(host, allowed);
         });
}

std::string safe_redirect(std::string_view target, const RedirectRules& rules,
                          std::string_view fallback) {
  return std::string(is_safe_redirect(target, rules) ? target : fallback);
}

std::string safe_next(const Request& request, std::string_view target, std::string_view fallback) {
  return safe_redirect(target,
                       {.hosts = {std::string(request.host())}, .https_only = request.is_secure()},
                       fallback);
}

}  // namespace web
