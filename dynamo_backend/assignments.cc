#include "dynamo_backend/assignments.h"

#include <algorithm>
#include <tuple>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/key_rules.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/row_writer.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"
#include "dynamodb/expression_evaluator.h"

namespace dynamo_backend {
namespace {

// Whether one path is the other, or a part of it.
bool overlap(const dynamodb::Path& a, const dynamodb::Path& b) {
  const auto& [shorter, longer] = a.steps().size() < b.steps().size()
                                      ? std::tie(a.steps(), b.steps())
                                      : std::tie(b.steps(), a.steps());
  return std::equal(shorter.begin(), shorter.end(), longer.begin());
}

bool holds(const Shape& shape, const dynamodb::Number& n) {
  return n >= dynamodb::Number(shape.low) && n <= dynamodb::Number(shape.high);
}

std::string range_of(const Shape& shape) {
  return std::to_string(shape.low) + " and " + std::to_string(shape.high);
}

// Of what stands at a place inside a member; null: it may be anything.
const Shape* shape_at(const FieldInfo& f, const PathSteps& steps) {
  const Shape* shape = &f.shape();
  for (std::size_t i = 0; shape && i < steps.size(); ++i) shape = shape->element;
  return shape;
}

dynamodb::Condition not_null(const FieldInfo& f) {
  return !dynamodb::attribute_type(dynamodb::Path(f.attribute), dynamodb::Type::NUL);
}

}  // namespace

Assignments::Assignments(const ModelInfo& model, std::vector<AssignmentNode> assignments,
                         Timestamp now)
    : model_(model), assignments_(std::move(assignments)) {
  for (AssignmentNode& a : assignments_)
    a.value = stored_form(model_.by_member(a.member).shape(), std::move(a.value));
  check();
  for (const AssignmentNode& a : assignments_) build(a);
  bump_version();
  if (!assignments_.empty()) raise_search_version(model_, now, update_);
}

void Assignments::check() {
  ValidationError errors(model_.name);
  std::vector<dynamodb::Path> paths;  // that are assigned
  for (const AssignmentNode& a : assignments_) {
    const FieldInfo& f = model_.by_member(a.member);
    if (f.key)
      throw FieldError("update() of " + model_.name + ": '" + std::string(f.attribute) +
                       "' is the key; a row's key cannot change.");
    if (f.kind == Kind::version)
      throw FieldError("update() of " + model_.name + ": '" + std::string(f.attribute) +
                       "' counts the row's changes by itself; it cannot be assigned.");
    if (f.kind == Kind::computed || !f.stored())
      throw FieldError("update() of " + model_.name + ": '" + std::string(f.attribute) +
                       "' cannot be assigned.");
    const dynamodb::Path path = nested_path(f, a.steps);
    for (const dynamodb::Path& other : paths) {
      if (overlap(path, other))
        throw FieldError("update() of " + model_.name + ": '" + path.str() +
                         "' is assigned twice.");
    }
    paths.push_back(path);
    if (std::find(fields_.begin(), fields_.end(), &f) == fields_.end()) fields_.push_back(&f);
    const bool whole = a.steps.empty();
    if (whole && (a.op == Assign::set || a.op == Assign::if_not_exists)) {
      validate_value(f, a.value, Strictness::storable, errors);
      const auto* number = a.value.get_if<dynamodb::Number>();
      if (f.shape().type == Shape::Type::integer && number && !holds(f.shape(), *number))
        errors.add(f.attribute, "Ensure this value is between " + range_of(f.shape()) + ".");
      validate_key(model_, f, a.value, errors);
    }
    nested_ = nested_ || !whole;
  }
  if (!errors.empty()) throw errors;
}

void Assignments::build(const AssignmentNode& a) {
  const FieldInfo& f = model_.by_member(a.member);
  const dynamodb::Path path = nested_path(f, a.steps);
  switch (a.op) {
    case Assign::set:
      // A place inside a member has NULL as a value: taken out of a list, it would move the rest.
      if (a.value.is<dynamodb::Null>() && a.steps.empty())
        update_.remove.push_back(path);
      else
        update_.set.push_back({path, {a.value}});
      return;
    case Assign::add: {
      const FieldInfo& source = model_.by_member(a.source);
      const Value start = a.steps.empty() ? default_of(source, 0) : Value(0);
      const dynamodb::Path from = a.steps.empty() ? dynamodb::Path(source.attribute) : path;
      update_.set.push_back(
          {path, dynamodb::plus(dynamodb::if_not_exists(from, {start}), {a.value})});
      if (a.steps.empty()) read_.push_back(&source);
      const Shape* shape = shape_at(f, a.steps);
      if (shape && shape->type == Shape::Type::integer)
        limit_sum({&f, shape, path, from, start, a.value.as<dynamodb::Number>()});
      return;
    }
    case Assign::append: {
      if (a.steps.empty()) read_.push_back(&f);
      const Value none = dynamodb::List{};
      const Value start = a.steps.empty() ? default_of(f, none) : none;
      update_.set.push_back(
          {path, dynamodb::list_append(dynamodb::if_not_exists(path, {start}), {a.value})});
      return;
    }
    case Assign::if_not_exists:
      if (a.steps.empty()) {
        read_.push_back(&f);
        applies_ = applies_ && not_null(f);
      }
      update_.set.push_back({path, dynamodb::if_not_exists(path, {a.value})});
      return;
    case Assign::remove:
      update_.remove.push_back(path);
      return;
    case Assign::set_add:
      read_.push_back(&f);
      update_.add.push_back({path, a.value});
      return;
    case Assign::set_discard:
      read_.push_back(&f);
      update_.del.push_back({path, a.value});
      return;
  }
}

// A sum that the C++ member cannot hold is not stored: its row could not be loaded.
void Assignments::limit_sum(Sum sum) {
  const auto low = dynamodb::subtract(dynamodb::Number(sum.shape->low), sum.delta);
  const auto high = dynamodb::subtract(dynamodb::Number(sum.shape->high), sum.delta);
  if (!low || !high) out_of_range(sum);
  dynamodb::Condition fits = dynamodb::between(sum.from, Value(*low), Value(*high));
  const auto first = dynamodb::add(sum.start.as<dynamodb::Number>(), sum.delta);
  if (first && holds(*sum.shape, *first)) fits = fits || dynamodb::attribute_not_exists(sum.from);
  applies_ = applies_ && fits;
  sums_.push_back(std::move(sum));
}

// A version tells of every change but of counting in a `.counter`, which save() of another member
// does not undo.
void Assignments::bump_version() {
  const auto counts = [this](const AssignmentNode& a) {
    return a.op == Assign::add && a.source == a.member && a.steps.empty() &&
           model_.by_member(a.member).counter;
  };
  if (!model_.version || std::all_of(assignments_.begin(), assignments_.end(), counts)) return;
  const dynamodb::Path path(model_.version->attribute);
  update_.set.push_back(
      {path, dynamodb::plus(dynamodb::if_not_exists(path, {Value(0)}), {Value(1)})});
  fields_.push_back(model_.version);
  read_.push_back(model_.version);
}

// What a counter or a list starts from in a row without it: the member's C++ default, where it has
// one.
Value Assignments::default_of(const FieldInfo& f, Value otherwise) const {
  const std::shared_ptr<void> fresh = model_.row.make();
  const Value value = f.get(fresh.get());
  return value.is<dynamodb::Null>() ? otherwise : value;
}

void Assignments::out_of_range(const Sum& sum) const {
  throw ValidationError(model_.name, sum.field->attribute,
                        "Ensure the sum is between " + range_of(*sum.shape) + ".");
}

dynamodb::Item Assignments::values() const {
  dynamodb::Item values;
  for (const AssignmentNode& a : assignments_) {
    if (a.op == Assign::set && a.steps.empty() && !a.value.is<dynamodb::Null>())
      values.emplace(model_.by_member(a.member).attribute, a.value);
  }
  return values;
}

bool Assignments::reads_null(dynamodb::ItemView item) const {
  return std::any_of(read_.begin(), read_.end(), [&](const FieldInfo* f) {
    const auto stored = item.find(f->attribute);
    return stored && stored->type() == dynamodb::Type::NUL;
  });
}

dynamodb::Condition Assignments::reads_no_null() const {
  dynamodb::Condition none;
  for (const FieldInfo* f : read_) none = none && not_null(*f);
  return none;
}

RowChange Assignments::change_of(dynamodb::ItemView now) const {
  dynamodb::Item item = dynamodb::unpack(now);
  for (const auto* fields : {&fields_, &read_}) {
    for (const FieldInfo* f : *fields)
      if (!stored_value(*f, now)) item.erase(std::string(f->attribute));
  }
  if (const auto applied = dynamodb::apply_update(update_, item); !applied) {
    refuse_nested(applied.error());
    throw DatabaseError(applied.error(), model_.name + ": update()");
  }
  const dynamodb::PackedItem after(item);
  for (const Sum& sum : sums_) {
    const auto total = dynamodb::resolve(sum.to, after.view());  // none: it went to the list's end
    if (total && !holds(*sum.shape, dynamodb::unpack(*total).as<dynamodb::Number>()))
      out_of_range(sum);
  }
  RowChange change;
  for (const FieldInfo* f : fields_) {
    const auto at = item.find(f->attribute);
    change.values.emplace_back(f, at == item.end() ? Value() : at->second);
  }
  change.guards = fields_;
  change.guards.insert(change.guards.end(), read_.begin(), read_.end());
  return change;
}

void Assignments::refuse_sums(dynamodb::ItemView now) const {
  for (const Sum& sum : sums_) {
    const auto stored = dynamodb::resolve(sum.from, now);
    const bool absent = !stored || stored->type() == dynamodb::Type::NUL;
    const Value start = absent ? sum.start : dynamodb::unpack(*stored);
    const auto* number = start.get_if<dynamodb::Number>();
    const auto total = number ? dynamodb::add(*number, sum.delta) : std::nullopt;
    if (!total || !holds(*sum.shape, *total)) out_of_range(sum);
  }
}

void Assignments::refuse_nested(const dynamodb::Error& error) const {
  if (!nested_ || error.code != dynamodb::ErrorCode::validation) return;
  const bool no_parent = error.message.find("document path") != std::string::npos;
  const bool wrong_type = error.message.find("incorrect data type") != std::string::npos ||
                          error.message.find("Incorrect operand type") != std::string::npos;
  if (!no_parent && !wrong_type) return;
  ValidationError errors(model_.name);
  for (const AssignmentNode& a : assignments_) {
    if (a.steps.empty()) continue;
    const FieldInfo& f = model_.by_member(a.member);
    const std::string path = nested_path(f, a.steps).str();
    errors.add(f.attribute, no_parent ? path +
                                            ": what it stands in is not there, or is no map or "
                                            "list: set that first."
                                      : path +
                                            ": what is stored there is not of the type that this "
                                            "change needs.");
  }
  throw errors;
}

}  // namespace dynamo_backend
