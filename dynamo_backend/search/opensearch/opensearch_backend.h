// The backend `opensearch`: full-text search over HTTP, in a cluster of OpenSearch 2 or later, or
// in Amazon OpenSearch Service.
//
//   auto backend = open_opensearch_backend(opensearch_options(settings));
//
// Nothing is sent before the first call. Indexes are made by make_version() alone (mapping.h says
// what they are like). Serverless ("aoss") has no refresh: there searches find what was written
// when it pleases.
// Thread safety: any thread; each call is a request or two and blocks until they are answered.
#pragma once
#include <memory>

#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/opensearch/options.h"

namespace dynamo_backend::search::opensearch {

std::shared_ptr<Backend> open_opensearch_backend(OpenSearchOptions options);

}  // namespace dynamo_backend::search::opensearch
