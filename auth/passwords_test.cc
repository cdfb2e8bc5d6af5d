#include "auth/passwords.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/common_passwords.h"
#include "auth/test_auth.h"

namespace auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Passwords, N3_HashIsArgon2id_WithASaltOfItsOwn) {
  const PasswordHasher hasher;
  const std::string hash = hasher.hash(kPassword);
  EXPECT_THAT(hash, StartsWith("$argon2id$v=19$m=65536,t=2,p=1$"));
  EXPECT_NE(hash, hasher.hash(kPassword));
  EXPECT_TRUE(hasher.verify(hash, kPassword));
  EXPECT_FALSE(hasher.verify(hash, "violet-harbour-43"));
  EXPECT_FALSE(hasher.needs_rehash(hash));
}

TEST(Passwords, N3_AllBytesCount) {
  const PasswordHasher hasher(quick_hashes());
  const std::string with_nul("secret\0one", 10);
  const std::string hash = hasher.hash(with_nul);
  EXPECT_TRUE(hasher.verify(hash, with_nul));
  EXPECT_FALSE(hasher.verify(hash, std::string("secret\0two", 10)));
  const std::string longest(128, 'x');
  EXPECT_FALSE(hasher.verify(hasher.hash(longest), longest.substr(1)));
}

TEST(Passwords, N3_OtherParameters_AskForAnotherHash) {
  const PasswordHasher before(quick_hashes());
  const PasswordHasher after({.parameters = {.passes = 2, .memory = 16384}});
  const std::string hash = before.hash(kPassword);
  EXPECT_TRUE(after.verify(hash, kPassword)) << "its parameters stand in the hash";
  EXPECT_TRUE(after.needs_rehash(hash));
  EXPECT_FALSE(after.needs_rehash(after.hash(kPassword)));
}

TEST(Passwords, HashOfAnotherForm_IsNobodys) {
  const PasswordHasher hasher(quick_hashes());
  for (const char* hash : {"", "!", "nobody's password", "$argon2i$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
                           "pbkdf2_sha256$260000$salt$hash", "$argon2id$"}) {
    EXPECT_FALSE(hasher.verify(hash, "nobody's password")) << hash;
    EXPECT_TRUE(hasher.needs_rehash(hash)) << hash;
  }
}

TEST(Passwords, N3_LengthIsInCharacters) {
  EXPECT_THAT(password_problems("sh0rt-1"), ElementsAre(HasSubstr("too short")));
  EXPECT_THAT(password_problems("züüüüüüü"), IsEmpty());
  EXPECT_THAT(password_problems("éééé"), ElementsAre(HasSubstr("too short")))
      << "eight bytes, four characters";
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "éa";
  EXPECT_THAT(password_problems(longest), IsEmpty());
  EXPECT_THAT(password_problems(longest + "a"), ElementsAre(HasSubstr("too long")));
  EXPECT_THAT(password_problems("not \xff utf-8"), ElementsAre(HasSubstr("UTF-8")));
}

TEST(Passwords, N3_NoRulesOfComposition) {
  EXPECT_THAT(password_problems("only small letters"), IsEmpty());
  EXPECT_THAT(password_problems("8314660927"), IsEmpty());
}

TEST(Passwords, N3_CommonOnes_AreRefused) {
  EXPECT_GT(common_passwords().size(), 8000u);
  EXPECT_TRUE(std::is_sorted(common_passwords().begin(), common_passwords().end()));
  for (const char* password : {"password", "PassWord1", "qwertyuiop", "12345678", "1q2w3e4r5t"})
    EXPECT_THAT(password_problems(password), ElementsAre(HasSubstr("too common"))) << password;
}

TEST(Passwords, LikeTheUsersName_IsRefused) {
  for (const char* password :
       {"alicewonder", "AliceWonder1", "1alicewonder", "alice.wonder@example.com"})
    EXPECT_THAT(password_problems(password, {"alicewonder", "alice.wonder@example.com"}),
                ElementsAre(HasSubstr("too similar")))
        << password;
  EXPECT_THAT(password_problems("alice has a long password", {"alice", ""}), IsEmpty());
}

TEST(Passwords, N3_MoreAtOnceThanAllowed_WaitOrAreRefused) {
  // One at a time, none may wait: while one thread hashes, the others are refused.
  const PasswordHasher hasher(
      {.parameters = {.passes = 3, .memory = 32u << 20}, .concurrency = 1, .waiting = 0});
  std::atomic<int> done{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      try {
        (void)hasher.hash(kPassword);
        ++done;
      } catch (const PasswordsBusy&) {
        ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done + refused, 4);
  EXPECT_GE(done, 1);

  const PasswordHasher patient(
      {.parameters = quick_hashes().parameters, .concurrency = 1, .waiting = 8});
  done = 0;
  threads.clear();
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { done += patient.hash(kPassword).empty() ? 0 : 1; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 8);
}

}  // namespace
}  // namespace auth
