#include "base/uuid.h"

#include <cctype>
#include <set>

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Uuid, Random_IsVersion4AndUnique) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const Uuid uuid = Uuid::random();
    const std::string text = uuid.str();
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(Uuid, Parse_ReadsWhatStrWrites) {
  const Uuid uuid = Uuid::random();
  EXPECT_EQ(Uuid::parse(uuid.str()), uuid);
}

TEST(Uuid, Parse_TakesUpperCaseAndWritesLower) {
  const auto uuid = Uuid::parse("0B0E7A5C-1111-4222-8333-ABCDEFABCDEF");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->str(), "0b0e7a5c-1111-4222-8333-abcdefabcdef");
}

TEST(Uuid, Parse_RefusesEverythingElse) {
  for (const char* text :
       {"", "0b0e7a5c", "0b0e7a5c111142228333abcdefabcdef", "0b0e7a5c-1111-4222-8333-abcdefabcdeg",
        "{0b0e7a5c-1111-4222-8333-abcdefabcdef}", "0b0e7a5c-1111-4222-8333-abcdefabcdef ",
        "0b0e7a5c_1111-4222-8333-abcdefabcdef"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, Parse_TakesHexadecimalDigitsOnly) {
  const std::string good = Uuid::from_bits(0x0123456789abcdef, 0xfedcba9876543210).str();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[i] = static_cast<char>(byte);
      const bool fits = good[i] == '-' ? byte == '-' : std::isxdigit(byte) != 0;
      EXPECT_EQ(Uuid::parse(text).has_value(), fits) << i << ' ' << byte;
    }
  }
}

TEST(Uuid, FromBits_IsDeterministic) {
  EXPECT_EQ(Uuid::from_bits(1, 2), Uuid::from_bits(1, 2));
  EXPECT_EQ(Uuid::from_bits(1, 2).str(), "00000000-0000-4001-8000-000000000002");
}

TEST(Uuid, Nil_IsDefault) { EXPECT_TRUE(Uuid().is_nil()); }

}  // namespace
}  // namespace base
