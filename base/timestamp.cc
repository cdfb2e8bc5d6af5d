#include "base/timestamp.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Takes parts off the front of a text; `ok` turns false at the first part that is not there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok = true;
  bool at_end() const { return rest_.empty(); }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }

  bool take_if(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok = take_if(c) && ok; }

  // Exactly `digits` decimal digits.
  int number(std::size_t digits) {
    int value = 0;
    if (rest_.size() < digits) return fail();
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // One or more digits after a decimal point, as microseconds.
  microseconds fraction() {
    int value = 0, digits = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (digits < 6) value = value * 10 + (rest_.front() - '0');
      ++digits;
      rest_.remove_prefix(1);
    }
    if (digits == 0) fail();
    for (int i = digits; i < 6; ++i) value *= 10;
    return microseconds(value);
  }

 private:
  int fail() {
    ok = false;
    return 0;
  }
  std::string_view rest_;
};

minutes offset(Scanner& in) {
  if (in.at_end() || in.take_if('Z')) return minutes(0);
  const bool negative = in.next_is('-');
  if (!negative && !in.next_is('+')) {
    in.ok = false;
    return minutes(0);
  }
  in.take_if(negative ? '-' : '+');
  const int h = in.number(2);
  in.take_if(':');
  const int m = in.number(2);
  if (h > 23 || m > 59) in.ok = false;
  const minutes total = hours(h) + minutes(m);
  return negative ? -total : total;
}

constexpr std::string_view kOwnForm = "0000-00-00T00:00:00.000000+00:00";  // what to_iso() writes
using OwnFormWords = std::array<std::uint64_t, kOwnForm.size() / sizeof(std::uint64_t)>;

// From the greatest byte that may be left of a character, when the form's is taken off, to 0x7F.
constexpr OwnFormWords kToGreatest = [] {
  constexpr std::size_t kOffset = 26;  // no other than +00:00
  OwnFormWords words{};
  for (std::size_t i = 0; i < kOwnForm.size(); ++i) {
    const std::uint64_t greatest = kOwnForm[i] == '0' && i < kOffset ? 9 : 0;
    words[i / 8] |= (0x7F - greatest) << (i % 8 * 8);
  }
  return words;
}();

// What rows hold, eight characters at a time. False: another form, or no time at all.
bool parse_own_form(std::string_view text, Timestamp& time) {
  using namespace std::chrono;
  static_assert(std::endian::native == std::endian::little);
  if (text.size() != kOwnForm.size()) return false;
  constexpr std::uint64_t kHighs = 0x8080808080808080ull;
  OwnFormWords words, form;
  std::memcpy(words.data(), text.data(), kOwnForm.size());
  std::memcpy(form.data(), kOwnForm.data(), kOwnForm.size());
  std::uint64_t unfit = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint64_t digits = words[i] ^ form[i];
    unfit |= digits | ((digits & ~kHighs) + kToGreatest[i]);
    words[i] = digits * 10 + (digits >> 8);
  }
  if ((unfit & kHighs) != 0) return false;
  // The number that the digits at i and i + 1 make; not across words.
  const auto pairs = std::bit_cast<std::array<std::uint8_t, kOwnForm.size()>>(words);
  const int y = pairs[0] * 100 + pairs[2], h = pairs[11], min = pairs[14], s = pairs[17];
  const auto date = year(y) / pairs[5] / pairs[8];
  const int fraction = pairs[20] * 10'000 + pairs[22] * 100 + pairs[24];
  if (y < 1 || !date.ok() || h > 23 || min > 59 || s > 59) return false;
  time = Timestamp(sys_days(date)) + hours(h) + minutes(min) + seconds(s) + microseconds(fraction);
  return true;
}

void write_digits(char* out, int value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Timestamp now() {
  return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

std::string to_iso(Timestamp time) {
  using namespace std::chrono;
  // Clamped before the calendar is asked: it overflows near the ends of the clock.
  constexpr Timestamp first = sys_days(year(1) / 1 / 1);
  constexpr Timestamp last = sys_days(year(9999) / 12 / 31) + hours(24) - microseconds(1);
  time = std::clamp(time, first, last);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto rest = time - day;
  std::string text(kOwnForm);
  write_digits(&text[0], static_cast<int>(date.year()), 4);
  write_digits(&text[5], static_cast<int>(static_cast<unsigned>(date.month())), 2);
  write_digits(&text[8], static_cast<int>(static_cast<unsigned>(date.day())), 2);
  const hh_mm_ss clock(rest);
  write_digits(&text[11], static_cast<int>(clock.hours().count()), 2);
  write_digits(&text[14], static_cast<int>(clock.minutes().count()), 2);
  write_digits(&text[17], static_cast<int>(clock.seconds().count()), 2);
  write_digits(&text[20], static_cast<int>(clock.subseconds().count()), 6);
  return text;
}

std::optional<Timestamp> parse_iso(std::string_view text) {
  using namespace std::chrono;
  Timestamp time;
  if (parse_own_form(text, time)) return time;
  Scanner in(text);
  const int y = in.number(4);
  in.expect('-');
  const int m = in.number(2);
  in.expect('-');
  const int d = in.number(2);
  const auto date = year(y) / m / d;
  if (!in.ok || y < 1 || !date.ok()) return std::nullopt;
  time = sys_days(date);
  if (in.at_end()) return time;
  if (!in.take_if('T') && !in.take_if(' ')) return std::nullopt;
  const int h = in.number(2);
  in.expect(':');
  const int min = in.number(2);
  int s = 0;
  microseconds fraction{};
  if (in.take_if(':')) {
    s = in.number(2);
    if (in.take_if('.')) fraction = in.fraction();
  }
  const minutes shift = offset(in);
  if (!in.ok || !in.at_end() || h > 23 || min > 59 || s > 59) return std::nullopt;
  return time + hours(h) + minutes(min) + seconds(s) + fraction - shift;
}

}  // namespace base
