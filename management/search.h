// The process's search: the backend that the settings name, and the Service over it.
#pragma once
#include <memory>

#include "base/settings.h"
#include "dynamo_backend/search/service.h"

namespace management {

// `[opensearch] enabled = true`: OpenSearch, to which nothing is sent yet; false: the embedded one,
// in `search.db` beside an embedded database (in memory with one in memory), else in a file of the
// folder data/ that is named after the endpoint and region. Throws CommandError.
std::shared_ptr<dynamo_backend::search::Backend> open_search_backend(
    const base::Settings& settings);

// Makes itself the process's current Service until it ends.
class Search {
 public:
  Search(const base::Settings& settings, dynamo_backend::search::ServiceOptions options);
  ~Search();
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;
  const dynamo_backend::search::Service& service() const { return service_; }

 private:
  dynamo_backend::search::Service service_;
};

}  // namespace management
