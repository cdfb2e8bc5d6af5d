#include "base/uuid.h"

#include <cstring>

#include <sodium.h>

namespace base {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr bool is_dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 16; ++i) {
    const char c = kHex[i];
    digits[static_cast<std::uint8_t>(c)] = i;
    if (c >= 'a') digits[static_cast<std::uint8_t>(c - 'a' + 'A')] = i;
  }
  return digits;
}();

// Where in the text each byte's two digits stand.
constexpr std::array<std::uint8_t, 16> kOffsets = {0,  2,  4,  6,  9,  11, 14, 16,
                                                   19, 21, 24, 26, 28, 30, 32, 34};

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

// Rows hold several: one pass, and one test at its end.
std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  const auto* const at = reinterpret_cast<const unsigned char*>(text.data());
  if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') return std::nullopt;
  std::array<std::uint8_t, 16> bytes;
  unsigned seen = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = kHexDigits[at[kOffsets[i]]], low = kHexDigits[at[kOffsets[i] + 1]];
    seen |= high | low;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (seen > 0x0F) return std::nullopt;
  return Uuid(bytes);
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
