#include "dynamo_backend/search/query_text.h"

#include <algorithm>

#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/search/words.h"
#include "dynamo_backend/text.h"

namespace dynamo_backend::search {
namespace {

// "yesterday's": the s is a word of its own, which no other form of the word has.
bool is_genitive(std::string_view text, std::string_view word) {
  const std::string_view before =
      text.substr(0, static_cast<std::size_t>(word.data() - text.data()));
  return (word == "s" || word == "S") && (before.ends_with("'") || before.ends_with("’"));
}

// The words of text outside of quotes; one that a '*' follows at once is a prefix.
void add_words(std::string_view text, std::vector<Clause>& clauses) {
  for (const std::string_view word : split_words(text)) {
    if (is_genitive(text, word)) continue;
    const char* const end = word.data() + word.size();
    const bool prefix = end < text.data() + text.size() && *end == '*';
    clauses.push_back({prefix ? Clause::Type::prefix : Clause::Type::word, {std::string(word)}});
  }
}

void add_phrase(std::string_view text, std::vector<Clause>& clauses) {
  const auto words = split_words(text);
  if (words.empty()) return;
  Clause phrase{words.size() > 1 ? Clause::Type::phrase : Clause::Type::word, {}};
  for (const std::string_view word : words) phrase.words.emplace_back(word);
  clauses.push_back(std::move(phrase));
}

}  // namespace

QueryText parse_query_text(std::string_view typed) {
  // A text this long has too many characters whatever they are, and need not be looked at.
  if (typed.size() > 4 * kMaxQueryCharacters || count_characters(typed) > kMaxQueryCharacters)
    throw InvalidQuery("Search for at most " + std::to_string(kMaxQueryCharacters) +
                       " characters.");
  if (!is_valid_utf8(typed)) throw InvalidQuery("The text to search for is not valid UTF-8.");
  const std::string normal = indexable_text(typed);
  std::string_view text = normal;
  QueryText query;
  while (!text.empty()) {
    const std::size_t open = text.find('"');
    const std::size_t close = open == std::string_view::npos ? open : text.find('"', open + 1);
    if (close == std::string_view::npos) {  // a quote that is not closed is a separator
      add_words(text, query.clauses);
      break;
    }
    add_words(text.substr(0, open), query.clauses);
    add_phrase(text.substr(open + 1, close - open - 1), query.clauses);
    text.remove_prefix(close + 1);
  }
  std::size_t terms = 0;
  for (const Clause& clause : query.clauses) terms += clause.words.size();
  if (terms > kMaxQueryTerms)
    throw InvalidQuery("Search for at most " + std::to_string(kMaxQueryTerms) + " words.");
  return query;
}

std::size_t typos_allowed(std::size_t characters) {
  return characters <= 2 ? 0 : characters <= 5 ? 1 : 2;
}

}  // namespace dynamo_backend::search
