// Writing documents into one version of an index of the embedded backend.
// Thread safety: as its connection.
#pragma once
#include <map>
#include <span>
#include <vector>

#include "dynamo_backend/search/local/detail/analyzer.h"
#include "dynamo_backend/search/local/detail/catalogue.h"

namespace dynamo_backend::search::detail {

class Writer {
 public:
  Writer(Database& db, Analyzer& analyzer) : db_(db), analyzer_(analyzer) {}

  // All of it in one transaction. Throws IndexMissing where the version is gone, or was made for
  // other fields.
  std::vector<Outcome> write(const IndexDefinition& index, int version,
                             std::span<const Document> documents,
                             std::span<const Checkpoint> checkpoints, std::int64_t now);
  // Forgets deletions of before `time`.
  void purge_tombstones(const PhysicalIndex& physical, std::int64_t time);
  // What was known of the version's words; for one that is dropped.
  void forget(const PhysicalIndex& physical) { words_.erase(physical.id); }

 private:
  struct Target;
  Outcome write_one(const Target& target, const Document& document);
  void write_texts(const Target& target, std::int64_t id, const Document& document, bool replace);
  void delete_texts(const Target& target, std::int64_t id);
  void keep_checkpoints(const PhysicalIndex& physical, std::span<const Checkpoint> checkpoints);
  void raise_texts_version(const PhysicalIndex& physical);
  WordSet& known_words(const PhysicalIndex& physical);
  void keep_words(const PhysicalIndex& physical, const WordSet& words);

  Database& db_;
  Analyzer& analyzer_;
  bool texts_changed_ = false;               // in this transaction
  std::map<std::int64_t, WordSet> words_{};  // of each version: those in its w<id>
};

}  // namespace dynamo_backend::search::detail
