// gzip and CRC-32: round trips, limits, damaged input.
#include "net/gzip.h"

#include <gtest/gtest.h>

namespace net {
namespace {

TEST(Gzip, Crc32_IsTheStandardOne) {
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32("56789", crc32("1234")), 0xCBF43926U);
}

TEST(Gzip, Decompress_OfCompress_IsTheInput) {
  std::string noise;
  for (unsigned i = 0, x = 1; i < 100'000; ++i, x = x * 1664525 + 1013904223)
    noise += static_cast<char>(x >> 24);
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise})
    EXPECT_EQ(decompress(compress(text), text.size()), text);
}

TEST(Gzip, Decompress_OfMembersInARow_IsTheirTexts) {
  const std::string long_text(100'000, 'x');
  EXPECT_EQ(decompress(compress("a") + compress("") + compress("bc"), 3), "abc");
  EXPECT_EQ(decompress(compress(long_text) + compress("end"), 1'000'000), long_text + "end");
  EXPECT_FALSE(decompress(compress("ab") + compress("cd"), 3));
}

TEST(Gzip, Decompress_OverTheLimit_IsRefused) {
  const std::string gzip = compress(std::string(1'000'000, 'x'));
  EXPECT_FALSE(decompress(gzip, 999'999));
  EXPECT_FALSE(decompress(gzip, 0));
  EXPECT_TRUE(decompress(gzip, 1'000'000));
}

TEST(Gzip, Decompress_Damaged_IsRefused) {
  const std::string gzip = compress("some text that is long enough to be cut");
  for (std::size_t size = 0; size < gzip.size(); ++size)
    EXPECT_FALSE(decompress(std::string_view(gzip).substr(0, size), 1000)) << size;
  EXPECT_FALSE(decompress(gzip + "x", 1000));
  EXPECT_FALSE(decompress("plain text", 1000));
  std::string flipped = gzip;
  flipped[gzip.size() - 5] = static_cast<char>(flipped[gzip.size() - 5] ^ 1);  // in its CRC
  EXPECT_FALSE(decompress(flipped, 1000));
}

}  // namespace
}  // namespace net
