// The session of who has signed in with the local provider: tokens at rest, refresh, log-out; rules
// L7 and L8.
#include <thread>

#include "auth/cognito/login.h"
#include "auth/cognito_mock/test_login.h"
#include "base/call_ledger.h"
#include "base/secrets.h"

namespace auth::cognito_mock {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

// --- tokens at rest, refresh ---

TEST_F(Login, L7_Tokens_AreEncryptedAtRestAndNotInCookies) {
  const Page page = site.sign_in(browser);
  EXPECT_THAT(page.headers, Not(HasSubstr("eyJ")));
  const auto stored = site.sessions->load(base::to_hex(base::sha256(browser.cookies["session"])));
  ASSERT_TRUE(stored);
  const std::string data = stored->data.dump();
  EXPECT_THAT(data, HasSubstr("tokens"));
  EXPECT_THAT(data, Not(HasSubstr("eyJ")));
}

TEST(TokenBox, L7_OpensOnlyWhatItSealed) {
  const cognito::TokenBox box({.current = "first secret"});
  const std::string sealed = box.seal("token", "alice");
  EXPECT_EQ(box.open(sealed, "alice"), "token");
  EXPECT_NE(sealed, box.seal("token", "alice"));
  EXPECT_EQ(box.open(sealed, "bob"), std::nullopt);
  EXPECT_EQ(box.open("", "alice"), std::nullopt);
  EXPECT_EQ(box.open(sealed.substr(1), "alice"), std::nullopt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(box.open(changed, "alice"), std::nullopt) << i;
  }
  EXPECT_EQ(
      cognito::TokenBox({.current = "second", .fallbacks = {"first secret"}}).open(sealed, "alice"),
      "token");
  EXPECT_EQ(cognito::TokenBox({.current = "second"}).open(sealed, "alice"), std::nullopt);
  EXPECT_EQ(box.open(box.seal("", ""), ""), "");
}

TEST_F(Login, L7_Tokens_AreRefreshedBeforeTheyExpire) {
  site.sign_in(browser);
  site.advance(seconds(3299));
  EXPECT_EQ(who(), "demo user");
  EXPECT_EQ(site.refreshed, 0);
  for (int i = 1; i <= 3; ++i) {
    site.advance(seconds(i == 1 ? 1 : 3300));
    EXPECT_EQ(who(), "demo user");
    EXPECT_EQ(who(), "demo user");
    EXPECT_EQ(site.refreshed, i);
  }
}

TEST_F(Login, L7_ManyRequestsAtOnce_RefreshOnce) {
  site.sign_in(browser);
  site.advance(seconds(3400));
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Browser tab(site.origin());
      tab.cookies = browser.cookies;
      good += tab.get("/").body == "demo user";
    });
  }
  threads.clear();
  EXPECT_EQ(good, 4);
  // All have the tokens of one refresh: the next one is still good.
  site.advance(seconds(3400));
  EXPECT_EQ(who(), "demo user");
}

TEST(RefreshFlights, L7_OneCallForOneToken) {
  base::Timestamp now = base::now();
  cognito::RefreshFlights flights([&] { return now; });
  int calls = 0;
  const auto refresh = [&]() -> cognito::LoginResult<cognito::Login> {
    ++calls;
    return cognito::LoginError{cognito::LoginFault::unavailable, "down"};
  };
  EXPECT_FALSE(flights.once("a", refresh));
  EXPECT_FALSE(flights.once("a", refresh));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(flights.once("b", refresh));
  EXPECT_EQ(calls, 2);
  now += seconds(31);
  EXPECT_FALSE(flights.once("a", refresh));
  EXPECT_EQ(calls, 3);
}

TEST_F(Login, L7_RevokedGrant_EndsTheSession) {
  site.sign_in(browser);
  const auto claims_of_grant = [&] {
    // The one grant there is: revoked as an administrator would in Cognito.
    const auto stored = site.sessions->load(base::to_hex(base::sha256(browser.cookies["session"])));
    const base::Json& held = stored->data["cognito"];
    const auto tokens =
        cognito::TokenBox(site.app.secret_keys())
            .open(held["tokens"].get<std::string>(), held["subject"].get<std::string>());
    return base::parse_json(*tokens)["origin_id"].get<std::string>();
  };
  site.provider->grants().revoke(claims_of_grant());
  EXPECT_EQ(who(), "demo user");
  site.advance(seconds(3400));
  EXPECT_EQ(who(), "");
}

TEST_F(Login, L7_ProviderDownAtRefresh_DoesNotSignOut) {
  site.sign_in(browser);
  site.advance(seconds(3400));
  site.provider->keys().rotate();
  site.provider->faults().set(Fault::dead_jwks);
  EXPECT_EQ(who(), "demo user");
}

TEST_F(Login, L6_AccountThatMayNotStay_IsSignedOutAtRefresh) {
  site.sign_in(browser);
  site.advance(seconds(3400));
  site.let_refresh = false;
  EXPECT_EQ(who(), "");
}

// --- log-out ---

TEST_F(Login, L7_CallsOfTheProvider_AreInTheLedger_WithoutSecrets) {
  const base::CallLedger ledger({.requests = true});
  EXPECT_FALSE(site.client->refresh("a-refresh-token", "nobody"));
  const auto calls = ledger.calls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].service, "cognito");
  EXPECT_EQ(calls[0].operation, "POST /token");
  EXPECT_EQ(calls[0].target, site.client->settings().token_url);
  EXPECT_EQ(calls[0].outcome.error, "answered 400");
  EXPECT_FALSE(calls[0].request);
}

TEST_F(Login, L8_LogOut_EndsSessionTokensAndTheProvidersLogIn) {
  site.sign_in(browser);
  const Page page = log_out();
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.location, site.provider->issuer() + "/logout?client_id=site&logout_uri=" +
                               net::percent_encode(site.origin() + "/"));
  EXPECT_EQ(who(), "");
  EXPECT_EQ(browser.follow(page).url, site.origin() + "/");
  // The provider asks for the password again.
  EXPECT_THAT(browser.follow(browser.get(kLoginPath)).body, HasSubstr("type=\"password\""));
}

TEST_F(Login, L8_WithoutTheProvidersLogOut_TheNextClickSignsInSilently) {
  site.sign_in(browser);
  log_out();
  EXPECT_EQ(browser.follow(browser.get(kLoginPath)).body, "demo user");
}

TEST_F(Login, L8_LogOut_RevokesAndDeniesTheTokens) {
  site.sign_in(browser);
  const auto stored = site.sessions->load(base::to_hex(base::sha256(browser.cookies["session"])));
  const base::Json& held = stored->data["cognito"];
  const base::Json tokens = base::parse_json(
      *cognito::TokenBox(site.app.secret_keys())
           .open(held["tokens"].get<std::string>(), held["subject"].get<std::string>()));
  const std::string access = tokens["access_token"];
  EXPECT_TRUE(site.provider->user_info(access));
  log_out();
  EXPECT_FALSE(site.provider->user_info(access));
  EXPECT_TRUE(site.denied->contains(tokens["origin_id"].get<std::string>()));
  const auto again = site.client->refresh(tokens["refresh_token"], demo_user().subject);
  EXPECT_EQ(again.error().fault, cognito::LoginFault::grant);
}

TEST_F(Login, L8_SessionOfAnotherKind_IsLeftToTheView) {
  const std::string token = csrf();
  const Page page = browser.post("/accounts/logout/", {{"csrfmiddlewaretoken", token}});
  EXPECT_EQ(page.location, "/");
}

}  // namespace
}  // namespace auth::cognito_mock
