#include "auth/users.h"

#include <algorithm>
#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/test_auth.h"

namespace auth {
namespace {

using dynamo_backend::f;
using dynamo_backend::IntegrityError;

struct Users : testing::Test, AuthDatabase {
  static ValidationError::Errors problems(User user, std::string_view password) {
    try {
      create_user(std::move(user), password);
    } catch (const ValidationError& error) {
      return error.errors();
    }
    return {};
  }
};

// Of this thread, in seconds: other programs do not change it.
double processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

TEST_F(Users, Create_KeepsAHash_NotThePassword) {
  const User alice = new_user("Alice");
  const User stored = User::objects.get(alice.pk);
  EXPECT_EQ(stored.username, "Alice");
  EXPECT_EQ(stored.email, "alice@example.com") << "in lower case";
  EXPECT_EQ(stored.date_joined, now);
  EXPECT_TRUE(stored.is_active);
  EXPECT_FALSE(stored.is_staff || stored.is_superuser);
  EXPECT_TRUE(passwords().verify(stored.password, kPassword));
  const User root = create_superuser({.username = "root"}, kPassword);
  EXPECT_TRUE(root.is_staff && root.is_superuser);
  EXPECT_EQ(root.email, std::nullopt);
}

TEST_F(Users, Create_TellsAllThatIsWrong) {
  const auto errors = problems({.username = "al ice", .email = "nowhere"}, "12345678");
  EXPECT_TRUE(errors.contains("username") && errors.contains("email") &&
              errors.contains("password"));
  EXPECT_TRUE(problems({.username = ""}, kPassword).contains("username"));
  EXPECT_TRUE(problems({.username = "alice", .email = "alice@example.com"}, "alice@example.com")
                  .contains("password"));
  EXPECT_TRUE(problems({.username = "a", .permissions = {"everything"}}, kPassword)
                  .contains("permissions"));
  EXPECT_EQ(User::objects.all().allow_scan("a test").count(), 0u);
}

TEST_F(Users, Names_AreUniqueInAnyCase) {
  new_user("alice");
  EXPECT_THROW(create_user({.username = "ALICE"}, kPassword), IntegrityError);
  EXPECT_THROW(create_user({.username = "other", .email = "Alice@Example.com"}, kPassword),
               IntegrityError);
  EXPECT_NO_THROW(create_user({.username = "no-address"}, kPassword));
  EXPECT_NO_THROW(create_user({.username = "no-address-2", .email = ""}, kPassword));
}

TEST_F(Users, NameThatLooksLikeAnAddress_IsTheUsersOwn) {
  EXPECT_TRUE(problems({.username = "bob@example.com", .email = "eve@example.com"}, kPassword)
                  .contains("username"));
  EXPECT_TRUE(problems({.username = "bob@example.com"}, kPassword).contains("username"));
  EXPECT_TRUE(
      problems({.username = "bob@example.com", .email = "Bob@example.com"}, kPassword).empty());
}

TEST_F(Users, AreFound_ByNameAddressAndProvider) {
  User alice = new_user("Alice");
  EXPECT_EQ(find_by_username("aLICE")->pk, alice.pk);
  EXPECT_EQ(find_by_email("ALICE@example.com")->pk, alice.pk);
  for (const std::string& text : {std::string(), std::string("nobody"), std::string(5000, 'a')}) {
    EXPECT_FALSE(find_by_username(text));
    EXPECT_FALSE(find_by_email(text));
  }
}

TEST_F(Users, L5_TheAccountAtAProvider_IsOneUsers) {
  User alice = new_user("alice"), bob = new_user("bob");
  EXPECT_FALSE(find_by_oidc("https://issuer", "sub-1"));
  alice.oidc_issuer = "https://issuer";
  EXPECT_THROW(alice.full_clean(), ValidationError) << "half an account";
  alice.oidc_subject = "sub-1";
  alice.save();
  EXPECT_EQ(find_by_oidc("https://issuer", "sub-1")->pk, alice.pk);
  EXPECT_FALSE(find_by_oidc("https://other", "sub-1"));
  bob.oidc_issuer = "https://issuer";
  bob.oidc_subject = "sub-1";
  EXPECT_THROW(bob.save(), IntegrityError);
  bob.oidc_issuer = "https://other";
  EXPECT_NO_THROW(bob.save());
}

TEST_F(Users, Authenticate_ByNameOrAddress) {
  const User alice = new_user("alice");
  EXPECT_EQ(authenticate("ALICE", kPassword)->pk, alice.pk);
  EXPECT_EQ(authenticate("alice@example.com", kPassword)->pk, alice.pk);
  EXPECT_FALSE(authenticate("alice", "violet-harbour-43"));
  EXPECT_FALSE(authenticate("nobody", kPassword));
  EXPECT_FALSE(authenticate("", ""));
}

// The hash takes a hundred times what looking the name up takes: it is made in both cases, or in
// one.
TEST_F(Users, N2_UnknownName_TakesAsLongAsAWrongPassword) {
  PasswordHasher slow({.parameters = {.passes = 2, .memory = 8u << 20}});
  const ScopedPasswordHasher scope(slow);
  new_user("alice");
  create_user({.username = "provider"}, "");  // who has no password here
  const auto median_time = [](const char* name) {
    std::vector<double> times;
    for (int i = 0; i < 9; ++i) {
      const double began = processor_time();
      EXPECT_FALSE(authenticate(name, "violet-harbour-43"));
      times.push_back(processor_time() - began);
    }
    std::nth_element(times.begin(), times.begin() + 4, times.end());
    return times[4];
  };
  const double wrong = median_time("alice");
  for (const char* name : {"nobody", "nobody@example.com", "provider"}) {
    const double unknown = median_time(name);
    EXPECT_GT(unknown, wrong / 2) << name;
    EXPECT_LT(unknown, wrong * 2) << name;
  }
}

TEST_F(Users, Authenticate_WithoutPasswordOrInactive_IsNobody) {
  const User provider_only = create_user({.username = "provider"}, "");
  EXPECT_FALSE(has_usable_password(provider_only));
  EXPECT_FALSE(authenticate("provider", ""));
  EXPECT_FALSE(authenticate("provider", "nobody's password"));
  User alice = new_user("alice");
  alice.is_active = false;
  alice.save();
  EXPECT_FALSE(authenticate("alice", kPassword));
}

TEST_F(Users, N3_OldHash_IsReplacedAtSignIn_AndSessionsGoOn) {
  const User alice = new_user("alice");
  PasswordHasher stronger({.parameters = {.passes = 2, .memory = 16384}});
  const ScopedPasswordHasher scope(stronger);
  ASSERT_TRUE(authenticate("alice", kPassword));
  const User stored = User::objects.get(alice.pk);
  EXPECT_NE(stored.password, alice.password);
  EXPECT_FALSE(stronger.needs_rehash(stored.password));
  EXPECT_EQ(stored.session_epoch, alice.session_epoch);
  EXPECT_TRUE(authenticate("alice", kPassword));
}

TEST_F(Users, K5_NewPasswordOrEndOfActivity_RaisesTheEpochOfSessions) {
  User alice = new_user("alice");
  const auto epoch = [&] { return User::objects.get(alice.pk).session_epoch; };
  alice.first_name = "Alice";
  alice.save();
  EXPECT_EQ(epoch(), 0);
  set_password(alice, "another harbour");
  alice.save();
  EXPECT_EQ(epoch(), 1);
  alice.is_active = false;
  alice.save();
  EXPECT_EQ(epoch(), 2);
  alice.is_active = true;
  alice.save();
  EXPECT_EQ(epoch(), 2) << "sessions of before do not come back";
}

}  // namespace
}  // namespace auth
