#include "dynamodb/local/key_codec.h"

#include <random>

#include <gtest/gtest.h>

namespace dynamodb::local {
namespace {

std::string component(const AttributeValue& value) {
  const std::string packed = pack_value(value);
  std::string out;
  append_component(out, ValueView(packed));
  return out;
}

TEST(KeyCodec, Strings_SortByBytesAndNoneIsAPrefixOfAnother_SeededProperty) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto text = [&random] {
    std::string bytes;
    for (std::size_t i = random() % 6; i > 0; --i)
      bytes += std::string(
          "\0\x01\xFF"
          "ab",
          5)[random() % 5];
    return bytes;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string a = text(), b = text();
    const std::string x = component(Binary{a}), y = component(Binary{b});
    EXPECT_EQ(a < b, x < y);
    EXPECT_EQ(a == b, x == y);
    EXPECT_TRUE(a == b || !y.starts_with(x));
  }
}

TEST(KeyCodec, Numbers_SortByValueAcrossSigns) {
  std::string before;
  for (const char* text : {"-1E125", "-100.5", "-100", "-1", "-0.001", "0", "1E-130", "0.001", "1",
                           "1.5", "10", "99", "100", "1E125"}) {
    const std::string key = component(*Number::parse(text));
    EXPECT_LT(before, key) << text;
    before = key;
  }
}

// Persisted: a change of these bytes makes existing data unreadable.
TEST(KeyCodec, Layout_IsWhatIsOnDisks) {
  EXPECT_EQ(component("a\xC3\xA9"), std::string("a\xC3\xA9\x00\x01", 5));
  EXPECT_EQ(component(Binary{std::string("\0", 1)}), std::string("\x00\xFF\x00\x01", 4));
  EXPECT_EQ(row_prefix(0x01020304, 5), std::string("\x02\x01\x02\x03\x04\x00\x05", 7));
  EXPECT_EQ(partition_hash("alice"), 0x3507D047u);
}

TEST(KeyCodec, PrefixEnd_IsTheNextKeyAfterAllWithThePrefix) {
  EXPECT_EQ(prefix_end("ab"), "ac");
  EXPECT_EQ(prefix_end("a\xFF\xFF"), "b");
  EXPECT_EQ(prefix_end("\xFF"), "");
}

}  // namespace
}  // namespace dynamodb::local
