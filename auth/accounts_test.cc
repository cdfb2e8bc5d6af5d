// The pages below /accounts/.
#include "auth/accounts.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth.h"
#include "auth/session_store.h"
#include "auth/site.h"
#include "auth/test_auth.h"
#include "web/csrf.h"
#include "web/messages.h"
#include "web/session.h"
#include "web/templates.h"
#include "web/test_client.h"

namespace auth {
namespace {

using testing::HasSubstr;
using testing::Not;
using web::TestResponse;

struct AccountPages : testing::Test, AuthDatabase {
  AccountPages() { start(true); }
  void start(bool verify_email) {
    app = std::make_unique<web::Application>(web::ApplicationOptions{
        .allowed_hosts = {"localhost"}, .secret_keys = {.current = "a secret of tests"}});
    app->use(
        web::sessions(std::make_shared<DynamoSessionStore>(), {.now = [this] { return now; }}));
    app->use(web::csrf());
    app->use(web::messages());
    app->use(authentication());
    account_urls(app->router(),
                 {.secret = "secret", .mailer = mails, .verify_email = verify_email});
    app->templates().add(templates());
    app->add_context_processor([](web::Request& request, web::Context& context) {
      context.set("csrf_token", web::csrf_token(request));
    });
    app->router()
        .get("/",
             [](web::Request& request) {
               const User* const found = user(request);
               return web::Response::text(found ? found->username : "nobody");
             })
        .access(web::Access::public_);
    client = std::make_unique<web::TestClient>(*app);
    client->default_headers = {{"Host", "localhost"}};
  }
  // The value of a hidden field of the page.
  static std::string hidden(const std::string& html, const std::string& name) {
    const std::string start = "name=\"" + name + "\" value=\"";
    const auto at = html.find(start);
    if (at == std::string::npos) return "";
    const auto from = at + start.size();
    return html.substr(from, html.find('"', from) - from);
  }
  // Opens the page and sends its form.
  TestResponse send(const std::string& path, web::HeaderList fields) {
    const TestResponse page = client->get(path);
    EXPECT_EQ(page.status, 200) << path << page.body;
    fields.emplace_back("csrfmiddlewaretoken", hidden(page.body, "csrfmiddlewaretoken"));
    return client->post_form(path, fields);
  }
  TestResponse sign_in(const std::string& name, const std::string& password) {
    return send("/accounts/login/", {{"login", name}, {"password", password}});
  }
  void sign_up(const std::string& name) {
    const auto done = send("/accounts/signup/", {{"username", name},
                                                 {"email", name + "@example.com"},
                                                 {"password1", kPassword},
                                                 {"password2", kPassword}});
    EXPECT_EQ(done.status, 303) << done.body;
  }
  // Opens the link that a mail holds, and sends the page's form; of a page without one, any form.
  TestResponse confirm(const std::string& link) {
    const TestResponse page = client->get(link);
    const std::string token = link.substr(link.find('=') + 1);
    return client->post_form("/accounts/confirm-email/",
                             {{"token", page.status == 200 ? hidden(page.body, "token") : token},
                              {"csrfmiddlewaretoken", hidden(client->get("/accounts/login/").body,
                                                             "csrfmiddlewaretoken")}});
  }
  std::string who() { return client->get("/").body; }
  // The path of the link in the last mail.
  std::string link() const {
    const std::string text = mails->sent().back().text;
    const auto at = text.find("/accounts/");
    return text.substr(at, text.find('\n', at) - at);
  }

  std::shared_ptr<MemoryMailer> mails = std::make_shared<MemoryMailer>();
  std::unique_ptr<web::Application> app;
  std::unique_ptr<web::TestClient> client;
};

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

TEST_F(AccountPages, SignUp_SignsIn_AndTheAddressIsConfirmedByALink) {
  const auto done = send("/accounts/signup/", {{"username", "carol"},
                                               {"email", "Carol@example.com"},
                                               {"password1", kPassword},
                                               {"password2", kPassword}});
  EXPECT_EQ(done.status, 303) << done.body;
  EXPECT_EQ(who(), "carol");
  EXPECT_FALSE(find_by_email("carol@example.com"));
  ASSERT_EQ(mails->sent().size(), 1u);
  EXPECT_EQ(mails->sent()[0].to, "Carol@example.com");
  EXPECT_EQ(client->get(link() + "x").status, 400);
  EXPECT_EQ(confirm(link()).status, 200);
  EXPECT_EQ(find_by_email("carol@example.com")->username, "carol");
}

TEST_F(AccountPages, X3_AnAddressIsConfirmedByAPost_OnceAndWhileThePasswordStays) {
  sign_up("carol");
  const std::string used = link();
  const TestResponse asking = client->get(used);
  EXPECT_EQ(asking.status, 200);
  EXPECT_EQ(asking.header("Referrer-Policy"), "same-origin") << "else the form's Origin is null";
  EXPECT_EQ(client->request("HEAD", used, {}).status, 200);
  EXPECT_FALSE(find_by_email("carol@example.com")) << "looking at the link changes nothing";
  EXPECT_EQ(client->post_form("/accounts/confirm-email/", {{"token", "x"}}).status, 403);
  EXPECT_EQ(confirm(used).status, 200);
  User carol = *find_by_email("carol@example.com");
  carol.email = "other@example.com";
  carol.save();
  EXPECT_EQ(client->get(used).status, 400) << "the address is another since";
  EXPECT_EQ(confirm(used).status, 400);

  sign_up("dan");
  const std::string late = link();
  User dan = *find_by_username("dan");
  set_password(dan, "three of a kind");
  dan.save();
  EXPECT_EQ(confirm(late).status, 400) << "the password is another since";
  EXPECT_FALSE(find_by_email("dan@example.com"));
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

TEST_F(AccountPages, N2_SignUpWithATakenAddress_LooksTheSame_ItsOwnerIsTold) {
  new_user("alice");
  const web::HeaderList fields = {{"username", "eve"},
                                  {"email", "ALICE@example.com"},
                                  {"password1", kPassword},
                                  {"password2", kPassword}};
  EXPECT_EQ(send("/accounts/signup/", fields).status, 303);
  EXPECT_EQ(who(), "eve");
  EXPECT_THAT(mails->sent().at(0).subject, HasSubstr("you have an account"));
  EXPECT_EQ(find_by_email("alice@example.com")->username, "alice");

  start(/*verify_email=*/false);
  auto again = fields;
  again[0].second = "eve2";
  EXPECT_EQ(send("/accounts/signup/", again).status, 303);
  EXPECT_EQ(find_by_username("eve2")->email, std::nullopt);
  again[0].second = "dan";
  again[1].second = "dan@example.com";
  EXPECT_EQ(send("/accounts/signup/", again).status, 303);
  EXPECT_EQ(find_by_email("dan@example.com")->username, "dan");
}

TEST_F(AccountPages, SignUp_TellsWhatIsWrong_AndKeepsWhatWasEntered) {
  new_user("alice");
  const auto empty = send("/accounts/signup/", {{"username", ""}});
  EXPECT_THAT(empty.body, HasSubstr("This field cannot be blank."));
  EXPECT_THAT(empty.body, Not(HasSubstr("key of an index"))) << "what programmers must know";
  const auto refused = send("/accounts/signup/", {{"username", "ALICE"},
                                                  {"email", "x@example.com"},
                                                  {"password1", "password"},
                                                  {"password2", "other"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("The two passwords are not the same."));
  EXPECT_THAT(refused.body, HasSubstr("This password is too common."));
  EXPECT_THAT(refused.body, HasSubstr("aria-describedby=\"errors-password1\""));
  EXPECT_THAT(refused.body, HasSubstr("value=\"x@example.com\""));
  const auto taken =
      send("/accounts/signup/",
           {{"username", "ALICE"}, {"password1", kPassword}, {"password2", kPassword}});
  EXPECT_EQ(taken.status, 400);
  EXPECT_THAT(taken.body, HasSubstr("A user with that name exists."));
}

TEST_F(AccountPages, N2_SignUpWithAnAddressAsTheName_IsRefusedAlikeForAll) {
  new_user("alice");
  for (const bool verify_email : {true, false}) {
    start(verify_email);
    for (const std::string address : {"alice@example.com", "eve@example.com"}) {
      const auto refused = send("/accounts/signup/", {{"username", address},
                                                      {"email", address},
                                                      {"password1", kPassword},
                                                      {"password2", kPassword}});
      EXPECT_EQ(refused.status, 400);
      EXPECT_THAT(refused.body, HasSubstr("no @"));
    }
  }
  EXPECT_FALSE(find_by_username("eve@example.com"));
}

TEST_F(AccountPages, Z3_SignUp_TakesNoRank) {
  send("/accounts/signup/", {{"username", "mallory"},
                             {"password1", kPassword},
                             {"password2", kPassword},
                             {"is_staff", "on"},
                             {"is_superuser", "true"},
                             {"is_active", "false"},
                             {"permissions", "blog.change_post"},
                             {"groups", "editors"}});
  const auto mallory = find_by_username("mallory");
  ASSERT_TRUE(mallory);
  EXPECT_FALSE(mallory->is_staff || mallory->is_superuser);
  EXPECT_TRUE(mallory->is_active);
  EXPECT_TRUE(mallory->permissions.empty());
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
