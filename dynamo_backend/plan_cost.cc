#include "dynamo_backend/plan_cost.h"

#include <algorithm>
#include <cmath>

#include "dynamo_backend/page_sizes.h"
#include "dynamo_backend/plan_merge.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

constexpr double kBlock = 4096;
constexpr double kBatch = dynamodb::kMaxBatchGetKeys;
constexpr double kMostPages = 10'000;  // beyond, one page stands for the rest

double blocks(double bytes) { return std::max(1.0, std::ceil(bytes / kBlock)); }

void append(Conjuncts& to, const Predicate& predicate) {
  const Conjuncts parts = conjuncts(predicate);
  to.insert(to.end(), parts.begin(), parts.end());
}

double keys_of(const Plan& plan) {
  if (!plan.keys.empty()) return static_cast<double>(plan.keys.size());
  double keys = 0;  // explain(): of each part's values, each pair
  for (const Predicate* p : conjuncts(plan.key_condition)) {
    const double values =
        p->subquery.empty() ? static_cast<double>(p->values.size()) : p->expected_values;
    keys = keys == 0 ? values : keys * values;
  }
  return keys;
}

double partitions_of(const Plan& plan) {
  if (!plan.partitions.empty()) return static_cast<double>(plan.partitions.size());
  for (const Predicate* p : conjuncts(plan.key_condition))
    if (p->field == plan.hash && !p->subquery.empty()) return p->expected_values;
  return 1;
}

class Estimator {
 public:
  Estimator(const Plan& plan, const ModelInfo& model, const Statistics& statistics,
            const CostOptions& options)
      : plan_(plan), model_(model), statistics_(statistics), options_(options) {
    append(key_, plan.key_condition);
    entry_ = all_ = key_;
    append(entry_, plan.sent);
    append(entry_, plan.entry_residual);
    all_ = entry_;
    append(all_, plan.residual);
    // What must be sorted is read to its end.
    if (!plan.sort_terms.empty()) return;
    if (!options.wanted) return;
    sizes_ = PageSizes::until(*options.wanted + (options.past > 0 ? 1 : 0));
    wanted_ = static_cast<double>(*options.wanted + options.past);
  }

  Estimate run() {
    switch (plan_.access) {
      case Plan::Access::nothing:
        return {};
      case Plan::Access::get_item:
        return {.calls = 1, .read = 1, .rows = 1, .units = blocks(row_bytes())};
      case Plan::Access::batch_get:
        return batch();
      case Plan::Access::query:
        return query();
      case Plan::Access::scan:
        return scan();
      case Plan::Access::merge:
        return merge();
    }
    return {};
  }

 private:
  double row_bytes() const { return statistics_.bytes(nullptr, all_); }
  double unit() const { return plan_.consistent ? 1 : 0.5; }
  // Of what `of` lets through, the part that meets `parts`, too.
  double part(const Conjuncts& parts, const Conjuncts& of) const {
    const double base = statistics_.share(of);
    return base > 0 ? std::min(1.0, statistics_.share(parts) / base) : 0;
  }
  double limited(double rows) const {
    return options_.wanted ? std::min(rows, static_cast<double>(*options_.wanted)) : rows;
  }

  Estimate batch() const {
    const double keys = keys_of(plan_);
    Conjuncts rest;
    append(rest, plan_.residual);
    const double pass = plan_.keys.empty() ? 1 : statistics_.share(rest);
    double read = keys;
    if (wanted_ && pass > 0) read = std::min(keys, std::ceil(*wanted_ / pass / kBatch) * kBatch);
    return {.calls = std::ceil(read / kBatch),
            .read = read,
            .rows = limited(read * pass),
            .units = read * blocks(row_bytes())};
  }

  Estimate query() {
    const double entries = statistics_.rows() * statistics_.share(key_);
    const double partitions = partitions_of(plan_);
    pass_ = part(all_, key_);
    for (double i = 0; i < partitions && !done(); ++i) walk(entries / partitions);
    fetch();
    sum_.rows = limited(sum_.rows);
    return sum_;
  }

  Estimate scan() {
    const double entries = statistics_.entries(plan_.index);
    pass_ = std::min(1.0, statistics_.share(all_) * statistics_.rows() / std::max(entries, 1.0));
    const bool parallel = options_.segments > 1 && !wanted_;
    const double segments = parallel ? options_.segments : 1;
    for (double i = 0; i < segments && !done(); ++i) walk(entries / segments);
    sum_.rows = limited(sum_.rows);
    return sum_;
  }

  Estimate merge() const {
    constexpr std::size_t kLookedAt = 50;  // branches; more are taken to be alike
    Estimate sum;
    const std::size_t n = std::min(plan_.branches.size(), kLookedAt);
    const bool alone = plan_.branches.size() == 1 && (!plan_.hash || partitions_of(plan_) <= 1);
    for (std::size_t i = 0; i < n; ++i) {
      CostOptions options = options_;
      if (!alone) options.past = past(plan_.branches[i]);
      const Estimate one = estimate(plan_.branches[i], model_, statistics_, options);
      sum.calls += one.calls;
      sum.read += one.read;
      sum.rows += one.rows;
      sum.units += one.units;
      // One after the other: the rest is not read.
      if (plan_.sort_terms.empty() && options_.wanted &&
          sum.rows >= static_cast<double>(*options_.wanted))
        break;
    }
    double copies = static_cast<double>(plan_.branches.size()) /
                    static_cast<double>(std::max<std::size_t>(n, 1));
    // One branch that stands for the partitions that a subquery would give.
    if (plan_.branches.size() == 1 && plan_.hash) copies = partitions_of(plan_);
    for (double* v : {&sum.calls, &sum.read, &sum.rows, &sum.units}) *v *= copies;
    sum.rows = limited(sum.rows);
    return sum;
  }

  // A branch is read to the end of a run (plan_merge.h), and a row on. Runs are taken to be as long
  // as those of the whole table's values would be.
  std::size_t past(const Plan& branch) const {
    const std::size_t terms = run_terms(branch, plan_.sort_terms);
    if (terms == 0 || !options_.wanted) return 0;
    Conjuncts key;
    append(key, branch.key_condition);
    const double entries = std::max(1.0, statistics_.rows() * statistics_.share(key));
    double places = 1;
    for (std::size_t i = 0; i < terms; ++i) {
      if (is_sorted_by(branch, plan_.sort_terms[i].field))
        places *= statistics_.distinct(*plan_.sort_terms[i].field);
    }
    const double run = entries / std::clamp(places, 1.0, entries);
    const auto wanted = static_cast<double>(*options_.wanted);
    return static_cast<std::size_t>(std::min(std::ceil(wanted / run) * run, entries) + 1 -
                                    std::min(wanted, entries));
  }
  static bool is_sorted_by(const Plan& branch, const FieldInfo* field) {
    const auto keys = branch.index->sort_keys();
    return std::find(keys.begin(), keys.end(), field) != keys.end() &&
           std::none_of(branch.fixed.begin(), branch.fixed.end(),
                        [&](const auto& fixed) { return fixed.first == field; });
  }

  bool done() const { return wanted_ && sum_.rows >= *wanted_; }

  // Reads `entries` page by page, until enough rows were met.
  void walk(double entries) {
    const bool fetched_along = plan_.rows == Plan::Rows::by_database;
    const double bytes = statistics_.bytes(plan_.index, key_);
    const double fetched = fetched_along ? row_bytes() : 0;
    const double longest = std::max(1.0, std::ceil(dynamodb::kMaxPageSize / (bytes + fetched)));
    const bool drops = plan_.drops();
    double left = entries;
    for (int pages = 0; !done(); ++pages) {
      const auto limit = sizes_.next(drops);
      double page = std::min({left, longest, limit ? static_cast<double>(*limit) : left});
      if (pages > kMostPages) page = left;
      ++sum_.calls;
      sum_.read += page;
      sum_.units += unit() * (blocks(page * bytes) + (fetched_along ? page * blocks(fetched) : 0));
      sum_.rows += page * pass_;
      left -= page;
      if (left < 0.5) return;
    }
  }

  // The rows behind the entries that were let through, in batches.
  void fetch() {
    if (plan_.rows != Plan::Rows::by_batch) return;
    double behind = sum_.read * part(entry_, key_);
    if (wanted_ && pass_ > 0) {
      // No more than to the last row that is wanted.
      const double needed = *wanted_ * part(entry_, key_) / pass_;
      const bool exact = plan_.residual.type == Predicate::Type::always;
      behind = std::min(behind, exact ? needed : std::ceil(needed / kBatch) * kBatch);
    }
    sum_.calls += std::ceil(behind / kBatch);
    sum_.read += behind;
    sum_.units += behind * blocks(row_bytes()) * unit();
  }

  const Plan& plan_;
  const ModelInfo& model_;
  const Statistics& statistics_;
  const CostOptions& options_;
  Conjuncts key_{}, entry_{},
      all_{};  // what the key says; and what entries are checked for; and all
  std::optional<double> wanted_{};
  PageSizes sizes_{};
  double pass_ = 1;
  Estimate sum_{};
};

}  // namespace

Estimate estimate(const Plan& plan, const ModelInfo& model, const Statistics& statistics,
                  const CostOptions& options) {
  return Estimator(plan, model, statistics, options).run();
}

}  // namespace dynamo_backend
