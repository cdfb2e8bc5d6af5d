// Unicode's normal forms and categories, by utf8proc. Thread safety: pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace dynamo_backend {

enum class NormalForm { nfc, nfkc };

// A text that is not UTF-8 stays as it is, in both.
std::string normalised(std::string_view text, NormalForm form);
// Of texts that differ in case only the same (Unicode's D145; of NFKC D146).
std::string caseless(std::string_view text, NormalForm form);

// Of the categories L and Nd.
bool is_letter_or_digit(std::int32_t code);

}  // namespace dynamo_backend
