// An index built from a table at once, for tests that are about searching alone.
#pragma once
#include <vector>

#include "dynamo_backend/search/backend.h"
#include "dynamodb/batch.h"

namespace tests {

// Returns the version, which is live.
inline int index_table(dynamo_backend::search::Backend& backend,
                       const dynamo_backend::Connection& connection,
                       const dynamo_backend::search::IndexDefinition& index) {
  using namespace dynamo_backend::search;
  const int version = backend.make_version(index);
  dynamodb::parallel_scan(connection.client(), {.table = connection.table(index.model->table)}, 1,
                          [&](const dynamodb::ScanResult& page) {
                            std::vector<Document> documents;
                            for (std::size_t i = 0; i < page.items.size(); ++i)
                              documents.push_back(document_of(index, page.items[i]));
                            backend.write(index, version, documents, {});
                            return true;
                          })
      .value();
  backend.switch_to(index, version);
  backend.refresh(index, version);
  return version;
}

}  // namespace tests
