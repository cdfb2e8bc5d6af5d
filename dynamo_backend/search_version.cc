#include "dynamo_backend/search_version.h"

namespace dynamo_backend {
namespace {

Value start_of(base::Timestamp now) { return {now.time_since_epoch().count()}; }

}  // namespace

void start_search_version(const ModelInfo& model, base::Timestamp now, dynamodb::Item& item) {
  if (model.meta.opensearch_sync) item.insert_or_assign(std::string(kSearchVersion), start_of(now));
}

dynamodb::PackedItem with_search_version(const ModelInfo& model, base::Timestamp now,
                                         dynamodb::PackedItem item) {
  if (!model.meta.opensearch_sync) return item;
  dynamodb::Item values = dynamodb::unpack(item.view());
  start_search_version(model, now, values);
  return dynamodb::PackedItem(values);
}

void raise_search_version(const ModelInfo& model, base::Timestamp now,
                          dynamodb::UpdateExpression& update) {
  if (!model.meta.opensearch_sync) return;
  const dynamodb::Path path(kSearchVersion);
  update.set.push_back(
      {path, dynamodb::plus(dynamodb::if_not_exists(path, {start_of(now)}), {Value(1)})});
}

}  // namespace dynamo_backend
