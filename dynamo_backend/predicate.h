// Predicate: a condition ready to plan and to evaluate: fields resolved, relations followed,
// negations at the leaves, ANDs and ORs flattened, lists sorted and without repeats.
//
// matches() is the meaning of every condition; what DynamoDB is asked to filter
// (filter_expression.h) only spares rows on the way.
// Thread safety: values.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/condition.h"
#include "dynamo_backend/model_info.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

struct Query;

struct Predicate {
  enum class Type : std::uint8_t { always, never, leaf, all, any };
  Type type = Type::always;

  // ---- leaf
  Op op = Op::eq;
  bool negated = false;
  const FieldInfo* field = nullptr;
  PathSteps steps{};  // inside the field
  std::vector<Value> values{};
  std::vector<std::string> packed{};  // of values: equality compares bytes
  bool implicit = false;              // that the row has not expired, of a model with a TTLField
  // explain() only: the query that would give the values, in words and itself, and how many it is
  // expected to give.
  std::string subquery{};
  std::shared_ptr<const Query> source{};
  double expected_values = 1;

  // ---- all, any
  std::vector<Predicate> children{};

  bool is(Op o) const { return type == Type::leaf && op == o && !negated; }
  std::string path_text() const;  // "meta.seo.title"
};

enum class Subqueries : std::uint8_t { run, describe };

// The query's condition, and of a model with a TTLField that the row has not expired, unless the
// query includes those. Runs the queries that relations need, unless told to describe them; where
// the query may scan, so may they, and where it is consistent, so are they. Throws FieldError.
Predicate resolve(const Query& query, Subqueries subqueries = Subqueries::run);

// The place in a stored item that `steps` lead to inside `field`.
dynamodb::Path nested_path(const FieldInfo& field, const PathSteps& steps);

bool matches(const Predicate& predicate, dynamodb::ItemView item);

// <, <=, >, >= and between.
bool takes_order(Op op);
// The value of `field` in a stored item; nullopt where it is absent or NULL.
std::optional<dynamodb::ValueView> stored_value(const FieldInfo& field, dynamodb::ItemView item);
// The order of two stored values of one field; absent before all others.
std::strong_ordering compare_stored(const std::optional<dynamodb::ValueView>& a,
                                    const std::optional<dynamodb::ValueView>& b);

// The fields that a predicate reads, but for keys: they never change.
void add_fields(const Predicate& predicate, std::vector<const FieldInfo*>& out);
// The conjuncts of a predicate: itself, or the children of an `all`.
std::vector<const Predicate*> conjuncts(const Predicate& predicate);
Predicate all_of(std::vector<Predicate> parts);

// In words, for explain(); without values for the log and for messages that others may see.
enum class ShowValues : std::uint8_t { yes, no };
std::string describe(const Predicate& predicate, ShowValues show = ShowValues::yes);
std::string describe(const Value& value);

}  // namespace dynamo_backend
