#include "base/base64.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace base {
namespace {

using testing::Optional;

TEST(Base64, Decode_IsWhatWasEncoded) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string_view part = std::string_view(bytes).substr(bytes.size() - size);
    EXPECT_THAT(base64_decode(base64_encode(part)), Optional(part));
    EXPECT_THAT(base64url_decode(base64url_encode(part)), Optional(part));
  }
}

// Each text has one form: a signature cannot be written in two ways.
TEST(Base64, Decode_OfAnotherForm_IsRefused) {
  for (const char* text : {"YQ", "YR==", "YQ==\n", "Y Q==", "YQ=", "_w==", "YQ==YQ=="})
    EXPECT_FALSE(base64_decode(text)) << text;
  for (const char* text : {"YQ==", "YR", "YQ\n", "/w", "Y"})
    EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Base64, Decode_OfEveryByteOutsideTheAlphabet_IsRefused) {
  const std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (int i = 0; i < 256; ++i) {
    const auto c = static_cast<char>(i);
    const std::string text{'Y', c, 'Y', 'Y'};
    const bool letter = letters.find(c) != std::string_view::npos;
    EXPECT_EQ(base64_decode(text).has_value(), letter || c == '+' || c == '/') << i;
    EXPECT_EQ(base64url_decode(text).has_value(), letter || c == '-' || c == '_') << i;
  }
}

}  // namespace
}  // namespace base
