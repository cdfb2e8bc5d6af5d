#include "web/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/secrets.h"
#include "web/session_store.h"
#include "web/test_client.h"

using namespace web;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

namespace {

// A store that can be taken away.
class FailingStore : public MemorySessionStore {
 public:
  bool down = false;
  std::optional<StoredSession> load(std::string_view key_hash) override {
    ++loads;
    fail_if_down();
    return MemorySessionStore::load(key_hash);
  }
  bool save(const StoredSession& session, Write write) override {
    ++saves;
    fail_if_down();
    last = session;
    return MemorySessionStore::save(session, write);
  }
  void remove(std::string_view key_hash) override {
    fail_if_down();
    MemorySessionStore::remove(key_hash);
  }
  int loads = 0, saves = 0;
  StoredSession last{};

 private:
  void fail_if_down() const {
    if (down) throw std::runtime_error("connection refused at 10.0.0.7");
  }
};

struct Sessions : testing::Test {
  Sessions() {
    base::set_log_level(base::LogLevel::off);
    app.use(sessions(store, {.now = [this] { return now; }}));
    auto& r = app.router();
    r.get("/plain/", [](Request&) { return Response::text("plain"); });
    r.get("/set/<str:value>/", [](Request& request, std::string value) {
      session(request).set("value", value);
      return Response::text("set");
    });
    r.get("/get/", [](Request& request) {
      const base::Json* const value = session(request).find("value");
      return Response::text(session(request).user_key() + "|" +
                            (value ? value->get<std::string>() : "none"));
    });
    r.get("/login/<str:user>/", [](Request& request, std::string user) {
      session(request).set_user_key(user);
      return Response::text("in");
    });
    r.get("/rotate/", [](Request& request) {
      session(request).rotate();
      return Response::text("rotated");
    });
    r.get("/logout/", [](Request& request) {
      session(request).flush();
      return Response::text("out");
    });
    r.get("/fail/", [](Request& request) -> Response {
      session(request).set("value", "half");
      throw std::runtime_error("bug");
    });
    r.get("/large/", [](Request& request) {
      session(request).set("value", std::string(64 * 1024, 'x'));
      return Response::text("large");
    });
    r.get("/seen/", [this](Request& request) {
      const bool idle = now - session(request).last_seen_at() > 60min;
      return Response::text(idle ? "idle" : "fresh");
    });
    r.get("/race/", [this](Request& request) {
      Session& s = session(request);
      s.set("value", "late");
      store->remove(s.key_hash());  // another request signs out meanwhile
      return Response::text("late");
    });
  }

  ~Sessions() override { base::set_log_level(base::LogLevel::info); }

  std::string id() const {
    const auto found = client.cookies.find("session");
    return found == client.cookies.end() ? "" : found->second;
  }
  std::string get(const std::string& path) { return client.get(path).body; }

  base::Timestamp now{1'700'000'000s};
  std::shared_ptr<FailingStore> store = std::make_shared<FailingStore>();
  Application app{{.debug = true, .allowed_hosts = {"example.com"}}};
  TestClient client{app};
};

}  // namespace

TEST_F(Sessions, Value_IsKeptBetweenRequests) {
  EXPECT_EQ(get("/get/"), "|none");
  get("/set/7/");
  EXPECT_EQ(get("/get/"), "|7");
  EXPECT_EQ(TestClient(app).get("/get/").body, "|none");
}

TEST_F(Sessions, NothingSet_MakesNoSession_AndNoCall) {
  const auto response = client.get("/plain/");
  EXPECT_EQ(response.header("Set-Cookie"), "");
  EXPECT_EQ(response.header("Vary"), "");
  client.cookies["session"] = std::string(43, 'x');
  client.get("/plain/");
  EXPECT_EQ(store->loads, 0);
  get("/get/");
  EXPECT_EQ(store->loads, 1);
  EXPECT_EQ(store->saves, 0);
}

TEST_F(Sessions, K1_Cookie_IsHostOnlySecureHttpOnlyLax) {
  client.default_headers = {{"Host", "example.com"}};
  client.peer = "203.0.113.9";
  const std::string cookie = client.get("/set/7/").header("Set-Cookie");
  EXPECT_THAT(cookie, testing::StartsWith("__Host-session="));
  for (const char* part : {"; Path=/;", "; HttpOnly", "; Secure", "; SameSite=Lax"})
    EXPECT_THAT(cookie, HasSubstr(part));
  EXPECT_THAT(cookie, Not(HasSubstr("Domain")));
  EXPECT_EQ(get("/get/"), "|7");
}

TEST_F(Sessions, K1_PlainName_OnlyOnLoopbackHttp) {
  const std::string cookie = client.get("/set/7/").header("Set-Cookie");
  EXPECT_THAT(cookie, testing::StartsWith("session="));
  EXPECT_THAT(cookie, HasSubstr("; HttpOnly; SameSite=Lax"));
  EXPECT_THAT(cookie, Not(HasSubstr("Secure")));
  // Loopback behind a proxy that serves example.com; a stranger who says localhost.
  EXPECT_THAT(client.get("/set/7/", {{"Host", "example.com"}}).header("Set-Cookie"),
              testing::StartsWith("__Host-session="));
  client.cookies.clear();
  client.peer = "203.0.113.9";
  EXPECT_THAT(client.get("/set/7/").header("Set-Cookie"), testing::StartsWith("__Host-session="));
}

TEST_F(Sessions, K2_Identifier_Has256Bits_AndTheStoreItsHashOnly) {
  get("/set/7/");
  EXPECT_EQ(id().size(), 43u);
  EXPECT_EQ(store->last.key_hash, base::to_hex(base::sha256(id())));
  EXPECT_THAT(store->last.data.dump(), Not(HasSubstr(id())));
}

TEST_F(Sessions, K2_UnknownIdentifier_IsNeverAdopted) {
  const std::string chosen(43, 'x');
  client.cookies["session"] = chosen;
  EXPECT_EQ(get("/get/"), "|none");
  get("/set/7/");
  EXPECT_NE(id(), chosen);
  EXPECT_FALSE(store->load(base::to_hex(base::sha256(chosen))));
  client.cookies["session"] = "short";
  get("/login/alice/");
  EXPECT_EQ(id().size(), 43u);
}

TEST_F(Sessions, K3_SigningIn_ChangesTheIdentifier_AndEndsTheOldOne) {
  get("/set/7/");
  const std::string before = id();
  get("/login/alice/");
  EXPECT_NE(id(), before);
  EXPECT_EQ(get("/get/"), "alice|7");
  EXPECT_EQ(store->size(), 1u);
  client.cookies["session"] = before;
  EXPECT_EQ(get("/get/"), "|none");
}

TEST_F(Sessions, K3_SigningInAsAnother_LeavesNothingOfTheFirst) {
  get("/login/alice/");
  get("/set/secret/");
  get("/login/bob/");
  EXPECT_EQ(get("/get/"), "bob|none");
  EXPECT_EQ(store->size(), 1u);
}

TEST_F(Sessions, K3_Rotate_KeepsTheData_UnderANewIdentifier) {
  get("/login/alice/");
  get("/set/7/");
  const std::string before = id();
  get("/rotate/");
  EXPECT_NE(id(), before);
  EXPECT_EQ(get("/get/"), "alice|7");
  EXPECT_EQ(store->size(), 1u);
}

TEST_F(Sessions, K4_IdleSession_EndsOnRead_ThoughTheStoreHasIt) {
  get("/login/alice/");
  now += 12h - 1s;
  EXPECT_EQ(get("/get/"), "alice|none");
  now += 12h - 1s;  // it was seen meanwhile
  EXPECT_EQ(get("/get/"), "alice|none");
  now += 12h;
  EXPECT_EQ(get("/get/"), "|none");
  EXPECT_EQ(store->size(), 1u);
}

TEST_F(Sessions, K4_Session_EndsFourteenDaysAfterItsUserSignedIn) {
  get("/login/alice/");
  for (int i = 0; i < 14 * 4 - 1; ++i) {
    now += 6h;
    ASSERT_EQ(get("/get/"), "alice|none") << i;
    ASSERT_LE(store->last.expires_at, base::Timestamp(1'700'000'000s) + 24h * 14);
  }
  now += 6h;
  EXPECT_EQ(get("/get/"), "|none");
}

TEST_F(Sessions, K4_TheStoresExpiry_IsChecked) {
  get("/login/alice/");
  StoredSession row = store->last;
  row.expires_at = now;
  store->save(row, SessionStore::Write::update);
  EXPECT_EQ(get("/get/"), "|none");
}

TEST_F(Sessions, K4_LastSeen_TellsShorterIdleTimes) {
  get("/login/alice/");
  now += 59min;
  EXPECT_EQ(get("/seen/"), "fresh");
  now += 61min;
  EXPECT_EQ(get("/seen/"), "idle");
}

TEST_F(Sessions, Reading_WritesOnceInFiveMinutesAtMost) {
  get("/login/alice/");
  const int saves = store->saves;
  now += 299s;
  get("/get/");
  EXPECT_EQ(store->saves, saves);
  now += 1s;
  get("/get/");
  get("/get/");
  EXPECT_EQ(store->saves, saves + 1);
}

TEST_F(Sessions, K5_Flush_DeletesTheRow_AndTheCookie) {
  get("/login/alice/");
  const std::string before = id();
  const auto response = client.get("/logout/");
  EXPECT_THAT(response.header("Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(store->size(), 0u);
  client.cookies["session"] = before;
  EXPECT_EQ(get("/get/"), "|none");
}

TEST_F(Sessions, K5_ALateSave_DoesNotBringAnEndedSessionBack) {
  get("/login/alice/");
  get("/race/");
  EXPECT_EQ(store->size(), 0u);
  EXPECT_EQ(get("/get/"), "|none");
}

TEST_F(Sessions, K6_StoreDown_Is503_AndTheSessionIsThereAfterwards) {
  get("/login/alice/");
  store->down = true;
  const auto response = client.get("/get/");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("Retry-After"), "5");
  EXPECT_EQ(response.header("Set-Cookie"), "");
  EXPECT_THAT(response.body, Not(HasSubstr("10.0.0.7")));
  EXPECT_EQ(client.get("/plain/").status, 200);
  store->down = false;
  EXPECT_EQ(get("/get/"), "alice|none");
}

TEST_F(Sessions, K6_StoreDownWhileSaving_Is503) {
  store->down = true;
  const auto response = client.get("/set/7/");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("Set-Cookie"), "");
}

TEST_F(Sessions, ServerError_ChangesNothing) {
  get("/set/7/");
  EXPECT_EQ(client.get("/fail/").status, 500);
  EXPECT_EQ(get("/get/"), "|7");
}

TEST_F(Sessions, TooMuchData_IsAnError) {
  EXPECT_EQ(client.get("/large/").status, 500);
  EXPECT_EQ(store->size(), 0u);
}

TEST_F(Sessions, T4_SignedInAnswers_AreNotStored) {
  EXPECT_EQ(client.get("/get/").header("Cache-Control"), "");
  EXPECT_EQ(client.get("/get/").header("Vary"), "Cookie");
  get("/login/alice/");
  EXPECT_EQ(client.get("/get/").header("Cache-Control"), "no-store");
}

// One line: caches and proxies are known that read the first alone.
TEST_F(Sessions, T4_Vary_IsJoinedToTheViewsOwn) {
  app.router().get("/vary/", [](Request& request) {
    session(request).find("value");
    return Response::text("varies").header("Vary", "Accept-Language");
  });
  EXPECT_EQ(client.get("/vary/").header("Vary"), "Accept-Language, Cookie");
}

TEST(Session, WithoutSessions_IsAnError) {
  Application app({.debug = true});
  app.router().get("/", [](Request& request) {
    EXPECT_EQ(find_session(request), nullptr);
    EXPECT_THROW((void)session(request), std::logic_error);
    return Response::empty();
  });
  EXPECT_EQ(TestClient(app).get("/").status, 204);
}
