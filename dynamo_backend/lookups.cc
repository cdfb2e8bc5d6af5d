// Run-time lookups: "author_pk__username__icontains" and a value, checked against the model.
#include <algorithm>
#include <array>
#include <charconv>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/registry.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

struct LookupName {
  std::string_view name;
  Op op;
};
constexpr std::array<LookupName, 14> kLookups{{{"exact", Op::eq},
                                               {"iexact", Op::iexact},
                                               {"contains", Op::contains},
                                               {"icontains", Op::icontains},
                                               {"startswith", Op::startswith},
                                               {"istartswith", Op::istartswith},
                                               {"gt", Op::gt},
                                               {"gte", Op::ge},
                                               {"lt", Op::lt},
                                               {"lte", Op::le},
                                               {"in", Op::in},
                                               {"between", Op::between},
                                               {"range", Op::between},
                                               {"isnull", Op::isnull}}};

const LookupName* find_lookup(std::string_view name) {
  for (const LookupName& l : kLookups) {
    if (l.name == name) return &l;
  }
  return nullptr;
}

std::string lookup_choices() {
  std::string text;
  for (const LookupName& l : kLookups) text += (text.empty() ? "" : ", ") + std::string(l.name);
  return text;
}

bool takes_text(Op op) {
  return op == Op::iexact || op == Op::icontains || op == Op::istartswith || op == Op::startswith;
}

// A step of a lookup that leads to many rows: "posts" of posts__title on Author.
struct ManyStep {
  std::vector<std::string_view> path{};  // the members before it
  const ModelInfo* model = nullptr;      // where it starts
  const ModelInfo* owner = nullptr;      // the relation's field, and its model
  const FieldInfo* field = nullptr;
  bool reverse = false;
  std::string rest{};  // the lookup on the rows that it leads to

  const ModelInfo& rows() const { return reverse ? *owner : field->target(); }
  bool same_rows(const ManyStep& o) const {
    return path == o.path && field == o.field && reverse == o.reverse;
  }
  // The rows of the first model that such a row, or (`where` empty) any at all, belongs to.
  NodePtr node(const NodePtr& where) const {
    const NodePtr last =
        reverse ? make_reverse(*owner, *field, where) : make_forward(*model, *field, where);
    Node node = *last;
    node.path.insert(node.path.begin(), path.begin(), path.end());
    return std::make_shared<const Node>(std::move(node));
  }
};

bool is_index(std::string_view step) {
  return !step.empty() && step.size() < 10 &&
         step.find_first_not_of("0123456789") == std::string_view::npos;
}

// Reads one lookup against a model.
class LookupReader {
 public:
  LookupReader(const ModelInfo& model, const Lookup& lookup)
      : model_(&model), lookup_(lookup), rest_(lookup.name) {}

  // The condition; nullptr where the lookup goes on behind many_step().
  NodePtr read() {
    if (rest_.ends_with("__")) fail("there is no name behind the last '__'");
    read_path();
    if (many_) return read_many();
    read_steps();
    Op op = Op::eq;
    if (!rest_.empty()) {
      const LookupName* found = find_lookup(rest_);
      if (!found)
        fail("there is no lookup '" + std::string(rest_) + "'. Choices are: " + lookup_choices());
      op = found->op;
    }
    check(op);
    Node node{.op = op, .path = path_, .values = values(op), .steps = steps_};
    // exact with NULL is isnull.
    if (op == Op::eq && node.values.at(0).is<dynamodb::Null>()) {
      node.op = Op::isnull;
      node.values = {Value(true)};
    }
    return std::make_shared<const Node>(std::move(node));
  }
  const ManyStep& many_step() const { return *many_; }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FieldError("'" + lookup_.name + "' on " + model_->name + ": " + why + ".");
  }

  // Takes fields off the front while they are relations that are followed further, up to the first
  // that leads to many rows.
  void read_path() {
    for (;;) {
      const std::string_view step = take_step();
      field_ = model_->find(step);
      if (!field_) {
        const auto reverse = Registry::instance().find_reverse(*model_, step);
        if (!reverse) unknown(step);
        many_ = ManyStep{path_, model_, reverse->model, reverse->field, true, std::string(rest_)};
        return;
      }
      if (field_->kind == Kind::many_to_many) {
        many_ = ManyStep{path_, model_, model_, field_, false, std::string(rest_)};
        return;
      }
      path_.push_back(field_->member);
      if (rest_.empty() || !field_->target) return;
      const std::string_view next = rest_.substr(0, rest_.find("__"));
      if (find_lookup(next) && next.size() == rest_.size() && !field_->target().find(next)) return;
      if (next == "pk") {  // author_pk__pk is author_pk
        rest_.remove_prefix(std::min(rest_.size(), next.size() + 2));
        return;
      }
      model_ = &field_->target();
    }
  }

  [[noreturn]] void unknown(std::string_view step) const {
    std::string choices = model_->choices();
    for (const ModelInfo* other : Registry::instance().models()) {
      for (const FieldInfo& f : other->fields) {
        if (!f.target || &f.target() != model_) continue;
        if (const std::string name = reverse_name(*other, f); !name.empty()) choices += ", " + name;
      }
    }
    throw FieldError("Cannot resolve '" + std::string(step) + "' on " + model_->name +
                     ". Choices are: " + choices + ".");
  }

  // What follows a step to many rows: a lookup on their key, or on a field of theirs.
  NodePtr read_many() {
    std::string& rest = many_->rest;
    if (rest == "isnull") {
      const NodePtr any = many_->node({});
      return flag(lookup_.value.value()).as<bool>() ? make_not(any) : any;
    }
    if (rest.empty() || rest == "exact" || rest == "contains") {
      if (lookup_.value.value().is<dynamodb::Null>()) return make_not(many_->node({}));
      rest = "pk";
    } else if (find_lookup(rest) && !many_->rows().find(rest)) {
      if (rest != "in") fail("a relation to many rows takes exact, contains, in and isnull");
      rest = "pk__in";
    }
    return {};
  }

  // meta__seo__title, tags__0: places inside a JSON or list member.
  void read_steps() {
    const Shape::Type type = field_->target ? Shape::Type::none : field_->shape().type;
    if (type != Shape::Type::json && type != Shape::Type::list) return;
    const Shape* inside = &field_->shape();
    while (!rest_.empty() && !(find_lookup(rest_))) {
      const std::string_view step = rest_.substr(0, rest_.find("__"));
      if (step.empty()) fail("a place inside '" + std::string(field_->attribute) + "' has no name");
      if (inside->type == Shape::Type::list) {
        if (!is_index(step)) return;
        inside = inside->element;
      } else if (inside->type != Shape::Type::json) {
        return;
      }
      rest_.remove_prefix(std::min(rest_.size(), step.size() + 2));
      std::uint32_t index = 0;  // nine digits at most: they fit
      if (is_index(step) && std::from_chars(step.data(), step.data() + step.size(), index).ptr)
        steps_.emplace_back(index);
      else
        steps_.emplace_back(std::string(step));
    }
    if (!steps_.empty()) inside_ = inside;
    // DynamoDB: the member itself counts.
    if (steps_.size() >= dynamodb::kMaxNesting)
      fail("it leads " + std::to_string(steps_.size() + 1) + " levels deep, and values have " +
           std::to_string(dynamodb::kMaxNesting) + " at most");
  }

  // The longest name that the model knows, up to a "__" or the end: names may hold "__" themselves.
  std::string_view take_step() {
    for (std::size_t end = rest_.size();; end = end == 0 ? 0 : rest_.rfind("__", end - 1)) {
      if (end == std::string_view::npos || end == 0) break;
      const std::string_view step = rest_.substr(0, end);
      if (!model_->find(step)) continue;
      rest_.remove_prefix(std::min(rest_.size(), end + 2));
      return step;
    }
    // No field: the longest related_name of another model, or nothing that is known.
    const std::string_view all = rest_;
    for (std::size_t end = all.size();; end = all.rfind("__", end - 1)) {
      if (end == std::string_view::npos || end == 0) break;
      if (!Registry::instance().find_reverse(*model_, all.substr(0, end))) continue;
      rest_.remove_prefix(std::min(all.size(), end + 2));
      return all.substr(0, end);
    }
    const std::string_view step = rest_.substr(0, rest_.find("__"));
    rest_.remove_prefix(std::min(rest_.size(), step.size() + 2));
    return step;
  }

  bool is_inside_json() const { return inside_ && inside_->type == Shape::Type::json; }

  void check(Op op) const {
    if (is_inside_json()) return;  // it may hold anything: see check_value()
    const Shape& shape = this->shape();
    const bool text = shape.type == Shape::Type::text;
    const bool container = shape.type == Shape::Type::list || shape.type == Shape::Type::set ||
                           shape.type == Shape::Type::json;
    if (takes_text(op) && !text) fail("this lookup is for text fields");
    if ((op == Op::contains) && !text && !container) fail("contains is for text, lists and sets");
    if (takes_order(op) && !shape.is_key_type()) fail("the field's values have no order");
  }

  void check_value(Op op, const Value& given) const {
    const bool text = given.is<std::string>();
    if (takes_text(op) && !text) fail("this lookup takes text");
    if (takes_order(op) && !text && !given.is<dynamodb::Number>() && !given.is<Binary>())
      fail("it takes a value that has an order: text, bytes or a number");
  }

  std::vector<Value> values(Op op) const {
    const Value& given = lookup_.value.value();
    if (op == Op::isnull) return {flag(given)};
    if (op == Op::in || op == Op::between) return list(op, given);
    if (given.is<dynamodb::Null>() && op != Op::eq)
      fail("it has no value to compare with; use isnull");
    if (op == Op::contains && steps_.empty() &&
        (field_->kind == Kind::list || field_->kind == Kind::set))
      return {one(op, *field_->shape().element, given)};
    return {one(op, shape(), given)};
  }

  std::vector<Value> list(Op op, const Value& given) const {
    const auto* elements = given.get_if<dynamodb::List>();
    if (!elements) fail("it takes a list of values");
    if (op == Op::between && elements->size() != 2)
      fail("it takes two values, the least and the greatest");
    std::vector<Value> out;
    for (const Value& v : *elements) {
      if (op == Op::between && v.is<dynamodb::Null>())
        fail("it has no value to compare with; use isnull");
      out.push_back(one(op, shape(), v));
    }
    if (op == Op::between && out[0].type() != out[1].type())
      fail("its two values are of two types, which have no order");
    return out;
  }

  const Shape& shape() const { return inside_ ? *inside_ : field_->shape(); }

  Value flag(const Value& given) const {
    if (given.is<bool>()) return given;
    if (given.is<dynamodb::Null>()) fail("isnull takes true or false");
    try {
      return coerce(Codec<bool>::shape, given);
    } catch (const BadValue& e) {
      fail(std::string("the value ") + e.what());
    }
  }
  Value one(Op op, const Shape& wanted, const Value& given) const {
    if (is_inside_json()) return check_value(op, given), given;
    try {
      Value value = coerce(wanted, given);
      // A bound between two seconds is none of the two: resolve() takes it as written.
      return field_->kind == Kind::ttl && given.is<std::string>() ? given : value;
    } catch (const BadValue& e) {
      fail(std::string("the value ") + e.what());
    }
  }

  const ModelInfo* model_;
  const Lookup& lookup_;
  std::string_view rest_;
  std::vector<std::string_view> path_{};
  const FieldInfo* field_ = nullptr;
  std::optional<ManyStep> many_{};
  PathSteps steps_{};
  const Shape* inside_ = nullptr;  // what stands at the end of steps_
};

}  // namespace

NodePtr make_lookups(const ModelInfo& model, std::span<const Lookup> lookups, ManyRows many) {
  struct Group {
    ManyStep step;
    std::vector<Lookup> inner;
  };
  std::vector<Group> groups;
  NodePtr all;
  for (const Lookup& lookup : lookups) {
    LookupReader reader(model, lookup);
    if (const NodePtr node = reader.read()) {
      all = make_and(all, node);
      continue;
    }
    const ManyStep& step = reader.many_step();
    auto group = groups.end();
    if (many == ManyRows::together)
      group = std::find_if(groups.begin(), groups.end(),
                           [&](const Group& g) { return g.step.same_rows(step); });
    if (group == groups.end()) group = groups.insert(group, Group{step, {}});
    group->inner.push_back({step.rest, lookup.value});
  }
  for (const Group& group : groups)
    all = make_and(all, group.step.node(make_lookups(group.step.rows(), group.inner, many)));
  return all;
}

}  // namespace dynamo_backend
