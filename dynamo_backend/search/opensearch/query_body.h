// A Request as OpenSearch's query language, built from parts: nothing that a visitor typed is ever
// parsed there.
// Thread safety: functions of their arguments.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search::opensearch {

// A word or a stem of the index that a typed word may be meant to be.
struct NearTerm {
  std::string text{};
  bool is_stem = false;
  std::size_t distance = 0;
  std::uint64_t documents = 0;
};
// One list for each clause, empty for phrases and prefixes: the nearest first.
using NearTerms = std::vector<std::vector<NearTerm>>;

// Throws FieldError for a limit out of range and for fields that are not there.
void check_request(const IndexDefinition& index, const Request& request);

// Around what matched in highlights, as OpenSearch is asked for it: it trims control characters off
// the ends of passages, so that the marks have something around them.
inline constexpr std::string_view kOpeningTag = "[\x01", kClosingTag = "\x02]";

// Only documents that are there: neither tombstones nor checkpoints.
base::Json alive();
base::Json filter_json(const IndexDefinition& index, const Filter& filter);

// The body of a _search with one hit more than the request asks for. REQUIRES: check_request().
// Throws InvalidCursor for a position that is none.
base::Json search_body(const IndexDefinition& index, const Request& request, const NearTerms& near,
                       std::chrono::milliseconds timeout);

}  // namespace dynamo_backend::search::opensearch
