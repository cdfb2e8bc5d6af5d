// Signing up, and confirming an address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/test_account_pages.h"

namespace auth {
namespace {

using testing::HasSubstr;
using testing::Not;
using web::TestResponse;

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

TEST_F(AccountPages, NamesOfAnyScript_SignUpAndIn) {
  send("/accounts/signup/",
       {{"username", "Жａnna"}, {"password1", kPassword}, {"password2", kPassword}});
  EXPECT_EQ(who(), "Жanna");
  send("/accounts/logout/", {});
  EXPECT_EQ(sign_in("жANNA", kPassword).status, 303);
  EXPECT_EQ(who(), "Жanna");
}

TEST_F(AccountPages, N2_SignUpWithAnAddressAsTheName_IsRefusedAlikeForAll) {
  new_user("alice");
  for (const bool verify_email : {true, false}) {
    start(verify_email);
    for (const std::string address :
         {"alice@example.com", "eve@example.com", "alice＠example.com", "eve＠example.com"}) {
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

TEST_F(AccountPages, N1_Others_CannotLockOutWhoSignedUpFromThere) {
  sign_up("carol");
  const std::string home = client->peer;
  client = std::make_unique<web::TestClient>(*app);
  client->default_headers = {{"Host", "localhost"}};
  client->peer = "198.51.100.1";
  for (const int answer : {400, 400, 400, 400, 400, 429})
    EXPECT_EQ(sign_in("carol", "wrong").status, answer);
  client->peer = home;
  EXPECT_EQ(sign_in("carol", kPassword).status, 303);
}

}  // namespace
}  // namespace auth
