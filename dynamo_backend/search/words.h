// Words: what texts and queries are cut into before an engine sees them.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace dynamo_backend::search {

// A text as documents have it: in NFC, without the accents that it cannot compose with their
// letters and the characters that mark highlights. Bytes that are not UTF-8 become U+FFFD.
std::string indexable_text(std::string_view text);

// Runs of letters and digits (Unicode's L, N and Co), as they stand. REQUIRES: valid UTF-8.
std::vector<std::string_view> split_words(std::string_view text);

std::size_t count_words(std::string_view text);

// The number of changes (a character more, less, another, or two neighbours swapped) that turn one
// word into the other, in characters; `most` + 1 where it is more than `most`. REQUIRES: valid
// UTF-8.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace dynamo_backend::search
