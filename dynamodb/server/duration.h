// Times as people write them: "20ms", "1.5s", "90m", "36h", "30d"; without a unit milliseconds.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace dynamodb::server {

// nullopt for anything else, for negative times and for those over 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace dynamodb::server
