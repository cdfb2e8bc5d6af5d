// A Filter as a condition of SQL on d<id>, with its values as parameters.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/search/local/detail/catalogue.h"

namespace dynamo_backend::search::detail {

struct SqlCondition {
  std::string text{};  // with ?1, ?2, … from `first` on; never empty
  std::vector<SqlValue> values{};
};

// Throws FieldError for a field that is no filter, IndexMissing for one that the version is too old
// to have.
SqlCondition filter_sql(const IndexDefinition& index, const PhysicalIndex& physical,
                        const Filter& filter, std::size_t first);

// The filter of that name, which the version has. Throws as filter_sql().
const FilterField& known_filter(const IndexDefinition& index, const PhysicalIndex& physical,
                                std::string_view name);

}  // namespace dynamo_backend::search::detail
