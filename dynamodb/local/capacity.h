// Capacity units, as DynamoDB counts them.
// DynamoDB: reads by 4 KB (half a unit when eventually consistent), writes by 1 KB of the larger of
// old and new item; both double in transactions (index arms do not). Developer guide, "Capacity
// unit consumption for operations".
#pragma once
#include <cstddef>

namespace dynamodb::local {

// Units for `bytes` read in one go; at least those of one 4 KB block.
double read_units(std::size_t bytes, bool consistent);
double write_units(std::size_t bytes);

}  // namespace dynamodb::local
