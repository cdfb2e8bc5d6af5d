#include "dynamo_backend/validation.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "dynamo_backend/test_blog.h"
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
  for (const char* blank : {"", " \t\r\n", "\u00a0\u2003\u3000"})
    EXPECT_TRUE(is_blank(blank)) << blank;
  for (const char* text : {" a", "\u00e4", "\xff"}) EXPECT_FALSE(is_blank(text)) << text;
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

struct Keyed : DynamoTable<Keyed> {
  std::string part{}, sort{};
  std::string hash{}, within{};
  static constexpr auto schema =
      define<Keyed>({.table_name = "validation_keyed"}, PartitionKey<&Keyed::part>{},
                    SortKey<&Keyed::sort>{}, TextField<&Keyed::hash>{}, TextField<&Keyed::within>{},
                    Index<&Keyed::hash, &Keyed::within>{.name = "by-hash"});
};

TEST(Validation, KeysAreAsLongAsDynamoDBTakesThem) {
  test_blog::Database db;
  ensure_table<Keyed>();
  const auto text = [](std::size_t size) { return std::string(size, 'x'); };
  Keyed row{.part = text(2048), .sort = text(1024), .hash = text(2048), .within = text(1024)};
  row.save();
  EXPECT_TRUE(Keyed::objects.filter(f<&Keyed::hash> == row.hash).exists());
  for (std::string Keyed::*member : {&Keyed::part, &Keyed::sort, &Keyed::hash, &Keyed::within}) {
    for (const std::size_t size : {std::size_t{0}, (row.*member).size() + 1}) {
      Keyed other = row;
      other.*member = text(size);
      EXPECT_THROW(other.save(), ValidationError) << size;
    }
  }
  const auto it = Keyed::objects.filter(f<&Keyed::part> == row.part && f<&Keyed::sort> == row.sort);
  EXPECT_EQ(it.update(f<& Keyed::hash> = text(2047), f<& Keyed::within> = text(1023)), 1u);
  EXPECT_THROW(it.update(f<& Keyed::hash> = text(2049)), ValidationError);
  EXPECT_THROW(it.update(f<& Keyed::within> = text(1025)), ValidationError);
}

}  // namespace
}  // namespace dynamo_backend
