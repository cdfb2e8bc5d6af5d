#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace base {
namespace {

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, limits);
  } catch (const JsonError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Json, H8_Parse_KeepsOrderAndExactNumbers) {
  const Json json =
      parse_json(R"({"b":1,"a":[true,null,"x",-9223372036854775808,18446744073709551615,0.1]})");
  EXPECT_EQ(json.dump(),
            R"({"b":1,"a":[true,null,"x",-9223372036854775808,18446744073709551615,0.1]})");
}

TEST(Json, H8_Parse_RefusesMalformedText) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":}", "nul", "01", "+1", "'a'", "{\"a\":1}x",
                           "\"\x01\"", "[1 2]", "NaN"}) {
    EXPECT_NE(refusal(text), "accepted") << text;
  }
}

TEST(Json, H8_Parse_RefusesDuplicateKeys) {
  EXPECT_THAT(refusal(R"({"a":1,"b":{"c":1,"c":2}})"), testing::HasSubstr("duplicate key \"c\""));
}

TEST(Json, H8_Parse_RefusesNumbersThatWouldBeRounded) {
  EXPECT_NE(refusal("18446744073709551616"), "accepted");
  EXPECT_NE(refusal("1e400"), "accepted");
}

TEST(Json, H8_Parse_RefusesInvalidUtf8) { EXPECT_NE(refusal("\"\xC3\x28\""), "accepted"); }

TEST(Json, H8_M3_Parse_DepthLimitIsExact) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(refusal(nested(64)), "accepted");
  EXPECT_THAT(refusal(nested(65)), testing::HasSubstr("64 levels"));
  EXPECT_NE(refusal(nested(100'000)), "accepted");
}

TEST(Json, H8_Parse_KeyLimitIsExact) {
  EXPECT_EQ(refusal(R"({"a":{"b":1},"c":2})", {.max_keys = 3}), "accepted");
  EXPECT_NE(refusal(R"({"a":{"b":1},"c":2})", {.max_keys = 2}), "accepted");
}

}  // namespace
}  // namespace base
