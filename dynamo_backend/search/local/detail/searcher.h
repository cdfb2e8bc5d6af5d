// One search of the embedded backend, in one read transaction.
// Thread safety: as its connection.
#pragma once
#include "dynamo_backend/search/local/detail/analyzer.h"
#include "dynamo_backend/search/local/detail/catalogue.h"
#include "dynamo_backend/search/local/detail/phrase_counts.h"

namespace dynamo_backend::search::detail {

Results run_search(Database& db, const Analyzer& analyzer, PhraseCounts& counts,
                   const IndexDefinition& index, const Request& request);

}  // namespace dynamo_backend::search::detail
