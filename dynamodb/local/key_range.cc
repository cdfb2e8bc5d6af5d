#include "dynamodb/local/key_range.h"

#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/validation.h"

namespace dynamodb::local {
namespace {

Error not_supported() { return validation_error("Query key condition not supported"); }

// An operator that no key condition has: KeyConditions can name them.
Error not_indexable() {
  return validation_error("Attempted conditional constraint is not an indexable operation");
}
bool is_indexable(ConditionOp op) {
  switch (op) {
    case ConditionOp::equal:
    case ConditionOp::less:
    case ConditionOp::less_equal:
    case ConditionOp::greater:
    case ConditionOp::greater_equal:
    case ConditionOp::between:
    case ConditionOp::begins_with:
      return true;
    default:
      return false;
  }
}

// One comparison of a key condition: an attribute against constants.
struct KeyComparison {
  ConditionOp op;
  const std::string* attribute;
  std::vector<const AttributeValue*> values;
};

Result<KeyComparison> read_comparison(const ConditionNode& node) {
  KeyComparison comparison{.op = node.op, .attribute = nullptr, .values = {}};
  if (node.operands.empty()) return not_supported();
  const auto* path = std::get_if<Path>(&node.operands.front());
  if (path == nullptr || !path->is_top_level()) return not_supported();
  comparison.attribute = &path->top();
  for (std::size_t i = 1; i < node.operands.size(); ++i) {
    const auto* value = std::get_if<AttributeValue>(&node.operands[i]);
    if (value == nullptr) return not_supported();
    comparison.values.push_back(value);
  }
  return comparison;
}

Result<void> flatten(const Condition& condition, std::vector<KeyComparison>& out) {
  if (condition->op == ConditionOp::and_) {
    for (const auto& child : condition->children) {
      if (auto done = flatten(child, out); done.has_error()) return done;
    }
    return {};
  }
  auto comparison = read_comparison(condition.node());
  if (comparison.has_error()) return comparison.error();
  out.push_back(std::move(*comparison));
  return {};
}

// The value as a key component, after the checks that a key value undergoes.
Result<std::string> component_of(const KeyAttribute& key, const AttributeValue& value) {
  if (value.type() != key.type) {
    return validation_error(
        "One or more parameter values were invalid: Condition parameter type does not match schema "
        "type");
  }
  const std::string packed = pack_value(value);
  const ValueView view(packed);
  if (key.type != Type::N && view.text().empty()) {
    return validation_error(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty " +
        std::string(key.type == Type::S ? "string" : "binary") + " value. Key: " + key.name);
  }
  std::string component;
  append_component(component, view);
  return component;
}

constexpr std::size_t kTerminatorSize = 2;  // of a string or binary component

// Narrows `range`, which holds a whole partition whose keys start with `prefix`.
Result<void> restrict_sort(const KeyAttribute& key, const KeyComparison& comparison,
                           const std::string& prefix, KeyRange& range) {
  if (!is_indexable(comparison.op)) return not_indexable();
  std::vector<std::string> at;  // where each constant's items start
  for (const auto* value : comparison.values) {
    auto component = component_of(key, *value);
    if (component.has_error()) return component.error();
    if (key.type != Type::N) {
      const std::string packed = pack_value(*value);
      if (auto error = check_key_size(ValueView(packed).text().size(), /*range=*/true))
        return *error;
    }
    at.push_back(prefix + *component);
  }
  switch (comparison.op) {
    case ConditionOp::equal:
      range = {at[0], prefix_end(at[0])};
      return {};
    case ConditionOp::less:
      range.end = at[0];
      return {};
    case ConditionOp::less_equal:
      range.end = prefix_end(at[0]);
      return {};
    case ConditionOp::greater:
      range.begin = prefix_end(at[0]);
      return {};
    case ConditionOp::greater_equal:
      range.begin = at[0];
      return {};
    case ConditionOp::between:
      range = {at[0], prefix_end(at[1])};
      return {};
    case ConditionOp::begins_with:
      if (key.type == Type::N) return not_supported();
      at[0].resize(at[0].size() - kTerminatorSize);
      range = {at[0], prefix_end(at[0])};
      return {};
    default:
      return not_supported();
  }
}

Error missed(const std::string& attribute) {
  return validation_error("Query condition missed key schema element: " + attribute);
}

// The comparison of each key attribute, in the schema's order; null where there is none.
struct KeyComparisons {
  std::vector<const KeyAttribute*> partition_keys{}, sort_keys{};
  std::vector<const KeyComparison*> partition{}, sort{};

  explicit KeyComparisons(const KeySchema& key) {
    key.for_each([this](const KeyAttribute& attribute, bool of_sort) {
      (of_sort ? sort_keys : partition_keys).push_back(&attribute);
    });
    partition.resize(partition_keys.size());
    sort.resize(sort_keys.size());
  }

  // Where the comparison of an attribute stands; null where the schema does not have it.
  const KeyComparison** slot(const std::string& attribute) {
    for (std::size_t i = 0; i < partition_keys.size(); ++i) {
      if (partition_keys[i]->name == attribute) return &partition[i];
    }
    for (std::size_t i = 0; i < sort_keys.size(); ++i) {
      if (sort_keys[i]->name == attribute) return &sort[i];
    }
    return nullptr;
  }

  // The first attribute without a comparison: what AWS says a query misses.
  const std::string& first_missing() const {
    for (std::size_t i = 0; i < partition.size(); ++i) {
      if (partition[i] == nullptr) return partition_keys[i]->name;
    }
    for (std::size_t i = 0; i < sort.size(); ++i) {
      if (sort[i] == nullptr) return sort_keys[i]->name;
    }
    return partition_keys.front()->name;
  }
};

Result<void> assign(const std::vector<KeyComparison>& comparisons, std::size_t key_size,
                    KeyComparisons& keys) {
  bool is_foreign = false;  // whether a comparison is of an attribute that is not in the schema
  for (const auto& comparison : comparisons) {
    const auto slot = keys.slot(*comparison.attribute);
    if (slot == nullptr) {
      if (comparisons.size() > key_size) {
        return validation_error("The number of query conditions (" +
                                std::to_string(comparisons.size()) +
                                ") exceeds the number of key attributes defined in the schema (" +
                                std::to_string(key_size) + ")");
      }
      is_foreign = true;
      continue;
    }
    if (*slot != nullptr) {
      return validation_error(
          "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition "
          "per key");
    }
    *slot = &comparison;
  }
  if (is_foreign) return missed(keys.first_missing());
  return {};
}

// DynamoDB: conditions on the attributes of a sort key are equalities without a gap, but for the
// last, which may be a range.
std::optional<Error> check_sort(const KeyComparisons& keys) {
  std::string open;  // attributes so far that are not fixed to one value
  for (std::size_t i = 0; i < keys.sort.size(); ++i) {
    if (keys.sort[i] != nullptr && !open.empty()) {
      return validation_error("RANGE key attributes " + open +
                              " must have equality conditions specified in the query because a "
                              "condition is present on key attribute " +
                              keys.sort_keys[i]->name);
    }
    if (keys.sort[i] == nullptr || keys.sort[i]->op != ConditionOp::equal)
      open += (open.empty() ? "" : ", ") + keys.sort_keys[i]->name;
  }
  return std::nullopt;
}

}  // namespace

Result<KeyRange> query_range(const Source& source, const Condition& key_condition) {
  const KeySchema& key = source.key();
  if (key_condition.empty()) {
    return validation_error(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
  }
  std::vector<KeyComparison> comparisons;
  if (auto done = flatten(key_condition, comparisons); done.has_error()) return done.error();
  if (key.size() == 1 && comparisons.size() > 1) return not_supported();
  KeyComparisons keys(key);
  if (auto done = assign(comparisons, key.size(), keys); done.has_error()) return done.error();
  std::string partition;
  for (std::size_t i = 0; i < keys.partition.size(); ++i) {
    if (keys.partition[i] == nullptr) return missed(keys.partition_keys[i]->name);
    if (!is_indexable(keys.partition[i]->op)) return not_indexable();
    auto component = component_of(*keys.partition_keys[i], *keys.partition[i]->values.front());
    if (component.has_error()) return component.error();
    if (keys.partition[i]->op != ConditionOp::equal) return not_supported();
    partition += *component;
  }
  if (auto error = check_sort(keys)) return std::move(*error);
  std::string prefix = row_prefix(source.table.number, source.number());
  append_u32(prefix, partition_hash(partition));
  prefix += partition;
  KeyRange range{prefix, prefix_end(prefix)};
  for (std::size_t i = 0; i < keys.sort.size() && keys.sort[i] != nullptr; ++i) {
    if (auto done = restrict_sort(*keys.sort_keys[i], *keys.sort[i], prefix, range);
        done.has_error()) {
      return done.error();
    }
    prefix = range.begin;  // of an equality, after which alone another may come
  }
  return range;
}

KeyRange scan_range(const Source& source, std::uint32_t segment, std::uint32_t total_segments) {
  const std::string prefix = row_prefix(source.table.number, source.number());
  // The first hash of a segment, in 64 bits: the end of the last one is 2^32.
  const auto first_hash = [total_segments](std::uint64_t s) { return (s << 32) / total_segments; };
  KeyRange range{prefix, prefix_end(prefix)};
  if (segment > 0) append_u32(range.begin, static_cast<std::uint32_t>(first_hash(segment)));
  if (segment + 1 < total_segments) {
    range.end = prefix;
    append_u32(range.end, static_cast<std::uint32_t>(first_hash(segment + std::uint64_t{1})));
  }
  return range;
}

std::size_t start_key_size(const Source& source) {
  std::vector<std::string_view> names;
  const auto collect = [&names](const KeyAttribute& key, bool) { names.push_back(key.name); };
  source.table.key.for_each(collect);
  if (source.index != nullptr) source.index->definition.key.for_each(collect);
  std::sort(names.begin(), names.end());
  return static_cast<std::size_t>(std::unique(names.begin(), names.end()) - names.begin());
}

Result<std::string> start_position(const Source& source, const Item& exclusive_start_key) {
  const auto invalid = [](const Error& why) {
    return validation_error("The provided starting key is invalid: " + why.message);
  };
  if (exclusive_start_key.size() != start_key_size(source) ||
      !has_key(source.table, exclusive_start_key)) {
    return invalid(key_mismatch());
  }
  const PackedItem keys(exclusive_start_key);
  if (auto row_key = row_key_of_item(source.table, keys.view()); row_key.has_error()) {
    return invalid(row_key.error());
  } else if (source.index == nullptr) {
    return row_key;
  }
  auto key = index_entry_key(source.table, *source.index, keys.view());
  if (!key) return validation_error("The provided starting key is invalid");
  return std::move(*key);
}

}  // namespace dynamodb::local
