#include "web/error_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/log.h"
#include "web/redaction.h"
#include "web/test_client.h"

namespace web {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const HeaderList kBrowser = {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ErrorPages : public testing::Test {
 protected:
  explicit ErrorPages(bool debug = false)
      : app({.debug = debug, .allowed_hosts = {"localhost"}}), client(app) {
    base::set_log_level(base::LogLevel::off);
    for (const char* path : {"/broken/", "/api/broken/"})
      app.router().get(RuntimePattern{path},
                       [](Request&) -> Response { throw Broken("the password is <hunter2>"); });
    app.router().get("/taken/", [](Request&) -> Response {
      throw HttpError(409, "conflict", "Changed <meanwhile>.");
    });
    app.router().get("/busy/", [](Request&) -> Response {
      HttpError error(503, "busy", "Try again.");
      error.headers.add("Retry-After", "3");
      throw HttpError(error);
    });
    app.router().get("/json/", [](Request&) { return Response::json({{"a", 1}}, 404); });
  }
  ~ErrorPages() override { base::set_log_level(base::LogLevel::info); }
  Application app;
  TestClient client;
};

TEST_F(ErrorPages, G1_AServerError_TellsItsRequestAndNothingElse) {
  const TestResponse page = client.get("/broken/", kBrowser);
  EXPECT_EQ(page.status, 500);
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, AllOf(HasSubstr("<code>test</code>"), Not(HasSubstr("hunter2")),
                               Not(HasSubstr("Broken"))));
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("script-src 'self'"));
  for (const char* path : {"/broken/", "/api/broken/"})
    EXPECT_EQ(client.get(path).body,
              R"({"error":"Internal error","code":"internal","request_id":"test"})");
}

TEST_F(ErrorPages, Accept_MayTakeMoreLinesThanOne) {
  EXPECT_EQ(client.get("/broken/", {{"Accept", "image/png"}, {"Accept", "text/html"}})
                .header("Content-Type"),
            "text/html; charset=utf-8");
}

TEST_F(ErrorPages, G1_TheApi_AnswersInJson_WhateverIsAskedFor) {
  EXPECT_EQ(client.get("/api/broken/", kBrowser).json()["code"], "internal");
  EXPECT_EQ(client.get("/api/none/", kBrowser).json()["code"], "not_found");
}

TEST_F(ErrorPages, Browsers_GetPages_OthersJson) {
  const TestResponse page = client.get("/none/", kBrowser);
  EXPECT_EQ(page.status, 404);
  EXPECT_THAT(page.body, HasSubstr("<h1>Page not found</h1>"));
  EXPECT_THAT(page.body, Not(HasSubstr("<code>")));
  EXPECT_EQ(client.get("/none/").json()["code"], "not_found");
  EXPECT_THAT(client.get("/taken/", kBrowser).body, HasSubstr("Changed &lt;meanwhile&gt;."));
  EXPECT_EQ(client.get("/busy/", kBrowser).header("Retry-After"), "3");
  EXPECT_EQ(client.get("/none/", {{"Accept", "*/*"}}).json()["code"], "not_found");
}

TEST_F(ErrorPages, ProjectsOwnPages_AreUsed_ServerErrorsWithoutProcessors) {
  app.add_context_processor([](Request&, Context& context) { context.set("user", "Ann"); });
  app.templates().add({.files = {{"404.html", "{{status}} {{user}}: {{message}}"},
                                 {"error.html", "{{status}} {{title}} {{user}}"}}});
  EXPECT_EQ(client.get("/none/", kBrowser).body, "404 Ann: Not found.");
  EXPECT_EQ(client.get("/taken/", kBrowser).body, "409 Error Ann");
  EXPECT_EQ(client.get("/broken/", kBrowser).body, "500 Internal error ");
}

TEST_F(ErrorPages, APageThatFails_LeavesTheJson) {
  app.templates().add({.files = {{"404.html", "<p {{x}}>"}}});
  EXPECT_EQ(client.get("/none/", kBrowser).json()["code"], "not_found");
}

class DebugPages : public ErrorPages {
 protected:
  DebugPages() : ErrorPages(true) {}
};

TEST_F(DebugPages, G3_ShowTheException_WithSecretsMasked) {
  HeaderList headers = kBrowser;
  headers.emplace_back("Cookie", "session=SECRET1");
  headers.emplace_back("Authorization", "Bearer SECRET2");
  headers.emplace_back("X-Api-Key", "SECRET3");
  const TestResponse page = client.get("/broken/?a=1&reset_token=SECRET4", headers);
  EXPECT_EQ(page.status, 500);
  EXPECT_THAT(page.body, AllOf(HasSubstr("Broken"), HasSubstr("the password is &lt;hunter2&gt;"),
                               HasSubstr("<dt>a</dt><dd>1</dd>"), Not(HasSubstr("SECRET"))));
}

TEST_F(DebugPages, G3_AreForThisMachineOnly) {
  HeaderList forwarded = kBrowser;
  forwarded.emplace_back("X-Forwarded-For", "127.0.0.1");
  EXPECT_THAT(client.get("/broken/", forwarded).body, Not(HasSubstr("hunter2")));
  client.peer = "192.0.2.1";
  EXPECT_THAT(client.get("/broken/", kBrowser).body, Not(HasSubstr("hunter2")));
}

TEST(Redaction, G2_SecretsAreKnownByTheirNames) {
  for (const char* name : {"password", "New_Password", "csrf_token", "code", "code_verifier",
                           "client_secret", "api_key", "state", "nonce"})
    EXPECT_TRUE(is_secret_name(name)) << name;
  for (const char* name : {"q", "page", "cursor", "tag", "", "tokens_left"})
    EXPECT_FALSE(is_secret_name(name)) << name;
  for (const char* name : {"authorization", "COOKIE", "Set-Cookie", "X-CSRFToken"})
    EXPECT_TRUE(is_secret_header(name)) << name;
  EXPECT_FALSE(is_secret_header("Accept"));
}

}  // namespace
}  // namespace web
