#include "dynamodb/capacity_scope.h"

#include <algorithm>
#include <mutex>

namespace dynamodb {

struct CapacityScope::Sum {
  std::shared_ptr<Sum> outer{};
  mutable std::mutex mutex{};
  std::vector<ConsumedCapacity> tables{};
};

namespace {

// What the innermost scope owns: nothing to construct or destroy per thread.
thread_local const std::shared_ptr<CapacityScope::Sum>* innermost = nullptr;

}  // namespace

CapacityScope::CapacityScope() : sum_(std::make_shared<Sum>()), outer_(innermost) {
  sum_->outer = current();
  innermost = &sum_;
}

CapacityScope::~CapacityScope() { innermost = outer_; }

std::vector<ConsumedCapacity> CapacityScope::consumed() const {
  const std::lock_guard lock(sum_->mutex);
  return sum_->tables;
}

double CapacityScope::total() const {
  double units = 0;
  for (const ConsumedCapacity& table : consumed()) units += table.total();
  return units;
}

std::shared_ptr<CapacityScope::Sum> CapacityScope::current() {
  return innermost ? *innermost : nullptr;
}

CapacityScope::Lent::Lent(const std::shared_ptr<Sum>& sum) : before_(innermost) {
  innermost = &sum;
}
CapacityScope::Lent::~Lent() { innermost = before_; }

void CapacityScope::note(Sum& sum, const ConsumedCapacity& consumed) {
  for (Sum* s = &sum; s; s = s->outer.get()) {
    const std::lock_guard lock(s->mutex);
    add_capacity(s->tables, consumed);
  }
}
void CapacityScope::note(Sum& sum, const std::vector<ConsumedCapacity>& consumed) {
  for (const ConsumedCapacity& table : consumed) note(sum, table);
}

void add_capacity(ConsumedCapacity& sum, const ConsumedCapacity& more) {
  sum.table_units += more.table_units;
  for (const auto& [index, units] : more.global_indexes) sum.global_indexes[index] += units;
  for (const auto& [index, units] : more.local_indexes) sum.local_indexes[index] += units;
}

void add_capacity(std::vector<ConsumedCapacity>& sums, const ConsumedCapacity& more) {
  const auto at = std::lower_bound(
      sums.begin(), sums.end(), more.table,
      [](const ConsumedCapacity& sum, const std::string& table) { return sum.table < table; });
  if (at != sums.end() && at->table == more.table) return add_capacity(*at, more);
  sums.insert(at, more);
}

}  // namespace dynamodb
