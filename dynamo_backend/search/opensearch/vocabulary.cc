#include "dynamo_backend/search/opensearch/vocabulary.h"

#include <algorithm>
#include <tuple>

#include "base/json.h"
#include "dynamo_backend/search/opensearch/mapping.h"
#include "dynamo_backend/search/opensearch/versions.h"
#include "dynamo_backend/search/words.h"
#include "dynamo_backend/text.h"
#include "net/text.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;

constexpr std::size_t kCandidates = 5;  // of a word, looked up before one is suggested

std::string nth(const char* prefix, std::size_t n) { return prefix + std::to_string(n); }

Json suggester(const std::string& word, const char* field, const char* analyzer) {
  return {{"text", word},
          {"term",
           {{"field", field},
            {"analyzer", analyzer},
            {"suggest_mode", "always"},
            {"max_edits", 2},
            {"prefix_length", 1},
            {"min_word_length", 1},
            {"max_term_freq", 1e9},  // words of every document have neighbours, too
            {"accuracy", 0.0},
            {"string_distance", "damerau_levenshtein"},
            {"size", kMaxExpansions}}}};
}

Json suggesters(std::span<const std::string> words) {
  Json all = Json::object();
  for (std::size_t i = 0; i < words.size(); ++i) {
    all[nth("w", i)] = suggester(words[i], kVocabulary, "words");
    all[nth("s", i)] = suggester(words[i], kStemVocabulary, "stems");
  }
  return all;
}

Json ask(Transport& transport, const IndexDefinition& index, const Json& body,
         const char* filter_path) {
  const auto timeout = transport.options().search_timeout;
  const Answer answer = transport.send({.path = "/" + net::percent_encode(index.name) +
                                                "/_search?allow_partial_search_results=false&"
                                                "filter_path=" +
                                                filter_path,
                                        .body = body.dump(),
                                        .timeout = timeout});
  if (!answer.ok()) throw_refusal(answer, "the vocabulary of " + index.name);
  return answer.json();
}

// A suggester's answer: the word as it was analysed, and its neighbours. Empty: analysis has left
// nothing of it.
struct Neighbours {
  std::string of{};
  std::vector<NearTerm> terms{};
};

Neighbours read(const Json& answer, const std::string& name, bool stems) {
  Neighbours all;
  const Json entries = answer.value(Json::json_pointer("/suggest/" + name), Json::array());
  if (entries.size() != 1) return all;
  all.of = entries[0].at("text").get<std::string>();
  for (const Json& option : entries[0].at("options"))
    all.terms.push_back({.text = option.at("text").get<std::string>(),
                         .is_stem = stems,
                         .documents = option.at("freq").get<std::uint64_t>()});
  return all;
}

// Keeps those that are as near as a word, or stem, of that length allows.
void keep_near(Neighbours& neighbours) {
  const std::size_t most = typos_allowed(count_characters(neighbours.of));
  for (NearTerm& term : neighbours.terms)
    term.distance = edit_distance(neighbours.of, term.text, most);
  std::erase_if(neighbours.terms, [&](const NearTerm& term) { return term.distance > most; });
}

// The nearest first, of equally near ones the most frequent.
void sort(std::vector<NearTerm>& terms) {
  std::sort(terms.begin(), terms.end(), [](const NearTerm& a, const NearTerm& b) {
    return std::tie(a.distance, b.documents, a.text) < std::tie(b.distance, a.documents, b.text);
  });
}

std::vector<NearTerm> near(const Json& answer, std::size_t i, bool with_stems) {
  Neighbours words = read(answer, nth("w", i), false), stems = read(answer, nth("s", i), true);
  keep_near(words);
  keep_near(stems);
  std::vector<NearTerm> all = std::move(words.terms);
  if (with_stems) all.insert(all.end(), stems.terms.begin(), stems.terms.end());
  sort(all);
  if (all.size() > kMaxExpansions) all.resize(kMaxExpansions);
  return all;
}

Json count_of(Json query) { return {{"filter", std::move(query)}}; }

std::uint64_t counted(const Json& answer, const std::string& name) {
  return answer.value(Json::json_pointer("/aggregations/" + name + "/doc_count"), std::uint64_t{0});
}

// The documents of each candidate that are there: the suggester counts those that were replaced,
// too.
void count_documents(Transport& transport, const IndexDefinition& index,
                     std::vector<std::vector<NearTerm>>& candidates) {
  Json counts = Json::object();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t c = 0; c < candidates[i].size(); ++c)
      counts[nth("w", i) + nth("c", c)] =
          count_of({{"term", {{kVocabulary, candidates[i][c].text}}}});
  }
  if (counts.empty()) return;
  const Json answer =
      ask(transport, index, {{"size", 0}, {"query", alive()}, {"aggs", std::move(counts)}},
          "aggregations.*.doc_count");
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t c = 0; c < candidates[i].size(); ++c)
      candidates[i][c].documents = counted(answer, nth("w", i) + nth("c", c));
    std::erase_if(candidates[i], [](const NearTerm& term) { return term.documents == 0; });
    sort(candidates[i]);
  }
}

}  // namespace

NearTerms near_terms(Transport& transport, const IndexDefinition& index, const QueryText& query) {
  NearTerms all(query.clauses.size());
  std::vector<std::string> words;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < query.clauses.size(); ++i) {
    if (query.clauses[i].type != Clause::Type::word) continue;
    words.push_back(query.clauses[i].words.at(0));
    places.push_back(i);
  }
  if (words.empty()) return all;
  const Json answer =
      ask(transport, index, {{"size", 0}, {"suggest", suggesters(words)}}, "suggest");
  for (std::size_t i = 0; i < words.size(); ++i) all[places[i]] = near(answer, i, true);
  return all;
}

std::vector<std::string> suggest_words(Transport& transport, const IndexDefinition& index,
                                       std::span<const std::string> words) {
  if (words.empty()) return {};
  Json known = Json::object();
  for (std::size_t i = 0; i < words.size(); ++i)
    known[nth("k", i)] = count_of({{"match", {{kStemVocabulary, words[i]}}}});
  const Json answer = ask(
      transport, index,
      {{"size", 0}, {"query", alive()}, {"suggest", suggesters(words)}, {"aggs", std::move(known)}},
      "suggest,aggregations.*.doc_count");
  std::vector<std::string> out(words.size());
  std::vector<std::vector<NearTerm>> candidates(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (counted(answer, nth("k", i)) > 0) {
      out[i] = words[i];
      continue;
    }
    candidates[i] = near(answer, i, false);
    if (candidates[i].size() > kCandidates) candidates[i].resize(kCandidates);
  }
  count_documents(transport, index, candidates);
  for (std::size_t i = 0; i < words.size(); ++i)
    if (!candidates[i].empty()) out[i] = candidates[i].front().text;
  return out;
}

}  // namespace dynamo_backend::search::opensearch
