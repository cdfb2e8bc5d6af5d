// A look at a running application from outside: every route and every link, as nobody and as users.
//
// The application is served on a free port and asked as a browser behind an HTTPS proxy asks. Each
// answer is held to the rules: no server error, the security headers, a page policy without
// exceptions and pages that keep to it, cookies with their attributes, no answer of a signed-in
// user or with a CSRF token that a cache may keep, nothing that is hidden. Each route that changes
// something must refuse what another site's page sends.
//
// It asks for whatever it finds, and changes what a fault lets it change: let the application work
// on a database made for it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "web/application.h"

namespace web {

struct LiveVisitor {
  std::string name{};  // for messages: "staff"
  std::string username{};
  std::string password{};
  bool sees_hidden = false;
};

struct LiveCheckOptions {
  std::string host = "localhost";               // one of the allowed
  std::string login_path = "/accounts/login/";  // with fields "username" and "password"
  std::vector<LiveVisitor> visitors{};          // beside the one who does not sign in
  std::vector<std::string> paths{};             // to be looked at beside routes and links
  std::vector<std::string> hidden{};            // words of drafts
  std::size_t most_pages = 300;                 // of each visitor
};

struct LiveCheckReport {
  std::vector<std::string> problems{};  // "GET /x/ as staff: …"
  std::size_t requests = 0;
};

// Guesses passwords at the page of login until it is refused with 429, as rule N1 wants it. What is
// wrong with that; empty: nothing, or there is no such page. The same is required.
std::string login_throttle_problem(Application& application, const LiveCheckOptions& options);

// REQUIRES: the application trusts the proxy 127.0.0.1 (ApplicationOptions::trusted_proxies).
LiveCheckReport live_check(Application& application, const LiveCheckOptions& options);

}  // namespace web
