// Text as people see it: lengths in characters, case-insensitive comparison.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace dynamo_backend {

std::size_t count_characters(std::string_view utf8);  // code points; a broken byte counts as one
bool is_valid_utf8(std::string_view text);
bool is_blank(std::string_view utf8);  // nothing but Unicode's white space

// Browsers and files of other systems end lines by CRLF; what is stored does not.
std::string without_crlf(std::string_view text);
// Without spaces, tabs and line ends around it.
std::string_view trimmed(std::string_view text);

// A to Z made small, whatever the locale: of names of models, tables and files.
std::string ascii_lower(std::string_view text);

// A form in which texts that differ in case only are equal: simple folding of Latin, Greek and
// Cyrillic letters, one letter to one (so "ß" is not "ss"). Broken bytes stay as they are.
std::string fold_case(std::string_view utf8);

}  // namespace dynamo_backend
