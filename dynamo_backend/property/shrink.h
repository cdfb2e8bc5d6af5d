// From a failing case to a minimal one: conditions, terms, options, rows and indexes are taken away
// for as long as it fails.
#pragma once
#include "dynamo_backend/property/world.h"

namespace property {

struct Case {
  WorldSpec world{};
  QuerySpec query{};
};
// What is wrong with the case; "": nothing.
std::string failure_of(const Case& c);
// REQUIRES: failure_of(c) is not "".
Case shrink(Case c);

}  // namespace property
