// Json: the value type for JSON (nlohmann's ordered form), and the strict reader for text from
// outside.
//
// parse_json() reads by simdjson and refuses what other readers let through: duplicate keys,
// invalid UTF-8, numbers that a double or 64-bit integer would round, too deep or too large
// documents.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/json_fwd.h"

namespace base {

struct JsonLimits {
  std::size_t max_depth = 64;     // objects and arrays inside each other
  std::size_t max_keys = 10'000;  // object members in the whole document
};

// What is wrong with the text, in words for its sender.
struct JsonError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws JsonError. Thread safety: any thread.
Json parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace base
