// What is wrong with what models say about search.
#include <map>

#include "dynamo_backend/search/index_definition.h"
#include "dynamo_backend/text.h"
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

// They are columns of SQLite, whose names have no case.
void check_columns(const ModelInfo& model, std::vector<CheckMessage>& messages) {
  std::map<std::string, std::string> texts, filters;
  const auto add = [&](auto& names, const std::string& name) {
    const auto [other, free] = names.emplace(dynamo_backend::ascii_lower(name), name);
    if (!free)
      messages.push_back({Level::error, "search.E005",
                          model.name + ": the index cannot tell the fields " + other->second +
                              " and " + name +
                              " apart, whose names differ in case alone: give one of them another "
                              ".attribute"});
  };
  for (const auto& field : model.fields) {
    if (field.searchable) add(texts, std::string(field.attribute));
    if (field.filterable) add(filters, std::string(field.attribute));
  }
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
  if (!is_index_name(dynamo_backend::search::index_name(model))) {
    const std::string_view given = model.meta.opensearch_index;
    messages.push_back(
        {Level::error, "search.E003",
         model.name +
             (given.empty() ? ": its table's name, \"" + model.table + "\","
                            : ": .opensearch_index = \"" + std::string(given) + "\"") +
             " is no name of an index: give it an .opensearch_index of lower case letters, digits, "
             "'_' and '-' that begins with a letter or digit"});
  }
  check_columns(model, messages);
}

}  // namespace

std::vector<CheckMessage> check_search(const dynamo_backend::Registry& registry) {
  std::vector<CheckMessage> messages;
  std::map<std::string, const ModelInfo*> names;
  for (const ModelInfo* model : registry.models()) {
    check_index(*model, messages);
    if (!model->meta.opensearch_sync) continue;
    const std::string name = dynamo_backend::search::index_name(*model);
    const auto [other, free] = names.emplace(name, model);
    if (!free)
      messages.push_back({Level::error, "search.E004",
                          model->name + " and " + other->second->name +
                              " have one full-text index, \"" + name +
                              "\": give one of them another .opensearch_index"});
  }
  return messages;
}

}  // namespace management
