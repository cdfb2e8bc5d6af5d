#include "web/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "web/session.h"
#include "web/session_store.h"
#include "web/test_client.h"

using namespace web;
using testing::HasSubstr;

namespace {

struct Flash : testing::Test {
  Flash() {
    app.use(sessions(store));
    app.use(messages());
    auto& r = app.router();
    r.get("/flash/<path:text>", [](Request& request, std::string text) {
      flash(request, Level::success, text);
      return Response::redirect("/");
    });
    r.get("/many/", [](Request& request) {
      for (int i = 0; i < 30; ++i)
        flash(request, Level::info, std::to_string(i) + std::string(500, '.'));
      return Response::text("");
    });
    r.get("/login/", [](Request& request) {
      session(request).set_user_key("alice");
      return Response::text("");
    });
    r.get("/fail/", [](Request& request) -> Response {
      (void)take_messages(request);
      throw std::runtime_error("bug");
    });
    r.get("/now/", [](Request& request) {
      flash(request, Level::error, "at once");
      return show(request);
    });
    r.get("/", [](Request& request) { return show(request); });
  }

  static Response show(Request& request) {
    std::string text;
    for (const Message& message : take_messages(request))
      text.append(level_name(message.level)).append(":").append(message.text).append("\n");
    return Response::text(text);
  }
  std::string shown() { return client.get("/").body; }

  std::shared_ptr<MemorySessionStore> store = std::make_shared<MemorySessionStore>();
  Application app{{.debug = true}};
  TestClient client{app};
};

}  // namespace

TEST_F(Flash, Message_IsShownOnce) {
  client.get("/flash/Saved%20%C3%A9%20%3Cb%3E");
  EXPECT_EQ(shown(), "success:Saved \xC3\xA9 <b>\n");
  EXPECT_EQ(shown(), "");
  EXPECT_TRUE(client.cookies.empty());
}

TEST_F(Flash, Messages_Wait_InOrder) {
  client.get("/flash/one");
  client.get("/flash/two");
  EXPECT_EQ(shown(), "success:one\nsuccess:two\n");
}

TEST_F(Flash, InTheSameRequest_IsShownAtOnce) {
  EXPECT_EQ(client.get("/now/").body, "error:at once\n");
  EXPECT_EQ(shown(), "");
}

TEST_F(Flash, WithASession_TheyAreKeptThere) {
  client.get("/login/");
  client.get("/flash/one");
  EXPECT_FALSE(client.cookies.contains("messages"));
  EXPECT_EQ(shown(), "success:one\n");
  EXPECT_EQ(shown(), "");
}

TEST_F(Flash, OfTheTimeBeforeSigningIn_IsShownAfterwards) {
  client.get("/flash/one");
  client.get("/login/");
  client.get("/flash/two");
  EXPECT_EQ(shown(), "success:one\nsuccess:two\n");
  EXPECT_FALSE(client.cookies.contains("messages"));
}

TEST_F(Flash, K7_ForgedCookie_IsIgnored) {
  client.get("/flash/one");
  client.cookies["messages"].back() = client.cookies["messages"].back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(shown(), "");
  client.cookies["messages"] = "nonsense";
  EXPECT_EQ(shown(), "");
}

TEST_F(Flash, ManyMessages_FitTheCookie_TheNewestFirst) {
  const auto response = client.get("/many/");
  EXPECT_LE(response.header("Set-Cookie").size(), 4096u);
  EXPECT_THAT(shown(), HasSubstr("info:29."));
}

TEST_F(Flash, ServerError_LosesNone) {
  client.get("/flash/one");
  base::set_log_level(base::LogLevel::off);
  EXPECT_EQ(client.get("/fail/").status, 500);
  base::set_log_level(base::LogLevel::info);
  EXPECT_EQ(shown(), "success:one\n");
}
