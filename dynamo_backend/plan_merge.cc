#include "dynamo_backend/plan_merge.h"

#include "dynamo_backend/rows.h"
#include "dynamodb/expression_evaluator.h"

namespace dynamo_backend {

PlanMerge::PlanMerge(const Connection& connection, const ModelInfo& model, Plan& plan,
                     const ReadOptions& options, std::vector<OrderTerm> terms)
    : model_(model), order_(std::move(terms)) {
  // A row that other branches give, too, is dropped: each may have to give all that are wanted.
  ReadOptions each = options;
  if (each.limit) each.limit = options.offset + *options.limit;
  each.offset = 0;
  each.whole = options.whole && !options.limit;
  if (each.budget) *each.budget /= static_cast<double>(plan.branches.size());
  std::optional<SortRow> after;
  if (options.after) after = order_.row(dynamodb::PackedItem(*options.after).bytes());
  const auto limit = each.limit;
  for (Plan& branch : plan.branches) {
    each.limit = limit;
    const bool skip = !start_at(options.after, branch, each);
    branches_.push_back(
        {.reader = std::make_unique<PlanReader>(connection, model, std::move(branch), each)});
    if (order_.empty()) continue;  // read when its turn comes
    Branch& added = branches_.back();
    advance(added);
    while (skip && added.head && order_.compare(*added.head, *after) <= 0) advance(added);
  }
}

// Where a branch goes on, which may be behind a row of another one. False: DynamoDB takes no such
// start, which is outside of the branch's range or has no value of its sort key; it is read from
// as near as can be, without a limit.
bool PlanMerge::start_at(const std::optional<Position>& after, Plan& branch,
                         ReadOptions& options) const {
  options.after = after;
  if (!after || branch.access != Plan::Access::query || !branch.sort_terms.empty()) return true;
  bool possible = true;
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
  if (possible && dynamodb::evaluate(branch.sort_condition, position.view())) return true;
  start_near(*after, branch);
  options.after.reset();
  options.limit.reset();
  return false;
}

// Leaves out what the order's first term puts before the place, where the branch is sorted by it.
// DynamoDB: a key condition has one range.
void PlanMerge::start_near(const Position& after, Plan& branch) const {
  const OrderTerm& first = order_.terms().front();
  const auto at = after.find(first.field->attribute);
  if (!branch.sort_condition.empty() || branch.sort != first.field || at == after.end()) return;
  branch.sort_condition = dynamodb::compare(
      first.descending ? dynamodb::ConditionOp::less_equal : dynamodb::ConditionOp::greater_equal,
      dynamodb::Path(at->first), dynamodb::Operand(at->second));
}

void PlanMerge::advance(Branch& branch) {
  if (branch.stopped) branch.reader->renew_budget();
  branch.stopped = false;
  branch.head.reset();
  if (const auto packed = branch.reader->next()) {
    branch.head = order_.row(branch.reader->place());
    branch.row = *packed;
  } else if (const auto& place = branch.reader->stopped_at()) {
    branch.head = order_.row(dynamodb::PackedItem(*place).bytes());
    branch.stopped = true;
  }
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
  const auto order = order_.compare(*a.head, *b.head);
  return order < 0 || (order == 0 && b.stopped && !a.stopped);
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
    if (first->stopped) {
      stopped_at_ = dynamodb::unpack(dynamodb::ItemView(first->head->packed));
      return std::nullopt;
    }
    current_ = std::move(*first->head);
    row_ = std::move(first->row);
    advance(*first);
  } while (!is_new(row_));
  return row_;
}

}  // namespace dynamo_backend
