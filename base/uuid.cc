#include "base/uuid.h"

#include <bit>
#include <cstring>

#include <sodium.h>

namespace base {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr bool is_dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

static_assert(std::endian::native == std::endian::little);
constexpr std::uint64_t kOnes = 0x0101010101010101ull, kHighs = 0x8080808080808080ull;

// The highest bit of each byte that is at least `least`. REQUIRES: bytes are below 0x80
constexpr std::uint64_t at_least(std::uint64_t bytes, unsigned char least) {
  return (bytes + kOnes * (0x80u - least)) & kHighs;
}

// Eight hexadecimal digits, read as a number, to four bytes, likewise. Clears `valid` where one is
// no digit.
std::uint32_t hex_to_bytes(std::uint64_t digits, bool& valid) {
  valid &= (digits & kHighs) == 0;
  digits &= ~kHighs;
  const std::uint64_t lower = digits | kOnes * 0x20;
  const std::uint64_t numbers = at_least(digits, '0') & ~at_least(digits, '9' + 1);
  const std::uint64_t letters = at_least(lower, 'a') & ~at_least(lower, 'f' + 1);
  valid &= (numbers | letters) == kHighs;
  std::uint64_t nibbles = (digits & kOnes * 0x0F) + (letters >> 7) * 9;
  nibbles = (nibbles << 4 | nibbles >> 8) & 0x00FF00FF00FF00FFull;
  nibbles = (nibbles | nibbles >> 8) & 0x0000FFFF0000FFFFull;
  return static_cast<std::uint32_t>(nibbles | nibbles >> 16);
}

// RFC 4122 section 4.4: version 4, variant 10.
void stamp_version(std::array<std::uint8_t, 16>& bytes) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
}

}  // namespace

Uuid Uuid::random() {
  std::array<std::uint8_t, 16> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  stamp_version(bytes);
  return Uuid(bytes);
}

Uuid Uuid::from_bits(std::uint64_t high, std::uint64_t low) {
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  stamp_version(bytes);
  return Uuid(bytes);
}

// Rows hold several: eight digits at a time, in the groups 8-4-4-4-12, and one test at the end.
std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  const char* const at = text.data();
  bool valid = at[8] == '-' && at[13] == '-' && at[18] == '-' && at[23] == '-';
  const auto digits = [at](std::size_t first, std::size_t second) {
    std::uint32_t low = 0, high = 0;
    std::memcpy(&low, at + first, sizeof low);
    std::memcpy(&high, at + second, sizeof high);
    return std::uint64_t{high} << 32 | low;
  };
  const std::array<std::uint32_t, 4> words = {
      hex_to_bytes(digits(0, 4), valid), hex_to_bytes(digits(9, 14), valid),
      hex_to_bytes(digits(19, 24), valid), hex_to_bytes(digits(28, 32), valid)};
  if (!valid) return std::nullopt;
  return Uuid(std::bit_cast<std::array<std::uint8_t, 16>>(words));
}

void Uuid::write(char* out) const {
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (is_dash_at(i)) {
      out[i] = '-';
      continue;
    }
    const std::uint8_t byte = bytes_[nibble / 2];
    out[i] = kHex[nibble % 2 == 0 ? byte >> 4 : byte & 0x0F];
    ++nibble;
  }
}

std::string Uuid::str() const {
  std::string text(kTextSize, '\0');
  write(text.data());
  return text;
}

}  // namespace base

std::size_t std::hash<base::Uuid>::operator()(const base::Uuid& uuid) const noexcept {
  std::uint64_t words[2];
  std::memcpy(words, uuid.bytes().data(), sizeof words);
  return words[0] ^ (words[1] * 0x9E3779B97F4A7C15ull);
}
