// Analyzer: how the embedded backend makes terms of texts: unicode61's runs of letters and digits
// in lower case, accents folded, then Porter's stems. It is FTS5's tokenizer `ddb`, and the same
// for single words of a query. Thread safety: as its connection.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

using WordSet = std::unordered_set<std::string>;

class Analyzer {
 public:
  // Registers the tokenizer with the connection, which must outlive the analyzer.
  explicit Analyzer(Database& db);
  ~Analyzer();
  Analyzer(const Analyzer&) = delete;
  Analyzer& operator=(const Analyzer&) = delete;

  // The word, folded but not stemmed: what the vocabulary holds; empty: it is no word.
  std::string fold(std::string_view word) const;
  // Its term; empty: it is no word.
  std::string stem(std::string_view word) const;

  // While texts are indexed, words that are not in `known` are put into `found`; nullptr ends it.
  void collect(const WordSet* known, WordSet* found);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr const char* kTokenizer = "porter ddb";

}  // namespace dynamo_backend::search::detail
