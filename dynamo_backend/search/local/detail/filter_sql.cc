#include "dynamo_backend/search/local/detail/filter_sql.h"

#include <algorithm>

#include "dynamo_backend/search/local/detail/stored_values.h"

namespace dynamo_backend::search::detail {
namespace {

class FilterWriter {
 public:
  FilterWriter(const IndexDefinition& index, const PhysicalIndex& physical, std::size_t first)
      : index_(index), physical_(physical), next_(first) {}

  // Always true or false, never NULL: so that a negation is what it says.
  std::string write(const Filter& filter) {
    using Type = Filter::Type;
    switch (filter.type) {
      case Type::always:
        return "1";
      case Type::never:
        return "0";
      case Type::all:
        return join(filter.children, " AND ", "1");
      case Type::any:
        return join(filter.children, " OR ", "0");
      case Type::negation:
        return "NOT " + write(filter.children.at(0));
      case Type::exists:
        return "(" + column(filter) + " IS NOT NULL)";
      case Type::one_of:
        return one_of(filter);
      case Type::less:
        return compare(filter, "<");
      case Type::less_equal:
        return compare(filter, "<=");
      case Type::greater:
        return compare(filter, ">");
      case Type::greater_equal:
        return compare(filter, ">=");
    }
    return "0";
  }
  std::vector<SqlValue> take_values() { return std::move(values_); }

 private:
  const FilterField& field(const Filter& filter) const {
    return known_filter(index_, physical_, filter.field);
  }
  std::string column(const Filter& filter) const {
    return "d." + filter_column(field(filter).name);
  }

  std::string parameter(SqlValue value) {
    values_.push_back(std::move(value));
    return "?" + std::to_string(next_++);
  }

  std::string one_of(const Filter& filter) {
    const FilterField& f = field(filter);
    const std::string name = column(filter);
    std::string list;
    for (const Value& value : filter.values) {
      const std::string at = parameter(to_sql(f.many ? FilterType::text : f.type, value));
      if (f.many)
        list += (list.empty() ? "" : " OR ") + ("has_text(" + name + ", " + at + ")");
      else
        list += (list.empty() ? "" : ", ") + at;
    }
    if (list.empty()) return "0";
    return f.many ? "(" + list + ")"
                  : "(" + name + " IS NOT NULL AND " + name + " IN (" + list + "))";
  }

  std::string compare(const Filter& filter, const char* how) {
    const FilterField& f = field(filter);
    if (f.many)
      throw FieldError("search: '" + f.name +
                       "' has many values: compare it with ==, not with < or >.");
    const std::string name = column(filter);
    return "(" + name + " IS NOT NULL AND " + name + " " + how + " " +
           parameter(to_sql(f.type, filter.values.at(0))) + ")";
  }

  std::string join(const std::vector<Filter>& children, const char* by, const char* none) {
    std::string out;
    for (const Filter& child : children) out += (out.empty() ? "" : by) + write(child);
    return out.empty() ? none : "(" + out + ")";
  }

  const IndexDefinition& index_;
  const PhysicalIndex& physical_;
  std::size_t next_;
  std::vector<SqlValue> values_{};
};

}  // namespace

const FilterField& known_filter(const IndexDefinition& index, const PhysicalIndex& physical,
                                std::string_view name) {
  const FilterField& field = index.filter(name);
  if (std::find(physical.filters.begin(), physical.filters.end(), name) == physical.filters.end())
    throw IndexMissing("The full-text index " + index.name + " was built before '" +
                       std::string(name) +
                       "' became filterable: rebuild it with ./manage opensearch_reindex.");
  return field;
}

SqlCondition filter_sql(const IndexDefinition& index, const PhysicalIndex& physical,
                        const Filter& filter, std::size_t first) {
  FilterWriter writer(index, physical, first);
  SqlCondition condition{.text = writer.write(filter)};
  condition.values = writer.take_values();
  return condition;
}

}  // namespace dynamo_backend::search::detail
