// Bearer tokens through an application: J8 and J11.
#include "auth/cognito/bearer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/cognito/test_tokens.h"
#include "web/application.h"
#include "web/test_client.h"

namespace auth::cognito {
namespace {

using cognito_mock::sign_token;
using testing::HasSubstr;
using testing::Not;

class NoKeys : public KeySource {
 public:
  TokenResult<std::shared_ptr<const RsaKey>> find(std::string_view) override {
    return TokenError{TokenFault::keys_unavailable, "down"};
  }
};

class Bearer : public testing::Test {
 protected:
  Bearer() { set_up(application, keys); }
  static void set_up(web::Application& app, KeySource& source) {
    app.use(bearer_tokens(std::make_shared<const JwtVerifier>(
        source, VerifierOptions{.issuer = kTestIssuer, .client_ids = {kTestClient}, .now = [] {
                                  return kTestNow;
                                }})));
    app.router().get("/who/", [](web::Request& request) {
      const Claims* claims = bearer(request);
      return web::Response::text(claims == nullptr ? "nobody" : claims->username);
    });
    app.router().post("/write/", [](web::Request& request) {
      require_scope(*bearer(request), "blog/write");
      return web::Response::text("written");
    });
    app.router().post("/edit/", [](web::Request& request) {
      require_group(*bearer(request), "editors");
      return web::Response::text("edited");
    });
  }
  web::TestResponse get(std::string authorization) {
    return client.get("/who/", {{"Authorization", std::move(authorization)}});
  }
  static std::string token(base::Json payload = access_payload()) {
    return sign_token(test_key(), payload);
  }

  FixedKeys keys{KeySet::parse(key_set_text({test_key().jwk()}))};
  web::Application application{{.debug = true}};
  web::TestClient client{application};
};

TEST_F(Bearer, GoodToken_IsItsUser) {
  EXPECT_EQ(get("Bearer " + token()).body, "demo");
  EXPECT_EQ(get("bearer  " + token()).body, "demo");
}

TEST_F(Bearer, WithoutAToken_IsNobody) {
  EXPECT_EQ(client.get("/who/").body, "nobody");
  EXPECT_EQ(get("Basic ZGVtbzpkZW1v").body, "nobody");
}

TEST_F(Bearer, J8_BadToken_Is401WithoutDetail) {
  base::Json expired = access_payload();
  expired["exp"] = seconds_from_now(-100);
  for (const std::string& bad : {std::string("x"), token() + "x", token(expired),
                                 token(id_payload()), std::string("a.b.c")}) {
    const auto answer = get("Bearer " + bad);
    EXPECT_EQ(answer.status, 401) << bad;
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer error=\"invalid_token\"");
    EXPECT_EQ(answer.json()["error"], "The access token is not valid.");
  }
}

TEST_F(Bearer, J8_MissingScopeOrGroup_Is403) {
  const auto write = [&](const char* path, const base::Json& payload) {
    return client.post(path, base::Json::object(), {{"Authorization", "Bearer " + token(payload)}});
  };
  base::Json payload = access_payload();
  EXPECT_EQ(write("/write/", payload).status, 403);
  EXPECT_EQ(write("/write/", payload).header("WWW-Authenticate"),
            "Bearer error=\"insufficient_scope\"");
  for (const char* scopes :
       {"blog/write2", "xblog/write", "BLOG/WRITE", "blog", "blog/write,openid", ""}) {
    payload["scope"] = scopes;
    EXPECT_EQ(write("/write/", payload).status, 403) << scopes;
  }
  payload["scope"] = "openid blog/write";
  EXPECT_EQ(write("/write/", payload).status, 200);
  EXPECT_EQ(write("/edit/", payload).status, 200);
  payload["cognito:groups"] = {"Editors", "editor"};
  EXPECT_EQ(write("/edit/", payload).status, 403);
}

TEST_F(Bearer, J11_TokenElsewhere_DoesNotCount) {
  EXPECT_EQ(client.get("/who/?access_token=" + token()).body, "nobody");
  EXPECT_EQ(client.get("/who/", {{"Cookie", "access_token=" + token()}}).body, "nobody");
  EXPECT_EQ(client.get("/who/", {{"X-Authorization", "Bearer " + token()}}).body, "nobody");
}

TEST_F(Bearer, J11_TwoAuthorizationHeaders_Are400) {
  const std::string good = "Bearer " + token();
  EXPECT_EQ(client.get("/who/", {{"Authorization", good}, {"authorization", good}}).status, 400);
  EXPECT_EQ(client.get("/who/", {{"Authorization", "Basic eA=="}, {"Authorization", good}}).status,
            400);
}

TEST_F(Bearer, J11_BearerWithoutOneToken_Is401) {
  for (const char* value : {"Bearer", "Bearer ", "Bearer a b", "Bearer   "})
    EXPECT_EQ(get(value).status, 401) << value;
}

TEST_F(Bearer, J10_KeysUnavailable_Is503) {
  NoKeys none;
  web::Application down({.debug = true});
  set_up(down, none);
  const auto answer = web::TestClient(down).get("/who/", {{"Authorization", "Bearer " + token()}});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("Retry-After"), "10");
}

TEST_F(Bearer, G2_RefusedToken_IsNotInTheLog) {
  testing::internal::CaptureStderr();
  get("Bearer " + token(id_payload()));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("token_use"));
  EXPECT_THAT(log, Not(HasSubstr("eyJ")));
}

}  // namespace
}  // namespace auth::cognito
