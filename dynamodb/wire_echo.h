// Values of requests as AWS's messages echo them: as Java prints them.
// Internal to wire_*.cc. Thread safety: a function without state.
#pragma once
#include <string>

#include <simdjson.h>

#include "dynamodb/wire_shapes.h"

namespace dynamodb::wire {

std::string echoed(simdjson::dom::element json, const Shape& shape);

}  // namespace dynamodb::wire
