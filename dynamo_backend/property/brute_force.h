// What a queryset must give, from the C++ values of all rows: no use of the library's conditions,
// orders or plans.
#pragma once
#include "dynamo_backend/property/query.h"

namespace property {

bool holds(const Condition& condition, const Row& row, const std::vector<Group>& groups);

// Indexes into `rows` of those that the query is after, in its order, ties by key (members of the
// table's key), before the slice. Without an order they are in no order.
std::vector<std::size_t> expected_rows(const QuerySpec& spec, const std::vector<Row>& rows,
                                       const std::vector<Group>& groups,
                                       const std::vector<std::string_view>& key);

}  // namespace property
