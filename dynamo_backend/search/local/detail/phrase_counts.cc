#include "dynamo_backend/search/local/detail/phrase_counts.h"

#include <cmath>
#include <cstring>

namespace dynamo_backend::search::detail {
namespace {

constexpr std::size_t kMostPhrases = 4096;  // of an index: some hundred kilobytes

std::string any_of(const std::vector<std::string>& phrases) {
  std::string out;
  for (const std::string& phrase : phrases) out += (out.empty() ? "" : " OR ") + phrase;
  return out;
}

}  // namespace

std::vector<double> PhraseCounts::corpus(const std::string& index, const PhysicalIndex& physical,
                                         const std::vector<std::string>& phrases) {
  Known& known = known_[index];
  if (known.id != physical.id || known.texts_version != physical.texts_version ||
      known.having.size() > kMostPhrases)
    known = {.id = physical.id, .texts_version = physical.texts_version};
  std::vector<std::string> missing;
  for (const std::string& phrase : phrases)
    if (known.having.count(phrase) == 0) missing.push_back(phrase);
  if (!missing.empty()) count(physical, missing, known);
  std::vector<double> out{known.average_size};
  for (const std::string& phrase : phrases) {
    const double having = known.having.at(phrase);
    out.push_back(std::log1p((known.documents - having + 0.5) / (having + 0.5)));
  }
  return out;
}

void PhraseCounts::count(const PhysicalIndex& physical, const std::vector<std::string>& phrases,
                         Known& known) {
  const std::string t = physical.table('t'), any = any_of(phrases);
  const Query query =
      db_.query("SELECT ddb_corpus(" + t + ") FROM " + t + " WHERE " + t + " MATCH ?1 LIMIT 1");
  query->bind(1, std::string_view(any));
  std::vector<double> counts(2 + phrases.size());
  if (query->step()) {
    const std::string_view bytes = query->blob(0);
    if (bytes.size() != counts.size() * sizeof(double))
      throw SqliteError(SQLITE_INTERNAL, "FTS5 reads other phrases than were written");
    std::memcpy(counts.data(), bytes.data(), bytes.size());
    known.documents = counts[0];
    known.average_size = counts[1];
  }  // else no document has any of them
  for (std::size_t i = 0; i < phrases.size(); ++i) known.having[phrases[i]] = counts[2 + i];
}

}  // namespace dynamo_backend::search::detail
