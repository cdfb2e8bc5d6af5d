#include "dynamo_backend/row_order.h"

#include <algorithm>
#include <optional>

#include "dynamo_backend/predicate.h"

namespace dynamo_backend {

bool RowOrder::has(const FieldInfo* field) const {
  return std::any_of(terms_.begin(), terms_.end(),
                     [&](const OrderTerm& t) { return t.field == field; });
}

SortRow RowOrder::row(std::string_view packed) const {
  SortRow row{std::string(packed), {}};
  const dynamodb::ItemView item(packed);
  for (const OrderTerm& term : terms_) {
    const auto value = stored_value(*term.field, item);
    row.keys.emplace_back(value ? value->packed() : std::string_view());
  }
  return row;
}

std::strong_ordering RowOrder::compare(const SortRow& a, const SortRow& b) const {
  const auto view = [](const std::string& packed) {
    return packed.empty() ? std::nullopt : std::optional(dynamodb::ValueView(packed));
  };
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const auto order = compare_stored(view(a.keys[i]), view(b.keys[i]));
    if (order != 0) return terms_[i].descending ? 0 <=> order : order;
  }
  return std::strong_ordering::equal;
}

}  // namespace dynamo_backend
