// The local provider itself: what it demands of clients and browsers (L9), its pages, its commands.
#include "auth/cognito_mock/provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/cognito_mock/file_users.h"
#include "auth/cognito_mock/test_site.h"
#include "base/base64.h"
#include "base/secrets.h"
#include "web/test_client.h"

namespace auth::cognito_mock {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636, B

class LocalProvider : public testing::Test {
 protected:
  Fields authorize_fields() const {
    return {{"response_type", "code"},
            {"client_id", "site"},
            {"redirect_uri", redirect_uri},
            {"scope", "openid email"},
            {"state", "st&te"},
            {"nonce", "n0nce"},
            {"code_challenge", base::base64url_encode(base::sha256(kVerifier))},
            {"code_challenge_method", "S256"}};
  }
  static Fields with(Fields fields, const std::string& name, const std::string& value) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    if (!value.empty()) fields.emplace_back(name, value);
    return fields;
  }
  Page authorize(const Fields& fields) {
    return browser.get("/cognito/oauth2/authorize?" + encode(fields));
  }
  std::string code() {
    const Page page = authorize(authorize_fields());
    return between(page.status == 200 ? browser.sign_in(page).location : page.location,
                   "code=", "&");
  }
  Fields exchange(const std::string& code_text) const {
    return {{"grant_type", "authorization_code"},
            {"code", code_text},
            {"redirect_uri", redirect_uri},
            {"code_verifier", kVerifier},
            {"client_id", "site"},
            {"client_secret", "s3cret %&:"}};
  }
  base::Json token(const Fields& fields, int status = 200) {
    Browser client(site.origin());
    const Page page = client.post("/cognito/oauth2/token", fields);
    EXPECT_EQ(page.status, status) << page.body;
    return base::parse_json(page.body);
  }
  std::string error(const Fields& fields) { return token(fields, 400)["error"]; }
  Fields refresh(const std::string& refresh_token) const {
    return {{"grant_type", "refresh_token"},
            {"refresh_token", refresh_token},
            {"client_id", "site"},
            {"client_secret", "s3cret %&:"}};
  }
  int user_info_status(const std::string& access_token) {
    Browser client(site.origin());
    client.more_headers = {{"Authorization", "Bearer " + access_token}};
    return client.get("/cognito/oauth2/userInfo").status;
  }

  TestSite site;
  Browser browser{site.origin()};
  const std::string redirect_uri = site.origin() + kCallbackPath;
};

TEST(RefuseUnlessLocal, L9_StartsInDebugOnLoopbackOnly) {
  for (const char* host : {"127.0.0.1", "localhost", "::1", "[::1]"}) {
    EXPECT_NO_THROW(refuse_unless_local(true, host));
    EXPECT_THROW(refuse_unless_local(false, host), std::runtime_error);
  }
  for (const char* host : {"0.0.0.0", "::", "192.168.1.1", "", "127.0.0.1.evil.example"})
    EXPECT_THROW(refuse_unless_local(true, host), std::runtime_error) << host;
}

TEST_F(LocalProvider, L9_IsNotThereForOthers) {
  web::TestClient client(site.app);
  for (const char* path : {"/cognito/", "/cognito/.well-known/jwks.json", "/cognito/control/",
                           "/cognito-mock/oauth2/authorize"}) {
    client.peer = "127.0.0.1";
    EXPECT_NE(client.get(path).status, 404) << path;
    for (const char* header : {"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"})
      EXPECT_EQ(client.get(path, {{header, "127.0.0.1"}}).status, 404) << header;
    client.peer = "192.168.1.5";
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
}

TEST_F(LocalProvider, L9_UnknownClientOrTarget_IsNeverRedirectedTo) {
  const Fields good = authorize_fields();
  EXPECT_EQ(authorize(good).status, 200);
  std::vector<Fields> bad = {with(good, "client_id", "other"), with(good, "client_id", ""),
                             with(good, "redirect_uri", "")};
  for (const std::string& uri :
       {redirect_uri + "x", redirect_uri + "?a=b", site.origin() + "/",
        std::string("https://evil.example/"), redirect_uri.substr(0, redirect_uri.size() - 1),
        "http://evil.example@" + redirect_uri.substr(7)})
    bad.push_back(with(good, "redirect_uri", uri));
  bad.push_back(good);
  bad.back().emplace_back("redirect_uri", redirect_uri);
  for (const Fields& fields : bad) {
    const Page page = authorize(fields);
    EXPECT_EQ(page.status, 400);
    EXPECT_EQ(page.location, "");
  }
}

TEST_F(LocalProvider, OtherErrors_AreTheClientsToKnow) {
  const auto error_of = [&](const char* name, const std::string& value) {
    const Page page = authorize(with(authorize_fields(), name, value));
    EXPECT_THAT(page.location, StartsWith(redirect_uri + "?error="));
    EXPECT_THAT(page.location, HasSubstr("&state=st%26te"));
    return between(page.location, "error=", "&");
  };
  EXPECT_EQ(error_of("response_type", "token"), "unsupported_response_type");
  EXPECT_EQ(error_of("scope", "openid everything"), "invalid_scope");
  EXPECT_EQ(error_of("code_challenge", ""), "invalid_request");
  EXPECT_EQ(error_of("code_challenge", "short"), "invalid_request");
  EXPECT_EQ(error_of("code_challenge_method", "plain"), "invalid_request");
  EXPECT_EQ(error_of("code_challenge_method", ""), "invalid_request");
  EXPECT_EQ(error_of("prompt", "none"), "login_required");
}

TEST_F(LocalProvider, O1_LoginPage_EscapesWhatItIsGiven) {
  const std::string evil = "\"><script>alert(1)</script><x y='";
  for (const char* name : {"state", "nonce"}) {
    const Page page = authorize(with(authorize_fields(), name, evil));
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(Browser::hidden(page),
                testing::Contains(std::pair<std::string, std::string>(name, evil)));
  }
  const Page page = browser.sign_in(authorize(authorize_fields()), evil, "wrong");
  EXPECT_EQ(page.status, 400);
  EXPECT_THAT(page.body, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(authorize(with(authorize_fields(), "client_id", evil)).body,
              Not(HasSubstr("<script>alert")));
}

TEST_F(LocalProvider, T3_LoginPage_AllowsItsFormToLeadToTheClient) {
  site.provider->add_client({"elsewhere", "x", {"https://app.example:8443/cb?x=y"}, {}});
  const Page page = authorize(with(with(authorize_fields(), "client_id", "elsewhere"),
                                   "redirect_uri", "https://app.example:8443/cb?x=y"));
  EXPECT_THAT(page.headers, HasSubstr("form-action 'self' https://app.example:8443;"));
  EXPECT_THAT(page.headers, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page.headers, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(page.headers, HasSubstr("X-Frame-Options: DENY"));
}

TEST_F(LocalProvider, N2_UnknownUserAndWrongPassword_AreAnsweredAlike) {
  const Page form = authorize(authorize_fields());
  const Page unknown = browser.sign_in(form, "nobody@example.com", "x");
  const Page wrong = browser.sign_in(form, "demo", "x");
  const auto answer = [](const Page& page) {
    return between(page.body, "id=\"problem\">", "</p>");
  };
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(answer(unknown), "Incorrect username or password.");
  EXPECT_EQ(answer(wrong), answer(unknown));
}

TEST_F(LocalProvider, X1_LoginFormOfAnotherSite_Is403) {
  Fields fields = authorize_fields();
  fields.emplace_back("username", "demo");
  fields.emplace_back("password", "Demo1234!");
  EXPECT_EQ(browser.post("/cognito/oauth2/authorize", fields).status, 403);
}

TEST_F(LocalProvider, Login_ByNameOrAddress_InAnyCase) {
  for (const char* login : {"demo", "DEMO", "Demo@DDBlog.local"}) {
    Browser fresh(site.origin());
    const Page page =
        fresh.sign_in(fresh.get("/cognito/oauth2/authorize?" + encode(authorize_fields())), login);
    EXPECT_EQ(page.status, 302);
    EXPECT_THAT(page.location, StartsWith(redirect_uri + "?code="));
    EXPECT_THAT(page.location, HasSubstr("&state=st%26te"));
  }
}

TEST_F(LocalProvider, Code_GivesTokensAsCognitos) {
  const base::Json answer = token(exchange(code()));
  EXPECT_EQ(answer["token_type"], "Bearer");
  EXPECT_EQ(answer["expires_in"], 3600);
  cognito::JwtVerifier verifier(
      *site.keys, {.issuer = site.provider->issuer(), .client_ids = {"site"}, .now = site.now});
  const auto id = verifier.verify(answer["id_token"].get<std::string>(), cognito::TokenUse::id);
  const auto access =
      verifier.verify(answer["access_token"].get<std::string>(), cognito::TokenUse::access);
  ASSERT_TRUE(id) << id.error().message;
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(id->nonce, "n0nce");
  EXPECT_EQ(id->email, "demo@ddblog.local");
  EXPECT_EQ(id->email_verified, true);
  EXPECT_EQ(access->scopes, (std::vector<std::string>{"openid", "email"}));
  EXPECT_EQ(id->origin_id, access->origin_id);
  EXPECT_FALSE(access->all->contains("aud"));
}

TEST_F(LocalProvider, L9_Code_NeedsItsClientTargetAndVerifier) {
  const auto error_with = [&](const char* name, const std::string& value) {
    return error(with(exchange(code()), name, value));
  };
  EXPECT_EQ(error_with("client_secret", "wrong"), "invalid_client");
  EXPECT_EQ(error_with("client_secret", ""), "invalid_client");
  EXPECT_EQ(error_with("client_id", "nobody"), "invalid_client");
  EXPECT_EQ(error_with("redirect_uri", redirect_uri + "x"), "invalid_grant");
  EXPECT_EQ(error_with("code_verifier", std::string(43, 'x')), "invalid_grant");
  EXPECT_EQ(error_with("code_verifier", ""), "invalid_request");
  EXPECT_EQ(error_with("grant_type", "password"), "unsupported_grant_type");
  EXPECT_EQ(error_with("grant_type", ""), "invalid_request");
  EXPECT_EQ(error_with("code", "unknown"), "invalid_grant");
  Fields twice = exchange(code());
  twice.emplace_back("code_verifier", kVerifier);
  EXPECT_EQ(error(twice), "invalid_request");
  site.provider->add_client({"second", "x", {redirect_uri}, {}});
  EXPECT_EQ(error(with(with(exchange(code()), "client_id", "second"), "client_secret", "x")),
            "invalid_grant");
  token(exchange(code()));
}

TEST_F(LocalProvider, L9_CodeReplayed_RevokesItsTokens) {
  const std::string used = code();
  const base::Json answer = token(exchange(used));
  EXPECT_EQ(user_info_status(answer["access_token"]), 200);
  EXPECT_EQ(error(exchange(used)), "invalid_grant");
  EXPECT_EQ(user_info_status(answer["access_token"]), 401);
  EXPECT_EQ(error(refresh(answer["refresh_token"])), "invalid_grant");
}

TEST_F(LocalProvider, Code_ExpiresAfterTenMinutes) {
  const std::string a = code(), b = code();
  site.advance(seconds(599));
  token(exchange(a));
  site.advance(seconds(1));
  EXPECT_EQ(error(exchange(b)), "invalid_grant");
}

TEST_F(LocalProvider, L7_RefreshTokens_RotateWithAGrace) {
  const std::string first = token(exchange(code()))["refresh_token"];
  const std::string second = token(refresh(first))["refresh_token"];
  EXPECT_NE(first, second);
  site.advance(seconds(59));
  token(refresh(first));
  site.advance(seconds(1));
  EXPECT_EQ(error(refresh(first)), "invalid_grant");
  // It was stolen: whoever has its successors is out as well.
  EXPECT_EQ(error(refresh(second)), "invalid_grant");
}

TEST_F(LocalProvider, Refresh_IsForItsClientAlone) {
  const std::string mine = token(exchange(code()))["refresh_token"];
  site.provider->add_client({"second", "x", {redirect_uri}, {}});
  EXPECT_EQ(error(with(with(refresh(mine), "client_id", "second"), "client_secret", "x")),
            "invalid_grant");
  token(refresh(mine));
}

TEST_F(LocalProvider, Revoke_EndsTheLogIn) {
  const base::Json answer = token(exchange(code()));
  Browser client(site.origin());
  const auto revoke = [&](const std::string& token_text, const std::string& secret) {
    return client
        .post("/cognito/oauth2/revoke",
              {{"token", token_text}, {"client_id", "site"}, {"client_secret", secret}})
        .status;
  };
  EXPECT_EQ(revoke(answer["refresh_token"], "wrong"), 400);
  EXPECT_EQ(revoke(answer["access_token"], "s3cret %&:"), 400);
  EXPECT_EQ(revoke("unknown", "s3cret %&:"), 200);
  token(refresh(answer["refresh_token"]));
  EXPECT_EQ(revoke(answer["refresh_token"], "s3cret %&:"), 200);
  EXPECT_EQ(user_info_status(answer["access_token"]), 401);
}

TEST_F(LocalProvider, UserInfo_WantsAGoodAccessToken) {
  const base::Json answer = token(exchange(code()));
  Browser client(site.origin());
  client.more_headers = {{"Authorization", "Bearer " + answer["access_token"].get<std::string>()}};
  const base::Json info = base::parse_json(client.get("/cognito-mock/oauth2/userInfo").body);
  EXPECT_EQ(info["sub"], demo_user().subject);
  EXPECT_EQ(info["email"], "demo@ddblog.local");
  EXPECT_EQ(info["email_verified"], true);
  EXPECT_EQ(info["preferred_username"], "demo");
  EXPECT_EQ(user_info_status(answer["id_token"]), 401);
  EXPECT_EQ(user_info_status("x"), 401);
  Browser nobody(site.origin());
  const Page page = nobody.get("/cognito/oauth2/userInfo");
  EXPECT_EQ(page.status, 401);
  EXPECT_EQ(page.body, R"({"error":"invalid_token"})");
}

TEST_F(LocalProvider, SignedInBrowser_IsNotAskedAgain) {
  code();
  EXPECT_EQ(authorize(authorize_fields()).status, 302);
  EXPECT_EQ(authorize(with(authorize_fields(), "prompt", "login")).status, 200);
  EXPECT_EQ(authorize(with(authorize_fields(), "max_age", "5")).status, 200);
  site.advance(seconds(3600));
  EXPECT_EQ(authorize(authorize_fields()).status, 200);
}

TEST_F(LocalProvider, LogOut_ForgetsTheBrowserAndGoesToKnownPlacesOnly) {
  code();
  for (const std::string& query :
       {std::string("client_id=site&logout_uri=https%3A%2F%2Fevil.example%2F"),
        "client_id=other&logout_uri=" + net::percent_encode(site.origin() + "/"),
        std::string("client_id=site")}) {
    EXPECT_EQ(browser.get("/cognito/logout?" + query).status, 400);
    EXPECT_EQ(authorize(authorize_fields()).status, 302);
  }
  const Page page = browser.get("/cognito/logout?client_id=site&logout_uri=" +
                                net::percent_encode(site.origin() + "/"));
  EXPECT_EQ(page.location, site.origin() + "/");
  EXPECT_EQ(authorize(authorize_fields()).status, 200);
}

TEST_F(LocalProvider, Configuration_NamesWhatThereIs) {
  const base::Json found =
      base::parse_json(browser.get("/cognito/.well-known/openid-configuration").body);
  EXPECT_EQ(found["issuer"], site.provider->issuer());
  EXPECT_EQ(browser.get(found["jwks_uri"]).status, 200);
  EXPECT_EQ(found["token_endpoint"], site.origin() + "/cognito/oauth2/token");
  EXPECT_EQ(browser.get("/cognito/oauth2/token").status, 405);
}

TEST_F(LocalProvider, Rotation_KeepsTheFormerKey) {
  const auto ids = [&] {
    std::vector<std::string> found;
    const base::Json set = base::parse_json(browser.get("/cognito/.well-known/jwks.json").body);
    for (const auto& key : set["keys"]) found.push_back(key["kid"]);
    return found;
  };
  const auto before = ids();
  site.provider->keys().rotate();
  const auto after = ids();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[1], before[0]);
  EXPECT_EQ(site.provider->keys().current()->id(), after[0]);
  site.provider->keys().rotate(false);
  EXPECT_EQ(ids().size(), 1U);
}

// --- control ---

class Control : public LocalProvider {
 protected:
  web::TestResponse command(const base::Json& json) {
    return web::TestClient(site.app).post("/cognito/control/", json, {{"Host", "localhost"}});
  }
};

TEST_F(Control, Misbehaviour_TimesAndReset) {
  EXPECT_EQ(command({{"misbehave", "expired"}, {"times", 1}}).json()["misbehaving"],
            base::Json({"expired"}));
  EXPECT_TRUE(site.provider->faults().take(Fault::expired));
  EXPECT_FALSE(site.provider->faults().take(Fault::expired));
  command({{"misbehave", "alg_none"}});
  EXPECT_TRUE(site.provider->faults().take(Fault::alg_none));
  EXPECT_TRUE(site.provider->faults().take(Fault::alg_none));
  EXPECT_EQ(command({{"reset", true}}).json()["misbehaving"], base::Json::array());
}

TEST_F(Control, EveryFaultOfTheList_HasAName) {
  for (const auto& [name, fault] : kFaultNames) {
    EXPECT_EQ(kFaultNames[static_cast<std::size_t>(fault)].first, name);
    EXPECT_EQ(command({{"misbehave", std::string(name)}}).status, 200) << name;
  }
}

TEST_F(Control, UsersAndClients_AreAdded) {
  EXPECT_EQ(command({{"user",
                      {{"username", "eve"},
                       {"email", "eve@example.com"},
                       {"password", "x y z"},
                       {"groups", {"staff"}}}}})
                .status,
            200);
  const auto eve = site.provider->check_password("eve@example.com", "x y z");
  ASSERT_TRUE(eve);
  EXPECT_EQ(eve->groups, std::vector<std::string>{"staff"});
  EXPECT_EQ(
      command({{"user", {{"username", "other"}, {"email", "EVE@example.com"}, {"password", "x"}}}})
          .status,
      400);
  EXPECT_EQ(command({{"client",
                      {{"client_id", "c"},
                       {"client_secret", "s"},
                       {"redirect_uris", {"http://127.0.0.1:9/cb"}}}}})
                .status,
            200);
  EXPECT_EQ(site.provider->find_client("c")->redirect_uris,
            std::vector<std::string>{"http://127.0.0.1:9/cb"});
  const std::string state = web::TestClient(site.app).get("/cognito/control/").body;
  EXPECT_THAT(state, HasSubstr("eve@example.com"));
  EXPECT_THAT(state, Not(HasSubstr("argon2")));
  EXPECT_THAT(state, Not(HasSubstr("s3cret")));
}

TEST_F(Control, WhatIsNoCommand_Is400) {
  for (const base::Json& bad :
       {base::Json({{"misbehave", "fly"}}), base::Json({{"fly", true}}), base::Json::array(),
        base::Json({{"misbehave", "expired"}, {"times", -1}}), base::Json({{"user", 1}}),
        base::Json({{"client", base::Json::object()}}),
        base::Json({{"user", {{"username", "x"}}}})})
    EXPECT_EQ(command(bad).status, 400) << bad;
}

TEST_F(Control, X1_FormOfAnotherSite_Is403) {
  EXPECT_EQ(browser.post("/cognito/control/", {{"action", "rotate_keys"}}).status, 403);
  Fields fields = Browser::hidden(browser.get("/cognito/"));
  fields.emplace_back("action", "misbehave");
  fields.emplace_back("misbehave", "wrong_aud");
  EXPECT_EQ(browser.post("/cognito/control/", fields).status, 303);
  EXPECT_THAT(browser.get("/cognito/").body,
              HasSubstr("It does this wrong: <code>wrong_aud</code>"));
}

TEST_F(Control, Page_TellsUsersAndEndpoints) {
  const std::string page = browser.get("/cognito/").body;
  for (const char* text : {"demo@ddblog.local", "Demo1234!", "/cognito/oauth2/authorize",
                           "/cognito/.well-known/jwks.json", "mock_mode"})
    EXPECT_THAT(page, HasSubstr(text));
}

// --- what is kept ---

TEST(FileUsers, UsersOutliveTheProcess) {
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() + "/sub/users.json";
  {
    Provider provider({.keys_file = test_keys_file()}, std::make_unique<FileUsers>(file));
    User demo = *provider.users().find("demo");
    demo.groups = {"staff"};
    provider.users().save(demo);
  }
  FileUsers again(file);
  ASSERT_EQ(again.all().size(), 1U);
  EXPECT_EQ(again.find("demo")->groups, std::vector<std::string>{"staff"});
  EXPECT_TRUE(password_is_of(again.find("demo"), "Demo1234!"));
  EXPECT_FALSE(password_is_of(again.find("demo"), "demo1234!"));
  for (const char* bad :
       {"", "[]", "{}", "{\"users\":[1]}", "{\"users\":[{\"username\":\"x\"}]}"}) {
    write_private_file(file, bad);
    EXPECT_THROW(FileUsers{file}, std::runtime_error) << bad;
  }
}

TEST(KeyRing, KeysOutliveTheProcess) {
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() + "/keys.pem";
  write_private_file(file, *read_file(test_keys_file()));
  const std::string id = KeyRing(file).current()->id();
  KeyRing again(file);
  EXPECT_EQ(again.current()->id(), id);
  again.rotate();
  EXPECT_EQ(KeyRing(file).jwks(), again.jwks());
  write_private_file(file, "-----BEGIN NONSENSE");
  EXPECT_THROW(KeyRing{file}, std::invalid_argument);
}

}  // namespace
}  // namespace auth::cognito_mock
