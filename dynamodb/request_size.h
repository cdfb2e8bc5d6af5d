// How much of a request its parts take as JSON: a little more than they do, so that what is filled
// by it is taken.
// Thread safety: functions without state.
#pragma once
#include <cstddef>

#include "dynamodb/requests.h"

namespace dynamodb {

std::size_t request_size(const WriteRequest& write);
std::size_t request_size(const Item& key);

}  // namespace dynamodb
