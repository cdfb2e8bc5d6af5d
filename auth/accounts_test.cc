// The pages below /accounts/.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/site.h"
#include "auth/test_account_pages.h"

namespace auth {
namespace {

using testing::HasSubstr;
using testing::Not;
using web::TestResponse;

TEST_F(AccountPages, Login_TakesNameOrAddress_AndGoesOn) {
  new_user("alice");
  EXPECT_EQ(hidden(client->get("/accounts/login/?next=/write/").body, "next"), "/write/");
  const auto done =
      send("/accounts/login/",
           {{"login", "alice@example.com"}, {"password", kPassword}, {"next", "/write/"}});
  EXPECT_EQ(done.status, 303) << done.body;
  EXPECT_EQ(done.header("Location"), "/write/");
  EXPECT_EQ(who(), "alice");
}

TEST_F(AccountPages, Login_IsForgottenWithTheBrowser_UnlessAskedToRemember) {
  new_user("alice");
  const auto session_cookie = [](const TestResponse& response) {
    std::string found;
    (void)response.headers.any_of([&](const net::HeaderField& field) {
      if (field.name == "Set-Cookie" && field.value.find("session=") != std::string_view::npos)
        found = std::string(field.value);
      return false;
    });
    return found;
  };
  EXPECT_THAT(session_cookie(sign_in("alice", kPassword)), Not(HasSubstr("Max-Age")));
  EXPECT_THAT(
      session_cookie(send("/accounts/login/",
                          {{"login", "alice"}, {"password", kPassword}, {"remember", "on"}})),
      HasSubstr("Max-Age=1209600"));
}

TEST_F(AccountPages, R1_NextOfAnotherSite_IsNotFollowed) {
  new_user("alice");
  for (const char* next : {"//evil.example", "https://evil.example/", "/\\evil.example",
                           "javascript:alert(1)", "\t//evil.example"}) {
    const auto done =
        send("/accounts/login/", {{"login", "alice"}, {"password", kPassword}, {"next", next}});
    EXPECT_EQ(done.header("Location"), "/") << next;
  }
}

TEST_F(AccountPages, N2_UnknownNameAndWrongPassword_AnswerTheSame) {
  new_user("alice");
  auto wrong = sign_in("alice", "violet-harbour-43"), unknown = sign_in("aliza", kPassword);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(unknown.status, 400);
  const auto plain = [](std::string body, const std::string& name) {
    for (const std::string& text : {name, hidden(body, "csrfmiddlewaretoken")}) {
      EXPECT_FALSE(text.empty());
      const auto at = body.find(text);
      if (at != std::string::npos) body.erase(at, text.size());
    }
    return body;
  };
  EXPECT_EQ(plain(wrong.body, "alice"), plain(unknown.body, "aliza"));
  EXPECT_THAT(wrong.body, HasSubstr("value=\"alice\"")) << "what was entered is kept";
  EXPECT_THAT(wrong.body, Not(HasSubstr("violet"))) << "but for the password";
}

TEST_F(AccountPages, X1_WithoutToken_Is403) {
  new_user("alice");
  EXPECT_EQ(
      client->post_form("/accounts/login/", {{"login", "alice"}, {"password", kPassword}}).status,
      403);
  sign_in("alice", kPassword);
  EXPECT_EQ(client->post_form("/accounts/logout/", {}).status, 403);
  EXPECT_EQ(who(), "alice");
}

TEST_F(AccountPages, N1_SixthWrongPassword_Is429_AndTheRightOneTooThen) {
  new_user("alice");
  for (int i = 0; i < 5; ++i) {
    client->peer = "198.51.100." + std::to_string(i);
    EXPECT_EQ(sign_in(i % 2 ? "alice" : "alice@example.com", "wrong").status, 400);
  }
  const auto refused = sign_in("alice", kPassword);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "300");
  EXPECT_THAT(refused.body, HasSubstr("Try again in 5 minutes."));
  now += std::chrono::minutes(5);
  EXPECT_EQ(sign_in("alice", kPassword).status, 303);
}

TEST_F(AccountPages, N1_SignUpsAndResets_AreTwentyAMinuteOfAnAddress) {
  const auto until_refused = [&](const std::string& path, const web::HeaderList& fields) {
    int answered = 0;
    while (answered < 25) {
      const auto response = send(path, fields);
      if (response.status == 429) {
        EXPECT_EQ(response.header("Retry-After"), "60");
        break;
      }
      ++answered;
    }
    return answered;
  };
  EXPECT_EQ(until_refused("/accounts/signup/", {{"username", "carol"}}), 20);
  EXPECT_EQ(until_refused("/accounts/password/reset/", {{"email", "nobody@example.com"}}), 20);
  client->peer = "198.51.100.7";
  EXPECT_EQ(send("/accounts/signup/", {{"username", "carol"}}).status, 400);
}

TEST_F(AccountPages, K5_LogoutIsAPost_AndEndsTheSession) {
  new_user("alice");
  sign_in("alice", kPassword);
  EXPECT_EQ(client->get("/accounts/logout/").status, 200);
  EXPECT_EQ(who(), "alice");
  const auto done = send("/accounts/logout/", {});
  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(done.header("Clear-Site-Data"), "\"cookies\"");
  EXPECT_EQ(who(), "nobody");
  EXPECT_EQ(SessionRow::objects.all().allow_scan("a test").count(), 0u);
}

TEST_F(AccountPages, Next_IsKeptThroughAFailedSignIn_AndOnTheWayToSignUp) {
  const std::string next = "/write/?a=b&c=d";
  const auto failed =
      send("/accounts/login/",
           {{"login", "carol"}, {"password", "wrong"}, {"next", next}, {"remember", "on"}});
  EXPECT_EQ(failed.status, 400);
  EXPECT_THAT(failed.body, HasSubstr("name=\"remember\" value=\"on\" checked"));
  const std::string start = "href=\"/accounts/signup/";
  const auto at = failed.body.find(start + "?next=");
  ASSERT_NE(at, std::string::npos) << failed.body;
  const auto from = at + start.size();
  const std::string query = failed.body.substr(from, failed.body.find('"', from) - from);
  EXPECT_THAT(query, Not(HasSubstr("&"))) << "one parameter";
  const std::string path = "/accounts/signup/" + query;
  EXPECT_EQ(hidden(client->get(path).body, "next"), "/write/?a=b&amp;c=d");
  const web::HeaderList fields = {
      {"username", "carol"}, {"password1", kPassword}, {"password2", kPassword}, {"next", next}};
  auto wrong = fields;
  wrong[2].second = "other";
  EXPECT_EQ(hidden(send("/accounts/signup/", wrong).body, "next"), "/write/?a=b&amp;c=d");
  EXPECT_EQ(send("/accounts/signup/", fields).header("Location"), next);
  EXPECT_EQ(hidden(client->get("/accounts/signup/?next=//evil.example").body, "next"), "/");
}

TEST_F(AccountPages, PasswordChange_AsksForTheOld_AndEndsOtherSessions) {
  new_user("alice");
  sign_in("alice", kPassword);
  web::TestClient other = *client;
  sign_in("alice", kPassword);
  ASSERT_EQ(other.get("/").body, "nobody") << "one browser, one session";
  other.cookies.clear();
  std::swap(other.cookies, client->cookies);
  sign_in("alice", kPassword);
  ASSERT_EQ(other.get("/").body, "alice");
  const std::string words = "three of a kind";
  const auto change = [&](const std::string& old, const std::string& again) {
    return send("/accounts/password/change/",
                {{"old_password", old}, {"password1", words}, {"password2", again}});
  };
  EXPECT_THAT(change("wrong", words).body, HasSubstr("This is not your password."));
  EXPECT_THAT(change(kPassword, "two of a kind").body, HasSubstr("not the same"));
  EXPECT_EQ(change(kPassword, words).status, 303);
  EXPECT_EQ(who(), "alice");
  EXPECT_EQ(other.get("/").body, "nobody");
  EXPECT_TRUE(authenticate("alice", words));
}

TEST_F(AccountPages, K7_ResetLink_SetsAPasswordOnce_WithinAnHour) {
  User alice = new_user("alice");
  EXPECT_EQ(send("/accounts/password/reset/", {{"email", "ALICE@example.com"}}).status, 200);
  ASSERT_EQ(mails->sent().size(), 1u);
  const std::string path = link();
  const auto set = [&](const std::string& password) {
    const TestResponse page = client->get(path);
    EXPECT_EQ(page.header("Referrer-Policy"), "same-origin") << "else the form's Origin is null";
    return client->post_form("/accounts/password/reset/confirm/",
                             {{"token", hidden(page.body, "token")},
                              {"password1", password},
                              {"password2", password},
                              {"csrfmiddlewaretoken", hidden(page.body, "csrfmiddlewaretoken")}});
  };
  EXPECT_EQ(set("password").status, 400);
  EXPECT_EQ(set("three of a kind").status, 303);
  EXPECT_TRUE(authenticate("alice", "three of a kind"));
  EXPECT_EQ(client->get(path).status, 400) << "used";

  send("/accounts/password/reset/", {{"email", "alice@example.com"}});
  const std::string late = link();
  EXPECT_EQ(client->get(late).status, 200);
  now += std::chrono::minutes(61);
  EXPECT_EQ(client->get(late).status, 400);
}

TEST_F(AccountPages, N2_ResetOfAnUnknownAddress_LooksTheSame) {
  new_user("alice");
  const auto known = send("/accounts/password/reset/", {{"email", "alice@example.com"}});
  const auto unknown = send("/accounts/password/reset/", {{"email", "aliza@example.com"}});
  EXPECT_EQ(known.status, unknown.status);
  EXPECT_EQ(known.body.size(), unknown.body.size());
  EXPECT_EQ(mails->sent().size(), 1u);
}

// Its groups and its end are the pool's: a password of ours would outlive them.
TEST_F(AccountPages, L5_ResetOfAnAccountWithoutAPassword_LooksTheSame_AndSendsNothing) {
  new_user("alice");
  const auto known = send("/accounts/password/reset/", {{"email", "alice@example.com"}});
  ASSERT_EQ(mails->sent().size(), 1u);
  const std::string sent = link();
  User alice = *find_by_username("alice");
  set_password(alice, "");
  alice.oidc_issuer = "https://idp.example";
  alice.oidc_subject = "alice-of-the-pool";
  alice.save();
  const auto none = send("/accounts/password/reset/", {{"email", "alice@example.com"}});
  EXPECT_EQ(none.status, known.status);
  EXPECT_EQ(none.body.size(), known.body.size());
  EXPECT_EQ(mails->sent().size(), 1u);
  EXPECT_EQ(client->get(sent).status, 400);
}

// Each sign-in that waits for its turn holds a thread of the server: most are asked to come again.
TEST_F(AccountPages, N3_ADozenSignInsAtOnce_AreAskedToComeAgain) {
  PasswordHasher slow({.parameters = {.passes = 3, .memory = 32u << 20}, .concurrency = 1});
  const ScopedPasswordHasher scoped(slow);
  web::Application site(
      {.allowed_hosts = {"localhost"}, .secret_keys = {.current = "a secret of tests"}});
  install(site, {.secret = "secret"});
  std::atomic<int> busy{0}, failed{0};
  std::vector<std::unique_ptr<web::TestClient>> visitors;
  std::vector<std::string> tokens;
  for (int i = 0; i < 12; ++i) {
    auto visitor = std::make_unique<web::TestClient>(site);
    visitor->default_headers = {{"Host", "localhost"}};
    visitor->peer = "198.51.100." + std::to_string(i);
    tokens.push_back(hidden(visitor->get("/accounts/login/").body, "csrfmiddlewaretoken"));
    visitors.push_back(std::move(visitor));
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < visitors.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto answer =
          visitors[i]->post_form("/accounts/login/", {{"login", "nobody" + std::to_string(i)},
                                                      {"password", "x"},
                                                      {"csrfmiddlewaretoken", tokens[i]}});
      if (answer.status == 503 && !answer.header("Retry-After").empty()) ++busy;
      if (answer.status == 400) ++failed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(busy + failed, 12);
  EXPECT_GE(failed, 1);
  EXPECT_GE(busy, 1);
}

TEST_F(AccountPages, Sessions_AreListedAndEnded) {
  new_user("alice");
  sign_in("alice", kPassword);
  web::TestClient other = *client;
  client->cookies.clear();
  sign_in("alice", kPassword);
  const auto page = client->get("/accounts/sessions/");
  EXPECT_THAT(page.body, HasSubstr("(this one)"));
  EXPECT_EQ(send("/accounts/sessions/", {{"session", hidden(page.body, "session")}}).status, 303);
  EXPECT_EQ(other.get("/").body, "nobody");
  EXPECT_EQ(who(), "alice");
  send("/accounts/sessions/", {{"all", "1"}});
  EXPECT_EQ(who(), "nobody");
}

TEST_F(AccountPages, T4_PagesWithTokens_AreNotStored) {
  for (const char* path : {"/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"})
    EXPECT_EQ(client->get(path).header("Cache-Control"), "no-store") << path;
}

TEST_F(AccountPages, O1_WhatWasEntered_IsEscaped) {
  const auto page = sign_in("\"><script>alert(1)</script>", "x");
  EXPECT_THAT(page.body, Not(HasSubstr("<script>alert")));
}

}  // namespace
}  // namespace auth
