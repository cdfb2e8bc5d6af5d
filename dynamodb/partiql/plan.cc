// A clause is brought into branches (an OR of ANDs) as far as it speaks of keys: what does not is a
// filter of its branch and stays whole, so that only conditions on keys multiply.
#include "dynamodb/partiql/plan.h"

#include <algorithm>

namespace dynamodb::partiql {
namespace {

constexpr char kOverlapping[] =
    "Overlapping conditions with range keys are not supported in where clause";
constexpr char kTooManyReads[] = "Too many decomposed read operations for a given query.";

// REQUIRES: both of one type: S, N or B.
std::strong_ordering order(const AttributeValue& a, const AttributeValue& b) {
  switch (a.type()) {
    case Type::S:
      return a.as<std::string>() <=> b.as<std::string>();
    case Type::N:
      return a.as<Number>() <=> b.as<Number>();
    default:
      return a.as<Binary>().bytes <=> b.as<Binary>().bytes;
  }
}

// The values of a comparison of the attribute `name` with constants; nullopt for anything else.
std::optional<std::vector<AttributeValue>> constants_of(const Condition& condition,
                                                        const std::string& name) {
  const auto& operands = condition->operands;
  if (operands.size() < 2) return std::nullopt;
  const auto* path = std::get_if<Path>(&operands.front());
  if (path == nullptr || !path->is_top_level() || path->top() != name) return std::nullopt;
  std::vector<AttributeValue> values;
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const auto* value = std::get_if<AttributeValue>(&operands[i]);
    if (value == nullptr) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

bool is_equality(const Condition& c) {
  return c->op == ConditionOp::equal || c->op == ConditionOp::in;
}

bool is_range(const Condition& c) {
  switch (c->op) {
    case ConditionOp::less:
    case ConditionOp::less_equal:
    case ConditionOp::greater:
    case ConditionOp::greater_equal:
    case ConditionOp::between:
    case ConditionOp::begins_with:
      return true;
    default:
      return is_equality(c);
  }
}

// Values between two bounds; an absent one is open.
struct Interval {
  std::optional<AttributeValue> low{}, high{};
  bool low_included = true, high_included = true;

  void raise(const AttributeValue& value, bool included) {
    const auto place = low ? order(value, *low) : std::strong_ordering::greater;
    if (place > 0) {
      low = value;
      low_included = included;
    } else if (place == 0) {
      low_included = low_included && included;
    }
  }
  void lower(const AttributeValue& value, bool included) {
    const auto place = high ? order(value, *high) : std::strong_ordering::less;
    if (place < 0) {
      high = value;
      high_included = included;
    } else if (place == 0) {
      high_included = high_included && included;
    }
  }
  bool empty() const {
    if (!low || !high) return false;
    const auto place = order(*low, *high);
    return place > 0 || (place == 0 && !(low_included && high_included));
  }
  friend bool operator<(const Interval& a, const Interval& b) {  // a ends before b begins
    if (!a.high || !b.low) return false;
    const auto place = order(*a.high, *b.low);
    return place < 0 || (place == 0 && !(a.high_included && b.low_included));
  }
};

// The first text after all that begin with `prefix`; nullopt where there is none.
std::optional<AttributeValue> after_prefix(const AttributeValue& prefix) {
  const bool text = prefix.is<std::string>();
  std::string bytes = text ? prefix.as<std::string>() : prefix.as<Binary>().bytes;
  while (!bytes.empty() && bytes.back() == '\xFF') bytes.pop_back();
  if (bytes.empty()) return std::nullopt;
  bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) + 1);
  return text ? AttributeValue(std::move(bytes)) : AttributeValue(Binary{std::move(bytes)});
}

void narrow(Interval& interval, const Condition& condition) {
  const auto at = [&](std::size_t i) -> const AttributeValue& {
    return std::get<AttributeValue>(condition->operands[i]);
  };
  switch (condition->op) {
    case ConditionOp::less:
    case ConditionOp::less_equal:
      interval.lower(at(1), condition->op == ConditionOp::less_equal);
      break;
    case ConditionOp::greater:
    case ConditionOp::greater_equal:
      interval.raise(at(1), condition->op == ConditionOp::greater_equal);
      break;
    case ConditionOp::between:
      interval.raise(at(1), true);
      interval.lower(at(2), true);
      break;
    case ConditionOp::begins_with:
      interval.raise(at(1), true);
      if (const auto end = after_prefix(at(1))) interval.lower(*end, false);
      break;
    default:
      interval.raise(at(1), true);
      interval.lower(at(1), true);
  }
}

struct Branch {
  std::optional<AttributeValue> partition{};
  std::vector<Condition> sort{};
  Condition filter{};
};
using Branches = std::vector<Branch>;

class Planner {
 public:
  explicit Planner(const KeySchema& key) : key_(key) {}

  // Whether `c` fixes the partition key however it comes out true.
  bool is_keyed(const Condition& c) const {
    if (c.empty()) return false;
    const auto keyed = [this](const Condition& child) { return is_keyed(child); };
    if (c->op == ConditionOp::and_)
      return std::any_of(c->children.begin(), c->children.end(), keyed);
    if (c->op == ConditionOp::or_)
      return std::all_of(c->children.begin(), c->children.end(), keyed);
    return is_equality(c) && constants_of(c, key_.partition.name);
  }

  const KeyAttribute* mismatch() const { return mismatch_; }

  Result<Branches> branches(const Condition& c) {
    if (!speaks_of_keys(c)) return Branches{{.filter = c}};
    if (c->op == ConditionOp::and_) return all_of(c->children);
    if (c->op == ConditionOp::or_) return any_of(c->children);
    return leaf(c);
  }

 private:
  bool speaks_of_keys(const Condition& c) const {
    if (c->op == ConditionOp::and_ || c->op == ConditionOp::or_) {
      return std::any_of(c->children.begin(), c->children.end(),
                         [this](const Condition& child) { return speaks_of_keys(child); });
    }
    if (is_equality(c) && constants_of(c, key_.partition.name)) return true;
    return key_.sort && is_range(c) && constants_of(c, key_.sort->name);
  }

  // A comparison of one key attribute; IN is an OR of equalities.
  Result<Branches> leaf(const Condition& c) {
    auto values = constants_of(c, key_.partition.name);
    const bool partition = values && is_equality(c);
    const KeyAttribute& key = partition ? key_.partition : *key_.sort;
    if (!partition) values = constants_of(c, key.name);
    for (const AttributeValue& value : *values) {
      if (value.type() == key.type) continue;
      if (mismatch_ == nullptr) mismatch_ = &key;
      return Branches{};
    }
    // What an IN list has twice is read once.
    for (auto value = values->begin(); value != values->end();)
      value = std::find(values->begin(), value, *value) != value ? values->erase(value) : value + 1;
    Branches result;
    if (partition) {
      for (AttributeValue& value : *values) result.push_back({.partition = std::move(value)});
    } else if (c->op == ConditionOp::in) {
      for (AttributeValue& value : *values)
        result.push_back({.sort = {equal(Path(key.name), std::move(value))}});
    } else {
      result.push_back({.sort = {c}});
    }
    return result;
  }

  Result<Branches> any_of(const std::vector<Condition>& children) {
    Branches result;
    for (const Condition& child : children) {
      auto more = branches(child);
      if (more.has_error()) return more.error();
      for (Branch& branch : *more) result.push_back(std::move(branch));
    }
    return result;
  }

  Result<Branches> all_of(const std::vector<Condition>& children) {
    Branches result{Branch{}};
    for (const Condition& child : children) {
      auto factor = branches(child);
      if (factor.has_error()) return factor.error();
      Branches product;
      for (const Branch& a : result) {
        for (const Branch& b : *factor) {
          if (auto both = joined(a, b)) product.push_back(std::move(*both));
          if (product.size() > kMaxReads * kMaxReads) return validation_error(kTooManyReads);
        }
      }
      result = std::move(product);
    }
    return result;
  }

  // nullopt where the two name different partitions.
  static std::optional<Branch> joined(const Branch& a, const Branch& b) {
    if (a.partition && b.partition && *a.partition != *b.partition) return std::nullopt;
    Branch both = a;
    if (b.partition) both.partition = b.partition;
    both.sort.insert(both.sort.end(), b.sort.begin(), b.sort.end());
    both.filter = both.filter && b.filter;
    return both;
  }

  const KeySchema& key_;
  const KeyAttribute* mismatch_ = nullptr;
};

Interval interval_of(const std::vector<Condition>& sort) {
  Interval interval;
  for (const Condition& condition : sort) narrow(interval, condition);
  return interval;
}

// A Query takes one condition on the sort key: of several, the narrowest that says most is sent,
// and the others filter.
void choose_sort_condition(const std::string& name, const std::vector<Condition>& sort,
                           const Interval& interval, Read& read) {
  if (sort.empty()) return;
  Condition chosen = sort.front();
  const auto fixed = std::find_if(sort.begin(), sort.end(),
                                  [](const Condition& c) { return c->op == ConditionOp::equal; });
  const bool prefix = std::any_of(sort.begin(), sort.end(), [](const Condition& c) {
    return c->op == ConditionOp::begins_with;
  });
  if (fixed != sort.end()) {
    chosen = *fixed;
  } else if (sort.size() > 1 && !prefix && interval.low && interval.high) {
    chosen = between(Path(name), *interval.low, *interval.high);
  }
  read.whole_key = fixed != sort.end();
  read.key_condition = read.key_condition && chosen;
  // Where the key is fixed, the interval's one value satisfies all of them.
  if (sort.size() == 1 || read.whole_key) return;
  for (const Condition& condition : sort) read.filter = read.filter && condition;
}

// Reads of one partition must not meet: an item would come twice.
bool overlap(const Read& a, const Read& b) {
  if (a.partition != b.partition) return false;
  const Interval x = interval_of(a.sort), y = interval_of(b.sort);
  return !(x < y) && !(y < x);
}

// Whether a condition on the sort key is negated, or says that it is another.
bool is_negated(const Condition& c, const std::string& sort) {
  if (c.empty()) return false;
  if (c->op == ConditionOp::not_equal) return constants_of(c, sort).has_value();
  if (c->op == ConditionOp::not_) {
    const auto names = named_attributes(c);
    return std::find(names.begin(), names.end(), sort) != names.end();
  }
  return c->op == ConditionOp::and_ &&
         std::any_of(c->children.begin(), c->children.end(),
                     [&sort](const Condition& child) { return is_negated(child, sort); });
}

// DynamoDB: a branch with such a condition may overlap others.
bool negates_sort(const KeySchema& key, const Read& read) {
  return key.sort && is_negated(read.filter, key.sort->name);
}

Condition all_conditions(const Read& read) {
  Condition all = read.filter;
  for (const Condition& condition : read.sort) all = all && condition;
  return all;
}

// One read of a partition for what either reads, each item once.
Read united(const KeySchema& key, const Read& a, const Read& b) {
  Read both{.partition = a.partition,
            .key_condition = equal(Path(key.partition.name), a.partition),
            .whole_key = !key.sort};
  const Condition first = all_conditions(a), second = all_conditions(b);
  // Negated twice, so that it may overlap further branches.
  if (!first.empty() && !second.empty()) both.filter = !(!first && !second);
  return both;
}

void collect_paths(const Condition& condition, std::vector<Path>& paths) {
  if (condition.empty()) return;
  for (const Operand& operand : condition->operands) {
    if (const auto* path = std::get_if<Path>(&operand)) paths.push_back(*path);
    if (const auto* size = std::get_if<SizeOf>(&operand)) paths.push_back(size->path);
  }
  for (const Condition& child : condition->children) collect_paths(child, paths);
}

}  // namespace

std::vector<Path> paths_of(const Condition& condition) {
  std::vector<Path> paths;
  collect_paths(condition, paths);
  return paths;
}

std::vector<std::string> named_attributes(const Condition& condition) {
  std::vector<std::string> names;
  for (const Path& path : paths_of(condition)) {
    if (std::find(names.begin(), names.end(), path.top()) == names.end())
      names.push_back(path.top());
  }
  return names;
}

Result<ReadPlan> plan_read(const KeySchema& key, const Condition& where) {
  Planner planner(key);
  ReadPlan plan{.keyed = planner.is_keyed(where)};
  if (!plan.keyed) return plan;
  auto branches = planner.branches(where);
  if (branches.has_error()) return branches.error();
  plan.mismatch = planner.mismatch();
  if (plan.mismatch != nullptr) return plan;
  std::vector<AttributeValue> partitions;
  for (Branch& branch : *branches) {
    if (std::find(partitions.begin(), partitions.end(), *branch.partition) == partitions.end())
      partitions.push_back(*branch.partition);
    const Interval interval = interval_of(branch.sort);
    if (interval.empty()) continue;
    Read read{.partition = *branch.partition,
              .key_condition = equal(Path(key.partition.name), *branch.partition),
              .filter = branch.filter,
              .whole_key = !key.sort};
    if (key.sort) choose_sort_condition(key.sort->name, branch.sort, interval, read);
    read.sort = std::move(branch.sort);
    plan.reads.push_back(std::move(read));
  }
  plan.partitions = partitions.size();
  if (plan.reads.size() > kMaxReads) return validation_error(kTooManyReads);
  std::vector<Read> apart;  // reads that do not overlap
  for (Read& read : plan.reads) {
    // What it is united with may overlap others in turn.
    for (auto other = apart.begin(); other != apart.end();) {
      if (!overlap(*other, read)) {
        ++other;
        continue;
      }
      if (key.sort && !negates_sort(key, *other) && !negates_sort(key, read))
        return validation_error(kOverlapping);
      read = united(key, *other, read);
      apart.erase(other);
      other = apart.begin();
    }
    apart.push_back(std::move(read));
  }
  plan.reads = std::move(apart);
  return plan;
}

Result<bool> order_reads(const KeySchema& key, const std::vector<OrderTerm>& terms, bool has_where,
                         ReadPlan& plan) {
  if (terms.empty()) return true;
  if (!has_where) {
    return validation_error("Must have WHERE clause in the statement when using ORDER BY clause.");
  }
  const OrderTerm* partition = nullptr;
  const OrderTerm* sort = nullptr;
  for (const OrderTerm& term : terms) {
    if (term.attribute == key.partition.name) {
      partition = &term;
    } else if (key.sort && term.attribute == key.sort->name) {
      sort = &term;
    } else {
      return validation_error("Attribute " + term.attribute +
                              " in ORDER BY clause must be part of the primary key");
    }
  }
  if (!plan.keyed) {
    return validation_error(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER "
        "BY "
        "clause.");
  }
  if (plan.partitions > 1 && partition == nullptr) {
    return validation_error(
        "Must have hash key in ORDER BY clause when more than one hash key condition specified in "
        "WHERE clause.");
  }
  const bool forward = sort != nullptr && !sort->descending;
  const bool partitions_forward = partition == nullptr || !partition->descending;
  std::stable_sort(plan.reads.begin(), plan.reads.end(), [&](const Read& a, const Read& b) {
    const auto place = order(a.partition, b.partition);
    if (place != 0) return (place < 0) == partitions_forward;
    const Interval x = interval_of(a.sort), y = interval_of(b.sort);
    return forward ? x < y : y < x;
  });
  return forward;
}

KeyAndRest split_key(const KeySchema& key, const Condition& where) {
  KeyAndRest result;
  std::vector<Condition> open{where};
  while (!open.empty()) {
    const Condition c = open.back();
    open.pop_back();
    if (c.empty()) continue;
    if (c->op == ConditionOp::and_) {
      open.insert(open.end(), c->children.rbegin(), c->children.rend());
      continue;
    }
    const KeyAttribute* attribute = nullptr;
    std::optional<std::vector<AttributeValue>> values;
    if (c->op == ConditionOp::equal) {
      for (const KeyAttribute* candidate : {&key.partition, key.sort ? &*key.sort : nullptr}) {
        if (candidate == nullptr || attribute != nullptr) continue;
        values = constants_of(c, candidate->name);
        if (values) attribute = candidate;
      }
    }
    if (attribute == nullptr) {
      result.rest = result.rest && c;
      continue;
    }
    const auto [place, fresh] = result.key.emplace(attribute->name, values->front());
    if (!fresh && place->second != values->front()) {
      result.ambiguous = attribute->name;
      result.rest = result.rest && c;
    }
    if (values->front().type() != attribute->type) result.mismatch = attribute;
  }
  result.complete = result.key.size() == (key.sort ? 2u : 1u);
  return result;
}

}  // namespace dynamodb::partiql
