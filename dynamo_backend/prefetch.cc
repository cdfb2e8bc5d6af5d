// select_related(): the rows behind foreign keys, fetched in batches.
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {

void prefetch_related(const std::vector<const FieldInfo*>& related, std::span<void* const> rows) {
  const Connection& connection = Connection::current();
  for (const FieldInfo* field : related) {
    const ModelInfo& target = field->target();
    std::map<std::string, std::shared_ptr<const void>> found;  // by key, in text
    for (void* row : rows) {
      const Value key = field->get(row);
      if (const auto* text = key.get_if<std::string>()) found.emplace(*text, nullptr);
    }
    std::vector<dynamodb::Item> keys;
    for (const auto& [key, row] : found)
      keys.push_back({{std::string(target.partition->attribute), key}});
    for (const auto& page :
         batch_get(connection, connection.table(target.table), std::move(keys)).pages) {
      for (std::size_t i = 0; i < page.size(); ++i) {
        if (has_expired(target, page[i], connection.now())) continue;
        std::shared_ptr<void> row = target.row.make();
        load_row(target, row.get(), page.packed(i));
        found[key_text(target, key_of(target, page[i]))] = std::move(row);
      }
    }
    for (void* row : rows) {
      const Value key = field->get(row);
      const auto* text = key.get_if<std::string>();
      if (!text) continue;
      if (const auto at = found.find(*text); at->second) field->cache(row, at->second);
    }
  }
}

}  // namespace dynamo_backend
