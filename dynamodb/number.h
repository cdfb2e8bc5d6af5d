// Number: DynamoDB's exact decimal: up to 38 significant digits, magnitude 1E-130 to 9.99…E+125.
//
// Held in its canonical text, the form that DynamoDB returns: expanded decimal without exponent,
// leading or trailing zeros
// ("0042.1200" is "42.12", "-0" is "0"), so that equality of numbers is equality of texts.
// DynamoDB: limits and forms from the developer guide, "Supported data types"; see also
// docs/compatibility.md. Thread safety: a value.
#pragma once
#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dynamodb {

struct Error;

class Number {
 public:
  Number() : text_("0") {}
  template <std::integral I>
  requires(!std::same_as<I, bool>) Number(I integer)
      : text_(std::to_string(integer)) {}  // NOLINT: an integer is a number

  // Reads decimal text with an optional exponent. On failure returns nullopt and, where `error` is
  // given, says why in AWS's words.
  static std::optional<Number> parse(std::string_view text, std::string* error = nullptr);
  // The shortest decimal that reads back as `real`; nullopt for infinities, NaN and magnitudes out
  // of range.
  static std::optional<Number> from_double(double real);
  // REQUIRES: `text` is canonical (it came from a Number).
  static Number from_canonical(std::string_view text) { return Number(Trusted{}, text); }

  const std::string& text() const& { return text_; }
  std::optional<std::int64_t> to_int64() const;  // nullopt when it has a fraction or does not fit
  std::optional<std::uint64_t> to_uint64() const;
  double to_double() const;  // nearest

  friend bool operator==(const Number&, const Number&) = default;
  friend std::strong_ordering operator<=>(const Number& a, const Number& b);

 private:
  struct Trusted {};
  Number(Trusted, std::string_view text) : text_(text) {}
  std::string text_;
};

// Order by value of two canonical texts.
std::strong_ordering compare_numbers(std::string_view a, std::string_view b);

// Exact sum and difference. DynamoDB refuses, rather than rounds, a result of more than 38 digits
// or out of range: nullopt, and `error` says why.
std::optional<Number> add(const Number& a, const Number& b, std::string* error = nullptr);
std::optional<Number> subtract(const Number& a, const Number& b, std::string* error = nullptr);

// Bytes a number takes of an item's size.
// DynamoDB: 1 + ceil(integer digits / 2) + ceil(fraction digits / 2) + 1 if negative; zero takes 1.
// Zeros at both ends are trimmed in those pairs of digits (developer guide, "Item sizes": "leading
// and trailing zeroes are trimmed"): 1E125 takes 2.
std::size_t number_size(std::string_view canonical);

// A form whose bytes sort as the numbers do, self-delimiting; grammar in number.cc. Part of the
// on-disk key format.
void append_ordered(std::string& out, std::string_view canonical);
// Reads one off the front of `bytes`; nullopt where they hold none.
std::optional<Number> take_ordered(std::string_view& bytes);

}  // namespace dynamodb
