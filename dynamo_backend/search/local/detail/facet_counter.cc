#include "dynamo_backend/search/local/detail/facet_counter.h"

#include <algorithm>

#include "dynamo_backend/search/local/detail/stored_values.h"

namespace dynamo_backend::search::detail {

void FacetCounter::add(const Statement& row, int column) {
  if (row.is_null(column)) return;
  switch (field_.type) {
    case FilterType::text:
      if (field_.many)
        for_each_text(row.blob(column), [&](std::string_view text) { add_text(text); });
      else
        add_text(row.text(column));
      return;
    case FilterType::decimal:
      return add_text(row.blob(column));
    default:
      ++integers_[row.integer(column)];
  }
}

void FacetCounter::add_text(std::string_view text) {
  const auto at = texts_.find(text);
  if (at == texts_.end())
    texts_.emplace(text, 1);
  else
    ++at->second;
}

std::vector<FacetValue> FacetCounter::take() const {
  std::vector<std::pair<SqlValue, std::uint64_t>> counts;
  for (const auto& [value, count] : integers_) counts.emplace_back(value, count);
  for (const auto& [text, count] : texts_)
    counts.emplace_back(field_.type == FilterType::decimal ? SqlValue(Blob{text}) : SqlValue(text),
                        count);
  const auto more = [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  };
  const std::size_t size = std::min(limit_, counts.size());
  std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(size),
                    counts.end(), more);
  std::vector<FacetValue> values;
  for (std::size_t i = 0; i < size; ++i)
    values.push_back({from_sql(field_.type, counts[i].first), counts[i].second});
  return values;
}

}  // namespace dynamo_backend::search::detail
