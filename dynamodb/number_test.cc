#include "dynamodb/number.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "dynamodb/test_random_values.h"

namespace dynamodb {
namespace {

std::string parsed(std::string_view text) {
  std::string error;
  const auto number = Number::parse(text, &error);
  return number ? number->text() : error;
}

const std::string kOverflow =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
const std::string kUnderflow =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
const std::string kDigits = "Attempting to store more than 38 significant digits in a Number";

TEST(Number, Parse_AnyForm_GivesCanonicalText) {
  EXPECT_EQ(parsed("0042.1200"), "42.12");
  EXPECT_EQ(parsed("-0"), "0");
  EXPECT_EQ(parsed("+7"), "7");
  EXPECT_EQ(parsed(".5"), "0.5");
  EXPECT_EQ(parsed("5."), "5");
  EXPECT_EQ(parsed("-1.50e3"), "-1500");
  EXPECT_EQ(parsed("1E+2"), "100");
  EXPECT_EQ(parsed("12345e-3"), "12.345");
  EXPECT_EQ(parsed("1e-3"), "0.001");
  EXPECT_EQ(parsed("100.0"), "100");
  EXPECT_EQ(parsed("1e0"), "1");
  EXPECT_EQ(parsed("1E125"), "1" + std::string(125, '0'));
  EXPECT_EQ(parsed("000000000000000000000000000000000000000000001"), "1");
}

TEST(Number, Parse_WhatIsNoNumber_IsRefusedInAwsWords) {
  for (const std::string text : {"abc", " 1", "1 ", "1e", "e1", ".", "-", "+-1", "NaN", "Infinity",
                                 "0x10", "1.2.3", "1e1.5", "--1", "1_000", "1,5", "١"}) {
    EXPECT_EQ(parsed(text), "The parameter cannot be converted to a numeric value: " + text);
  }
  EXPECT_EQ(parsed(""), "The parameter cannot be converted to a numeric value");
}

TEST(Number, Parse_38Digits_IsKept_39Digits_IsRefused) {
  const std::string digits(38, '9');
  EXPECT_EQ(parsed(digits), digits);
  EXPECT_EQ(parsed(digits + "9"), kDigits);
  EXPECT_EQ(parsed(digits + "0"), digits + "0");  // a trailing zero is not significant
  EXPECT_EQ(parsed("0." + digits), "0." + digits);
  EXPECT_EQ(parsed("1" + std::string(37, '0') + "1"), kDigits);
  EXPECT_EQ(parsed("1." + std::string(37, '0') + "1"), kDigits);
}

TEST(Number, Parse_Range_IsAwsRange) {
  EXPECT_EQ(parsed("9.9999999999999999999999999999999999999e125").size(), 126U);
  EXPECT_EQ(parsed("1e126"), kOverflow);
  EXPECT_EQ(parsed("-1e126"), kOverflow);
  EXPECT_EQ(parsed("10e125"), kOverflow);
  EXPECT_EQ(parsed("0.1e126").size(), 126U);
  EXPECT_EQ(parsed("1e-130").size(), 132U);
  EXPECT_EQ(parsed("1e-131"), kUnderflow);
  EXPECT_EQ(parsed("0.9e-130"), kUnderflow);
  EXPECT_EQ(parsed("1.5e-130"), "0." + std::string(129, '0') + "15");
}

TEST(Number, Parse_Exponent_IsReadInFull) {
  EXPECT_EQ(parsed("1e2147483648"), kOverflow);
  EXPECT_EQ(parsed("1e-2147483649"), kUnderflow);
  EXPECT_EQ(parsed("1e9223372036854775807"), kOverflow);
  EXPECT_EQ(parsed("1e9223372036854775808"),
            "The parameter cannot be converted to a numeric value: 1e9223372036854775808");
  EXPECT_EQ(parsed("1e00000000000000000000000005"), "100000");
  EXPECT_EQ(parsed("0e125"), "0");
  EXPECT_EQ(parsed("0e126"), kOverflow);
  EXPECT_EQ(parsed("0e-130"), "0");
  EXPECT_EQ(parsed("0e-131"), kUnderflow);
  EXPECT_EQ(parsed("0e-500"), kUnderflow);
  EXPECT_EQ(parsed("0." + std::string(300, '0') + "1e300"), "0.1");
}

TEST(Number, Integers_OfAllTypes_AreExact) {
  EXPECT_EQ(Number(std::numeric_limits<std::int64_t>::min()).text(), "-9223372036854775808");
  EXPECT_EQ(Number(std::numeric_limits<std::uint64_t>::max()).text(), "18446744073709551615");
  EXPECT_EQ(Number(0), Number());
  EXPECT_EQ(Number(0).text(), "0");
}

TEST(Number, ToInt64_FractionOrTooLarge_IsNothing) {
  EXPECT_EQ(Number::parse("-9223372036854775808")->to_int64(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Number::parse("9223372036854775808")->to_int64(), std::nullopt);
  EXPECT_EQ(Number::parse("9223372036854775808")->to_uint64(), 9223372036854775808U);
  EXPECT_EQ(Number::parse("1.5")->to_int64(), std::nullopt);
  EXPECT_EQ(Number::parse("-1")->to_uint64(), std::nullopt);
  EXPECT_EQ(Number::parse("1e20")->to_uint64(), std::nullopt);
}

TEST(Number, FromDouble_ReadsBackTheSame) {
  for (const double real :
       {0.1, -2.5, 1e100, 123456789.123456789, 5e-100, 3.0, 1.7976931348623157e10}) {
    EXPECT_EQ(Number::from_double(real)->to_double(), real);
  }
  EXPECT_EQ(Number::from_double(0.1)->text(), "0.1");
  EXPECT_EQ(Number::from_double(-0.0)->text(), "0");
  EXPECT_EQ(Number::from_double(1e130), std::nullopt);
  EXPECT_EQ(Number::from_double(1e-200), std::nullopt);
  EXPECT_EQ(Number::from_double(INFINITY), std::nullopt);
  EXPECT_EQ(Number::from_double(NAN), std::nullopt);
}

TEST(Number, Add_Carries_And_Borrows) {
  const auto n = [](std::string_view text) { return *Number::parse(text); };
  EXPECT_EQ(add(n("999"), n("1"))->text(), "1000");
  EXPECT_EQ(add(n("0.1"), n("0.2"))->text(), "0.3");
  EXPECT_EQ(subtract(n("1000"), n("0.001"))->text(), "999.999");
  EXPECT_EQ(subtract(n("1"), n("1"))->text(), "0");
  EXPECT_EQ(subtract(n("1"), n("2"))->text(), "-1");
  EXPECT_EQ(add(n("-5"), n("3"))->text(), "-2");
  EXPECT_EQ(subtract(n("0"), n("7.5"))->text(), "-7.5");
  EXPECT_EQ(add(n("1e-130"), n("1e-130"))->text(), n("2e-130").text());
}

TEST(Number, Add_ResultThatDoesNotFit_IsRefusedNotRounded) {
  const auto n = [](std::string_view text) { return *Number::parse(text); };
  std::string error;
  EXPECT_EQ(add(n("1e38"), n("1"), &error), std::nullopt);
  EXPECT_EQ(error, kDigits);
  EXPECT_EQ(add(n("9e125"), n("9e125"), &error), std::nullopt);
  EXPECT_EQ(error, kOverflow);
  EXPECT_EQ(add(n("1e125"), n("1e-130"), &error), std::nullopt);
  EXPECT_EQ(error, kDigits);
  EXPECT_EQ(subtract(n("1.1e-129"), n("1.05e-129"), &error), std::nullopt);
  EXPECT_EQ(error, kUnderflow);
  EXPECT_EQ(add(n(std::string(38, '9')), n("1"))->text(), "1" + std::string(38, '0'));
}

TEST(Number, Size_CountsTwoDigitsAByte) {
  const auto size = [](std::string_view text) { return number_size(Number::parse(text)->text()); };
  EXPECT_EQ(size("0"), 1U);
  EXPECT_EQ(size("1"), 2U);
  EXPECT_EQ(size("12"), 2U);
  EXPECT_EQ(size("123"), 3U);
  EXPECT_EQ(size("-123"), 4U);
  EXPECT_EQ(size("3.14159"), 5U);
  EXPECT_EQ(size("0.5"), 2U);
  EXPECT_EQ(size("1.5"), 3U);
  EXPECT_EQ(size(std::string(38, '9')), 20U);
  EXPECT_EQ(size("-" + std::string(37, '9') + ".9"), 22U);  // the split at the point costs one more
  // Zeros at the ends are not stored ("leading and trailing zeroes are trimmed"), in pairs.
  EXPECT_EQ(size("1e125"), 2U);
  EXPECT_EQ(size("1e-130"), 2U);
  EXPECT_EQ(size("100"), 2U);
  EXPECT_EQ(size("10"), 2U);
}

// ---- properties, against integers scaled by 10^8

struct Scaled {
  Number number;
  __int128 value;
};

std::string decimal_text(__int128 scaled) {
  const bool negative = scaled < 0;
  std::string digits;
  for (__int128 rest = negative ? -scaled : scaled; rest > 0 || digits.size() < 9; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  digits.insert(digits.size() - 8, ".");
  return (negative ? "-" : "") + digits;
}

Scaled random_scaled(testing::RandomValues& random) {
  __int128 value = 0;
  for (std::size_t i = random.below(24); i > 0; --i)
    value = value * 10 + static_cast<int>(random.below(10));
  for (std::size_t i = random.below(6); i > 0; --i) value *= 10;
  if (random.coin()) value = -value;
  return {*Number::parse(decimal_text(value)), value};
}

TEST(Number, Property_OrderSumAndDifference_AreThoseOfIntegers) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  testing::RandomValues random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Scaled a = random_scaled(random), b = random.below(8) == 0 ? a : random_scaled(random);
    SCOPED_TRACE(a.number.text() + " and " + b.number.text());
    ASSERT_EQ(a.number < b.number, a.value < b.value);
    ASSERT_EQ(a.number == b.number, a.value == b.value);
    ASSERT_EQ(add(a.number, b.number)->text(),
              Number::parse(decimal_text(a.value + b.value))->text());
    ASSERT_EQ(subtract(a.number, b.number)->text(),
              Number::parse(decimal_text(a.value - b.value))->text());
  }
}

TEST(Number, Property_OrderedForm_SortsAsNumbers_AndReadsBack) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  testing::RandomValues random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Number a = random.number(), b = random.number();
    std::string a_bytes, b_bytes;
    append_ordered(a_bytes, a.text());
    append_ordered(b_bytes, b.text());
    SCOPED_TRACE(a.text() + " and " + b.text());
    // Self-delimiting: what follows changes neither order nor reading.
    ASSERT_EQ(a < b, a_bytes + "\xFF" < b_bytes + '\0' && a != b);
    std::string_view rest = a_bytes;
    const std::string both = a_bytes + "tail";
    rest = both;
    ASSERT_EQ(take_ordered(rest), a);
    ASSERT_EQ(rest, "tail");
  }
}

TEST(Number, TakeOrdered_AnyBytes_AreRefusedOrWhatAppendOrderedWrites) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  testing::RandomValues random(seed);
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes;
    append_ordered(bytes, random.number().text());
    for (std::size_t n = random.below(3); n > 0; --n)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    bytes.resize(random.below(bytes.size() + 1));
    std::string_view rest = bytes;
    const auto number = take_ordered(rest);
    if (!number) continue;
    std::string again;
    append_ordered(again, number->text());
    ASSERT_EQ(again, bytes.substr(0, bytes.size() - rest.size()));
    ASSERT_EQ(Number::parse(number->text()), number);
  }
}

TEST(Number, OrderedForm_IsTheOnDiskFormat) {
  const auto ordered = [](std::string_view text) {
    std::string bytes;
    append_ordered(bytes, Number::parse(text)->text());
    return bytes;
  };
  EXPECT_EQ(ordered("0"), "\x02");
  EXPECT_EQ(ordered("1"), std::string("\x03\x82\x0B\x00", 4));
  EXPECT_EQ(ordered("-1"), "\x01\x7D\xF4\xFF");
  EXPECT_EQ(ordered("12.345"), std::string("\x03\x83\x0D\x23\x33\x00", 6));
}

}  // namespace
}  // namespace dynamodb
