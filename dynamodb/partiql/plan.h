// How a WHERE clause is read: which keys it names, and what is left to filter.
#pragma once
#include <optional>
#include <vector>

#include "dynamodb/error.h"
#include "dynamodb/expression.h"
#include "dynamodb/partiql/statement.h"
#include "dynamodb/table.h"

namespace dynamodb::partiql {

// DynamoDB: "Too many decomposed read operations for a given query."
inline constexpr std::size_t kMaxReads = 50;

// One Query: all that a branch of the clause asks of one partition.
struct Read {
  AttributeValue partition{};
  Condition key_condition{};
  Condition filter{};             // may name key attributes, which a Query's filter must not
  std::vector<Condition> sort{};  // the conditions on the sort key, each a comparison
  bool whole_key = false;         // key_condition fixes the sort key as well, where there is one
};

struct ReadPlan {
  // The partition key is fixed in every branch: `reads` are disjoint and cover the clause.
  // Otherwise it takes a Scan with the whole clause as its filter.
  bool keyed = false;
  std::vector<Read> reads{};   // in the order of the clause; none where it contradicts itself
  std::size_t partitions = 0;  // different ones that the clause names
  const KeyAttribute* mismatch = nullptr;  // has a value of another type: no reads
};

// Plans the read of `where` on a table or index whose key is `key`, which must outlive the plan.
// Errors are DynamoDB's: overlapping branches, too many reads.
Result<ReadPlan> plan_read(const KeySchema& key, const Condition& where);

// Puts `reads` in the order of ORDER BY.
// DynamoDB: without the sort key among `terms` a partition is read backwards (observed on AWS by
// Floci's and dynamodb-conformance's tests). `forward` is the direction inside a partition.
Result<bool> order_reads(const KeySchema& key, const std::vector<OrderTerm>& terms, bool has_where,
                         ReadPlan& plan);

// The item that a write or a single read is about: its key, and the rest of the clause.
struct KeyAndRest {
  Item key{};
  Condition rest{};
  bool complete = false;                   // every key attribute is fixed by an equality
  const KeyAttribute* mismatch = nullptr;  // has a value of another type
  std::optional<std::string> ambiguous{};  // the key attribute that has two values
};
// Looks at equalities joined by AND only.
KeyAndRest split_key(const KeySchema& key, const Condition& where);

// The paths that `condition` names, in order of appearance.
std::vector<Path> paths_of(const Condition& condition);
// The top-level attributes that `condition` names, each once, in order of appearance.
std::vector<std::string> named_attributes(const Condition& condition);

}  // namespace dynamodb::partiql
