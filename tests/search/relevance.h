// The relevance set: 50 queries over the seeded posts, typos among them (relevance.tsv), and how
// well a backend orders what it finds for them: NDCG@10, from 0 to 1.
#pragma once
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "demo_app/sample.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/words.h"
#include "dynamo_backend/text.h"

namespace tests {

struct JudgedQuery {
  std::string typed{};
  std::vector<std::string> meant{};  // the beginnings of words
};

// REQUIRES: the working folder is the project's.
inline std::vector<JudgedQuery> judged_queries() {
  std::ifstream file("tests/search/relevance.tsv");
  std::vector<JudgedQuery> queries;
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos) continue;
    JudgedQuery query{.typed = line.substr(0, tab)};
    std::istringstream words(line.substr(tab + 1));
    for (std::string word; words >> word;) query.meant.push_back(word);
    queries.push_back(std::move(query));
  }
  return queries;
}

class Relevance {
 public:
  static constexpr std::uint64_t kPosts = 2000;
  Relevance() {
    const demo_app::Sample sample(1, kPosts);
    for (std::uint64_t n = 0; n < kPosts; ++n)
      posts_.push_back(sample.post(n, sample.key("author", n % 5)));
  }

  // Makes the live version of the index of these posts.
  void write(dynamo_backend::search::Backend& backend,
             const dynamo_backend::search::IndexDefinition& index) const {
    using namespace dynamo_backend::search;
    const int version = backend.make_version(index);
    std::vector<Document> documents;
    for (const demo_app::Post& post : posts_) {
      const auto row = dynamo_backend::pack_row(*index.model, &post);
      documents.push_back(document_of(index, row.view()));
    }
    backend.write(index, version, documents, {});
    backend.switch_to(index, version);
    backend.refresh(index, version);
  }

  double ndcg(dynamo_backend::search::Backend& backend,
              const dynamo_backend::search::IndexDefinition& index,
              const JudgedQuery& query) const {
    std::map<std::string, int> grades;
    std::vector<int> ideal;
    for (const demo_app::Post& post : posts_) {
      ideal.push_back(grades[post.pk.str()] = grade(post, query));
    }
    std::sort(ideal.rbegin(), ideal.rend());
    std::vector<int> found;
    for (const std::string& key : search(backend, index, query.typed))
      found.push_back(grades.at(key));
    const double best = gain(ideal);
    return best == 0 ? 0 : gain(found) / best;
  }

 private:
  // Down the ladder, as objects.search() goes.
  static std::vector<std::string> search(dynamo_backend::search::Backend& backend,
                                         const dynamo_backend::search::IndexDefinition& index,
                                         const std::string& typed) {
    using namespace dynamo_backend::search;
    std::vector<std::string> keys;
    for (const Match match :
         {Match::every_word, Match::every_word_with_typos, Match::any_word_with_typos}) {
      const Results results =
          backend.search(index, {.query = parse_query_text(typed), .match = match, .limit = 10});
      for (const Hit& hit : results.hits) keys.push_back(hit.key);
      if (!keys.empty()) break;
    }
    return keys;
  }

  // One or two letters are a whole word.
  static bool has(const std::vector<std::string>& words, const std::string& beginning) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return beginning.size() <= 2 ? word == beginning : word.starts_with(beginning);
    });
  }
  static std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    for (const auto word : dynamo_backend::search::split_words(text))
      words.push_back(dynamo_backend::fold_case(word));
    return words;
  }
  static int grade(const demo_app::Post& post, const JudgedQuery& query) {
    const auto title = words_of(post.title), body = words_of(post.body);
    std::size_t in_title = 0, anywhere = 0;
    for (const std::string& word : query.meant) {
      const bool titled = has(title, word);
      in_title += titled ? 1 : 0;
      anywhere += titled || has(body, word) ? 1 : 0;
    }
    if (anywhere < query.meant.size()) return 0;
    return in_title == query.meant.size() ? 3 : in_title > 0 ? 2 : 1;
  }
  static double gain(const std::vector<int>& grades) {
    double sum = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(10, grades.size()); ++i)
      sum += (std::exp2(grades[i]) - 1) / std::log2(static_cast<double>(i) + 2);
    return sum;
  }

  std::vector<demo_app::Post> posts_{};
};

}  // namespace tests
