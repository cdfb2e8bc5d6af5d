// Signing in with the local provider through real sockets: rules L1-L4 and L6, and every
// misbehaviour.
#include "auth/cognito/login.h"

#include "auth/cognito/bearer.h"
#include "auth/cognito_mock/test_login.h"
#include "base/base64.h"
#include "base/secrets.h"

namespace auth::cognito_mock {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(Login, FromTheButtonToThePage_SignsIn) {
  const Page page = site.sign_in(browser);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.url, site.origin() + "/write/");
  EXPECT_EQ(page.body, "demo user");
  EXPECT_EQ(who(), "demo user");
}

TEST_F(Login, L1_AuthorizeUrl_IsOfConfiguration) {
  browser.more_headers = {{"X-Forwarded-Host", "evil.example"}};
  const std::string url = browser.get(kLoginPath).location;
  EXPECT_THAT(url, StartsWith(site.provider->issuer() +
                              "/oauth2/authorize?response_type=code&client_id=site&"));
  EXPECT_THAT(
      url, HasSubstr("&redirect_uri=" + net::percent_encode(site.origin() + kCallbackPath) + "&"));
  EXPECT_THAT(url, HasSubstr("&scope=openid%20email%20profile&"));
}

TEST_F(Login, L1_AtAnotherHost_GoesToTheConfiguredOneFirst) {
  const std::string port = std::to_string(site.server.port());
  Browser other("http://localhost:" + port);
  Page page = other.get(kLoginPath + std::string("?next=/write/"));
  EXPECT_EQ(page.location, site.origin() + kLoginPath + "?here=1&next=%2Fwrite%2F");
  EXPECT_TRUE(other.cookies.empty());
  // A proxy that changes Host does not make it a loop.
  page = other.get(kLoginPath + std::string("?here=1"));
  EXPECT_THAT(page.location, StartsWith(site.provider->issuer()));
}

TEST_F(Login, L2_EveryAttempt_HasItsOwnSecrets) {
  const std::string a = browser.get(kLoginPath).location, b = browser.get(kLoginPath).location;
  for (const char* name : {"&state=", "&nonce=", "&code_challenge="}) {
    const std::string first = between(a, name, "&"), second = between(b, name, "&");
    EXPECT_EQ(base::base64url_decode(first)->size(), 32U) << name;
    EXPECT_NE(first, second) << name;
  }
  EXPECT_THAT(a, HasSubstr("&code_challenge_method=S256"));
}

TEST_F(Login, L2_StateIsBoundToTheBrowser) {
  const std::string url = callback_url();
  Browser other(site.origin());
  const Page stolen = other.get(url);
  EXPECT_EQ(stolen.status, 400);
  EXPECT_EQ(other.get("/").body, "");
  Browser with_attempt(site.origin());
  with_attempt.get(kLoginPath);
  EXPECT_EQ(with_attempt.get(url).status, 400);
  EXPECT_EQ(browser.follow(browser.get(url)).body, "demo user");
}

TEST_F(Login, L2_Cookie_IsLaxAndHttpOnly) {
  const Page page = browser.get(kLoginPath);
  const std::string cookie = between(page.headers, "Set-Cookie: session=", "\n");
  EXPECT_THAT(cookie, HasSubstr("SameSite=Lax"));
  EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
}

TEST_F(Login, L2_State_ServesOnce) {
  const std::string url = callback_url();
  EXPECT_EQ(browser.get(url).status, 303);
  EXPECT_EQ(browser.get(url).status, 400);
  EXPECT_EQ(site.signed_in, 1);
}

TEST_F(Login, L2_FailedAttempt_IsSpentToo) {
  const std::string state = between(browser.get(kLoginPath).location, "&state=", "&");
  EXPECT_EQ(browser.get(kCallbackPath + ("?code=wrong&state=" + state)).status, 400);
  const std::string code = between(callback_url(), "code=", "&");
  expect_failure(browser.get(kCallbackPath + ("?code=" + code + "&state=" + state)));
}

TEST_F(Login, L2_WrongOrMissingState_Is400) {
  const std::string url = callback_url();
  const std::string code = between(url, "code=", "&");
  for (const std::string& query :
       {"?code=" + code, "?code=" + code + "&state=",
        "?code=" + code + "&state=" + base::random_token(), std::string("?"), std::string(""),
        "?state=" + between(url + "&", "&state=", "&") + "x&code=" + code})
    expect_failure(browser.get(kCallbackPath + query));
}

TEST_F(Login, L2_State_ExpiresAfterTenMinutes) {
  const std::string a = callback_url(), b = callback_url();
  site.advance(seconds(599));
  EXPECT_EQ(browser.get(a).status, 303);
  site.advance(seconds(1));
  EXPECT_EQ(browser.get(b).status, 400);
  EXPECT_EQ(site.signed_in, 1);
}

TEST_F(Login, L2_FiveAttempts_InTabs) {
  std::vector<std::string> urls;
  for (int i = 0; i < 6; ++i) urls.push_back(callback_url());
  expect_failure(browser.get(urls[0]));
  EXPECT_EQ(browser.get(urls[1]).status, 303);
  EXPECT_EQ(browser.get(urls[5]).status, 303);
}

TEST_F(Login, L2_Next_IsAPathOfTheSite) {
  for (const char* next : {"//evil.example", "https:evil", "http://evil.example/", "/%5Cevil",
                           "javascript:x", "%09//evil"}) {
    Browser fresh(site.origin());
    const Page page = fresh.get(callback_url(fresh, next));
    EXPECT_EQ(page.status, 303);
    EXPECT_EQ(page.location, "/") << next;
  }
  Browser fresh(site.origin());
  EXPECT_EQ(fresh.get(callback_url(fresh, "/write/%3Fa=b")).location, "/write/?a=b");
}

TEST_F(Login, L3_ErrorOfTheProvider_IsShownInOurWordsOnly) {
  const std::string state = between(browser.get(kLoginPath).location, "&state=", "&");
  const Page page = browser.get(
      kCallbackPath +
      ("?error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cb%3Eevil&state=" + state));
  expect_failure(page);
  EXPECT_THAT(page.body, HasSubstr("has not signed you in"));
  EXPECT_THAT(page.body, Not(HasSubstr("alert(1)")));
  EXPECT_THAT(page.body, Not(HasSubstr("evil")));
}

TEST_F(Login, L3_DuplicateParameters_AreRefused) {
  const std::string url = callback_url();
  const std::string code = between(url, "code=", "&"), state = url.substr(url.find("state=") + 6);
  expect_failure(
      browser.get(kCallbackPath + ("?code=" + code + "&state=" + state + "&state=" + state)));
  expect_failure(
      browser.get(kCallbackPath + ("?code=" + code + "&code=" + code + "&state=" + state)));
}

TEST_F(Login, L3_ProviderDown_Is503) {
  const std::string url = callback_url();
  auto settings = site.client->settings();
  settings.token_url = "http://127.0.0.1:1/";
  const cognito::OidcClient down(site.http, *site.keys, settings, site.now);
  const auto started = down.start("/");
  const auto outcome =
      down.finish(started.attempt, {{"code", "x"}, {"state", started.attempt.state}});
  EXPECT_EQ(outcome.error().fault, cognito::LoginFault::unavailable);
}

// A token endpoint that answers what it is told.
class TokenEndpoint : public Login {
 protected:
  TokenEndpoint()
      : answering({.host = "127.0.0.1", .port = 0},
                  net::HttpServer::SyncHandler([this](const net::HttpRequest& request) {
                    seen = std::string(request.body);
                    authorization = std::string(request.header("Authorization").value_or(""));
                    return answer;
                  })) {
    answering.start();
    auto settings = site.client->settings();
    settings.token_url = "http://127.0.0.1:" + std::to_string(answering.port()) + "/token";
    client = std::make_unique<cognito::OidcClient>(site.http, *site.keys, settings, site.now);
  }
  // The provider's good answer to an attempt, to be changed.
  base::Json good_answer(const cognito::Attempt& attempt) {
    const auto& settings = site.client->settings();
    const std::string url = site.provider->accept(
        {.client_id = settings.client_id,
         .redirect_uri = settings.redirect_uri,
         .scope = "openid",
         .state = attempt.state,
         .nonce = attempt.nonce,
         .code_challenge = base::base64url_encode(base::sha256(attempt.verifier))},
        {.subject = demo_user().subject, .auth_time = std::chrono::floor<seconds>(site.now())});
    const auto tokens = site.provider->token({{"grant_type", "authorization_code"},
                                              {"code", between(url, "code=", "&")},
                                              {"redirect_uri", settings.redirect_uri},
                                              {"code_verifier", attempt.verifier}},
                                             std::pair(settings.client_id, settings.client_secret));
    return base::parse_json(tokens->json);
  }
  std::optional<cognito::LoginFault> fault_of(const cognito::Attempt& attempt,
                                              net::HttpResponse response) {
    answer = std::move(response);
    const auto login = client->finish(attempt, {{"code", "c0de"}, {"state", attempt.state}});
    return login ? std::nullopt : std::optional(login.error().fault);
  }
  std::optional<cognito::LoginFault> fault_of(const cognito::Attempt& attempt,
                                              const base::Json& json) {
    return fault_of(attempt, net::HttpResponse{.body = json.dump()});
  }

  net::HttpResponse answer;
  std::string seen, authorization;
  net::HttpServer answering;
  std::unique_ptr<cognito::OidcClient> client;
};

TEST_F(TokenEndpoint, L3_Code_IsExchangedWithBasicAuthAndVerifier) {
  const auto attempt = client->start("/").attempt;
  EXPECT_EQ(fault_of(attempt, good_answer(attempt)), std::nullopt);
  EXPECT_EQ(seen, "grant_type=authorization_code&code=c0de&redirect_uri=" +
                      net::percent_encode(site.origin() + kCallbackPath) +
                      "&code_verifier=" + attempt.verifier);
  EXPECT_EQ(authorization, "Basic " + base::base64_encode("site:s3cret%20%25%26%3A"));
}

TEST_F(TokenEndpoint, L3_AnswersThatAreNone_AreRefused) {
  using cognito::LoginFault;
  const auto attempt = client->start("/").attempt;
  base::Json good = good_answer(attempt);
  ASSERT_EQ(fault_of(attempt, good), std::nullopt);
  base::Json other = good;
  other["token_type"] = "mac";
  EXPECT_EQ(fault_of(attempt, other), LoginFault::token);
  other = good;
  other.erase("access_token");
  EXPECT_EQ(fault_of(attempt, other), LoginFault::token);
  other = good;
  other.erase("id_token");
  EXPECT_EQ(fault_of(attempt, other), LoginFault::token);
  other = good;
  other["filler"] = std::string(64 * 1024, 'x');
  EXPECT_EQ(fault_of(attempt, other), LoginFault::unavailable);
  EXPECT_EQ(fault_of(attempt, net::HttpResponse{.body = "<html>"}), LoginFault::unavailable);
  EXPECT_EQ(fault_of(attempt, net::HttpResponse{.body = "[]"}), LoginFault::unavailable);
  EXPECT_EQ(fault_of(attempt, net::HttpResponse{.status = 500}), LoginFault::unavailable);
  EXPECT_EQ(
      fault_of(attempt, net::HttpResponse{.status = 400, .body = R"({"error":"invalid_grant"})"}),
      LoginFault::grant);
  net::HttpResponse redirect{.status = 302};
  redirect.headers.set("Location", site.client->settings().token_url);
  EXPECT_EQ(fault_of(attempt, redirect), LoginFault::unavailable);
}

TEST_F(TokenEndpoint, L4_AccessTokenOfAnotherAnswer_IsRefused) {
  const auto attempt = client->start("/").attempt;
  base::Json answer_of_attempt = good_answer(attempt);
  answer_of_attempt["access_token"] = good_answer(attempt)["access_token"];
  EXPECT_EQ(fault_of(attempt, answer_of_attempt), cognito::LoginFault::token);
}

TEST_F(TokenEndpoint, L4_AnswerToAnotherAttempt_IsRefused) {
  const auto attempt = client->start("/").attempt, other = client->start("/").attempt;
  EXPECT_EQ(fault_of(attempt, good_answer(other)), cognito::LoginFault::token);
}

TEST_F(TokenEndpoint, L4_StepUp_WantsARecentPassword) {
  const auto started = client->start("/", seconds(600));
  EXPECT_THAT(started.url, HasSubstr("&max_age=600"));
  base::Json answer_of_attempt = good_answer(started.attempt);
  EXPECT_EQ(fault_of(started.attempt, answer_of_attempt), std::nullopt);
  auto shorter = started.attempt;
  shorter.max_age = seconds(1);
  site.advance(seconds(40));
  EXPECT_EQ(fault_of(shorter, answer_of_attempt), cognito::LoginFault::token);
}

// --- the provider misbehaves ---

class Misbehaviour : public Login, public testing::WithParamInterface<Fault> {};

TEST_P(Misbehaviour, L4_SignsNobodyIn) {
  site.provider->faults().set(GetParam());
  const bool no_keys = GetParam() == Fault::slow_jwks || GetParam() == Fault::dead_jwks;
  expect_failure(browser.get(callback_url()), no_keys ? 503 : 400);
  site.provider->faults().reset();
  site.advance(seconds(10));  // until keys may be asked for again
  EXPECT_EQ(browser.follow(browser.get(callback_url())).body, "demo user");
}
INSTANTIATE_TEST_SUITE_P(
    Each, Misbehaviour,
    testing::Values(Fault::expired, Fault::clock_skew, Fault::wrong_aud, Fault::wrong_token_use,
                    Fault::wrong_iss, Fault::wrong_nonce, Fault::unknown_kid, Fault::alg_none,
                    Fault::alg_hs256, Fault::bad_signature, Fault::slow_jwks, Fault::dead_jwks,
                    Fault::replayed_code, Fault::wrong_verifier),
    [](const auto& tested) {
      return std::string(kFaultNames[static_cast<std::size_t>(tested.param)].first);
    });

TEST_F(Login, J10_RotationInMidSession_IsNotNoticed) {
  site.sign_in(browser);
  site.provider->keys().rotate();
  site.advance(seconds(3400));
  EXPECT_EQ(who(), "demo user");
  EXPECT_EQ(site.refreshed, 1);
}

// --- groups ---

TEST_F(Login, L6_GroupsMeanWhatTheTableSays) {
  site.set_groups({"staff", "superuser", "admin", "Editors"});
  EXPECT_EQ(site.sign_in(browser).body, "demo staff Editors");
}

TEST_F(Login, L6_RemovedGroup_EndsAtTheNextRefresh) {
  site.set_groups({"staff"});
  site.sign_in(browser);
  site.set_groups({});
  EXPECT_EQ(who(), "demo staff Editors");
  site.advance(seconds(3400));
  EXPECT_EQ(who(), "demo user");
}

TEST(GroupTable, L6_OnlyNamedGroupsCount) {
  const cognito::GroupTable table = {{"a", {.is_staff = true, .groups = {"y", "x"}}},
                                     {"b", {.is_superuser = true, .groups = {"x"}}}};
  EXPECT_EQ(cognito::map_groups(table, {}), cognito::GroupMapping());
  EXPECT_EQ(cognito::map_groups(table, {"A", "staff", "superuser", ""}), cognito::GroupMapping());
  EXPECT_EQ(cognito::map_groups(table, {"a"}),
            (cognito::GroupMapping{.is_staff = true, .groups = {"x", "y"}}));
  EXPECT_EQ(cognito::map_groups(table, {"b", "a"}),
            (cognito::GroupMapping{.is_staff = true, .is_superuser = true, .groups = {"x", "y"}}));
}

TEST_F(Login, K3_SessionId_ChangesAtLogIn) {
  const std::string url = callback_url();
  const std::string before = browser.cookies["session"];
  browser.get(url);
  EXPECT_NE(browser.cookies["session"], before);
  Browser fixed(site.origin());
  fixed.cookies["session"] = before;
  EXPECT_EQ(fixed.get("/").body, "");
}

TEST_F(Login, G2_NeitherCodeNorTokenNorState_IsLogged) {
  testing::internal::CaptureStderr();
  site.provider->faults().set(Fault::wrong_nonce, 1);
  const std::string url = callback_url();
  browser.get(url);
  site.sign_in(browser);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("nonce is another"));
  EXPECT_THAT(log, HasSubstr("signed in"));
  for (const std::string& secret :
       {between(url, "code=", "&"), url.substr(url.find("state=") + 6), std::string("eyJ")})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace auth::cognito_mock
