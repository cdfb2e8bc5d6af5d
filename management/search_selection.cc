#include "management/search_selection.h"

#include "management/command.h"
#include "management/database.h"
#include "management/model_selection.h"

namespace management {
namespace {

namespace search = dynamo_backend::search;

}  // namespace

std::vector<search::IndexDefinition> select_indexes(Context& context,
                                                    const std::vector<std::string>& labels) {
  const auto& connection = context.database().connection();
  std::vector<search::IndexDefinition> indexes;
  for (const auto* model : select_models(dynamo_backend::Registry::instance(), labels))
    if (model->meta.opensearch_sync)
      indexes.push_back(search::index_definition(connection, *model));
  if (indexes.empty())
    throw CommandError(
        "no model among these has an index: say .opensearch_sync = true in its define()");
  return indexes;
}

search::sync::SyncOptions sync_options(const base::DynamoBackendSettings& settings) {
  const std::string url = settings.endpoint_url.value_or("");
  return search::sync::sync_options(url.starts_with("local:") || url.starts_with("unix:"));
}

}  // namespace management
