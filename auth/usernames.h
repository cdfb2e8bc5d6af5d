// Usernames: letters of every script, digits and @ . + - _, as Django's, in Unicode's NFKC form.
//
// Thread safety: pure functions.
#pragma once
#include <string>
#include <string_view>

namespace auth {

constexpr std::size_t kLongestUsername = 150;  // characters

// The form in which names are saved: NFKC, so that the full-width "ａ" is "a", and a letter with an
// accent is one character however it was typed. A text that is not UTF-8 stays as it is.
std::string normalised_username(std::string_view typed);

// What users are looked up by: the same for names that differ in case, or in what NFKC takes away.
// Invariant: of a normalised name it is what makes the field unique (dynamo_backend/claim_keys.h).
std::string username_key(std::string_view name);

// Whether a normalised name is made of letters, with the marks that their script writes on them,
// decimal digits and @ . + - _. Nothing that is not seen is one of these: no space, no control or
// format character, no filler. The empty text is one.
bool is_username(std::string_view name);

}  // namespace auth
