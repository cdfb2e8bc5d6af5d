#include "management/search.h"

#include <cctype>
#include <filesystem>

#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/opensearch/opensearch_backend.h"
#include "management/command.h"
#include "management/database.h"

namespace management {

namespace search = dynamo_backend::search;

namespace {

// The endpoint and region as part of a file's name.
std::string place_of(const base::DynamoBackendSettings& settings) {
  std::string place = settings.endpoint_url.value_or("aws") + " " + settings.region;
  for (char& c : place)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.') c = '-';
  return place;
}

std::string index_file(const base::DynamoBackendSettings& settings) {
  if (settings.endpoint_url == "local::memory:") return "";
  const auto embedded = data_folder(settings);
  const std::string folder = embedded.value_or("data");
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw CommandError("the folder " + folder +
                       " of the full-text index cannot be made: " + failure.message());
  // Another database's index would be taken for one that missed changes, and be built anew.
  return folder + "/" + (embedded ? "search" : "search-" + place_of(settings)) + ".db";
}

}  // namespace

std::shared_ptr<search::Backend> open_search_backend(const base::Settings& settings) {
  try {
    if (settings.opensearch.enabled)
      return search::opensearch::open_opensearch_backend(
          search::opensearch::opensearch_options(settings));
    return search::open_local_backend({.file = index_file(settings.dynamo_backend)});
  } catch (const dynamo_backend::ModelError& error) {  // a file, or a setting that is missing
    throw CommandError(error.what());
  }
}

Search::Search(const base::Settings& settings, search::ServiceOptions options)
    : service_(open_search_backend(settings), std::move(options)) {
  search::Service::set_current(&service_);
}

Search::~Search() { search::Service::set_current(nullptr); }

}  // namespace management
