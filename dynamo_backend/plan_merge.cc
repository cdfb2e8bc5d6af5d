#include "dynamo_backend/plan_merge.h"

#include <algorithm>
#include <utility>

#include "dynamo_backend/rows.h"
#include "dynamodb/expression_evaluator.h"

namespace dynamo_backend {

PlanMerge::PlanMerge(const Connection& connection, const ModelInfo& model, Plan& plan,
                     const ReadOptions& options, std::vector<OrderTerm> terms)
    : model_(model),
      order_(std::move(terms)),
      alone_(plan.branches.size() == 1 && !options.merged) {
  // A row that other branches give, too, is dropped: each may have to give all that are wanted.
  ReadOptions each = options;
  if (each.limit) each.limit = options.offset + *options.limit;
  each.offset = 0;
  each.merged = true;
  each.whole = options.whole && !options.limit;
  if (each.budget) *each.budget /= static_cast<double>(plan.branches.size());
  std::optional<SortRow> after;
  if (options.after) after = order_.row(dynamodb::PackedItem(*options.after).bytes());
  const auto limit = each.limit;
  for (Plan& branch : plan.branches) {
    each.limit = limit;
    each.likely = std::nullopt;
    Branch added{.run_terms = alone_ ? 0 : run_terms(branch, order_.terms())};
    if (added.run_terms > 0) {
      each.likely = std::exchange(each.limit, std::nullopt);
      if (each.likely) ++*each.likely;  // it shows where the last run ends
    }
    const auto range = branch.sort_condition;
    const bool skip = !start_at(options.after, branch, each);
    if (skip) added.within = range;
    added.reader = std::make_unique<PlanReader>(connection, model, std::move(branch), each);
    branches_.push_back(std::move(added));
    if (order_.empty()) continue;  // read when its turn comes
    Branch& last = branches_.back();
    advance(last);
    while (skip && last.head && order_.compare(last.head->place, *after) <= 0) advance(last);
  }
}

std::size_t run_terms(const Plan& branch, const std::vector<OrderTerm>& terms) {
  const bool by_index = branch.access == Plan::Access::query && branch.index != nullptr;
  if (!by_index || !branch.sort_terms.empty()) return 0;
  const auto keys = branch.index->sort_keys();
  const auto sorted = [&](const OrderTerm& term) {
    return term.field == branch.hash ||
           std::find(keys.begin(), keys.end(), term.field) != keys.end() ||
           std::any_of(branch.fixed.begin(), branch.fixed.end(),
                       [&](const auto& fixed) { return fixed.first == term.field; });
  };
  return static_cast<std::size_t>(std::find_if_not(terms.begin(), terms.end(), sorted) -
                                  terms.begin());
}

// Where a branch goes on, which may be behind a row of another one. False: it is read from as near
// as can be, without a limit: in runs, or because DynamoDB takes no such start, which is outside of
// the branch's range or has no value of its sort key.
bool PlanMerge::start_at(const std::optional<Position>& after, Plan& branch,
                         ReadOptions& options) const {
  options.after = after;
  if (!after || branch.access != Plan::Access::query || !branch.sort_terms.empty()) return true;
  bool possible = alone_ || run_terms(branch, order_.terms()) == 0;
  // What is constant in the branch: its own value, unless the order counts it.
  const auto set = [&](const FieldInfo* field, const Value& value) {
    const auto at = after->find(field->attribute);
    if (order_.has(field) && (at == after->end() || at->second != value)) possible = false;
    options.after->insert_or_assign(std::string(field->attribute), value);
  };
  set(branch.hash, branch.partitions.at(0));
  for (const auto& [field, value] : branch.fixed) set(field, value);
  for (const FieldInfo* f : key_fields(model_, branch))
    if (!options.after->contains(std::string(f->attribute))) possible = false;
  const dynamodb::PackedItem position(*after);
  const bool in_range = dynamodb::evaluate(branch.sort_condition, position.view());
  if (possible && in_range) return true;
  if (in_range || branch.sort_condition.empty()) start_near(*after, branch);
  options.after.reset();
  options.limit.reset();
  return false;
}

// Leaves out what the order's first term puts before the place, where the branch is sorted by it.
// DynamoDB: a key condition has one range. REQUIRES: the place is in the branch's.
void PlanMerge::start_near(const Position& after, Plan& branch) const {
  const OrderTerm& first = order_.terms().front();
  const auto at = after.find(first.field->attribute);
  if (branch.sort != first.field || at == after.end()) return;
  const dynamodb::Path path(at->first);
  const dynamodb::Operand place(at->second);
  using Op = dynamodb::ConditionOp;
  const auto from_place =
      dynamodb::compare(first.descending ? Op::less_equal : Op::greater_equal, path, place);
  if (branch.sort_condition.empty()) {
    branch.sort_condition = from_place;
    return;
  }
  const auto& node = branch.sort_condition.node();
  const bool low = node.op == Op::greater || node.op == Op::greater_equal;
  const bool high = node.op == Op::less || node.op == Op::less_equal;
  if (first.descending ? high : low)
    branch.sort_condition = from_place;
  else if (first.descending && (low || node.op == Op::between))
    branch.sort_condition = dynamodb::between(path, node.operands[1], place);
  else if (high || node.op == Op::between)
    branch.sort_condition = dynamodb::between(path, place, node.operands.back());
}

std::optional<PlanMerge::Step> PlanMerge::read(Branch& branch) {
  while (const auto packed = branch.reader->next()) {
    const std::string place = branch.reader->place();
    if (!dynamodb::evaluate(branch.within, dynamodb::ItemView(place))) continue;
    return Step{order_.row(place), std::string(*packed)};
  }
  if (const auto& place = branch.reader->stopped_at())
    return Step{.place = order_.row(dynamodb::PackedItem(*place).bytes()), .stopped = true};
  return std::nullopt;
}

void PlanMerge::advance(Branch& branch) {
  if (branch.head && branch.head->stopped) branch.reader->renew_budget();
  if (branch.run_terms == 0) {
    branch.head = read(branch);
    return;
  }
  if (branch.run.empty()) read_run(branch);
  branch.head.reset();
  if (branch.run.empty()) return;
  branch.head = std::move(branch.run.front());
  branch.run.pop_front();
}

// A branch stops between runs only, for what is left of one may belong before what was read of it.
void PlanMerge::read_run(Branch& branch) {
  auto& run = branch.run;
  std::optional<Step> barren;  // a stop in a run of which no row was met
  bool stops = false;
  const auto alike = [&](const Step& a, const Step& b) {
    return std::equal(a.place.keys.begin(),
                      a.place.keys.begin() + static_cast<std::ptrdiff_t>(branch.run_terms),
                      b.place.keys.begin());
  };
  for (;;) {
    if (!branch.ahead) branch.ahead = read(branch);
    if (!branch.ahead) {
      stops = false;
      break;
    }
    const Step* of_run = !run.empty() ? &run.front() : barren ? &*barren : nullptr;
    if (of_run && !alike(*of_run, *branch.ahead)) {
      stops = stops || branch.ahead->stopped;
      break;
    }
    if (!branch.ahead->stopped) {
      run.push_back(*std::exchange(branch.ahead, std::nullopt));
      continue;
    }
    stops = true;
    if (run.empty()) barren = std::move(branch.ahead);
    branch.ahead.reset();
    branch.reader->renew_budget();
  }
  std::sort(run.begin(), run.end(),
            [this](const Step& a, const Step& b) { return order_.less(a.place, b.place); });
  if (stops)
    run.push_back({.place = run.empty() ? barren->place : run.back().place, .stopped = true});
}
std::optional<std::string_view> PlanMerge::next() {
  return order_.empty() ? next_in_turn() : next_in_order();
}

bool PlanMerge::is_new(std::string_view row) {
  const dynamodb::PackedItem key(key_of(model_, dynamodb::ItemView(row)));
  return seen_.insert(key.bytes()).second;
}

std::optional<std::string_view> PlanMerge::next_in_turn() {
  for (; turn_ < branches_.size(); ++turn_) {
    while (const auto packed = branches_[turn_].reader->next()) {
      if (is_new(*packed)) return packed;
    }
  }
  return std::nullopt;
}

// A place where one stopped is behind a row of the other there: what is before a page's end was
// given.
bool PlanMerge::goes_first(const Branch& a, const Branch& b) const {
  const auto order = order_.compare(a.head->place, b.head->place);
  return order < 0 || (order == 0 && b.head->stopped && !a.head->stopped);
}

// A row may be at two places: at its index entry's in one branch, at its own in another, or where
// it was and is, as branches are read one after the other.
std::optional<std::string_view> PlanMerge::next_in_order() {
  do {
    Branch* first = nullptr;
    for (Branch& b : branches_) {
      if (b.head && (!first || goes_first(b, *first))) first = &b;
    }
    if (!first) return std::nullopt;
    if (first->head->stopped) {
      stopped_at_ = dynamodb::unpack(dynamodb::ItemView(first->head->place.packed));
      return std::nullopt;
    }
    current_ = std::move(first->head->place);
    row_ = std::move(first->head->row);
    advance(*first);
  } while (!is_new(row_));
  return row_;
}

}  // namespace dynamo_backend
