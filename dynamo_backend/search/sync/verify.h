// verify() and repair(): whether an index has what its table has, and how it comes to that.
//
// Table and index are compared by sums over buckets of (key, version), and row by row where those
// differ. Changes that are on their way are no differences: what differs is looked at again until
// it agrees, or patience ends. Memory: the keys of the buckets that differ. Thread safety:
// functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/sync/wait.h"

namespace dynamo_backend::search::sync {

struct Difference {
  std::string key{};                                   // document_key()
  std::optional<std::int64_t> in_table{}, in_index{};  // versions; nullopt: it is not there
  friend bool operator==(const Difference&, const Difference&) = default;
};

inline constexpr std::size_t kMostDifferences = 10'000;

struct Verification {
  std::uint64_t rows = 0, documents = 0;
  std::vector<Difference> differences{};  // in order of key, at most VerifyOptions::most
  bool more = false;                      // than those, which are some then
};

struct VerifyOptions {
  std::chrono::milliseconds patience{10'000};  // for what differs to agree
  unsigned segments = 1;                       // of the table that are scanned at once
  std::size_t most = kMostDifferences;         // that are told
};

// Of the version that is searched. Keeps when it was done and what it found for search_status.
// Throws IndexMissing, Unavailable, DatabaseError, Stopped.
Verification verify(const Connection& connection, Backend& backend, const IndexDefinition& index,
                    const VerifyOptions& options, const Wait& wait);

// Indexes the rows of these keys as they are in the table, and deletes the documents of those that
// are not there. A row whose version is lower than its document's (an outsider wrote it) gets a
// higher one. The number of keys that needed it. Throws as verify().
std::size_t repair_keys(const Connection& connection, Backend& backend,
                        const IndexDefinition& index, std::vector<std::string> keys,
                        const Wait& wait);

}  // namespace dynamo_backend::search::sync
