// QueryText: what a visitor typed, parsed: words, "phrases" and prefix*. Everything else separates
// words, so that nothing of it reaches a backend's own query language.
// Thread safety: a value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dynamo_backend::search {

inline constexpr std::size_t kMaxQueryCharacters = 256;
inline constexpr std::size_t kMaxQueryTerms = 16;  // words, those in phrases too

struct Clause {
  enum class Type : std::uint8_t { word, phrase, prefix };
  Type type = Type::word;
  std::vector<std::string> words{};  // as typed, in NFC: letters and digits; one, but of a phrase
  friend bool operator==(const Clause&, const Clause&) = default;
};

struct QueryText {
  std::vector<Clause> clauses{};
  bool empty() const { return clauses.empty(); }
  friend bool operator==(const QueryText&, const QueryText&) = default;
};

// Throws InvalidQuery (errors.h) for a text that is too long, has too many words or is not UTF-8.
QueryText parse_query_text(std::string_view text);

// How well a document has to match: a word may stand in any of the texts, a phrase within one. A
// search that finds nothing is asked again one rung lower.
// Typos: edit distance 0, 1 or 2 for words up to 2, up to 5 and more characters, the first one
// exact; of words alone, not of phrases and prefixes; 50 words of the vocabulary at most for each.
// Kept in cursors: do not renumber.
enum class Match : std::uint8_t {
  every_word = 0,
  every_word_with_typos = 1,
  any_word_with_typos = 2,
};
inline constexpr std::size_t kMaxExpansions = 50;
std::size_t typos_allowed(std::size_t characters);  // of a word of so many

}  // namespace dynamo_backend::search
