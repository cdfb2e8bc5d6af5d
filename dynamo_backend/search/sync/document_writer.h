// DocumentWriter: writes documents to versions of an index until all of them are there: what failed
// is tried again, with growing pauses and without an end while the index does not answer; what the
// index refuses becomes a dead letter, and the rest goes on.
// Thread safety: one thread at a time; counts from any.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/sync/wait.h"

namespace dynamo_backend::search::sync {

class DocumentWriter {
 public:
  // REQUIRES: `backend` and `index` outlive it.
  DocumentWriter(Backend& backend, const IndexDefinition& index, Wait wait)
      : backend_(backend), index_(index), wait_(std::move(wait)) {}

  // The checkpoints are kept once the documents are. A crash after that and before the letter of a
  // refused document is kept leaves a difference that verify finds. Throws IndexMissing,
  // BackendRefused, DatabaseError (of a dead letter), Stopped.
  void write(int version, std::vector<Document> documents, std::vector<Checkpoint> checkpoints);

  // Keys of documents of which the index has a later version, since the last call.
  std::vector<std::string> take_outranked() { return std::exchange(outranked_, {}); }

  std::uint64_t written() const { return written_; }
  std::uint64_t refused() const { return refused_; }

 private:
  // The documents that failed.
  std::vector<Document> try_write(int version, const std::vector<Document>& documents,
                                  const std::vector<Checkpoint>& checkpoints);
  void pause(const std::string& why);

  Backend& backend_;
  const IndexDefinition& index_;
  const Wait wait_;
  Backoff backoff_{};
  std::vector<std::string> outranked_{};
  std::string reason_{};  // why a document failed last
  std::atomic<std::uint64_t> written_{0}, refused_{0};
};

// Adds the row's document; of a row that can have none (its key is too long) the log tells.
void add_document(const IndexDefinition& index, dynamodb::ItemView row,
                  std::vector<Document>& documents);
// Adds the tombstone of a deleted row; one that could have no document needs none.
void add_tombstone(const IndexDefinition& index, dynamodb::ItemView last,
                   std::vector<Document>& documents);
// Of each key the document of the highest version, of equal ones the last.
std::vector<Document> without_repeats(std::vector<Document> documents);

}  // namespace dynamo_backend::search::sync
