// KeyMatch: what a condition gives of the key of a table or of one of its indexes: the partitions,
// the attributes that equal a value, a range of the next one; and whether rows then come in an
// order.
//
// DynamoDB: a Query names all of the partition key by `=`, of the sort key a prefix without gaps,
// whose last attribute may be a range. A row that lacks one of an index's key attributes is not in
// it. Thread safety: functions of their arguments; a KeyMatch points into the condition.
#pragma once
#include <optional>
#include <vector>

#include "dynamo_backend/predicate.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

using Conjuncts = std::vector<const Predicate*>;

struct KeyMatch {
  const IndexInfo* index = nullptr;           // nullptr: the table
  const Predicate* hash = nullptr;            // == or `in` on the partition key
  bool impossible = false;                    // one of these is == what no key can be
  std::vector<const Predicate*> fixed{};      // == on further attributes of the key
  std::vector<const FieldInfo*> free{};       // sort keys behind those, in order
  Conjuncts range{};                          // what restricts the first of them
  dynamodb::Condition condition{};            // the same for DynamoDB
  Conjuncts said{};                           // conjuncts that the key condition says in full
  std::vector<const FieldInfo*> forbidden{};  // key attributes, which a filter may not name

  bool says(const Predicate* part) const;
};

// `index` nullptr: of the table itself. nullopt: a Query cannot serve the condition there.
std::optional<KeyMatch> match_key(const ModelInfo& model, const IndexInfo* index,
                                  const Conjuncts& parts);

// Whether the rows of each matched partition come in `order`, which is complete, forwards (true) or
// backwards (false); nullopt: they do not.
std::optional<bool> serves_order(const ModelInfo& model, const KeyMatch& match,
                                 const std::vector<OrderTerm>& order);

// The `==`, or else the `in`, on a field.
const Predicate* find_equality(const Conjuncts& parts, const FieldInfo* field);
// Whether a row without a value of the field cannot meet the conjuncts.
bool demands_value(const Conjuncts& parts, const FieldInfo* field);
// Values of an equality that a key attribute may have at all: DynamoDB refuses others.
std::vector<Value> key_values(const Predicate& equality, std::size_t limit);

}  // namespace dynamo_backend
