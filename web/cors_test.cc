#include "web/cors.h"

#include <gtest/gtest.h>

#include "web/test_client.h"

namespace web {
namespace {

class Cors : public testing::Test {
 protected:
  Cors() : app({.debug = true, .cors_allowed_origins = {"https://app.example"}}), client(app) {
    app.router().get("/api/x/", [](Request&) { return Response::text("x"); });
  }
  Application app;
  TestClient client;
};

TEST_F(Cors, X4_AListedOrigin_IsNamed) {
  const TestResponse response = client.get("/api/x/", {{"Origin", "https://app.example"}});
  EXPECT_EQ(response.header("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(response.header("Access-Control-Allow-Credentials"), "");
  EXPECT_EQ(response.header("Vary"), "Origin");
}

TEST_F(Cors, X4_OtherOrigins_AreNot) {
  for (const char* origin : {"null", "https://evil.example", "http://app.example",
                             "https://app.example:8443", "https://app.example.evil", ""}) {
    const TestResponse response = client.get("/api/x/", {{"Origin", origin}});
    EXPECT_EQ(response.header("Access-Control-Allow-Origin"), "") << origin;
    EXPECT_EQ(response.header("Vary"), "Origin");
  }
}

TEST_F(Cors, X4_Preflight_IsKeptTenMinutesAtMost) {
  const TestResponse allowed = client.options(
      "/api/x/", {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "PUT"}});
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.header("Access-Control-Max-Age"), "600");
  EXPECT_EQ(allowed.header("Access-Control-Allow-Headers"), "Authorization, Content-Type");
  const TestResponse refused = client.options(
      "/api/x/", {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "PUT"}});
  EXPECT_EQ(refused.header("Access-Control-Allow-Methods"), "");
  EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), "");
}

TEST(CorsOff, X4_IsTheDefault) {
  Application app({.debug = true});
  app.router().get("/api/x/", [](Request&) { return Response::text("x"); });
  const TestResponse response = TestClient(app).get("/api/x/", {{"Origin", "https://app.example"}});
  EXPECT_EQ(response.header("Access-Control-Allow-Origin"), "");
}

TEST(CorsOff, X4_WildcardsAndNull_AreNoOrigins) {
  for (const char* origin : {"*", "null", "https://*.example", "https://a.example/", "a.example",
                             "ftp://a.example", "https://"})
    EXPECT_THROW(cors({origin}), std::invalid_argument) << origin;
}

}  // namespace
}  // namespace web
