// The model of the chaos test, which its processes share.
#pragma once
#include <string>

#include "dynamo_backend/models.h"

namespace chaos {

struct Article : dynamo_backend::DynamoModel<Article> {
  std::string title{};
  std::string slug{};  // unique: its writes are transactions
  std::int64_t views = 0;
  std::vector<std::string> tags{};

  static constexpr auto schema = dynamo_backend::define<Article>(
      {.app_label = "chaos", .table_name = "articles", .opensearch_sync = true},
      dynamo_backend::CharField<&Article::title>{.searchable = true},
      dynamo_backend::SlugField<&Article::slug>{.unique = true, .filterable = true},
      dynamo_backend::IntegerField<&Article::views>{.filterable = true},
      dynamo_backend::ListField<&Article::tags>{.filterable = true});
};

inline std::string data_folder(const std::string& folder) { return folder + "/data"; }
inline std::string index_file(const std::string& folder) { return folder + "/search.db"; }

}  // namespace chaos
