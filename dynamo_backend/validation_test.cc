#include "dynamo_backend/validation.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "dynamo_backend/text.h"

namespace dynamo_backend {
namespace {

TEST(Validation, Z4_Slugs) {
  for (const char* good : {"a", "A-b_9", "-"}) EXPECT_TRUE(is_slug(good)) << good;
  for (const char* bad : {"", "a b", "a/b", "é", "a.b"}) EXPECT_FALSE(is_slug(bad)) << bad;
}

TEST(Validation, Z4_Emails) {
  for (const char* good :
       {"a@b.cz", "first.last+tag@sub.example.com", "x_y@ex-ample.org", "o'neil@example.ie"})
    EXPECT_TRUE(is_email(good)) << good;
  for (const char* bad : {"", "a", "a@", "@b.cz", "a@b", "a..b@c.de", ".a@b.cz", "a b@c.de",
                          "a@b..cz", "a@-b.cz", "a@b.cz.", "a@b@c.de\n"}) {
    EXPECT_FALSE(is_email(bad)) << bad;
  }
}

TEST(Validation, O2_Urls) {
  for (const char* good : {"http://example.com", "HTTPS://example.com:8080/a?b=c#d",
                           "http://localhost/", "http://[::1]:80/", "https://ex.cz/%20"}) {
    EXPECT_TRUE(is_http_url(good)) << good;
  }
  for (const char* bad : {"", "example.com", "//evil", "javascript:alert(1)", "JaVa\tScript:x",
                          "data:text/html,x", "ftp://a.b", "http://", "http:///x", "https:evil",
                          "http://user@evil.com", "http://a b", "http://a\\b", "http://a:99999",
                          "http://a:", "http://[x]", "http://a\nb", "http://a\"b", "/\\evil"}) {
    EXPECT_FALSE(is_http_url(bad)) << bad;
  }
}

TEST(Text, CharactersAndCase) {
  EXPECT_EQ(count_characters("čau"), 3u);
  EXPECT_EQ(count_characters("\xff\xfe"), 2u);
  EXPECT_FALSE(is_valid_utf8("\xc0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));
  EXPECT_TRUE(is_valid_utf8("😀"));
  EXPECT_EQ(fold_case("ČAU Ωμέγα МИР ÄÖÜ Ÿ"), fold_case("čau ωΜΈΓΑ мир äöü ÿ"));
  EXPECT_EQ(fold_case("Σς"), fold_case("σσ"));
  EXPECT_NE(fold_case("a"), fold_case("á"));
  EXPECT_EQ(fold_case("\xff"), "\xff");
  EXPECT_EQ(fold_case("×÷"), "×÷");
}

TEST(Base64, BothAlphabets) {
  const std::string bytes("\xfb\xff\x00x", 4);
  EXPECT_EQ(base::base64_decode(base::base64_encode(bytes)), bytes);
  EXPECT_EQ(base::base64url_decode(base::base64url_encode(bytes)), bytes);
  EXPECT_EQ(base::base64_decode("a"), std::nullopt);
  EXPECT_EQ(base::base64_decode("++//\n"), std::nullopt);
  EXPECT_EQ(base::base64url_decode("++"), std::nullopt);
  EXPECT_EQ(base::base64url_decode(""), "");
}

}  // namespace
}  // namespace dynamo_backend
