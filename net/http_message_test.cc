// HeaderBlock (rule H9) and the text helpers.
#include "net/http_message.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "net/detail/connection_table.h"

namespace net {
namespace {

TEST(HeaderBlock, H9_ValueOrName_WithControlCharacters_Throws) {
  HeaderBlock block;
  for (const std::string& value : {std::string("a\r\nX: y"), std::string("a\n"),
                                   std::string("a\0b", 3), std::string("\x7F")}) {
    EXPECT_THROW(block.add("X", value), std::invalid_argument);
    EXPECT_THROW(block.set("X", value), std::invalid_argument);
  }
  for (const char* name : {"", "a b", "a:", "a\r\n", "\xC3\xA4"})
    EXPECT_THROW(block.add(name, "x"), std::invalid_argument);
  EXPECT_TRUE(block.empty());
}

TEST(HeaderBlock, ServersOwnHeaders_AreRefused) {
  HeaderBlock block;
  for (const char* name :
       {"content-length", "Transfer-Encoding", "Connection", "Date", "X-Request-Id"}) {
    EXPECT_THROW(block.add(name, "1"), std::invalid_argument) << name;
  }
}

TEST(HeaderBlock, SetReplacesEveryFieldOfThatName_InAnyCase) {
  HeaderBlock block;
  block.add("A", "1");
  block.add("B", "2");
  block.add("a", "3");
  EXPECT_EQ(block.get("A"), "1");
  block.set("A", "4");
  EXPECT_EQ(block.text(), "B: 2\r\nA: 4\r\n");
  block.set("B", *block.get("A"));  // a view of the block itself
  EXPECT_EQ(block.text(), "A: 4\r\nB: 4\r\n");
  block.remove("a");
  EXPECT_FALSE(block.contains("A"));
  EXPECT_EQ(block.get("b"), "4");
}

TEST(HeaderBlock, ValueThatHoldsAColonOrIsEmpty_IsKept) {
  HeaderBlock block;
  block.add("A", "");
  block.add("B", "x: y");
  EXPECT_EQ(block.get("A"), "");
  EXPECT_EQ(block.get("B"), "x: y");
}

TEST(ClientKey, H7_CountsIPv6ByItsSlash64_AndIPv4ByAddress) {
  using detail::client_key;
  EXPECT_EQ(client_key("2001:db8:1:2::1"), client_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(client_key("2001:db8:1:2::1"), client_key("2001:db8:1:3::1"));
  EXPECT_NE(client_key("192.0.2.1"), client_key("192.0.2.2"));
  EXPECT_EQ(client_key("::ffff:192.0.2.1"), client_key("192.0.2.1"));
}

TEST(Text, PercentDecode_IsStrict) {
  EXPECT_EQ(percent_decode("a%20b%C3%A4+"), "a b\xC3\xA4+");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("%2525"), "%25");
  for (const char* bad : {"%", "%2", "%zz", "%-1", "a%", "%00", "%ff", "%C0%80", "%ED%A0%80"}) {
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
    EXPECT_EQ(percent_decode(std::string_view("a\0", 2)), std::nullopt);
  }
}

TEST(Text, PercentEncode_ReadsBackTheSame) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a/b c", "/"), "a/b%20c");
}

TEST(Text, Loopback_IsThisMachinesAddressesAlone) {
  for (const char* own : {"127.0.0.1", "127.255.0.9", "::1"}) EXPECT_TRUE(is_loopback(own)) << own;
  for (const char* other : {"", "128.0.0.1", "1270.0.1", "127.0.0.1.example", "::2", "[::1]"})
    EXPECT_FALSE(is_loopback(other)) << other;
}

TEST(Text, Utf8_RefusesOverlongSurrogatesAndBeyond) {
  EXPECT_TRUE(is_valid_utf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

}  // namespace
}  // namespace net
