// The versions of an index in OpenSearch: making, listing, switching, dropping.
//
// Numbers come from documents of the index `ddbdjango_search_numbers`, one per index, so that none
// is used again. An alias is moved in one request, which OpenSearch carries out as a whole.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/opensearch/transport.h"

namespace dynamo_backend::search::opensearch {

class Versions {
 public:
  explicit Versions(Transport& transport) : transport_(transport) {}

  // Oldest first.
  std::vector<IndexVersion> list(const IndexDefinition& index, bool count_documents = false);
  int make(const IndexDefinition& index);
  void switch_to(const IndexDefinition& index, int version);
  void drop(const IndexDefinition& index, int version);

  // Whether the live version has this filter, with this type: one that was made before the filter
  // was declared has not. Looked up now and then. Throws IndexMissing where none is live.
  void require_filters(const IndexDefinition& index, const std::set<std::string>& names);

 private:
  using Clock = std::chrono::steady_clock;
  struct Live {
    Clock::time_point asked{};
    std::set<std::string> signatures{};
  };

  void count(const IndexDefinition& index, std::vector<IndexVersion>& versions);
  int claim_number(const IndexDefinition& index);
  void create_numbers();
  Live look_up(const IndexDefinition& index);

  Transport& transport_;
  std::mutex mutex_;
  std::map<std::string, Live> live_{};
};

// What a 400 or 404 means: IndexMissing for an index that is not there, BackendRefused otherwise.
// `what` begins the message: "search of posts".
[[noreturn]] void throw_refusal(const Answer& answer, const std::string& what);

}  // namespace dynamo_backend::search::opensearch
