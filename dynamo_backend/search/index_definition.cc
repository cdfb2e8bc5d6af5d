#include "dynamo_backend/search/index_definition.h"

#include <algorithm>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::search {
namespace {

FilterType filter_type(const FieldInfo& field) {
  switch (field.kind) {
    case Kind::boolean:
      return FilterType::boolean;
    case Kind::integer:
    case Kind::version:
      return FilterType::integer;
    case Kind::decimal:
      return FilterType::decimal;
    case Kind::datetime:
      return FilterType::time;
    default:
      return FilterType::text;
  }
}

std::string_view typed_name(const ModelInfo& model) {
  return model.meta.opensearch_index.empty() ? model.table : model.meta.opensearch_index;
}

// What every engine takes as the name of an index.
std::string as_index_name(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == '.' || c == '-') c = '_';
  }
  return text;
}

}  // namespace

const FilterField* IndexDefinition::find_filter(std::string_view attribute) const {
  const auto at = std::find_if(filters.begin(), filters.end(),
                               [&](const FilterField& f) { return f.name == attribute; });
  return at == filters.end() ? nullptr : &*at;
}

const FilterField& IndexDefinition::filter(std::string_view attribute) const {
  if (const FilterField* field = find_filter(attribute)) return *field;
  std::string choices;
  for (const FilterField& f : filters) choices += (choices.empty() ? "" : ", ") + f.name;
  throw FieldError("search: '" + std::string(attribute) + "' of " + model->name +
                   " is not .filterable. Choices are: " + (choices.empty() ? "none" : choices) +
                   ".");
}

// Weights are of queries, not of documents.
std::string IndexDefinition::fingerprint() const {
  std::string text = "2";  // of the analysis and of what document.cc makes of a row
  for (const TextField& t : texts) text += " text:" + t.name;
  for (const FilterField& f : filters)
    text +=
        " filter:" + f.name + ":" + std::to_string(static_cast<int>(f.type)) + (f.many ? "*" : "");
  return text;
}

IndexDefinition index_definition(const Connection& connection, const ModelInfo& model) {
  if (!model.meta.opensearch_sync)
    throw ImproperlyConfigured(model.name +
                               " is not in the full-text index: say .opensearch_sync = true.");
  IndexDefinition index{.model = &model};
  index.name = as_index_name(connection.table(typed_name(model)));
  for (const FieldInfo& f : model.fields) {
    if (f.searchable) index.texts.push_back({std::string(f.attribute), f.search_weight});
    if (f.filterable)
      index.filters.push_back(
          {std::string(f.attribute), filter_type(f), f.kind == Kind::list || f.kind == Kind::set});
  }
  if (index.texts.empty())
    throw ImproperlyConfigured(model.name +
                               " has .opensearch_sync and no text to search for: say .searchable "
                               "= true of one.");
  return index;
}

std::string index_name(const ModelInfo& model) {
  return as_index_name(std::string(typed_name(model)));
}

std::vector<IndexDefinition> index_definitions(const Connection& connection) {
  std::vector<IndexDefinition> all;
  for (const ModelInfo* model : Registry::instance().models()) {
    if (model->meta.opensearch_sync) all.push_back(index_definition(connection, *model));
  }
  return all;
}

std::string physical_name(const IndexDefinition& index, int version) {
  return index.name + "_v" + std::to_string(version);
}

}  // namespace dynamo_backend::search
