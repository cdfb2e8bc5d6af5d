// RowOrder: the order of packed rows by an order's terms, for sorting and merging in memory.
// Thread safety: immutable; any thread.
#pragma once
#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

struct SortRow {
  std::string packed{};
  std::vector<std::string> keys{};  // the packed values of the order's terms; empty: absent
};

class RowOrder {
 public:
  explicit RowOrder(std::vector<OrderTerm> terms) : terms_(std::move(terms)) {}
  SortRow row(std::string_view packed) const;
  std::strong_ordering compare(const SortRow& a, const SortRow& b) const;
  bool has(const FieldInfo* field) const;  // whether it counts the field
  bool empty() const { return terms_.empty(); }
  const std::vector<OrderTerm>& terms() const { return terms_; }
  bool less(const SortRow& a, const SortRow& b) const { return compare(a, b) < 0; }

 private:
  std::vector<OrderTerm> terms_;
};

}  // namespace dynamo_backend
