#include "web/csrf.h"

#include <algorithm>
#include <stdexcept>

#include "base/base64.h"
#include "base/log.h"
#include "base/secrets.h"
#include "web/application.h"
#include "web/cookies.h"
#include "web/form_data.h"
#include "web/session.h"
#include "web/signing.h"

namespace web {
namespace {

constexpr std::string_view kCookie = "csrf";
constexpr std::size_t kCookieSize = 43;  // base::random_token()'s
constexpr std::size_t kRandomSize = 16;
constexpr std::size_t kMacSize = 32;

// What tokens of one request are made and checked with.
class Tokens {
 public:
  explicit Tokens(const SecretKeys& keys) : signer_(keys, "csrf") {}

  // The same as long as the browser's identity is.
  const std::string& token(Request& request) {
    const std::string identity = identity_of(request);
    if (token_.empty() || identity != token_identity_) {
      token_identity_ = identity;
      const std::string random = base::random_bytes(kRandomSize);
      token_ = base::base64url_encode(random + signer_.mac(identity + random));
    }
    return token_;
  }

  bool is_good(Request& request, std::string_view token) {
    const auto bytes = base::base64url_decode(token);
    if (!bytes || bytes->size() != kRandomSize + kMacSize) return false;
    const std::string_view all = *bytes;
    const std::string identity = identity_of(request);
    was_cookies_ = identity.starts_with(kOfCookie);
    return signer_.is_mac_of(all.substr(kRandomSize),
                             identity + std::string(all.substr(0, kRandomSize)));
  }

  // Where a page with a token leaves: it must not be kept for another browser, and a browser
  // without a session is given what its token is bound to.
  void finish(Request& request, Response& response) {
    if (!token_.empty() && !response.headers.contains("Cache-Control"))
      response.headers.add("Cache-Control", "no-store");
    const std::string name = host_cookie_name(request, kCookie);
    Cookie cookie{.name = name, .value = new_cookie_, .secure = !is_loopback_http(request)};
    // Its user has just signed in: after signing out, tokens from before must not be good again.
    if (was_cookies_ && !identity_of(request).starts_with(kOfCookie)) {
      cookie.value.clear();
      cookie.max_age = std::chrono::seconds(0);
      response.add_cookie(cookie);
    } else if (!new_cookie_.empty()) {
      response.add_cookie(cookie);
    }
  }

 private:
  // Begins with what kind it is: a cookie's value cannot pass for a session's.
  std::string identity_of(Request& request) {
    const auto of_cookie = [](std::string_view value) {
      return std::string(kOfCookie).append(value) + ":";
    };
    if (Session* const session = find_session(request); session && !session->user_key().empty())
      return "session:" + session->id() + ":";
    if (!new_cookie_.empty()) return of_cookie(new_cookie_);
    const auto cookie = request.cookie(host_cookie_name(request, kCookie));
    if (cookie && cookie->size() == kCookieSize) return of_cookie(*cookie);
    new_cookie_ = base::random_token();
    return of_cookie(new_cookie_);
  }

  static constexpr std::string_view kOfCookie = "cookie:";

  const Signer signer_;
  bool was_cookies_ = false;  // the token that was checked
  std::string token_{};
  std::string token_identity_{};
  std::string new_cookie_{};
};

// What the request's attributes hold.
struct TokensSlot {
  Tokens* tokens;
};

bool is_unsafe(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::string_view media_type(const Request& request) {
  const std::string_view type = request.header("Content-Type").value_or("");
  const std::size_t end = type.find_first_of("; \t");
  return type.substr(0, end);
}

// What a page of another site can send by a plain form.
bool is_form_type(std::string_view type) {
  return net::equals_ignoring_case(type, "application/x-www-form-urlencoded") ||
         net::equals_ignoring_case(type, "multipart/form-data") ||
         net::equals_ignoring_case(type, "text/plain");
}

bool has_bearer(const Request& request) {
  const std::string_view value = request.header("Authorization").value_or("");
  return value.size() > 7 && net::equals_ignoring_case(value.substr(0, 7), "Bearer ");
}

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

// Whether `origin` is the site that the request was sent to. A proxy that is not trusted hides
// HTTPS, so that https is no less than http.
bool is_own_origin(const Request& request, std::string_view origin) {
  const bool https = origin.starts_with("https://");
  if (!https && (request.is_secure() || !origin.starts_with("http://"))) return false;
  const std::string_view port = https ? ":443" : ":80";
  return net::equals_ignoring_case(without_suffix(origin.substr(https ? 8 : 7), port),
                                   without_suffix(request.host(), port));
}

// "https://example.com" of a Referer.
std::string_view origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

class Check {
 public:
  Check(const CsrfOptions& options, Request& request, Tokens& tokens)
      : options_(options), request_(request), tokens_(tokens) {}

  // What is wrong with the request, for its developer; nullptr: nothing.
  const char* run() {
    const Route* const route = request_.route();
    if (route && route->is_csrf_exempt) return nullptr;
    const bool has_session =
        request_.cookie(host_cookie_name(request_, options_.session_cookie_name)).has_value();
    if (has_bearer(request_) && !has_session) return nullptr;
    if (const char* const problem = origin_problem()) return problem;
    const bool json_only = is_json_path();
    const bool is_form = is_form_type(media_type(request_));
    if (has_session && json_only && !request_.body().empty() &&
        !net::equals_ignoring_case(media_type(request_), "application/json")) {
      throw HttpError(415, "unsupported_media_type", "The body must be sent as application/json.");
    }
    return has_session || (is_form && !json_only) ? token_problem() : nullptr;
  }

 private:
  bool is_trusted(std::string_view origin) const {
    return std::any_of(
        options_.trusted_origins.begin(), options_.trusted_origins.end(),
        [&](const std::string& trusted) { return net::equals_ignoring_case(trusted, origin); });
  }

  const char* origin_problem() const {
    const auto origin = request_.header("Origin");
    const bool trusted = origin && is_trusted(*origin);
    const std::string_view site = request_.header("Sec-Fetch-Site").value_or("");
    if (!trusted && (net::equals_ignoring_case(site, "cross-site") ||
                     net::equals_ignoring_case(site, "same-site")))
      return "Sec-Fetch-Site says that another site sent it";
    if (origin)
      return trusted || is_own_origin(request_, *origin)
                 ? nullptr
                 : "its Origin is neither this site's nor one of the trusted origins";
    if (!request_.is_secure()) return nullptr;
    const auto referer = request_.header("Referer");
    if (!referer) return "it came over HTTPS with neither Origin nor Referer";
    return is_own_origin(request_, origin_of(*referer)) || is_trusted(origin_of(*referer))
               ? nullptr
               : "its Referer is neither this site's nor of one of the trusted origins";
  }

  const char* token_problem() {
    std::string_view token;
    if (const auto header = request_.header(kCsrfHeader)) {
      token = *header;
    } else if (is_form_type(media_type(request_)) &&
               !net::equals_ignoring_case(media_type(request_), "text/plain")) {
      token = form(request_).get(kCsrfField).value_or("");
    }
    if (token.empty())
      return "it has no token: neither the form field csrfmiddlewaretoken nor the header "
             "X-CSRFToken";
    return tokens_.is_good(request_, token)
               ? nullptr
               : "its token is not this browser's, or was made before the last sign-in";
  }

  bool is_json_path() const {
    return std::any_of(
        options_.json_paths.begin(), options_.json_paths.end(),
        [&](const std::string& prefix) { return request_.path().starts_with(prefix); });
  }

  const CsrfOptions& options_;
  Request& request_;
  Tokens& tokens_;
};

[[noreturn]] void refuse(const Request& request, const char* reason) {
  base::log_warning("request " + std::string(request.request_id()) + " " +
                    std::string(request.method()) + " " + std::string(request.path()) + " from " +
                    std::string(request.client_address()) + " refused (CSRF): " + reason);
  std::string message = "The request could not be verified. Reload the page and try again.";
  if (request.application().options().debug) message += " In debug: " + std::string(reason) + ".";
  throw HttpError(403, "csrf_failed", message);
}

}  // namespace

Middleware csrf(CsrfOptions options) {
  return [options = std::move(options)](Request& request, const Next& next) {
    Tokens tokens(request.application().secret_keys());
    if (is_unsafe(request.method())) {
      if (const char* const reason = Check(options, request, tokens).run()) refuse(request, reason);
    }
    request.set(TokensSlot{&tokens});
    Response response = next(request);
    request.set(TokensSlot{nullptr});
    tokens.finish(request, response);
    return response;
  };
}

std::string csrf_token(Request& request) {
  const TokensSlot* const slot = request.get<TokensSlot>();
  if (!slot || !slot->tokens) throw std::logic_error("this application does not use web::csrf()");
  return slot->tokens->token(request);
}

}  // namespace web
