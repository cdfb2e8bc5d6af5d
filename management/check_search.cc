// What is wrong with what models say about search.
#include <map>

#include "management/check.h"

namespace management {
namespace {

using Level = CheckMessage::Level;
using dynamo_backend::ModelInfo;

bool is_index_name(std::string_view name) {
  if (name.size() > 200 || name.starts_with('_') || name.starts_with('-')) return false;
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!fits) return false;
  }
  return !name.empty();
}

void check_index(const ModelInfo& model, std::vector<CheckMessage>& messages) {
  bool texts = false, filters = false;
  for (const auto& field : model.fields) {
    texts = texts || field.searchable;
    filters = filters || field.filterable;
  }
  if (!model.meta.opensearch_sync) {
    if (texts || filters)
      messages.push_back({Level::warning, "search.W001",
                          model.name + " has searchable or filterable fields and no index: say "
                                       ".opensearch_sync = true, or take them off the fields"});
    return;
  }
  if (!texts)
    messages.push_back({Level::error, "search.E001",
                        model.name + " has .opensearch_sync and nothing to search for: say "
                                     ".searchable = true of its texts"});
  if (model.meta.stream != dynamo_backend::StreamViewType::new_and_old_images)
    messages.push_back({Level::error, "search.E002",
                        model.name +
                            ": .opensearch_sync reads the table's stream and needs new and old "
                            "images in it: leave .stream out, or set it to new_and_old_images"});
  const std::string_view name = model.meta.opensearch_index;
  if (!name.empty() && !is_index_name(name))
    messages.push_back({Level::error, "search.E003",
                        model.name + ": .opensearch_index = \"" + std::string(name) +
                            "\" is no name of an index: use lower case letters, digits, '_' and "
                            "'-', and begin with a letter or digit"});
}

}  // namespace

std::vector<CheckMessage> check_search(const dynamo_backend::Registry& registry) {
  std::vector<CheckMessage> messages;
  std::map<std::string_view, const ModelInfo*> names;
  for (const ModelInfo* model : registry.models()) {
    check_index(*model, messages);
    const std::string_view name = model->meta.opensearch_index;
    if (!model->meta.opensearch_sync || name.empty()) continue;
    const auto [other, free] = names.emplace(name, model);
    if (!free)
      messages.push_back({Level::error, "search.E004",
                          model->name + " and " + other->second->name +
                              " have one .opensearch_index, \"" + std::string(name) +
                              "\": give one of them another"});
  }
  return messages;
}

}  // namespace management
