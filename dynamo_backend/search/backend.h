// Backend: an engine of full-text search, as much of it as models need: `local` on SQLite FTS5,
// `opensearch` over HTTP. Both pass the suite in test_backend_suite.h.
//
// An index has numbered versions: one is live (searched), others are being built or kept for going
// back. The analysis of texts is the same everywhere: runs of letters and digits, lower case,
// accents folded, Porter stemming, no stop words; BM25 with k1 = 1.2, b = 0.75.
// Errors: errors.h; any call may throw Unavailable, and those that name a version IndexMissing.
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/search/document.h"
#include "dynamo_backend/search/errors.h"
#include "dynamo_backend/search/filter.h"
#include "dynamo_backend/search/index_definition.h"
#include "dynamo_backend/search/query_text.h"

namespace dynamo_backend::search {

// ---- versions
struct IndexVersion {
  enum class State : std::uint8_t { building, live, old };
  int number = 0;  // from 1, never used again
  State state = State::building;
  std::string fingerprint{};    // of the definition that it was made with
  std::uint64_t documents = 0;  // without tombstones; 0 where they were not counted
};

// ---- writing
// Where a reader of the table's changes goes on. Kept with the version that it belongs to: who
// loses the index loses its checkpoints, and then knows that it must be rebuilt.
struct Checkpoint {
  std::string name{};      // a shard's, or of a rebuild's segment
  std::string position{};  // empty: the checkpoint is deleted
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

struct Outcome {
  enum class Status : std::uint8_t {
    written,
    older,    // a document of a higher version is there: nothing to do
    refused,  // this document cannot be indexed; `reason` names the field
    failed,   // not this time: try again later
  };
  Status status = Status::written;
  std::string reason{};  // of refused and failed
};

// ---- reading
struct Order {
  std::string field{};  // a filter that is not `many`; documents without a value come last
  bool descending = false;
};
struct FacetRequest {
  std::string field{};
  std::size_t limit = 10;
};
struct Request {
  QueryText query{};  // empty: every document that the filter lets through
  Match match = Match::every_word;
  Filter filter{};
  // nullopt: by relevance, the best first. Ties are in order of key.
  std::optional<Order> order{};
  std::size_t limit = 20;  // 1 to kMaxLimit
  std::string position{};  // Results::next of the same request; empty: from the first
  std::vector<FacetRequest> facets{};
  std::vector<std::string> highlight{};  // texts by name
};
inline constexpr std::size_t kMaxLimit = 100;

// Around what matched in highlights; documents never contain them.
inline constexpr char kMarkBegin = '\x01', kMarkEnd = '\x02';

struct Hit {
  std::string key{};
  std::int64_t version = 0;
  double score = 0;  // 0 where the order is not by relevance
  // By Request::highlight: the best passage of about 200 characters with marks around what matched,
  // not escaped (highlight.h does); "" where nothing in it matched.
  std::vector<std::string> highlights{};
};
struct FacetValue {
  Value value{};  // in its stored form
  std::uint64_t count = 0;
};
struct Results {
  std::uint64_t total = 0;  // of all pages, exact
  std::vector<Hit> hits{};
  std::string next{};  // empty: there is no more
  // By Request::facets: over all that match, most frequent first, ties in order of value.
  std::vector<std::vector<FacetValue>> facets{};
};

struct BucketSum {
  std::uint64_t documents = 0;  // without tombstones
  std::uint64_t sum = 0;        // of check_of(key, version)
  friend bool operator==(const BucketSum&, const BucketSum&) = default;
};
struct Entry {
  std::string key{};
  std::int64_t version = 0;
  friend bool operator==(const Entry&, const Entry&) = default;
};

struct Health {
  bool available = false;
  std::string detail{};  // for people: "SQLite 3.40.1, data/search.db, 12 MB"
};

class Backend {
 public:
  Backend() = default;
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // ---- versions, oldest first; none: the index was never made, or was lost
  // Counting reads all documents.
  virtual std::vector<IndexVersion> versions(const IndexDefinition& index,
                                             bool count_documents = false) = 0;
  // A new, empty version that is being built.
  virtual int make_version(const IndexDefinition& index) = 0;
  // Makes it the live one, atomically; the one before is kept as old.
  virtual void switch_to(const IndexDefinition& index, int version) = 0;
  // Nothing happens where it is gone already. REQUIRES: not the live one.
  virtual void drop(const IndexDefinition& index, int version) = 0;

  // ---- writing
  // Idempotent: a document is written unless one of a higher version is there, tombstones included.
  // Checkpoints are kept once all documents are: none is when a document failed. Outcomes are in
  // the documents' order; a key may stand among them more than once.
  virtual std::vector<Outcome> write(const IndexDefinition& index, int version,
                                     std::span<const Document> documents,
                                     std::span<const Checkpoint> checkpoints) = 0;
  virtual std::vector<Checkpoint> checkpoints(const IndexDefinition& index, int version) = 0;
  // Searches find from here on what was written before; without it they do within a second.
  virtual void refresh(const IndexDefinition& index, int version) = 0;

  // ---- reading
  virtual Results search(const IndexDefinition& index, const Request& request) = 0;
  // For each word itself where a document has it, else the nearest one of the vocabulary, "" where
  // none is near. Of equally near ones the most frequent.
  virtual std::vector<std::string> suggest(const IndexDefinition& index,
                                           std::span<const std::string> words) = 0;

  // ---- comparing with the table
  virtual std::vector<BucketSum> checksums(const IndexDefinition& index,
                                           int version) = 0;  // kBuckets of them
  // Of these buckets, in order of key, without tombstones.
  virtual std::vector<Entry> entries(const IndexDefinition& index, int version,
                                     const Buckets& buckets) = 0;

  virtual Health health() = 0;  // throws nothing
};

}  // namespace dynamo_backend::search
