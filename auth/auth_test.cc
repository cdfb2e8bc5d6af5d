// Sessions in the database, who a request comes from, and what routes ask for.
#include "auth/auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/session_store.h"
#include "auth/site.h"
#include "auth/test_auth.h"
#include "base/json.h"
#include "base/log_level.h"
#include "web/csrf.h"
#include "web/session.h"
#include "web/test_client.h"

namespace auth {
namespace {

using dynamo_backend::f;
using web::Access;
using web::Request;
using web::Response;

// Anyone may become anyone: /become/<name>/ signs in.
struct Auth : testing::Test, AuthDatabase {
  Auth() { start({}); }
  void start(AuthenticationOptions options) {
    app = std::make_unique<web::Application>(
        web::ApplicationOptions{.debug = true, .secret_keys = {.current = "a secret of tests"}});
    app->use(
        web::sessions(std::make_shared<DynamoSessionStore>(), {.now = [this] { return now; }}));
    app->use(authentication(std::move(options)));
    const auto who = [](Request& request) {
      const User* const found = user(request);
      return Response::text(found ? found->username : "nobody");
    };
    web::Router& r = app->router();
    r.get("/who/", who).access(Access::public_);
    r.get("/own/", who).access(Access::authenticated);
    r.get("/staff/", who).access(Access::staff);
    r.get("/perm/", who).access(Access::permission("blog.change_post"));
    r.get("/undeclared/", who);
    r.get("/api/own/", who).access(Access::authenticated);
    r.post("/api/own/", who).access(Access::authenticated);
    r.get("/api/staff/", who).access(Access::staff);
    r.post("/own/", who).access(Access::authenticated);
    r.get("/become/<str:name>/", [](Request& request, std::string name) {
       login(request, *find_by_username(name));
       return Response::text(name);
     }).access(Access::public_);
    r.get("/leave/", [](Request& request) {
       logout(request);
       return Response::text("");
     }).access(Access::public_);
    client = std::make_unique<web::TestClient>(*app);
  }
  std::string who() { return client->get("/who/").body; }
  std::size_t sessions() { return SessionRow::objects.all().allow_scan("a test").count(); }

  std::unique_ptr<web::Application> app;
  std::unique_ptr<web::TestClient> client;
};

TEST_F(Auth, Login_LastsUntilLogout) {
  const User alice = new_user("alice");
  EXPECT_EQ(who(), "nobody");
  EXPECT_EQ(sessions(), 0u) << "whoever only looks gets no session";
  client->get("/become/alice/");
  EXPECT_EQ(who(), "alice");
  EXPECT_EQ(User::objects.get(alice.pk).last_login, now);
  client->get("/leave/");
  EXPECT_EQ(who(), "nobody");
  EXPECT_EQ(sessions(), 0u);
}

TEST_F(Auth, K2_TheTableHoldsNoIdentifier) {
  new_user("alice");
  client->get("/become/alice/");
  const std::string id = client->cookies.at("session");
  for (const SessionRow& row : SessionRow::objects.all().allow_scan("a test")) {
    EXPECT_EQ(row.key_hash.size(), 64u);
    EXPECT_EQ((row.key_hash + row.data).find(id), std::string::npos);
  }
}

TEST_F(Auth, K3_LoginGivesANewIdentifier_AndEndsTheOld) {
  new_user("alice");
  new_user("bob");
  client->get("/become/alice/");
  const auto before = client->cookies;
  client->get("/become/bob/");
  EXPECT_NE(client->cookies, before);
  EXPECT_EQ(who(), "bob");
  client->cookies = before;
  EXPECT_EQ(who(), "nobody");
}

TEST_F(Auth, K4_ExpiryIsCheckedOnRead) {
  new_user("alice");
  client->get("/become/alice/");
  now += std::chrono::hours(11);
  EXPECT_EQ(who(), "alice") << "idle for less than twelve hours";
  now += std::chrono::hours(13);
  EXPECT_EQ(who(), "nobody") << "the row is there until DynamoDB deletes it";
}

TEST_F(Auth, K4_NoSessionIsOlderThanTwoWeeks) {
  new_user("alice");
  client->get("/become/alice/");
  for (int i = 0; i < 33; ++i) {
    now += std::chrono::hours(10);
    ASSERT_EQ(who(), "alice") << i;
  }
  now += std::chrono::hours(10);
  EXPECT_EQ(who(), "nobody");
}

TEST_F(Auth, K5_DisablingAUser_OrANewPassword_EndsAllSessions) {
  User alice = new_user("alice");
  web::TestClient other(*app);
  other.get("/become/alice/");
  client->get("/become/alice/");
  set_password(alice, "another harbour");
  alice.save();
  EXPECT_EQ(who(), "nobody");
  EXPECT_EQ(other.get("/who/").body, "nobody");

  client->get("/become/alice/");
  EXPECT_EQ(who(), "alice");
  alice.refresh();
  alice.is_active = false;
  alice.save();
  EXPECT_EQ(who(), "nobody");
  alice.is_active = true;
  alice.save();
  EXPECT_EQ(who(), "nobody");
}

TEST_F(Auth, K5_SessionsAreListed_AndEnded) {
  User alice = new_user("alice");
  const User bob = new_user("bob");
  web::TestClient other(*app);
  client->default_headers = {{"User-Agent", "B\xc3\xb6rse/1.0"}};
  client->get("/become/alice/");
  now += std::chrono::minutes(1);
  other.get("/become/alice/");
  const auto all = sessions_of(alice);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].user_agent, "B??rse/1.0");
  EXPECT_EQ(all[1].address, "127.0.0.1");
  EXPECT_EQ(all[1].last_seen_at + std::chrono::minutes(1), all[0].last_seen_at);
  EXPECT_FALSE(end_session(bob, all[0].key_hash)) << "not his";
  EXPECT_TRUE(end_session(alice, all[0].key_hash));
  EXPECT_EQ(other.get("/who/").body, "nobody");
  EXPECT_EQ(who(), "alice");
  end_sessions(alice);
  EXPECT_EQ(who(), "nobody");
  EXPECT_EQ(sessions(), 0u);
}

TEST_F(Auth, K5_ASessionThatWasEnded_IsNotBroughtBackByARequestInFlight) {
  new_user("alice");
  client->get("/become/alice/");
  app->router()
      .get("/slow/",
           [](Request& request) {
             web::session(request).set("x", 1);
             User alice = *find_by_username("alice");
             end_sessions(alice);  // as another request would
             return Response::text("");
           })
      .access(Access::public_);
  client->get("/slow/");
  EXPECT_EQ(sessions(), 0u);
  EXPECT_EQ(who(), "nobody");
}

TEST_F(Auth, K6_DatabaseDown_Is503_AndTheSessionGoesOn) {
  new_user("alice");
  client->get("/become/alice/");
  dynamo_backend::Connection* const before = dynamo_backend::Connection::find_current();
  dynamo_backend::Connection::set_current(nullptr);
  EXPECT_EQ(client->get("/own/").status, 503);
  dynamo_backend::Connection::set_current(before);
  EXPECT_EQ(who(), "alice");
}

TEST_F(Auth, Z1_UndeclaredRoute_Is403_ForEveryone) {
  create_superuser({.username = "root"}, kPassword);
  EXPECT_EQ(client->get("/undeclared/").status, 403);
  client->get("/become/root/");
  EXPECT_EQ(client->get("/undeclared/").status, 403);
  EXPECT_EQ(client->get("/nowhere/").status, 404);
  EXPECT_EQ(client->del("/who/").status, 405);
}

TEST_F(Auth, Z1_WhoIsNotSignedIn_IsSentToLogin_ByTheApiAnswered401) {
  const auto page = client->get("/own/?a=b&c");
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.header("Location"), "/accounts/login/?next=%2Fown%2F%3Fa%3Db%26c");
  EXPECT_EQ(client->post_form("/own/", {}).header("Location"), "/accounts/login/");
  EXPECT_EQ(client->get("/staff/").status, 303);
  const auto api = client->get("/api/own/");
  EXPECT_EQ(api.status, 401);
  EXPECT_EQ(api.json()["code"], "not_authenticated");
  EXPECT_EQ(api.header("WWW-Authenticate"), "Bearer");
}

TEST_F(Auth, Z1_EachAccess_AsksForWhatItSays) {
  const auto allowed = [this] {
    std::string all;
    for (const char* path : {"/own/", "/staff/", "/perm/"})
      all += client->get(path).status == 200 ? path : "";
    return all;
  };
  User alice = new_user("alice");
  client->get("/become/alice/");
  EXPECT_EQ(allowed(), "/own/");
  EXPECT_EQ(client->get("/staff/").status, 403);
  alice.groups.add(Group::objects.create({.name = "editors", .permissions = {"blog.change_post"}}));
  EXPECT_EQ(allowed(), "/own//perm/");
  alice.refresh();
  alice.is_staff = true;
  alice.save();
  EXPECT_EQ(allowed(), "/own//staff//perm/");
}

TEST_F(Auth, OpenDemo_IsForDebugLoopbackAndTheApiAlone) {
  start({.open_demo = true});
  EXPECT_EQ(client->get("/api/own/").status, 200);
  EXPECT_EQ(client->get("/own/").status, 303) << "no page";
  EXPECT_EQ(client->get("/api/staff/").status, 401);
  EXPECT_EQ(client->get("/api/own/", {{"X-Forwarded-For", "192.0.2.1"}}).status, 401);
  client->peer = "192.0.2.1";
  EXPECT_EQ(client->get("/api/own/").status, 401);
}

struct OneToken : BearerVerifier {
  std::optional<User> user_of(Request& request) const override {
    const auto header = request.header("Authorization");
    if (!header) return std::nullopt;
    if (*header != "Bearer good") throw web::HttpError(401, "invalid_token", "No.");
    return find_by_username("alice");
  }
};

TEST_F(Auth, G2_NamesInTheLog_AreShort_AndTurnNoTerminalAround) {
  app->router()
      .get("/log/",
           [](Request& request) {
             log_event(request, "sign-in failed", request.query("name").value_or(""));
             return Response::text("");
           })
      .access(Access::public_);
  const auto line = [&](const std::string& name) {
    const base::ScopedLogLevel level(base::LogLevel::info);
    testing::internal::CaptureStderr();
    client->get("/log/?name=" + net::percent_encode(name));
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(line("Жanna"), testing::HasSubstr("user \"Жanna\" from 127.0.0.1"));
  EXPECT_THAT(line("a\u202Eb\u009B1m"), testing::HasSubstr("user \"a???b??1m\" from"));
  EXPECT_LT(line(std::string(100'000, 'x')).size(), 500u);
}

// Two behind one address, as of a company or of a gateway.
TEST_F(Auth, N1_WritesOfBearerTokens_AreCountedByUser) {
  struct NamedToken : BearerVerifier {
    std::optional<User> user_of(Request& request) const override {
      const auto header = request.header("Authorization");
      return header ? find_by_username(header->substr(7)) : std::nullopt;
    }
  };
  new_user("alice");
  new_user("bob");
  app = std::make_unique<web::Application>(web::ApplicationOptions{
      .allowed_hosts = {"localhost"}, .secret_keys = {.current = "a secret of tests"}});
  install(*app, {.secret = "secret", .bearer = std::make_shared<NamedToken>()});
  app->router()
      .post("/api/posts/", [](Request&) { return Response::text("made"); })
      .access(Access::authenticated)
      .rate_limit({.name = "writes", .allowed = 2, .per = web::RateLimit::Per::user});
  client = std::make_unique<web::TestClient>(*app);
  const auto write = [this](const std::string& name) {
    web::TestRequest request{
        .headers = {{"Host", "localhost"}, {"Authorization", "Bearer " + name}}};
    request.content_type = "application/json";
    request.body = "{}";
    return client->request("POST", "/api/posts/", request).status;
  };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(write("alice"), 200);
  EXPECT_EQ(write("alice"), 429);
  EXPECT_EQ(write("bob"), 200);
  client->peer = "198.51.100.7";
  EXPECT_EQ(write("alice"), 429) << "wherever she is";
}

TEST_F(Auth, X2_BearerToken_IsItsUser) {
  User alice = new_user("alice");
  start({.bearer = std::make_shared<OneToken>()});
  EXPECT_EQ(client->get("/api/own/", {{"Authorization", "Bearer good"}}).body, "alice");
  EXPECT_EQ(client->get("/api/own/", {{"Authorization", "Bearer bad"}}).status, 401);
  EXPECT_EQ(client->get("/api/own/").status, 401);
  alice.is_active = false;
  alice.save();
  EXPECT_EQ(client->get("/api/own/", {{"Authorization", "Bearer good"}}).status, 401);
}

TEST_F(Auth, N1_RefusedTokens_AreLimitedByAddress) {
  new_user("alice");
  start({.bearer = std::make_shared<OneToken>()});
  client->peer = "203.0.113.9";
  const auto status = [this](const char* token) {
    return client->get("/api/own/", {{"Authorization", std::string("Bearer ") + token}}).status;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status("bad"), 401);
  EXPECT_EQ(status("bad"), 429);
  EXPECT_EQ(status("good"), 200) << "those who share the address go on";
  client->peer = "198.51.100.7";
  EXPECT_EQ(status("bad"), 401);
}

}  // namespace
}  // namespace auth
