#include "web/live_check.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "net/http_client.h"
#include "net/http_server.h"
#include "web/detail/html_tags.h"

namespace web {
namespace {

using detail::HtmlTag;

constexpr std::string_view kToken = "csrfmiddlewaretoken";
constexpr int kGuesses = 40;  // from one address in a minute; rule N1 takes 30

// A path for a route, with arguments that name nothing; what there is, links lead to.
std::string sample_path(const Route& route) {
  std::string path;
  for (const PathSegment& segment : parse_pattern(route.pattern)) {
    path += '/';
    if (!segment.converter)
      path += segment.literal;
    else if (*segment.converter == Converter::uuid)
      path += "00000000-0000-4000-8000-000000000000";
    else
      path += *segment.converter == Converter::integer ? "0" : "none";
  }
  return path;
}

// Where a link of the page at `path` leads, within the site; empty: elsewhere, or to a file.
std::string target_of(const std::string& path, std::string_view link) {
  link = link.substr(0, link.find('#'));
  if (link.empty() || link.starts_with("//") || link.starts_with("/static/")) return "";
  if (link.front() == '/') return std::string(link);
  if (link.front() == '?') return path.substr(0, path.find('?')) + std::string(link);
  return "";
}

// One visitor's browser.
class Browser {
 public:
  Browser(net::HttpClient& client, std::string origin, const LiveCheckOptions& options)
      : client_(client), origin_(std::move(origin)), options_(options) {}

  // Throws std::runtime_error where there is no answer.
  net::ClientResponse send(const std::string& method, const std::string& path,
                           std::vector<net::OwnedHeader> headers = {}, std::string body = {}) {
    headers.push_back({"Host", options_.host});
    headers.push_back({"X-Forwarded-For", "192.0.2.10"});
    headers.push_back({"X-Forwarded-Proto", "https"});
    headers.push_back({"Accept", "text/html"});
    std::string cookies;
    for (const auto& [name, value] : cookies_)
      cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
    if (!cookies.empty()) headers.push_back({"Cookie", cookies});
    const auto outcome = client_.send(net::ClientRequest{.method = method,
                                                         .url = origin_ + path,
                                                         .headers = std::move(headers),
                                                         .body = std::move(body)});
    if (!outcome) throw std::runtime_error(outcome.error().message);
    for (const std::string& cookie : headers_of(*outcome, "Set-Cookie")) keep(cookie);
    return *outcome;
  }

  // As the page of login does it.
  net::ClientResponse try_to_sign_in(const LiveVisitor& visitor) {
    const net::ClientResponse page = send("GET", options_.login_path);
    std::string body = "username=" + net::percent_encode(visitor.username) +
                       "&password=" + net::percent_encode(visitor.password);
    for (const HtmlTag& tag : detail::html_tags(page.body)) {
      if (tag.name == "input" && tag.attribute("name") == kToken)
        body.append("&").append(kToken).append("=").append(
            net::percent_encode(tag.attribute("value").value_or("")));
    }
    const std::string own = "https://" + options_.host;
    return send("POST", options_.login_path,
                {{"Content-Type", "application/x-www-form-urlencoded"},
                 {"Origin", own},
                 {"Sec-Fetch-Site", "same-origin"}},
                body);
  }
  // False: the visitor is not let in.
  bool sign_in(const LiveVisitor& visitor) {
    const int status = try_to_sign_in(visitor).status;
    return status == 302 || status == 303;
  }

  static std::vector<std::string> headers_of(const net::ClientResponse& response,
                                             std::string_view name) {
    std::vector<std::string> values;
    std::string_view rest = response.header_lines;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const std::size_t colon = line.find(": ");
      if (colon != std::string_view::npos && net::equals_ignoring_case(line.substr(0, colon), name))
        values.emplace_back(line.substr(colon + 2));
    }
    return values;
  }

 private:
  void keep(const std::string& cookie) {
    const std::size_t equals = cookie.find('=');
    const std::size_t end = std::min(cookie.find(';'), cookie.size());
    const std::string name = cookie.substr(0, equals);
    if (cookie.find("; Max-Age=0") != std::string::npos)
      cookies_.erase(name);
    else
      cookies_[name] = cookie.substr(equals + 1, end - equals - 1);
  }

  net::HttpClient& client_;
  const std::string origin_;
  const LiveCheckOptions& options_;
  std::map<std::string, std::string> cookies_;
};

// Holds one answer to the rules.
class Inspection {
 public:
  Inspection(const net::ClientResponse& response, const Application& application,
             std::vector<std::string>& problems, std::string what)
      : response_(response),
        application_(application),
        problems_(problems),
        what_(std::move(what)) {}

  void look(const LiveCheckOptions& options, bool is_signed_in, bool sees_hidden) {
    if (response_.status >= 500) complain("a server error, " + std::to_string(response_.status));
    look_at_headers();
    for (const std::string& cookie : Browser::headers_of(response_, "Set-Cookie"))
      look_at_cookie(cookie);
    if (is_page()) look_at_page(is_signed_in);
    if (sees_hidden) return;
    for (const std::string& hidden : options.hidden)
      if (response_.body.find(hidden) != std::string::npos)
        complain("\"" + hidden + "\" is hidden, and shown");
  }

  bool is_page() const { return header("Content-Type").starts_with("text/html"); }

 private:
  void complain(const std::string& problem) { problems_.push_back(what_ + ": " + problem); }
  std::string header(std::string_view name) const {
    return std::string(response_.header(name).value_or(""));
  }
  void expect(std::string_view name, std::string_view part) {
    if (header(name).find(part) == std::string::npos)
      complain(std::string(name) + " should have \"" + std::string(part) + "\", and is \"" +
               header(name) + "\"");
  }

  void look_at_headers() {
    expect("X-Content-Type-Options", "nosniff");
    expect("X-Frame-Options", "DENY");
    expect("Cross-Origin-Opener-Policy", "same-origin");
    expect("Cross-Origin-Resource-Policy", "same-origin");
    expect("Permissions-Policy", "geolocation=()");
    expect("Content-Security-Policy", "default-src 'none'");
    expect("Content-Security-Policy", "frame-ancestors 'none'");
    if (header("Referrer-Policy").empty()) complain("no Referrer-Policy");
    for (const char* unsafe : {"'unsafe-inline'", "'unsafe-eval'", "http:", " *"})
      if (header("Content-Security-Policy").find(unsafe) != std::string::npos)
        complain(std::string("the page policy allows ") + unsafe);
    for (const char* name : {"Server", "X-Powered-By"})
      if (!header(name).empty()) complain(std::string("tells its ") + name);
    if (header("Content-Type").starts_with("text/")) expect("Content-Type", "charset=utf-8");
    if (application_.options().secure_ssl) expect("Strict-Transport-Security", "max-age=63072000");
  }

  void look_at_cookie(const std::string& cookie) {
    const std::string name = cookie.substr(0, cookie.find('='));
    for (const char* attribute : {"; HttpOnly", "; Secure", "; SameSite=", "; Path=/"})
      if (cookie.find(attribute) == std::string::npos)
        complain("the cookie " + name + " lacks " + (attribute + 2));
    if (cookie.find("; Domain") != std::string::npos)
      complain("the cookie " + name + " has a Domain");
  }

  void look_at_page(bool is_signed_in) {
    bool has_token = false;
    for (const HtmlTag& tag : detail::html_tags(response_.body)) {
      has_token = has_token || (tag.name == "input" && tag.attribute("name") == kToken);
      look_at_tag(tag);
    }
    const std::string caching = header("Cache-Control");
    const bool is_private = caching.find("no-store") != std::string::npos ||
                            caching.find("private") != std::string::npos;
    if (has_token && !is_private) complain("holds a CSRF token, and a cache may keep it");
    // A page that did not look at who asks is the same for all.
    const bool is_users = is_signed_in && header("Vary").find("Cookie") != std::string::npos;
    if (is_users && !is_private) complain("is a signed-in user's, and a cache may keep it");
  }

  void look_at_tag(const HtmlTag& tag) {
    const std::string_view type = tag.attribute("type").value_or("");
    if (tag.name == "script" && !tag.attribute("src") &&
        type.find("json") == std::string_view::npos)
      complain("a script in the page itself");
    if (tag.name == "style") complain("a style sheet in the page itself");
    for (const auto& [name, value] : tag.attributes) {
      if (name.starts_with("on")) complain("the attribute " + name + " of <" + tag.name + ">");
      if (name == "style") complain("the attribute style of <" + tag.name + ">");
      const bool loads = name == "src" || (name == "href" && tag.name == "link");
      const bool is_elsewhere = value.starts_with("//") || value.find("://") != std::string::npos;
      if (loads && is_elsewhere && tag.attribute("rel") != "canonical")
        complain("<" + tag.name + "> loads from elsewhere: " + value);
    }
  }

  const net::ClientResponse& response_;
  const Application& application_;
  std::vector<std::string>& problems_;
  const std::string what_;
};

class LiveCheck {
 public:
  LiveCheck(Application& application, const LiveCheckOptions& options)
      : application_(application),
        options_(options),
        server_(application.server_options({.port = 0, .workers = 2}), application.handler()) {
    server_.start();
    origin_ = "http://127.0.0.1:" + std::to_string(server_.port());
  }

  LiveCheckReport run() {
    visit_as({.name = "nobody"});
    for (const LiveVisitor& visitor : options_.visitors) visit_as(visitor);
    // At the end: the address is refused from here on.
    if (std::string problem = guess_passwords(); !problem.empty())
      report_.problems.push_back(std::move(problem));
    return std::move(report_);
  }

  std::string guess_passwords() {
    if (!application_.router().match(options_.login_path).route("POST")) return "";
    Browser browser(client_, origin_, options_);
    for (int guess = 0; guess < kGuesses; ++guess) {
      const auto answer = browser.try_to_sign_in(
          {.username = "somebody", .password = "guess " + std::to_string(guess)});
      ++report_.requests;
      if (answer.status == 429 && answer.header("Retry-After")) return "";
    }
    return "POST " + options_.login_path + ": " + std::to_string(kGuesses) +
           " wrong passwords in a row are answered, and none refused with 429 and Retry-After";
  }

 private:
  void visit_as(const LiveVisitor& visitor) {
    Browser browser(client_, origin_, options_);
    const bool is_signed_in = !visitor.username.empty();
    if (is_signed_in && !browser.sign_in(visitor)) {
      report_.problems.push_back("signing in as " + visitor.name + " at " + options_.login_path +
                                 " fails");
      return;
    }
    crawl(browser, visitor, is_signed_in);
    for (const Route& route : application_.router().routes())
      if (route.method != "GET" && !route.is_csrf_exempt) attack(browser, visitor, route);
  }

  void crawl(Browser& browser, const LiveVisitor& visitor, bool is_signed_in) {
    std::deque<std::string> waiting(options_.paths.begin(), options_.paths.end());
    waiting.push_front("/");
    waiting.push_back("/none/");  // what is not there is a page, too
    for (const Route& route : application_.router().routes())
      if (route.method == "GET") waiting.push_back(sample_path(route));
    std::set<std::string> seen;
    while (!waiting.empty() && seen.size() < options_.most_pages) {
      const std::string path = waiting.front();
      waiting.pop_front();
      if (!seen.insert(path).second) continue;
      const net::ClientResponse response = browser.send("GET", path);
      ++report_.requests;
      Inspection inspection(response, application_, report_.problems,
                            "GET " + path + " as " + visitor.name);
      inspection.look(options_, is_signed_in, visitor.sees_hidden);
      if (!inspection.is_page()) continue;
      for (const HtmlTag& tag : detail::html_tags(response.body)) {
        if (tag.name != "a") continue;
        const std::string target = target_of(path, tag.attribute("href").value_or(""));
        if (!target.empty()) waiting.push_back(target);
      }
    }
  }

  // What a page of another site can make a browser send.
  void attack(Browser& browser, const LiveVisitor& visitor, const Route& route) {
    const std::string path = sample_path(route);
    const net::ClientResponse response =
        browser.send(route.method, path,
                     {{"Content-Type", "application/x-www-form-urlencoded"},
                      {"Origin", "https://evil.example"},
                      {"Sec-Fetch-Site", "cross-site"}},
                     "a=1");
    ++report_.requests;
    const std::string what = route.method + " " + path + " as " + visitor.name;
    constexpr std::array<int, 4> kRefusals = {401, 403, 415, 429};
    if (std::find(kRefusals.begin(), kRefusals.end(), response.status) == kRefusals.end())
      report_.problems.push_back(what + ", sent by another site's page, is answered " +
                                 std::to_string(response.status) + " and not refused");
    Inspection(response, application_, report_.problems, what)
        .look(options_, /*is_signed_in=*/false, visitor.sees_hidden);
  }

  Application& application_;
  const LiveCheckOptions& options_;
  LiveCheckReport report_;
  net::HttpServer server_;
  net::HttpClient client_;
  std::string origin_;
};

}  // namespace

LiveCheckReport live_check(Application& application, const LiveCheckOptions& options) {
  return LiveCheck(application, options).run();
}

std::string login_throttle_problem(Application& application, const LiveCheckOptions& options) {
  return LiveCheck(application, options).guess_passwords();
}

}  // namespace web
