// Uuid: a 16-byte RFC 4122 identifier, the type of every model's `pk`.
//
// In memory 16 bytes without allocation; outside (tables, JSON, URLs) the dashed lower-case form.
// Thread safety: a value; random() may be called from any thread.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace base {

class Uuid {
 public:
  static constexpr std::size_t kTextSize = 36;

  // The nil UUID: no row has it.
  constexpr Uuid() = default;
  constexpr explicit Uuid(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  // A version-4 UUID from the operating system's random generator.
  static Uuid random();
  // A version-4-shaped UUID from 128 bits of the caller's choice: reproducible samples and tests.
  static Uuid from_bits(std::uint64_t high, std::uint64_t low);
  // Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in either case; nullopt for anything else.
  static std::optional<Uuid> parse(std::string_view text);

  // Writes the dashed lower-case form to exactly kTextSize characters at `out`.
  void write(char* out) const;
  std::string str() const;

  constexpr bool is_nil() const { return *this == Uuid(); }
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace base

template <>
struct std::hash<base::Uuid> {
  std::size_t operator()(const base::Uuid& uuid) const noexcept;
};
