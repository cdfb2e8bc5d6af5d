// Conditions of models as filters of an index.
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/search/search_query.h"

namespace dynamo_backend::search {
namespace {

using Type = Filter::Type;

[[noreturn]] void refuse(const Predicate& leaf, const std::string& why) {
  throw FieldError("search: cannot filter by '" + leaf.path_text() + "': " + why);
}

Filter comparison(Type type, const FilterField& field, Value value) {
  return {.type = type, .field = field.name, .values = {std::move(value)}};
}

Filter leaf_filter(const IndexDefinition& index, const Predicate& leaf) {
  const FilterField& field = index.filter(leaf.field->attribute);
  if (!leaf.steps.empty()) refuse(leaf, "search filters by whole fields.");
  if (leaf.op == Op::isnull)
    return {.type = Type::negation, .children = {{.type = Type::exists, .field = field.name}}};
  if (field.many) {
    if (leaf.op != Op::contains) refuse(leaf, "it has many values: ask what it contains.");
    return comparison(Type::one_of, field, leaf.values.at(0));
  }
  switch (leaf.op) {
    case Op::eq:
    case Op::in:
      return {.type = Type::one_of, .field = field.name, .values = leaf.values};
    case Op::lt:
      return comparison(Type::less, field, leaf.values.at(0));
    case Op::le:
      return comparison(Type::less_equal, field, leaf.values.at(0));
    case Op::gt:
      return comparison(Type::greater, field, leaf.values.at(0));
    case Op::ge:
      return comparison(Type::greater_equal, field, leaf.values.at(0));
    case Op::between:
      return {.type = Type::all,
              .children = {comparison(Type::greater_equal, field, leaf.values.at(0)),
                           comparison(Type::less_equal, field, leaf.values.at(1))}};
    default:
      refuse(leaf,
             "search filters by equality, membership, ranges and presence; its words go into "
             "the text of the search.");
  }
}

// Engines bound what a condition may be.
constexpr std::size_t kMostValues = 10'000, kMostParts = 500;

void count(const Filter& filter, std::size_t& values, std::size_t& parts) {
  values += filter.values.size();
  ++parts;
  for (const Filter& child : filter.children) count(child, values, parts);
  if (values > kMostValues || parts > kMostParts)
    throw FieldError("search: the filter has more than " + std::to_string(kMostValues) +
                     " values or " + std::to_string(kMostParts) + " conditions.");
}

Filter to_filter(const IndexDefinition& index, const Predicate& predicate) {
  switch (predicate.type) {
    case Predicate::Type::always:
      return {};
    case Predicate::Type::never:
      return {.type = Type::never};
    case Predicate::Type::leaf: {
      Filter filter = leaf_filter(index, predicate);
      if (!predicate.negated) return filter;
      return {.type = Type::negation, .children = {std::move(filter)}};
    }
    case Predicate::Type::all:
    case Predicate::Type::any: {
      Filter filter{.type = predicate.type == Predicate::Type::all ? Type::all : Type::any};
      for (const Predicate& child : predicate.children)
        filter.children.push_back(to_filter(index, child));
      return filter;
    }
  }
  return {};
}

}  // namespace

Filter filter_of(const IndexDefinition& index, const ModelInfo& model, const NodePtr& where) {
  Filter filter =
      to_filter(index, resolve(Query{.model = &model, .where = where, .include_expired = true}));
  std::size_t values = 0, parts = 0;
  count(filter, values, parts);
  return filter;
}

}  // namespace dynamo_backend::search
