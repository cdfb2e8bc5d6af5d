// A query as FTS5's MATCH takes it: every word quoted, so that none of it is syntax.
// Thread safety: as the connection.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/search/local/detail/analyzer.h"
#include "dynamo_backend/search/local/detail/catalogue.h"
#include "dynamo_backend/search/query_text.h"

namespace dynamo_backend::search::detail {

// A word of the vocabulary, and in how many documents its term is.
struct KnownWord {
  std::string word{};
  std::size_t distance = 0;
  std::int64_t documents = 0;
};

class Vocabulary {
 public:
  Vocabulary(Database& db, const Analyzer& analyzer, const PhysicalIndex& physical)
      : db_(db), analyzer_(analyzer), physical_(physical) {}
  std::int64_t documents_of(std::string_view word) const;  // that have its term
  // Words that documents have and that `word` may be meant to be, each term once, the nearest
  // first, of equally near ones the most frequent.
  std::vector<KnownWord> near(std::string_view word) const;
  // Words that begin with `prefix` while their terms do not begin with its term ("relational", of
  // "relatio"): one for each term, at most kMaxExpansions.
  std::vector<std::string> longer_than_their_terms(std::string_view prefix) const;

 private:
  std::int64_t documents_of_term(std::string_view term) const;
  Database& db_;
  const Analyzer& analyzer_;
  const PhysicalIndex& physical_;
};

struct MatchText {
  std::string text{};                  // empty: no document matches
  std::vector<std::string> phrases{};  // of the text, each as it stands there
};
// REQUIRES: a query that is not empty.
MatchText match_text(const QueryText& query, Match match, const Analyzer& analyzer,
                     const Vocabulary& vocabulary);

}  // namespace dynamo_backend::search::detail
