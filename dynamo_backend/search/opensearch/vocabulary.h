// What words a live index holds: which a mistyped word may be meant to be, and which to suggest.
//
// Candidates come from OpenSearch's term suggester, over the words and over the stems; how far each
// is, is counted here, as the embedded backend does (words.h).
// Thread safety: any thread.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "dynamo_backend/search/opensearch/query_body.h"
#include "dynamo_backend/search/opensearch/transport.h"

namespace dynamo_backend::search::opensearch {

// For the words among the query's clauses; one request. Throws as Backend::search().
NearTerms near_terms(Transport& transport, const IndexDefinition& index, const QueryText& query);

// Backend::suggest(); two requests.
std::vector<std::string> suggest_words(Transport& transport, const IndexDefinition& index,
                                       std::span<const std::string> words);

}  // namespace dynamo_backend::search::opensearch
