#include "base/secrets.h"

#include <gtest/gtest.h>

#include "base/base64.h"

using namespace base;

// FIPS 180-4's example.
TEST(Secrets, Sha256_IsThatOfTheStandard) {
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 4231, test cases 2 and 6 (a key longer than a block).
TEST(Secrets, HmacSha256_IsThatOfTheStandard) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Secrets, N4_SecretsAreEqual_OnlyWhereEveryByteIs) {
  const std::string secret = sha256("secret");
  EXPECT_TRUE(secrets_equal(secret, sha256("secret")));
  for (std::size_t i = 0; i < secret.size(); ++i) {
    std::string other = secret;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(secrets_equal(secret, other)) << i;
  }
  EXPECT_FALSE(secrets_equal(secret, secret.substr(1)));
  EXPECT_TRUE(secrets_equal("", ""));
}

TEST(Secrets, RandomTokens_Are256BitsOfText_AndDiffer) {
  const std::string token = random_token();
  EXPECT_EQ(token.size(), 43u);
  EXPECT_EQ(base64url_decode(token)->size(), 32u);
  EXPECT_NE(token, random_token());
  EXPECT_EQ(random_bytes(7).size(), 7u);
}
