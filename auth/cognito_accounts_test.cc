// Rules L5 and L6: whose account it is, and what it may do.
#include "auth/cognito_accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/test_auth.h"

namespace auth {
namespace {

struct CognitoAccounts : testing::Test, AuthDatabase {
  static cognito::Claims claims(const std::string& subject = "11111111-aaaa") {
    cognito::Claims claims;
    claims.issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_A";
    claims.subject = subject;
    claims.username = "demo";
    claims.email = "demo@example.com";
    claims.email_verified = true;
    claims.given_name = "Demo";
    return claims;
  }
  static CognitoAccount account(const cognito::Claims& from,
                                const cognito::GroupTable& table = {}) {
    return *cognito_account(from, table);
  }
};

TEST_F(CognitoAccounts, L5_FirstLogIn_MakesAnAccountWithoutPassword) {
  const User user = account(claims()).user;
  EXPECT_EQ(user.username, "demo");
  EXPECT_EQ(user.email, "demo@example.com");
  EXPECT_EQ(user.first_name, "Demo");
  EXPECT_FALSE(has_usable_password(user));
  EXPECT_FALSE(user.is_staff || user.is_superuser);
  EXPECT_FALSE(authenticate("demo", "").has_value());
}

TEST_F(CognitoAccounts, ALongName_IsCutAtACharacter) {
  auto from = claims();
  from.given_name = "a";
  for (int i = 0; i < 80; ++i) from.given_name += "\u0436";
  EXPECT_EQ(account(from).user.first_name, from.given_name.substr(0, 149));
}

TEST_F(CognitoAccounts, L5_Key_IsIssuerAndSubject) {
  const User first = account(claims()).user;
  auto renamed = claims();
  renamed.username = "other";
  renamed.email = "other@example.com";
  EXPECT_EQ(account(renamed).user.pk, first.pk);
  auto elsewhere = claims();
  elsewhere.issuer += "B";
  EXPECT_NE(account(elsewhere).user.pk, first.pk);
  EXPECT_NE(account(claims("22222222-bbbb")).user.pk, first.pk);
}

TEST_F(CognitoAccounts, L5_EmailAddress_LinksNothing) {
  const User local = create_user({.username = "demo", .email = "demo@example.com"}, kPassword);
  const User user = account(claims()).user;
  EXPECT_NE(user.pk, local.pk);
  EXPECT_EQ(user.email, std::nullopt);
  EXPECT_EQ(user.username, "demo-11111111");
  EXPECT_EQ(User::objects.get(local.pk).oidc_subject, std::nullopt);
}

TEST_F(CognitoAccounts, L5_UnverifiedAddress_IsNotKept) {
  for (const std::optional<bool> verified : {std::optional<bool>(false), std::optional<bool>()}) {
    auto unverified = claims(verified ? "33333333-c" : "44444444-d");
    unverified.email_verified = verified;
    EXPECT_EQ(account(unverified).user.email, std::nullopt);
  }
}

TEST_F(CognitoAccounts, NameOfAnyScript_IsKept_UnlessAnotherHasItInSomeForm) {
  auto from = claims();
  from.username = "Жanna";
  EXPECT_EQ(account(from).user.username, "Жanna");
  from.username = "ЖＡNNA";
  from.subject = "22222222-bbbb";
  EXPECT_EQ(account(from).user.username, "ЖANNA-22222222");
}

TEST_F(CognitoAccounts, NameThatMayNotBeHere_IsReplaced) {
  auto odd = claims();
  for (const std::string& name :
       {std::string(), std::string("with space"), std::string(200, 'x')}) {
    odd.username = name;
    odd.subject = "s" + std::to_string(name.size());
    EXPECT_EQ(account(odd).user.username, "cognito-" + odd.subject);
  }
}

TEST_F(CognitoAccounts, L6_RightsFollowTheTable) {
  const Group editors = Group::objects.create({.name = "Editors"});
  const Group manual = Group::objects.create({.name = "Manual"});
  const cognito::GroupTable table = {{"admins", {.is_staff = true, .is_superuser = true}},
                                     {"editors", {.groups = {"Editors", "Missing"}}}};
  auto someone = claims();
  someone.groups = {"superuser", "staff", "Editors"};  // none that the table names
  EXPECT_FALSE(account(someone, table).rights_changed);
  someone.groups = {"admins", "editors"};
  CognitoAccount found = account(someone, table);
  EXPECT_TRUE(found.rights_changed && found.user.is_staff && found.user.is_superuser);
  EXPECT_EQ(found.user.groups.all().count(), 1U);
  EXPECT_FALSE(account(someone, table).rights_changed);
  found.user.groups.add(manual);
  someone.groups = {};
  found = account(someone, table);
  EXPECT_TRUE(found.rights_changed);
  EXPECT_FALSE(found.user.is_staff || found.user.is_superuser);
  ASSERT_EQ(found.user.groups.all().count(), 1U);
  EXPECT_EQ(found.user.groups.all().first()->name, "Manual");
}

TEST_F(CognitoAccounts, L6_FlagsThatTheTableCannotGive_AreLeftAlone) {
  User user = account(claims()).user;
  user.is_staff = true;
  user.save();
  EXPECT_TRUE(account(claims(), {{"editors", {.groups = {"Editors"}}}}).user.is_staff);
}

TEST_F(CognitoAccounts, InactiveAccount_IsRefused) {
  User user = account(claims()).user;
  user.is_active = false;
  user.save();
  EXPECT_FALSE(cognito_account(claims(), {}).has_value());
}

}  // namespace
}  // namespace auth
