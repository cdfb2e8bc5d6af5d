// Decimal arithmetic on digit arrays, and the ordered form of numbers in keys.
//
// Ordered form (on disk: do not change):
//   number    := 0x02                       zero
//              | 0x03 magnitude             positive
//              | 0x01 complement(magnitude) negative: every byte XOR 0xFF
//   magnitude := exponent pair{1,19} 0x00
//   exponent  := point + 129                value = 0.d1d2d3… * 10^point, d1 != 0, point -129..126
//   pair      := two decimal digits + 1     0x01..0x64; the last is padded with 0 and is not 00
// The terminator is below every pair, so that a number whose digits are a prefix of another's sorts
// before it.
#include "dynamodb/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace dynamodb {
namespace {

constexpr int kMaxDigits = 38;
constexpr int kMaxPoint = 126;   // 9.99E125 = 0.999E126
constexpr int kMinPoint = -129;  // 1E-130 = 0.1E-129

constexpr char kNotNumeric[] = "The parameter cannot be converted to a numeric value";
constexpr char kTooManyDigits[] = "Attempting to store more than 38 significant digits in a Number";
constexpr char kOverflow[] =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
constexpr char kUnderflow[] =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ±0.d1d2…dn * 10^point without zeros at either end of the digits; zero has none.
struct Decimal {
  bool negative = false;
  int point = 0;
  int count = 0;
  std::array<std::uint8_t, kMaxDigits> digits{};
};

std::nullopt_t fail(std::string* error, std::string message) {
  if (error != nullptr) *error = std::move(message);
  return std::nullopt;
}

std::nullopt_t not_numeric(std::string* error, std::string_view text) {
  std::string message = kNotNumeric;
  if (!text.empty()) message.append(": ").append(text);
  return fail(error, std::move(message));
}

// REQUIRES: `text` is canonical.
Decimal read_canonical(std::string_view text) {
  Decimal d;
  if (text.front() == '-') {
    d.negative = true;
    text.remove_prefix(1);
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  d.point = static_cast<int>(dot);
  int pending_zeros = 0;  // zeros count only once a digit follows
  for (const char c : text) {
    if (c == '.') continue;
    if (c == '0') {
      d.count == 0 ? void(--d.point) : void(++pending_zeros);
      continue;
    }
    for (; pending_zeros > 0; --pending_zeros) d.digits[static_cast<std::size_t>(d.count++)] = 0;
    d.digits[static_cast<std::size_t>(d.count++)] = static_cast<std::uint8_t>(c - '0');
  }
  return d;
}

std::string write_canonical(const Decimal& d) {
  if (d.count == 0) return "0";
  std::string out;
  if (d.negative) out += '-';
  if (d.point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-d.point), '0');
  }
  for (int i = 0; i < d.count; ++i) {
    if (i == d.point && i > 0) out += '.';
    out += static_cast<char>('0' + d.digits[static_cast<std::size_t>(i)]);
  }
  if (d.point > d.count) out.append(static_cast<std::size_t>(d.point - d.count), '0');
  return out;
}

// The parts of a number's text, as written.
struct Scanned {
  bool negative = false;
  std::string_view integer{}, fraction{};
  std::int64_t exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

std::optional<Scanned> scan(std::string_view text) {
  Scanned s;
  s.negative = take_sign(text);
  s.integer = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    s.fraction = take_digits(text);
  }
  if (s.integer.empty() && s.fraction.empty()) return std::nullopt;
  if (text.empty()) return s;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  const bool negative = take_sign(text);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  // DynamoDB: an exponent that does not fit 64 bits makes the text no number; one that does is read
  // in full.
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), s.exponent);
  if (code != std::errc()) return std::nullopt;
  // Far out of range either way; clamped so that adding lengths of texts cannot overflow.
  s.exponent = std::min(s.exponent, std::int64_t{1} << 40);
  if (negative) s.exponent = -s.exponent;
  return s;
}

// Fits `text`'s digits into a Decimal; `error` as in Number::parse().
std::optional<Decimal> normalize(const Scanned& s, std::string* error) {
  const auto int_size = static_cast<std::int64_t>(s.integer.size());
  const std::int64_t total = int_size + static_cast<std::int64_t>(s.fraction.size());
  const auto digit = [&](std::int64_t i) {
    return i < int_size ? s.integer[static_cast<std::size_t>(i)]
                        : s.fraction[static_cast<std::size_t>(i - int_size)];
  };
  std::int64_t first = 0, last = total;
  while (first < total && digit(first) == '0') ++first;
  while (last > first && digit(last - 1) == '0') --last;
  Decimal d;
  if (first == total) {
    // DynamoDB: 0e126 overflows and 0e-131 underflows although they are zero.
    const std::int64_t exponent = s.exponent - static_cast<std::int64_t>(s.fraction.size());
    if (exponent > kMaxPoint - 1) return fail(error, kOverflow);
    if (exponent < kMinPoint - 1) return fail(error, kUnderflow);
    return d;
  }
  const std::int64_t point = int_size - first + s.exponent;
  if (point > kMaxPoint) return fail(error, kOverflow);
  if (point < kMinPoint) return fail(error, kUnderflow);
  if (last - first > kMaxDigits) return fail(error, kTooManyDigits);
  d.negative = s.negative;
  d.point = static_cast<int>(point);
  for (std::int64_t i = first; i < last; ++i) {
    d.digits[static_cast<std::size_t>(d.count++)] = static_cast<std::uint8_t>(digit(i) - '0');
  }
  return d;
}

// Digits of both operands laid out by decimal position: room for every position a Decimal can have,
// and a carry.
constexpr int kLowest = kMinPoint - kMaxDigits;
using Positions = std::array<int, kMaxPoint - kLowest + 2>;

void accumulate(Positions& sum, const Decimal& d, int sign) {
  for (int i = 0; i < d.count; ++i) {
    sum[static_cast<std::size_t>(d.point - 1 - i - kLowest)] +=
        sign * d.digits[static_cast<std::size_t>(i)];
  }
}

// Carries so that every position holds one digit; whether the sum is negative (then its magnitude
// is left).
bool carry(std::span<int> sum) {
  const auto top = std::find_if(sum.rbegin(), sum.rend(), [](int v) { return v != 0; });
  const bool negative = top != sum.rend() && *top < 0;
  int over = 0;
  for (int& v : sum) {
    if (negative) v = -v;
    v += over;
    over = v < 0 ? -1 : v / 10;
    v -= over * 10;
  }
  return negative;
}

std::optional<Number> sum_of(const Number& a, const Number& b, bool subtract, std::string* error) {
  const Decimal left = read_canonical(a.text()), right = read_canonical(b.text());
  Positions positions{};
  accumulate(positions, left, left.negative ? -1 : 1);
  accumulate(positions, right, right.negative != subtract ? -1 : 1);
  // Only the positions that the operands reach, and one for the carry. A zero reaches around its
  // point, 0, which costs little.
  const int bottom = std::min(left.point - left.count, right.point - right.count);
  const int top = std::max(left.point, right.point) + 1;
  const std::span<int> sum = std::span(positions).subspan(
      static_cast<std::size_t>(bottom - kLowest), static_cast<std::size_t>(top - bottom));
  Decimal d;
  d.negative = carry(sum);
  const auto is_not_zero = [](int v) { return v != 0; };
  const auto high = std::find_if(sum.rbegin(), sum.rend(), is_not_zero);
  if (high == sum.rend()) return Number();
  const auto low = std::find_if(sum.begin(), sum.end(), is_not_zero);
  d.point = top - static_cast<int>(high - sum.rbegin());
  if (d.point > kMaxPoint) return fail(error, kOverflow);
  if (d.point < kMinPoint) return fail(error, kUnderflow);
  if (high.base() - low > kMaxDigits) return fail(error, kTooManyDigits);
  for (auto digit = high; digit.base() != low; ++digit) {
    d.digits[static_cast<std::size_t>(d.count++)] = static_cast<std::uint8_t>(*digit);
  }
  return Number::from_canonical(write_canonical(d));
}

template <class Integer>
std::optional<Integer> to_integer(std::string_view text) {
  Integer value{};
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  return value;
}

// REQUIRES: neither text is negative.
std::strong_ordering compare_magnitudes(std::string_view a, std::string_view b) {
  const std::size_t a_int = std::min(a.find('.'), a.size()),
                    b_int = std::min(b.find('.'), b.size());
  if (a_int != b_int) return a_int <=> b_int;
  return a.compare(b) <=>
         0;  // equally long integer parts: the order of texts is the order of values
}

}  // namespace

std::optional<Number> Number::parse(std::string_view text, std::string* error) {
  const auto scanned = scan(text);
  if (!scanned) return not_numeric(error, text);
  const auto decimal = normalize(*scanned, error);
  if (!decimal) return std::nullopt;
  return from_canonical(write_canonical(*decimal));
}

std::optional<Number> Number::from_double(double real) {
  if (!std::isfinite(real)) return std::nullopt;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), real).ptr;
  return parse({text.data(), static_cast<std::size_t>(end - text.data())});
}

std::optional<std::int64_t> Number::to_int64() const { return to_integer<std::int64_t>(text_); }
std::optional<std::uint64_t> Number::to_uint64() const { return to_integer<std::uint64_t>(text_); }

double Number::to_double() const {
  double value = 0;
  std::from_chars(text_.data(), text_.data() + text_.size(), value);
  return value;
}

std::strong_ordering operator<=>(const Number& a, const Number& b) {
  return compare_numbers(a.text_, b.text_);
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  const bool a_negative = a.starts_with('-'), b_negative = b.starts_with('-');
  if (a_negative != b_negative) return b_negative <=> a_negative;
  if (a_negative) return compare_magnitudes(b.substr(1), a.substr(1));
  return compare_magnitudes(a, b);
}

std::optional<Number> add(const Number& a, const Number& b, std::string* error) {
  return sum_of(a, b, false, error);
}
std::optional<Number> subtract(const Number& a, const Number& b, std::string* error) {
  return sum_of(a, b, true, error);
}

std::size_t number_size(std::string_view canonical) {
  const bool negative = canonical.front() == '-';
  if (negative) canonical.remove_prefix(1);
  const std::size_t first = canonical.find_first_not_of("0.");
  if (first == std::string_view::npos) return 1;
  const std::size_t last = canonical.find_last_not_of("0.");
  const std::size_t point = std::min(canonical.find('.'), canonical.size());
  // Two digits share a byte, paired from the decimal point outwards; pairs of zeros at the ends are
  // not stored.
  const auto pair_of = [point](std::size_t at) {
    const auto after = static_cast<std::ptrdiff_t>(at) - static_cast<std::ptrdiff_t>(point);
    return after < 0 ? (-after - 1) / 2 : -(after + 1) / 2;
  };
  const auto pairs = static_cast<std::size_t>(pair_of(first) - pair_of(last) + 1);
  return 1 + pairs + (negative ? 1 : 0);
}

void append_ordered(std::string& out, std::string_view canonical) {
  const Decimal d = read_canonical(canonical);
  if (d.count == 0) {
    out += '\x02';
    return;
  }
  out += d.negative ? '\x01' : '\x03';
  const unsigned flip = d.negative ? 0xFF : 0;
  const auto put = [&](int byte) { out += static_cast<char>(static_cast<unsigned>(byte) ^ flip); };
  put(d.point - kMinPoint);
  for (std::size_t i = 0; i < static_cast<std::size_t>(d.count); i += 2) {
    const int low = i + 1 < static_cast<std::size_t>(d.count) ? d.digits[i + 1] : 0;
    put(d.digits[i] * 10 + low + 1);
  }
  put(0);
}

std::optional<Number> take_ordered(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const char sign = bytes.front();
  if (sign == '\x02') {
    bytes.remove_prefix(1);
    return Number();
  }
  if (sign != '\x01' && sign != '\x03') return std::nullopt;
  Decimal d;
  d.negative = sign == '\x01';
  const auto byte = [&](std::size_t i) {
    return static_cast<int>(static_cast<std::uint8_t>(bytes[i]) ^ (d.negative ? 0xFFU : 0U));
  };
  if (bytes.size() < 4) return std::nullopt;
  d.point = byte(1) + kMinPoint;
  std::size_t i = 2;
  for (; i < bytes.size() && byte(i) != 0; ++i) {
    const int pair = byte(i) - 1;
    if (pair > 99 || d.count >= kMaxDigits) return std::nullopt;
    d.digits[static_cast<std::size_t>(d.count++)] = static_cast<std::uint8_t>(pair / 10);
    d.digits[static_cast<std::size_t>(d.count++)] = static_cast<std::uint8_t>(pair % 10);
  }
  if (i == bytes.size() || d.count == 0 || d.digits[0] == 0) return std::nullopt;
  if (d.digits[static_cast<std::size_t>(d.count - 1)] == 0) --d.count;
  if (d.digits[static_cast<std::size_t>(d.count - 1)] == 0)
    return std::nullopt;  // a pair of zeros: not what we write
  bytes.remove_prefix(i + 1);
  return Number::from_canonical(write_canonical(d));
}

}  // namespace dynamodb
