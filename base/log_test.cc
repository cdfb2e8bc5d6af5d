#include "base/log.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Log, ControlsOfAsciiAndLatin1_AreShown) {
  EXPECT_EQ(escape_controls("a\nb\x1B[2J\x7F"), "a\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(escape_controls(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(escape_controls("\xC2\x9B"
                            "2J"),
            "\\x9b2J")
      << "U+009B begins a terminal's sequence, too";
  EXPECT_EQ(escape_controls("é, 日本, \xC2\xA0, \xC2"), "é, 日本, \xC2\xA0, \xC2");
}

}  // namespace
}  // namespace base
