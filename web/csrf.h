// CSRF: a request that changes something must come from a page of this site.
//
//   app.use(web::sessions(store));
//   app.use(web::csrf());                     // inside sessions()
//   <input type="hidden" name="csrfmiddlewaretoken" value="{{csrf_token}}">
//
// Every method but GET, HEAD and OPTIONS needs all of these, or is answered 403:
//   - no Sec-Fetch-Site that tells of another site (a trusted origin may),
//   - an Origin, where there is one, that is this site's or trusted; over HTTPS, where there is
//     none, a Referer that is,
//   - a token of this browser, in the form or in X-CSRFToken.
// A token is a random number and the signature of it together with the session's identifier, so
// that each answer's is different and nothing in it repeats (BREACH). Browsers in which nobody has
// signed in are told apart by a cookie, `__Host-csrf`, in the session's place. Signing in changes
// the session's identifier and so ends earlier tokens.
//
// Requests with `Authorization: Bearer …` and no session cookie are not looked at: no browser adds
// that header by itself. Without a session cookie, what HTML forms cannot send (JSON, PUT, …) needs
// no token. Routes may be exempt: Route::csrf_exempt().
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "web/middleware.h"

namespace web {

struct CsrfOptions {
  // Other origins whose pages may send forms here: "https://shop.example.com".
  std::vector<std::string> trusted_origins{};
  // Paths below which bodies are JSON only: anything else is 415 where a session cookie is sent,
  // and left to the view, which answers 415, where none is.
  std::vector<std::string> json_paths{"/api/"};
  std::string session_cookie_name = "session";  // that of SessionOptions
};

inline constexpr std::string_view kCsrfField = "csrfmiddlewaretoken";
inline constexpr std::string_view kCsrfHeader = "X-CSRFToken";

Middleware csrf(CsrfOptions options = {});

// For the page that is being made. Calling it again gives the same. Throws std::logic_error where
// the application does not use csrf().
std::string csrf_token(Request& request);

}  // namespace web
