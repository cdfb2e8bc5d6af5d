// PhraseCounts: in how many documents each phrase of a query is, which its weight in the rank comes
// from. Remembered by a connection, since counting a frequent word takes longer than finding twenty
// documents.
//
// What is remembered holds for one texts_version of an index, which is read in the transaction of
// the search: counts are exact, and scores the same on every connection and in every process, so
// that a cursor goes on where the page before it ended. Writes that leave the texts as they were (a
// counter's, say) do not raise it.
// Thread safety: as its connection.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "dynamo_backend/search/local/detail/catalogue.h"

namespace dynamo_backend::search::detail {

class PhraseCounts {
 public:
  explicit PhraseCounts(Database& db) : db_(db) {}

  // What ddb_rank is given for a query of these phrases: the average size of a document, then the
  // idf of each phrase. REQUIRES: the transaction that `physical` was read in.
  std::vector<double> corpus(const std::string& index, const PhysicalIndex& physical,
                             const std::vector<std::string>& phrases);

 private:
  struct Known {
    std::int64_t id = 0, texts_version = 0;
    double documents = 0, average_size = 1;
    std::unordered_map<std::string, double> having{};  // documents by phrase
  };
  void count(const PhysicalIndex& physical, const std::vector<std::string>& phrases, Known& known);

  Database& db_;
  std::map<std::string, Known> known_{};  // by index: of its version that was searched last
};

}  // namespace dynamo_backend::search::detail
