// Plans in words: a line for messages and tests, and what is said of a Scan.
// Thread safety: functions of their arguments.
#pragma once
#include <string>

#include "dynamo_backend/query_planner.h"

namespace dynamo_backend {

// The index that would spare a Scan: over a field that is compared with values; where there is
// none, over a function of the row that the model would have.
struct WantedIndex {
  std::string name{};
  const FieldInfo* hash = nullptr;  // nullptr: the function
  std::string function{};
  const FieldInfo* sort = nullptr;  // nullptr: none
};
WantedIndex wanted_index(const Query& query, const Predicate& where);

// Its declaration; with what the Scan is for.
std::string index_advice(const Query& query, const Predicate& where);
std::string scan_advice(const Query& query, const Predicate& where);

// "Query on index author-recent of posts by author_pk, backwards"
std::string describe(const Plan& plan, const Query& query);

}  // namespace dynamo_backend
