// Where a browser may be sent on a client's word: the `next` of a log-in (rule R1).
//
//   return web::Response::redirect(web::safe_next(request, form.get("next").value_or("")), 303);
//
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace web {

class Request;

struct RedirectRules {
  std::vector<std::string> hosts{};  // beside this site: "example.com", "example.com:8443"
  bool https_only = false;           // of URLs with a host
};

// A path of this site that begins with one '/', or a URL of http or https on one of the hosts.
bool is_safe_redirect(std::string_view target, const RedirectRules& rules = {});

// `target` where it is safe, else `fallback`.
std::string safe_redirect(std::string_view target, const RedirectRules& rules = {},
                          std::string_view fallback = "/");

// The same for a request: its own host is allowed, by https only where it came so.
std::string safe_next(const Request& request, std::string_view target,
                      std::string_view fallback = "/");

}  // namespace web
