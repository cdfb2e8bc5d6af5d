// A site for the tests: it signs people in with the local provider, which it serves itself, over
// real sockets; and a browser that goes through it.
#pragma once
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "auth/cognito/jwks_cache.h"
#include "auth/cognito/login.h"
#include "auth/cognito_mock/private_file.h"
#include "auth/cognito_mock/views.h"
#include "base/json.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/text.h"
#include "tests/temporary_folder.h"
#include "web/application.h"
#include "web/csrf.h"
#include "web/session.h"
#include "web/session_store.h"

namespace auth::cognito_mock {

inline constexpr const char* kLoginPath = "/accounts/amazon-cognito/login/";
inline constexpr const char* kCallbackPath = "/accounts/amazon-cognito/login/callback/";

// What stands between `before` and `after`; empty: it is not there.
inline std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  const std::size_t from = begin + before.size();
  return std::string(text.substr(from, text.find(after, from) - from));
}

inline std::string unescape(std::string text) {
  for (const auto& [reference, character] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}}) {
    for (std::size_t at; (at = text.find(reference)) != std::string::npos;)
      text.replace(at, std::strlen(reference), character);
  }
  return text;
}

struct Page {
  int status = 0;
  std::string url{};
  std::string body{};
  std::string location{};
  std::string headers{};
};

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string encode(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    text +=
        (text.empty() ? "" : "&") + net::percent_encode(name) + "=" + net::percent_encode(value);
  }
  return text;
}

// Keeps cookies; follows a redirect when it is told to.
class Browser {
 public:
  explicit Browser(std::string origin) : origin_(std::move(origin)) {}

  Page get(std::string url) { return send("GET", std::move(url), {}); }
  Page post(std::string url, const Fields& fields) {
    return send("POST", std::move(url), encode(fields));
  }
  Page follow(Page page) {
    for (int i = 0; i < 10 && !page.location.empty(); ++i) page = get(page.location);
    return page;
  }
  // The hidden fields of the form on a page.
  static Fields hidden(const Page& page) {
    Fields fields;
    constexpr std::string_view kInput = "<input type=\"hidden\" name=\"";
    for (std::size_t at = page.body.find(kInput); at != std::string::npos;
         at = page.body.find(kInput, at + 1)) {
      const std::string tag = page.body.substr(at, page.body.find('>', at) - at);
      fields.emplace_back(between(tag, "name=\"", "\""), unescape(between(tag, "value=\"", "\"")));
    }
    return fields;
  }
  // Sends the log-in page's form.
  Page sign_in(const Page& page, std::string login = "demo@ddblog.local",
               std::string password = "Demo1234!") {
    Fields fields = hidden(page);
    fields.emplace_back("username", std::move(login));
    fields.emplace_back("password", std::move(password));
    return post("/cognito/oauth2/authorize", fields);
  }

  std::map<std::string, std::string> cookies{};
  std::vector<net::OwnedHeader> more_headers{};

 private:
  Page send(const char* method, std::string url, std::string body) {
    if (url.starts_with('/')) url = origin_ + url;
    net::ClientRequest request{
        .method = method, .url = url, .headers = more_headers, .body = std::move(body)};
    if (request.method == "POST")
      request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    std::string all;
    for (const auto& [name, value] : cookies) all += (all.empty() ? "" : "; ") + name + "=" + value;
    if (!all.empty()) request.headers.push_back({"Cookie", all});
    const auto outcome = http_.send(std::move(request));
    if (!outcome) throw std::runtime_error(outcome.error().message);
    keep_cookies(outcome->header_lines);
    return {outcome->status, url, outcome->body,
            std::string(outcome->header("Location").value_or("")), outcome->header_lines};
  }
  void keep_cookies(std::string_view lines) {
    constexpr std::string_view kName = "Set-Cookie: ";
    for (std::size_t at = lines.find(kName); at != std::string_view::npos;
         at = lines.find(kName, at + 1)) {
      const std::string_view line =
          lines.substr(at + kName.size(), lines.find('\n', at) - at - kName.size());
      const std::size_t equals = line.find('=');
      const std::string name(line.substr(0, equals));
      if (line.find("Max-Age=0") != std::string_view::npos)
        cookies.erase(name);
      else
        cookies[name] = std::string(line.substr(equals + 1, line.find(';') - equals - 1));
    }
  }

  const std::string origin_;
  net::HttpClient http_;
};

// Made once: that takes a quarter of a second.
inline const std::string& test_keys_file() {
  static const tests::TemporaryFolder kFolder;
  static const std::string kFile = kFolder.path() + "/keys.pem";
  static const std::shared_ptr<const SigningKey> kKey = KeyRing(kFile).current();
  return kFile;
}

class TestSite {
 public:
  TestSite() {
    app.templates().add({.source = "auth/cognito_mock/test_templates"});
    app.templates().add(templates());
    app.templates().add(cognito::templates());
    app.use(web::sessions(sessions, {.now = now}));
    app.use(web::csrf());
    provider->set_issuer(origin() + "/cognito");
    const cognito::OidcSettings settings{
        .issuer = provider->issuer(),
        .client_id = "site",
        .client_secret = "s3cret %&:",
        .authorize_url = provider->issuer() + "/oauth2/authorize",
        .token_url = provider->issuer() + "/oauth2/token",
        .revoke_url = provider->issuer() + "/oauth2/revoke",
        .logout_url = provider->issuer() + "/logout",
        .jwks_url = cognito::jwks_url(provider->issuer()),
        .redirect_uri = origin() + kCallbackPath,
        .logout_uri = origin() + "/",
        .groups = {{"staff", {.is_staff = true, .groups = {"Editors"}}}}};
    provider->add_client({settings.client_id,
                          settings.client_secret,
                          {settings.redirect_uri},
                          {settings.logout_uri}});
    keys = std::make_unique<cognito::JwksCache>(
        http,
        cognito::JwksOptions{
            .url = settings.jwks_url, .deadline = std::chrono::milliseconds(500), .clock = [this] {
              return cognito::JwksOptions::Clock::time_point(now().time_since_epoch());
            }});
    client = std::make_shared<const cognito::OidcClient>(http, *keys, settings, now);
    login = std::make_unique<cognito::CognitoLogin>(client, app.secret_keys(), hooks(), denied);
    app.use(login->middleware());
    login->urls(app.router());
    urls(app.router(), provider);
    app.router()
        .get("/", [](web::Request& request) { return who(request); })
        .access(web::Access::public_);
    app.router()
        .get("/write/", [](web::Request& request) { return who(request); })
        .access(web::Access::public_);
    app.router()
        .get("/token/",
             [](web::Request& request) { return web::Response::text(web::csrf_token(request)); })
        .access(web::Access::public_);
    app.router()
        .post("/accounts/logout/",
              [](web::Request& request) {
                web::session(request).flush();
                return web::Response::redirect("/", 303);
              })
        .access(web::Access::public_);
    server.start();
  }
  ~TestSite() { provider->faults().reset(); }  // lets a slow answer go

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
  void advance(std::chrono::seconds by) { clock = clock.load() + by; }
  // Signs in from the site's button to the page behind it.
  Page sign_in(Browser& browser, const std::string& next = "/write/") {
    return browser.follow(
        browser.sign_in(browser.follow(browser.get(kLoginPath + ("?next=" + next)))));
  }
  void set_groups(std::vector<std::string> groups) {
    User user = *provider->users().find("demo");
    user.groups = std::move(groups);
    provider->users().save(user);
  }

  const tests::TemporaryFolder folder;
  std::atomic<base::Timestamp::duration> clock{base::now().time_since_epoch()};
  const base::NowFunction now = [this] { return base::Timestamp(clock.load()); };
  const std::shared_ptr<web::MemorySessionStore> sessions =
      std::make_shared<web::MemorySessionStore>();
  const std::shared_ptr<Provider> provider =
      std::make_shared<Provider>(ProviderOptions{.keys_file = copied_keys(), .now = now});
  const std::shared_ptr<cognito::DenyList> denied = std::make_shared<cognito::DenyList>(now);
  std::atomic<int> signed_in = 0, refreshed = 0;
  std::atomic<bool> let_refresh = true;
  net::HttpClient http;
  web::Application app{{.debug = true}};
  net::HttpServer server{app.server_options({.host = "127.0.0.1", .port = 0, .workers = 4}),
                         app.handler()};
  std::unique_ptr<cognito::JwksCache> keys;
  std::shared_ptr<const cognito::OidcClient> client;
  std::unique_ptr<cognito::CognitoLogin> login;

 private:
  // A rotation is of this site alone.
  std::string copied_keys() const {
    const std::string file = folder.path() + "/keys.pem";
    write_private_file(file, *read_file(test_keys_file()));
    return file;
  }
  static web::Response who(web::Request& request) {
    web::Session& session = web::session(request);
    const base::Json* roles = session.find("roles");
    return web::Response::text(session.user_key() +
                               (roles ? " " + roles->get<std::string>() : std::string()));
  }
  static std::string roles(const cognito::GroupMapping& mapping) {
    std::string text = mapping.is_superuser ? "superuser" : mapping.is_staff ? "staff" : "user";
    for (const auto& group : mapping.groups) text += " " + group;
    return text;
  }
  cognito::LoginHooks hooks() {
    return {.sign_in =
                [this](web::Request& request, const cognito::Claims& claims,
                       const cognito::GroupMapping& mapping) {
                  ++signed_in;
                  web::session(request).set_user_key(claims.username);
                  web::session(request).set("roles", roles(mapping));
                },
            .refreshed =
                [this](web::Request& request, const cognito::Claims&,
                       const cognito::GroupMapping& mapping) {
                  ++refreshed;
                  web::session(request).set("roles", roles(mapping));
                  return let_refresh.load();
                }};
  }
};

}  // namespace auth::cognito_mock
