// IndexDefinition: what a model's documents in the full-text index consist of: its `.searchable`
// texts and its `.filterable` values.
//
// A document is a pure function of the stored row: no joins. What search filters by is on the row.
// Thread safety: a value.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"

namespace dynamo_backend::search {

struct TextField {
  std::string name{};  // the attribute
  double weight = 1;   // of a hit in it, beside the other fields'
};

// Persisted in indexes: do not renumber.
enum class FilterType : std::uint8_t {
  text = 1,     // S: exact, bytes
  boolean = 2,  // BOOL
  integer = 3,  // N, 64 bits
  decimal = 4,  // N, exact, up to 38 digits
  time = 5,     // S: base::to_iso(), which sorts as time
};

struct FilterField {
  std::string name{};
  FilterType type = FilterType::text;
  bool many = false;  // of a list or set: a document has any number of values; sorts by none
};

struct IndexDefinition {
  std::string name{};  // of the alias: lower case letters, digits, '_' and '-'
  const ModelInfo* model = nullptr;
  std::vector<TextField> texts{};      // in the order of Document::texts
  std::vector<FilterField> filters{};  // in the order of Document::filters

  const FilterField* find_filter(std::string_view attribute) const;  // nullptr: none
  const FilterField& filter(
      std::string_view attribute) const;  // throws FieldError, which lists the choices
  // Changes with everything that needs the documents to be made anew; kept with each version.
  std::string fingerprint() const;
};

// The index of a model with `opensearch_sync`. Throws ImproperlyConfigured for one without.
IndexDefinition index_definition(const Connection& connection, const ModelInfo& model);
// Of every registered model with `opensearch_sync`.
std::vector<IndexDefinition> index_definitions(const Connection& connection);

// The name of a model's index, but for the prefix of tables, which is put before it.
std::string index_name(const ModelInfo& model);

// "posts_v3": the physical index of a version.
std::string physical_name(const IndexDefinition& index, int version);

}  // namespace dynamo_backend::search
