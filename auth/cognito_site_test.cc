// A site put together from settings: the local provider signs in to real accounts and sessions.
#include "auth/cognito_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/accounts.h"
#include "auth/cognito/token_box.h"
#include "auth/cognito_mock/test_site.h"
#include "auth/session_store.h"
#include "auth/test_auth.h"
#include "base/base64.h"
#include "base/secrets.h"
#include "web/messages.h"
#include "web/test_client.h"

namespace auth {
namespace {

using cognito_mock::between;
using cognito_mock::Browser;
using cognito_mock::kLoginPath;
using testing::HasSubstr;
using testing::StartsWith;

struct Site : testing::Test, AuthDatabase {
  Site() {
    app.templates().add({.source = "auth/cognito_mock/test_templates"});
    app.use(web::sessions(std::make_shared<DynamoSessionStore>()));
    app.use(web::csrf());
    app.use(web::messages());
    app.use(cognito.middleware());
    app.use(authentication({.bearer = cognito.bearer()}));
    cognito.install(app);
    app.templates().add(templates());
    app.router().get("/", who).access(web::Access::public_);
    app.router().get("/write/", who).access(web::Access::authenticated);
    app.router().get("/staff/", who).access(web::Access::staff);
    app.router().post("/api/posts/", who).access(web::Access::authenticated);
    account_urls(app.router(), {.secret = "secret", .mailer = std::make_shared<MemoryMailer>()});
    app.router()
        .get("/token/", [](web::Request& r) { return web::Response::text(web::csrf_token(r)); })
        .access(web::Access::public_);
    app.listening({"127.0.0.1", server.port()});
    server.start();
  }
  static web::Response who(web::Request& request) {
    const User* found = user(request);
    return web::Response::text(
        found == nullptr ? "nobody" : found->username + (found->is_staff ? " staff" : ""));
  }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
  void control(const base::Json& command) {
    const auto done = http.send({.url = origin() + "/cognito/control/",
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = command.dump()});
    ASSERT_EQ(done->status, 200) << done->body;
  }
  cognito_mock::Page sign_in(Browser& in, const std::string& name = "demo",
                             const std::string& password = "Demo1234!") {
    return in.follow(
        in.sign_in(in.follow(in.get(kLoginPath + std::string("?next=/write/"))), name, password));
  }

  // That of the browser's session.
  std::string access_token() {
    const auto stored =
        DynamoSessionStore().load(base::to_hex(base::sha256(browser.cookies["session"])));
    const base::Json& held = stored->data["cognito"];
    return base::parse_json(*cognito::TokenBox(app.secret_keys())
                                 .open(held["tokens"].get<std::string>(),
                                       held["subject"].get<std::string>()))["access_token"];
  }

  const tests::TemporaryFolder folder;
  const bool keys_are_there = [this] {  // making some takes a while
    cognito_mock::write_private_file(folder.path() + "/cognito_mock_keys.pem",
                                     *cognito_mock::read_file(cognito_mock::test_keys_file()));
    return true;
  }();
  CognitoSite cognito{{.settings = {.mock_mode = true, .groups = {{"staff", {"staff"}}}},
                       .debug = true,
                       .folder = folder.path()}};
  net::HttpClient http;
  web::Application app{{.debug = true}};
  net::HttpServer server{app.server_options({.host = "127.0.0.1", .port = 0, .workers = 4}),
                         app.handler()};
  Browser browser{origin()};
};

TEST_F(Site, SignsInToAnAccountAndASession) {
  EXPECT_EQ(sign_in(browser).body, "demo");
  EXPECT_EQ(browser.get("/write/").body, "demo");
  const auto account = find_by_username("demo");
  ASSERT_TRUE(account);
  EXPECT_EQ(account->email, "demo@ddblog.local");
  EXPECT_EQ(account->oidc_issuer, origin() + "/cognito");
  Browser second(origin());
  sign_in(second);
  EXPECT_EQ(User::objects.all().allow_scan("a test").count(), 1U);
}

TEST_F(Site, L6_StaffOfThePool_IsStaffHere) {
  control({{"user",
            {{"username", "eve"},
             {"email", "eve@example.com"},
             {"password", "x"},
             {"groups", {"staff"}}}}});
  EXPECT_EQ(sign_in(browser, "eve", "x").body, "eve staff");
}

TEST_F(Site, L6_WhatThePoolTakesAway_IsGoneFromTheRequestThatLearnsOfIt) {
  base::Json eve{{"sub", "eve-of-the-pool"},
                 {"username", "eve"},
                 {"email", "eve@example.com"},
                 {"password", "x"}};
  eve["groups"] = {"staff"};
  control({{"user", eve}});
  sign_in(browser, "eve", "x");
  EXPECT_EQ(browser.get("/staff/").body, "eve staff");
  eve["groups"] = base::Json::array();
  control({{"user", eve}});
  EXPECT_EQ(browser.get("/staff/").body, "eve staff") << "the pool has not been asked";
  DynamoSessionStore sessions;
  const std::string id = base::to_hex(base::sha256(browser.cookies["session"]));
  auto stored = *sessions.load(id);
  stored.data["cognito"]["expires_at"] = 0;
  sessions.save(stored, web::SessionStore::Write::update);
  EXPECT_EQ(browser.get("/staff/").status, 403);
}

TEST_F(Site, N1_LogInAtTheLocalProvider_IsThrottled) {
  const auto log_in = [this](const std::string& name, const std::string& password) {
    browser.cookies.clear();  // of a browser that the provider does not know
    return browser.sign_in(browser.follow(browser.get(kLoginPath)), name, password);
  };
  // By name or by address: it is one account.
  for (const int failures : {4, 5}) {
    for (int i = 0; i < failures; ++i)
      EXPECT_EQ(log_in(i % 2 == 0 ? "demo" : "demo@ddblog.local", "wrong").status, 400);
    const auto page = log_in("demo", "Demo1234!");
    EXPECT_EQ(page.status, failures == 4 ? 302 : 429) << page.body;
    EXPECT_EQ(page.headers.find("Retry-After: ") != std::string::npos, failures == 5);
  }
  now += std::chrono::minutes(6);
  EXPECT_EQ(log_in("demo", "Demo1234!").status, 302);
}

TEST_F(Site, K5_DisabledAccount_CannotSignIn) {
  sign_in(browser);
  User user = *find_by_username("demo");
  user.is_active = false;
  user.save();
  EXPECT_EQ(browser.get("/").body, "nobody");
  Browser again(origin());
  EXPECT_EQ(sign_in(again).status, 403);
}

TEST_F(Site, L8_LogOut_GoesOnToTheProvider) {
  sign_in(browser);
  const std::string token = browser.get("/token/").body;
  const auto page = browser.post("/accounts/logout/", {{"csrfmiddlewaretoken", token}});
  EXPECT_THAT(page.location, StartsWith(origin() + "/cognito/logout?client_id=local-client"));
  EXPECT_EQ(browser.follow(page).body, "nobody");
}

// Two processes are two sites on one database.
TEST_F(Site, J9_WhatOneProcessRevokes_IsNoTokenOfAnother) {
  CognitoSite other{{.settings = {.mock_mode = true}, .debug = true, .folder = folder.path()}};
  web::Application elsewhere{{.debug = true}};
  elsewhere.use(authentication({.bearer = other.bearer()}));
  elsewhere.router().get("/api/me/", who).access(web::Access::authenticated);
  other.install(elsewhere);
  elsewhere.listening({"127.0.0.1", server.port()});
  const auto status_of = [&](const std::string& token) {
    return web::TestClient(elsewhere)
        .get("/api/me/", {{"Authorization", "Bearer " + token}})
        .status;
  };
  sign_in(browser);
  const std::string revoked = access_token();
  browser.post("/accounts/logout/", {{"csrfmiddlewaretoken", browser.get("/token/").body}});
  EXPECT_EQ(status_of(revoked), 401);
  sign_in(browser);
  EXPECT_EQ(status_of(access_token()), 200) << "of another log-in of the same user";
}

TEST_F(Site, L8_EndOfOnesOwnSession_GoesOnToTheProvider) {
  const auto key = [](Browser& of) { return base::to_hex(base::sha256(of.cookies["session"])); };
  const auto end = [this](const std::string& field, const std::string& value) {
    return browser.post("/accounts/sessions/",
                        {{field, value}, {"csrfmiddlewaretoken", browser.get("/token/").body}});
  };
  Browser other(origin());
  sign_in(other);
  sign_in(browser);
  EXPECT_EQ(end("session", key(other)).location, "/accounts/sessions/") << "not one's own";
  EXPECT_EQ(other.get("/").body, "nobody");
  EXPECT_EQ(browser.get("/").body, "demo");
  for (const bool all : {true, false}) {
    const auto page = all ? end("all", "1") : end("session", key(browser));
    EXPECT_THAT(page.location, StartsWith(origin() + "/cognito/logout?client_id=local-client"));
    EXPECT_EQ(browser.follow(page).body, "nobody");
    sign_in(browser);
  }
}

TEST_F(Site, Next_IsKeptByTheLinkOfTheSignInPage) {
  const std::string url = kLoginPath + std::string("?next=%2Fwrite%2F");
  const auto page = browser.get("/accounts/login/?next=/write/");
  EXPECT_THAT(page.body, HasSubstr("href=\"" + url + "\""));
  const auto failed =
      browser.post("/accounts/login/", {{"login", "x"},
                                        {"password", "x"},
                                        {"next", "/write/"},
                                        {"csrfmiddlewaretoken", browser.get("/token/").body}});
  EXPECT_EQ(failed.status, 400);
  EXPECT_THAT(failed.body, HasSubstr("href=\"" + url + "\""));
}

TEST_F(Site, J6_AccessToken_IsAUserOfTheApi) {
  const std::string redirect = origin() + "/accounts/amazon-cognito/login/callback/";
  const std::string verifier(43, 'v');
  const std::string url =
      "/cognito/oauth2/authorize?" +
      cognito_mock::encode({{"response_type", "code"},
                            {"client_id", "local-client"},
                            {"redirect_uri", redirect},
                            {"scope", "openid"},
                            {"code_challenge", base::base64url_encode(base::sha256(verifier))},
                            {"code_challenge_method", "S256"}});
  const std::string code = between(browser.sign_in(browser.get(url)).location + "&", "code=", "&");
  Browser client(origin());
  const auto answer = base::parse_json(
      client
          .post("/cognito/oauth2/token", {{"grant_type", "authorization_code"},
                                          {"code", code},
                                          {"redirect_uri", redirect},
                                          {"code_verifier", verifier},
                                          {"client_id", "local-client"},
                                          {"client_secret", "local-client-secret"}})
          .body);
  const auto post = [&](const std::string& token) {
    return *http.send(
        {.url = origin() + "/api/posts/",
         .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}},
         .body = "{}"});
  };
  EXPECT_EQ(post(answer["access_token"]).body, "demo");
  EXPECT_EQ(post(answer["id_token"]).status, 401);
  EXPECT_EQ(post("x").status, 401);
}

TEST_F(Site, L9_OutsideLoopback_DoesNotStart) {
  EXPECT_THROW(app.listening({"0.0.0.0", 8000}), std::runtime_error);
  CognitoSite in_production({.settings = {.mock_mode = true}, .debug = false});
  web::Application other({.debug = false});
  in_production.install(other);
  EXPECT_THROW(other.listening({"127.0.0.1", 8000}), std::runtime_error);
}

TEST(SiteWithoutPool, InstallsNothing) {
  CognitoSite off({.settings = {}});
  web::Application app({.debug = true});
  off.install(app);
  EXPECT_FALSE(off.is_on());
  EXPECT_EQ(off.bearer(), nullptr);
  EXPECT_FALSE(app.router().match("/cognito/"));
  EXPECT_FALSE(app.router().match(kLoginPath));
}

TEST(SiteOfAPool, L1_AddressesAreOfTheSettings) {
  base::CognitoSettings settings{.user_pool_id = "eu-central-1_AbC",
                                 .client_id = "c",
                                 .region = "eu-central-1",
                                 .domain = "https://x.example/"};
  const auto found = cognito::oidc_settings(settings, "https://blog.example");
  EXPECT_EQ(found.issuer, "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC");
  EXPECT_EQ(found.token_url, "https://x.example/oauth2/token");
  EXPECT_EQ(found.redirect_uri, "https://blog.example/accounts/amazon-cognito/login/callback/");
  settings.region = "us-east-1";
  EXPECT_THROW(cognito::oidc_settings(settings, ""), std::invalid_argument);
  settings.region = "eu-central-1";
  for (const char* domain :
       {"", "http://x.example", "https://", "https://x.example/path", "https://a@b", "x y"}) {
    settings.domain = domain;
    EXPECT_THROW(cognito::oidc_settings(settings, ""), std::invalid_argument) << domain;
  }
  settings.domain = "x.example";
  EXPECT_EQ(cognito::oidc_settings(settings, "").authorize_url,
            "https://x.example/oauth2/authorize");
}

}  // namespace
}  // namespace auth
