#include "web/csrf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/log.h"
#include "web/form_data.h"
#include "web/session.h"
#include "web/session_store.h"
#include "web/test_client.h"

using namespace web;
using testing::HasSubstr;
using testing::Not;

namespace {

struct Csrf : testing::Test {
  explicit Csrf(bool debug = false)
      : app({.debug = debug,
             .allowed_hosts = {"example.com", "localhost"},
             .trusted_proxies = {"203.0.113.1"}}) {
    base::set_log_level(base::LogLevel::off);
    app.use(sessions(store));
    app.use(csrf({.trusted_origins = {"https://shop.example.net"}}));
    auto& r = app.router();
    const auto ok = [](Request&) { return Response::text("ok"); };
    r.get("/token/", [](Request& request) {
      const std::string token = csrf_token(request);
      EXPECT_EQ(csrf_token(request), token);
      return Response::text(token);
    });
    r.get("/plain/", ok);
    r.post("/post/", ok);
    r.del("/post/", ok);
    r.post("/hook/", ok).csrf_exempt();
    r.post("/login/", [](Request& request) {
      session(request).set_user_key("alice");
      return Response::text(csrf_token(request));
    });
    r.post("/logout/", [](Request& request) {
      session(request).flush();
      return Response::text("out");
    });
    r.post("/api/things/", [](Request& request) {
      (void)request.json();
      return Response::text("made");
    });
  }

  ~Csrf() override { base::set_log_level(base::LogLevel::info); }

  std::string token() { return client.get("/token/").body; }
  void login() { ASSERT_EQ(post("/login/", token()), 200); }
  int post(const std::string& path, const std::string& token, HeaderList headers = {}) {
    return client.post_form(path, {{"csrfmiddlewaretoken", token}}, std::move(headers)).status;
  }

  std::shared_ptr<MemorySessionStore> store = std::make_shared<MemorySessionStore>();
  Application app;
  TestClient client{app};
};

struct CsrfInDebug : Csrf {
  CsrfInDebug() : Csrf(true) {}
};

}  // namespace

TEST_F(Csrf, X1_PostWithoutToken_Is403) {
  EXPECT_EQ(client.post_form("/post/", {{"a", "b"}}).status, 403);
  EXPECT_EQ(post("/post/", ""), 403);
  EXPECT_EQ(post("/post/", "x"), 403);
  EXPECT_EQ(post("/post/", std::string(64, 'A')), 403);
  login();
  EXPECT_EQ(client.post_form("/post/", {}).status, 403);
  EXPECT_EQ(client.post("/post/", base::Json::object()).status, 403);
  EXPECT_EQ(client.del("/post/").status, 403);
}

TEST_F(Csrf, X1_TokenInFormOrHeader_IsAccepted) {
  EXPECT_EQ(post("/post/", token()), 200);
  EXPECT_EQ(client.post_form("/post/", {}, {{"X-CSRFToken", token()}}).status, 200);
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"csrfmiddlewaretoken\"\r\n\r\n" + token() +
      "\r\n--b--\r\n";
  EXPECT_EQ(client
                .request("POST", "/post/",
                         {.body = body, .content_type = "multipart/form-data; boundary=b"})
                .status,
            200);
  login();
  EXPECT_EQ(post("/post/", token()), 200);
  EXPECT_EQ(client.del("/post/", {{"X-CSRFToken", token()}}).status, 200);
}

TEST_F(Csrf, X1_Token_IsMaskedForEachAnswer) {
  const std::string first = token();
  const std::string second = token();
  for (std::size_t i = 0; i + 8 <= first.size(); ++i)
    EXPECT_THAT(second, Not(HasSubstr(first.substr(i, 8))));
  EXPECT_EQ(post("/post/", first), 200);
  EXPECT_EQ(post("/post/", second), 200);
}

TEST_F(Csrf, X1_EveryChangedCharacter_IsRefused) {
  const std::string good = token();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string forged = good;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(post("/post/", forged), 403) << i;
  }
}

TEST_F(Csrf, X1_TokenOfAnotherBrowser_IsRefused) {
  TestClient other(app);
  const std::string foreign = other.get("/token/").body;
  (void)token();
  EXPECT_EQ(post("/post/", foreign), 403);
  login();
  EXPECT_EQ(post("/post/", foreign), 403);
  // Without its cookie a token is nobody's.
  client.cookies.clear();
  EXPECT_EQ(post("/post/", foreign), 403);
}

TEST_F(Csrf, X1_SigningIn_EndsEarlierTokens_ForGood) {
  const std::string before = token();
  const auto page = client.post_form("/login/", {{"csrfmiddlewaretoken", before}});
  EXPECT_EQ(post("/post/", before), 403);
  EXPECT_EQ(post("/post/", page.body), 200);  // made after signing in, in the same answer
  EXPECT_EQ(post("/logout/", token()), 200);
  EXPECT_EQ(post("/post/", before), 403);
  EXPECT_EQ(post("/post/", page.body), 403);
  EXPECT_EQ(post("/post/", token()), 200);
}

TEST_F(Csrf, X1_SessionsToken_IsBoundToItsSession) {
  login();
  const std::string alices = token();
  TestClient other(app);
  const std::string first = other.get("/token/").body;
  other.post_form("/login/", {{"csrfmiddlewaretoken", first}});
  EXPECT_EQ(other.post_form("/post/", {{"csrfmiddlewaretoken", alices}}).status, 403);
}

TEST_F(Csrf, X1_SecFetchSite_OfAnotherSite_IsRefused) {
  for (const char* site : {"cross-site", "same-site", "Cross-Site"})
    EXPECT_EQ(post("/post/", token(), {{"Sec-Fetch-Site", site}}), 403) << site;
  for (const char* site : {"same-origin", "none"})
    EXPECT_EQ(post("/post/", token(), {{"Sec-Fetch-Site", site}}), 200) << site;
}

TEST_F(Csrf, X1_Origin_MustBeOwnOrTrusted) {
  const HeaderList host = {{"Host", "example.com"}};
  client.default_headers = host;
  for (const char* origin :
       {"http://evil.example", "https://example.com.evil.example", "null", "http://example.com:81",
        "https://sub.example.com", "example.com", "ftp://example.com", "https://example.com/x", "",
        "http://shop.example.net"})
    EXPECT_EQ(post("/post/", token(), {{"Origin", origin}}), 403) << origin;
  for (const char* origin : {"http://example.com", "https://example.com", "https://EXAMPLE.com",
                             "https://example.com:443", "https://shop.example.net"})
    EXPECT_EQ(post("/post/", token(), {{"Origin", origin}}), 200) << origin;
  // A trusted origin is another site by its nature.
  EXPECT_EQ(post("/post/", token(),
                 {{"Origin", "https://shop.example.net"}, {"Sec-Fetch-Site", "cross-site"}}),
            200);
}

TEST_F(Csrf, X1_OverHttps_WithoutOrigin_TheRefererMustMatch) {
  client.peer = "203.0.113.1";
  client.default_headers = {{"Host", "example.com"}, {"X-Forwarded-Proto", "https"}};
  EXPECT_EQ(post("/post/", token()), 403);
  for (const char* referer :
       {"", "https://evil.example/", "http://example.com/", "https://example.com.evil.example/",
        "https://example.com@evil.example/", "https://evil.example/https://example.com/", "/"})
    EXPECT_EQ(post("/post/", token(), {{"Referer", referer}}), 403) << referer;
  for (const char* referer : {"https://example.com/", "https://example.com/write/?a=b",
                              "https://example.com", "https://shop.example.net/x"})
    EXPECT_EQ(post("/post/", token(), {{"Referer", referer}}), 200) << referer;
  EXPECT_EQ(post("/post/", token(), {{"Origin", "https://example.com"}}), 200);
  EXPECT_EQ(post("/post/", token(), {{"Origin", "http://example.com"}}), 403);
}

TEST_F(Csrf, X1_AnonymousCookie_IsHostOnly) {
  client.default_headers = {{"Host", "example.com"}};
  client.peer = "203.0.113.9";
  const std::string cookie = client.get("/token/").header("Set-Cookie");
  EXPECT_THAT(cookie, testing::StartsWith("__Host-csrf="));
  EXPECT_THAT(cookie, HasSubstr("; Path=/; HttpOnly; Secure; SameSite=Lax"));
  EXPECT_EQ(client.get("/token/").header("Set-Cookie"), "");
  EXPECT_EQ(client.get("/plain/").header("Set-Cookie"), "");
}

TEST_F(Csrf, X1_SafeMethods_NeedNothing) {
  login();
  EXPECT_EQ(client.get("/plain/", {{"Sec-Fetch-Site", "cross-site"}}).status, 200);
  EXPECT_EQ(client.head("/plain/").status, 200);
  EXPECT_EQ(client.options("/post/").status, 204);
}

TEST_F(Csrf, X1_ExemptRoute_NeedsNothing) {
  EXPECT_EQ(client.post_form("/hook/", {}, {{"Origin", "https://evil.example"}}).status, 200);
}

TEST_F(Csrf, X1_Reason_IsNotTold) {
  const auto response = client.post_form("/post/", {});
  EXPECT_EQ(response.json()["code"], "csrf_failed");
  EXPECT_THAT(response.body, Not(HasSubstr("token")));
}

TEST_F(CsrfInDebug, X1_Reason_IsTold) {
  EXPECT_THAT(client.post_form("/post/", {}).body, HasSubstr("X-CSRFToken"));
  EXPECT_THAT(client.post_form("/post/", {}, {{"Origin", "null"}}).body, HasSubstr("Origin"));
}

TEST_F(Csrf, X2_BearerWithoutSessionCookie_SkipsTheCheck) {
  const HeaderList bearer = {{"Authorization", "Bearer abc"}, {"Origin", "https://app.example"}};
  EXPECT_EQ(client.post("/api/things/", base::Json::object(), bearer).status, 200);
  login();
  EXPECT_EQ(client.post("/api/things/", base::Json::object(), bearer).status, 403);
  EXPECT_EQ(
      client.post("/api/things/", base::Json::object(), {{"Authorization", "Bearer abc"}}).status,
      403);
}

TEST_F(Csrf, X2_BasicAuthorization_SkipsNothing) {
  login();
  EXPECT_EQ(
      client.post("/api/things/", base::Json::object(), {{"Authorization", "Basic abc"}}).status,
      403);
}

TEST_F(Csrf, X2_CookieWithJson_NeedsTheToken_AndNoSimpleType) {
  login();
  EXPECT_EQ(client.post("/api/things/", base::Json::object()).status, 403);
  const HeaderList header = {{"X-CSRFToken", token()}};
  EXPECT_EQ(client.post("/api/things/", base::Json::object(), header).status, 200);
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                           "application/octet-stream", ""}) {
    EXPECT_EQ(client
                  .request("POST", "/api/things/",
                           {.body = "{}", .content_type = type, .headers = header})
                  .status,
              415)
        << type;
  }
}

TEST_F(Csrf, X2_WithoutCookies_JsonNeedsNoToken_ButAnOriginOfItsOwn) {
  EXPECT_EQ(client.post("/api/things/", base::Json::object()).status, 200);
  EXPECT_EQ(client.post("/api/things/", base::Json::object(), {{"Origin", "http://evil"}}).status,
            403);
  EXPECT_EQ(
      client.request("POST", "/api/things/", {.body = "{}", .content_type = "text/plain"}).status,
      415);
}

TEST_F(Csrf, T4_PagesWithAToken_AreNotStored) {
  EXPECT_EQ(client.get("/token/").header("Cache-Control"), "no-store");
  EXPECT_EQ(client.get("/plain/").header("Cache-Control"), "");
}

TEST(CsrfToken, WithoutCsrf_IsAnError) {
  Application app({.debug = true});
  app.router().get("/", [](Request& request) {
    EXPECT_THROW((void)csrf_token(request), std::logic_error);
    return Response::empty();
  });
  EXPECT_EQ(TestClient(app).get("/").status, 204);
}
