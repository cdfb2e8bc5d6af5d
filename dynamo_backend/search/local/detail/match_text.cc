#include "dynamo_backend/search/local/detail/match_text.h"

#include <algorithm>
#include <map>

#include "dynamo_backend/search/words.h"
#include "dynamo_backend/text.h"

namespace dynamo_backend::search::detail {
namespace {

// Words have letters and digits alone: there is nothing to escape in them.
std::string in_quotes(const std::vector<std::string>& words) {
  std::string out = "\"";
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : " ") + words[i];
  return out + '"';
}

std::string_view first_character(std::string_view word) {
  std::size_t size = 1;
  while (size < word.size() && (static_cast<unsigned char>(word[size]) & 0xC0) == 0x80) ++size;
  return word.substr(0, size);
}

// The end of the range of texts that begin with `prefix`.
std::string after(std::string_view prefix) { return std::string(prefix) + "\xF4\x8F\xBF\xBF"; }

// Empty: no document has it.
std::vector<std::string> phrases_of(const std::string& word, bool with_typos,
                                    const Vocabulary& vocabulary) {
  if (!with_typos) return {in_quotes({word})};
  std::vector<std::string> out;
  for (const KnownWord& known : vocabulary.near(word)) out.push_back(in_quotes({known.word}));
  return out;
}

// As many typos as `most`, or kFar.
constexpr std::size_t kFar = std::string::npos;
std::size_t typos_in(std::string_view typed, std::string_view other, std::size_t most) {
  const std::size_t distance = edit_distance(typed, other, most);
  return distance > most ? kFar : distance;
}

std::string join(const std::vector<std::string>& parts, std::string_view by) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += by;
    out += part;
  }
  return out;
}

}  // namespace

std::int64_t Vocabulary::documents_of_term(std::string_view term) const {
  const Query query = db_.query("SELECT doc FROM " + physical_.table('v') + " WHERE term = ?1");
  query->bind(1, term);
  return query->step() ? query->integer(0) : 0;
}

std::int64_t Vocabulary::documents_of(std::string_view word) const {
  const std::string term = analyzer_.stem(word);
  return term.empty() ? 0 : documents_of_term(term);
}

std::vector<KnownWord> Vocabulary::near(std::string_view word) const {
  const std::string folded = analyzer_.fold(word), term = analyzer_.stem(word);
  if (folded.empty() || term.empty()) return {};
  const std::size_t most = typos_allowed(count_characters(folded));
  const std::size_t most_in_term = typos_allowed(count_characters(term));
  // Terms by how far they are, each with the word that stands for it. The terms are compared, and
  // the words too: "databses" is nearer to "databases" than its stem is to that one's.
  std::map<std::string, KnownWord, std::less<>> terms;
  const std::string_view first = first_character(folded);
  const std::string end = after(first);
  {
    const Query query = db_.query("SELECT word, term FROM " + physical_.table('w') +
                                  " WHERE word >= ?1 AND word < ?2");
    query->bind(1, first).bind(2, std::string_view(end));
    while (query->step()) {
      const std::string_view other = query->text(0), other_term = query->text(1);
      const std::size_t distance =
          other_term == term
              ? 0
              : std::min(typos_in(term, other_term, most_in_term), typos_in(folded, other, most));
      if (distance == kFar) continue;
      const auto at = terms.find(other_term);
      if (at == terms.end())
        terms.emplace(other_term, KnownWord{std::string(other), distance});
      else if (distance < at->second.distance)
        at->second = {std::string(other), distance};
    }
  }
  std::vector<KnownWord> known;
  for (auto& [other_term, candidate] : terms) {
    candidate.documents = documents_of_term(other_term);
    if (candidate.documents > 0) known.push_back(std::move(candidate));
  }
  std::sort(known.begin(), known.end(), [](const KnownWord& a, const KnownWord& b) {
    return std::tie(a.distance, b.documents, a.word) < std::tie(b.distance, a.documents, b.word);
  });
  if (known.size() > kMaxExpansions) known.resize(kMaxExpansions);
  return known;
}

std::vector<std::string> Vocabulary::longer_than_their_terms(std::string_view prefix) const {
  const std::string folded = analyzer_.fold(prefix), term = analyzer_.stem(prefix);
  const std::string end = after(folded), end_of_terms = after(term);
  const Query query = db_.query("SELECT MIN(word) FROM " + physical_.table('w') +
                                " WHERE word >= ?1 AND word < ?2 AND NOT (term >= ?3 AND term < "
                                "?4) GROUP BY term LIMIT " +
                                std::to_string(kMaxExpansions));
  query->bind(1, std::string_view(folded)).bind(2, std::string_view(end));
  query->bind(3, std::string_view(term)).bind(4, std::string_view(end_of_terms));
  std::vector<std::string> words;
  while (query->step()) words.emplace_back(query->text(0));
  return words;
}

MatchText match_text(const QueryText& query, Match match, const Analyzer& analyzer,
                     const Vocabulary& vocabulary) {
  const bool any = match == Match::any_word_with_typos;
  MatchText out;
  for (const Clause& clause : query.clauses) {
    // What this analysis takes for no word at all is not asked for.
    Clause known{clause.type, {}};
    for (const std::string& word : clause.words)
      if (!analyzer.stem(word).empty()) known.words.push_back(word);
    if (known.words.empty()) continue;
    std::vector<std::string> phrases;
    if (clause.type == Clause::Type::word)
      phrases = phrases_of(known.words.front(), match != Match::every_word, vocabulary);
    else
      phrases = {in_quotes(known.words) + (clause.type == Clause::Type::prefix ? " *" : "")};
    if (clause.type == Clause::Type::prefix)
      for (const std::string& word : vocabulary.longer_than_their_terms(known.words.front()))
        phrases.push_back(in_quotes({word}));
    if (phrases.empty() && !any) return {};
    if (phrases.empty()) continue;
    out.text += (out.text.empty() ? "(" : any ? " OR (" : " AND (") + join(phrases, " OR ") + ")";
    out.phrases.insert(out.phrases.end(), phrases.begin(), phrases.end());
  }
  return out;
}

}  // namespace dynamo_backend::search::detail
