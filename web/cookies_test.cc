#include "web/cookies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/test_client.h"

namespace web {
namespace {

TEST(Cookies, Encoded_HasTheAttributes) {
  EXPECT_EQ(encode_cookie({.name = "__Host-session", .value = "abc", .secure = true}),
            "__Host-session=abc; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_EQ(encode_cookie({.name = "theme",
                           .value = "dark",
                           .path = "/blog/",
                           .max_age = std::chrono::hours(1),
                           .http_only = false,
                           .same_site = SameSite::strict}),
            "theme=dark; Path=/blog/; Max-Age=3600; SameSite=Strict");
}

TEST(Cookies, H9_CharactersThatWouldSplitTheHeader_Throw) {
  for (const std::string bad :
       {"\r\nSet-Cookie: x=1", "a;b", "a b", "a,b", "\"", "\\", "\xC3\xA4"}) {
    EXPECT_THROW(encode_cookie({.name = "a", .value = bad}), std::invalid_argument) << bad;
    EXPECT_THROW(encode_cookie({.name = bad, .value = "a"}), std::invalid_argument) << bad;
  }
  EXPECT_THROW(encode_cookie({.name = "a", .value = std::string("a\0b", 3)}),
               std::invalid_argument);
  for (const std::string bad : {"", "a", "/a; Domain=evil.example", "/\r\n"})
    EXPECT_THROW(encode_cookie({.name = "a", .path = bad}), std::invalid_argument) << bad;
}

TEST(Cookies, H9_TheMessage_DoesNotHoldTheValue) {
  try {
    encode_cookie({.name = "session", .value = "secret value"});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("session"));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(Cookies, K1_Prefixes_AreHeldToTheirRules) {
  EXPECT_THROW(encode_cookie({.name = "__Host-a"}), std::invalid_argument);
  EXPECT_THROW(encode_cookie({.name = "__Host-a", .path = "/a/", .secure = true}),
               std::invalid_argument);
  EXPECT_THROW(encode_cookie({.name = "__Secure-a"}), std::invalid_argument);
  EXPECT_THROW(encode_cookie({.name = "a", .same_site = SameSite::none}), std::invalid_argument);
}

TEST(Cookies, K1_NameAndValue_AreAtMost4096Bytes) {
  EXPECT_NO_THROW(encode_cookie({.name = "ab", .value = std::string(4094, 'x')}));
  EXPECT_THROW(encode_cookie({.name = "ab", .value = std::string(4095, 'x')}),
               std::invalid_argument);
}

TEST(Cookies, Find_TakesTheFirstOfTheExactName) {
  const std::string_view header = "ab=1; a=\"2\";  a=3;b = 4 ; c; d=; e=x=y";
  EXPECT_EQ(find_cookie(header, "a"), "2");
  EXPECT_EQ(find_cookie(header, "b"), "4");
  EXPECT_EQ(find_cookie(header, "c"), std::nullopt);
  EXPECT_EQ(find_cookie(header, "d"), "");
  EXPECT_EQ(find_cookie(header, "e"), "x=y");
  EXPECT_EQ(find_cookie(header, "A"), std::nullopt);
  EXPECT_EQ(find_cookie("", "a"), std::nullopt);
}

TEST(Cookies, H3_AValue_IsNeverPercentDecoded) {
  EXPECT_EQ(find_cookie("a=%0d%0a", "a"), "%0d%0a");
}

TEST(Cookies, SeveralOfOneAnswer_AreHeadersOfTheirOwn_AndComeBack) {
  Application app({.debug = true});
  app.router().get("/set/", [](Request&) {
    return Response::text("")
        .add_cookie({.name = "a", .value = "1"})
        .add_cookie({.name = "b", .value = "2"});
  });
  app.router().get("/drop/", [](Request&) {
    return Response::text("").add_cookie({.name = "a", .max_age = std::chrono::seconds(0)});
  });
  app.router().get("/show/", [](Request& request) {
    return Response::text(std::string(request.cookie("a").value_or("-")) +
                          std::string(request.cookie("b").value_or("-")));
  });
  TestClient client(app);
  const TestResponse set = client.get("/set/");
  EXPECT_THAT(set.headers.text(), testing::AllOf(testing::HasSubstr("Set-Cookie: a=1; "),
                                                 testing::HasSubstr("Set-Cookie: b=2; ")));
  EXPECT_EQ(client.get("/show/").body, "12");
  client.get("/drop/");
  EXPECT_EQ(client.get("/show/").body, "-2");
}

}  // namespace
}  // namespace web
