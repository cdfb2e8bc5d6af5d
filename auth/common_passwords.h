// The passwords that are tried first by whoever guesses: what has 8 characters or more in the list
// by Royce Williams that Django uses, too.
#pragma once
#include <span>
#include <string_view>

namespace auth {

// In lower case, sorted. Thread safety: any thread.
std::span<const std::string_view> common_passwords();

}  // namespace auth
