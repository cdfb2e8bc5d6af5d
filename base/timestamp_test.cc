#include "base/timestamp.h"

#include <random>

#include <gtest/gtest.h>

namespace base {
namespace {

Timestamp at(std::int64_t microseconds) {
  return Timestamp(std::chrono::microseconds(microseconds));
}

TEST(Timestamp, ToIso_HasMicrosecondsAndOffset) {
  EXPECT_EQ(to_iso(at(0)), "1970-01-01T00:00:00.000000+00:00");
  EXPECT_EQ(to_iso(at(1'795'000'000'123'456)), "2026-11-18T11:06:40.123456+00:00");
  EXPECT_EQ(to_iso(at(-1)), "1969-12-31T23:59:59.999999+00:00");
}

TEST(Timestamp, ToIso_SortsAsTime_SeededProperty) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const auto a = at(static_cast<std::int64_t>(random() % 4'000'000'000'000'000)),
               b = at(static_cast<std::int64_t>(random() % 4'000'000'000'000'000));
    EXPECT_EQ(a < b, to_iso(a) < to_iso(b));
    EXPECT_EQ(parse_iso(to_iso(a)), a);
  }
}

TEST(Timestamp, ParseIso_TakesTheCommonForms) {
  const auto noon = parse_iso("2026-11-22T12:00:00Z");
  ASSERT_TRUE(noon);
  for (const char* text : {"2026-11-22T12:00:00+00:00", "2026-11-22 12:00", "2026-11-22T12:00:00",
                           "2026-11-22T14:00:00+02:00", "2026-11-22T07:30:00.000-0430",
                           "2026-11-22T12:00:00.0000009"}) {
    EXPECT_EQ(parse_iso(text), noon) << text;
  }
  EXPECT_EQ(parse_iso("2026-11-22"), *noon - std::chrono::hours(12));
}

TEST(Timestamp, ParseIso_RefusesWhatNoCalendarHas) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-29", "2026-11-22T24:00", "2026-11-22T12:60",
        "2026-11-22T12:00:60", "2026-11-22T12:00:00.", "2026-11-22T12:00:00+25:00",
        "2026-11-22T12:00:00Zx", "0000-01-01", " 2026-11-22", "2026-11-22X12:00"}) {
    EXPECT_FALSE(parse_iso(text)) << text;
  }
}

// One character that is not what to_iso() writes: another form, or none.
TEST(Timestamp, ParseIso_LooksAtEveryCharacter) {
  const std::string good = "2026-11-22T12:34:56.789012+00:00";
  ASSERT_EQ(to_iso(parse_iso(good).value()), good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text[i] = static_cast<char>(c);
      const auto time = parse_iso(text);
      const bool is_digit = c >= '0' && c <= '9', was_digit = good[i] >= '0' && good[i] <= '9';
      const bool may_be =
          was_digit ? is_digit : c == good[i] || (i == 10 && c == ' ') || (i == 26 && c == '-');
      if (!may_be) {
        EXPECT_FALSE(time) << text;
      } else if (time && i < 26 && i != 10) {
        EXPECT_EQ(to_iso(*time), text);
      }
    }
  }
}

TEST(Timestamp, ToIso_ClampsYearsThatFourDigitsCannotHold) {
  EXPECT_EQ(to_iso(Timestamp::max()).substr(0, 4), "9999");
  EXPECT_EQ(to_iso(Timestamp::min()).substr(0, 4), "0001");
}

}  // namespace
}  // namespace base
