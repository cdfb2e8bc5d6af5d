// Timestamp: an instant in UTC with microseconds, as models hold and tables store it.
//
// The stored form is ISO 8601 with six fraction digits and `+00:00`, which sorts as text in the
// order of time.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// Where time comes from: a parameter of whatever reads it, so that tests can set it.
using NowFunction = std::function<Timestamp()>;

// The system clock, cut to microseconds.
Timestamp now();

// "2026-11-22T10:00:00.123456+00:00". Years outside 0001-9999 are clamped to that range.
std::string to_iso(Timestamp time);

// Reads YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][Z|±HH:MM]]; without an offset the time is UTC.
// Fraction digits past the sixth are cut. nullopt for anything else, and for dates that no calendar
// has.
std::optional<Timestamp> parse_iso(std::string_view text);

}  // namespace base
