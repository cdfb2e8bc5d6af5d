#include "web/middleware.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/log.h"
#include "web/test_client.h"

namespace web {
namespace {

class Https : public testing::Test {
 protected:
  Https()
      : app({.allowed_hosts = {"blog.example"},
             .secure_ssl = true,
             .trusted_proxies = {"10.0.0.1"}}),
        client(app) {
    client.default_headers = {{"Host", "blog.example"}};
    client.peer = "10.0.0.1";
    for (const char* path : {"/page/", "/api/x/"})
      app.router().get(RuntimePattern{path}, [](Request&) { return Response::html("x"); });
  }
  Application app;
  TestClient client;
};

TEST_F(Https, T1_APageOverHttp_IsRedirected) {
  const TestResponse response = client.get("/page/?a=1");
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(response.header("Location"), "https://blog.example/page/?a=1");
}

TEST_F(Https, T1_TheApiOverHttp_IsRefusedAndNotRedirected) {
  const TestResponse response = client.get("/api/x/");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.header("Location"), "");
}

TEST_F(Https, T1_OverHttps_IsAnswered_WithStrictTransport) {
  const TestResponse response = client.get("/page/", {{"X-Forwarded-Proto", "https"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Strict-Transport-Security"), "max-age=63072000; includeSubDomains");
}

TEST_F(Https, T1_ForgedScheme_IsNoHttps) {
  client.peer = "192.0.2.1";
  EXPECT_EQ(client.get("/page/", {{"X-Forwarded-Proto", "https"}}).status, 308);
}

TEST_F(Https, H11_TheRedirect_NamesAllowedHostsOnly) {
  const TestResponse response = client.get("/page/", {{"Host", "evil.example"}});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.header("Location"), "");
}

TEST(Headers, T2_T3_EveryAnswer_HasThem) {
  base::set_log_level(base::LogLevel::off);
  Application app({.debug = true});
  app.router().get("/page/", [](Request&) { return Response::html("x"); });
  app.router().get("/json/", [](Request&) { return Response::json({{"a", 1}}); });
  app.router().get("/broken/", [](Request&) -> Response { throw std::runtime_error("x"); });
  TestClient client(app);
  for (const char* path : {"/page/", "/json/", "/broken/", "/none/"}) {
    const TestResponse response = client.get(path);
    EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(response.header("Referrer-Policy"), "strict-origin-when-cross-origin") << path;
    EXPECT_EQ(response.header("Cross-Origin-Opener-Policy"), "same-origin") << path;
    EXPECT_EQ(response.header("Cross-Origin-Resource-Policy"), "same-origin") << path;
    EXPECT_EQ(response.header("Permissions-Policy"), "geolocation=(), camera=(), microphone=()");
    EXPECT_EQ(response.header("X-Frame-Options"), "DENY") << path;
    EXPECT_EQ(response.header("Server"), "") << path;
    EXPECT_EQ(response.header("X-Powered-By"), "") << path;
    EXPECT_EQ(response.header("Strict-Transport-Security"), "") << path;
    EXPECT_EQ(response.header("Content-Security-Policy"),
              std::string(path) == "/page/"
                  ? "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
                    "data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
                    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; report-uri "
                    "/csp-report/"
                  : "default-src 'none'; frame-ancestors 'none'; sandbox")
        << path;
  }
  base::set_log_level(base::LogLevel::info);
}

TEST(Headers, T3_FormsMayLead_ToListedOriginsOnly) {
  const net::HeaderBlock block =
      security_header_block({.form_targets = {"https://login.example"}}, /*page=*/true);
  EXPECT_THAT(std::string(*block.get("Content-Security-Policy")),
              testing::HasSubstr("; form-action 'self' https://login.example; frame-ancestors"));
}

TEST(Headers, T3_Reports_AreTaken_AndAreNotWithoutLimit) {
  base::set_log_level(base::LogLevel::off);
  Application app({.debug = true});
  TestClient client(app);
  for (const char* body :
       {R"({"csp-report":{"violated-directive":"script-src","blocked-uri":"inline"}})", "{}", "x",
        R"({"csp-report":[1]})", R"({"csp-report":{"blocked-uri":7}})", "[]"}) {
    EXPECT_EQ(client
                  .request("POST", "/csp-report/",
                           {.body = body, .content_type = "application/csp-report"})
                  .status,
              204)
        << body;
  }
  EXPECT_EQ(app.router().match("/csp-report/").route("POST")->max_body, 16u * 1024);
  base::set_log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace web
