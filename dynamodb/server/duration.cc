#include "dynamodb/server/duration.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace dynamodb::server {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
  constexpr double kMost = 100 * 365.25 * 86400e3;
  double unit = 1;
  for (const auto& [suffix, milliseconds] : kUnits) {
    if (!text.ends_with(suffix)) continue;
    text.remove_suffix(suffix.size());
    unit = milliseconds;
    break;
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const double total = number * unit;
  if (error != std::errc() || end != text.data() + text.size() || !(total >= 0 && total <= kMost))
    return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

}  // namespace dynamodb::server
