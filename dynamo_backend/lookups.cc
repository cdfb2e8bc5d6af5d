// Run-time lookups: "author_pk__username__icontains" and a value, checked against the model.
#include <array>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/registry.h"

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
bool takes_order(Op op) {
  return op == Op::gt || op == Op::ge || op == Op::lt || op == Op::le || op == Op::between;
}

// Reads one lookup against a model.
class LookupReader {
 public:
  LookupReader(const ModelInfo& model, const Lookup& lookup)
      : model_(&model), lookup_(lookup), rest_(lookup.name) {}

  NodePtr read() {
    if (const NodePtr reverse = read_path()) return reverse;
    Op op = Op::eq;
    if (!rest_.empty()) {
      const LookupName* found = find_lookup(rest_);
      if (!found)
        fail("there is no lookup '" + std::string(rest_) + "'. Choices are: " + lookup_choices());
      op = found->op;
    }
    check(op);
    return std::make_shared<const Node>(Node{.op = op, .path = path_, .values = values(op)});
  }
  // exact with NULL is isnull.
  NodePtr read_condition() {
    NodePtr node = read();
    if (node->op != Op::eq || node->subquery || !node->values.at(0).is<dynamodb::Null>())
      return node;
    Node null = *node;
    null.op = Op::isnull;
    null.values = {Value(true)};
    return std::make_shared<const Node>(std::move(null));
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FieldError("'" + lookup_.name + "' on " + model_->name + ": " + why + ".");
  }

  // Takes fields off the front while they are relations that are followed further. A step that is
  // another model's related_name ends it: what follows is a lookup on that model.
  NodePtr read_path() {
    for (;;) {
      const std::string_view step = take_step();
      if (!model_->find(step)) {
        if (NodePtr reverse = read_reverse(step)) return reverse;
      }
      field_ = &model_->field(step);
      path_.push_back(field_->member);
      if (rest_.empty() || !field_->target) return {};
      const std::string_view next = rest_.substr(0, rest_.find("__"));
      if (find_lookup(next) && next.size() == rest_.size() && !field_->target().find(next))
        return {};
      if (next == "pk" && field_->kind != Kind::many_to_many) {  // author_pk__pk is author_pk
        rest_.remove_prefix(std::min(rest_.size(), next.size() + 2));
        return {};
      }
      model_ = &field_->target();
    }
  }

  // posts__title on Author: the author_pk of the posts that meet `title`.
  NodePtr read_reverse(std::string_view name) {
    for (const ModelInfo* other : Registry::instance().models()) {
      for (const FieldInfo& f : other->fields) {
        if (f.related_name != name || !f.target || &f.target() != model_) continue;
        const Lookup inner{rest_.empty() ? "pk" : std::string(rest_), lookup_.value};
        const NodePtr where = LookupReader(*other, inner).read_condition();
        auto subquery = std::make_shared<const Subquery>(reverse_subquery(*other, f, where));
        path_.push_back(model_->partition->member);
        return std::make_shared<const Node>(
            Node{.op = Op::in, .path = path_, .subquery = std::move(subquery)});
      }
    }
    return {};
  }
  static Subquery reverse_subquery(const ModelInfo& other, const FieldInfo& f,
                                   const NodePtr& where) {
    if (f.kind != Kind::many_to_many) return {&other, where, f.member};
    const JoinKeys keys = join_keys(other, f);
    auto owners =
        std::make_shared<const Subquery>(Subquery{&other, where, other.partition->member});
    return {other.join_of(f), make_in({keys.owner->member}, std::move(owners)),
            keys.target->member};
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
    const std::string_view step = rest_.substr(0, rest_.find("__"));
    rest_.remove_prefix(std::min(rest_.size(), step.size() + 2));
    return step;  // unknown: field() says so
  }

  void check(Op op) const {
    if (field_->kind == Kind::many_to_many) {
      if (op == Op::eq || op == Op::contains || op == Op::in) return;
      fail("a many-to-many takes exact, contains and in");
    }
    const Shape& shape = field_->shape();
    const bool text = shape.type == Shape::Type::text;
    const bool container = shape.type == Shape::Type::list || shape.type == Shape::Type::set ||
                           shape.type == Shape::Type::json;
    if (takes_text(op) && !text) fail("this lookup is for text fields");
    if ((op == Op::contains) && !text && !container) fail("contains is for text, lists and sets");
    if (takes_order(op) && (!shape.is_key_type() || shape.type == Shape::Type::binary))
      fail("the field's values have no order");
  }

  std::vector<Value> values(Op op) const {
    const Value& given = lookup_.value.value();
    if (op == Op::isnull) return {flag(given)};
    if (op == Op::in || op == Op::between) return list(op, given);
    if (given.is<dynamodb::Null>() && op != Op::eq)
      fail("it has no value to compare with; use isnull");
    if (op == Op::contains && (field_->kind == Kind::list || field_->kind == Kind::set))
      return {one(*field_->shape().element, given)};
    return {one(shape(), given)};
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
      out.push_back(one(shape(), v));
    }
    return out;
  }

  const Shape& shape() const {
    return field_->kind == Kind::many_to_many ? type_ops<Uuid>.shape[0] : field_->shape();
  }

  Value flag(const Value& given) const {
    if (given.is<bool>()) return given;
    try {
      return coerce(Codec<bool>::shape, given);
    } catch (const BadValue& e) {
      fail(std::string("the value ") + e.what());
    }
  }
  Value one(const Shape& wanted, const Value& given) const {
    try {
      return coerce(wanted, given);
    } catch (const BadValue& e) {
      fail(std::string("the value ") + e.what());
    }
  }

  const ModelInfo* model_;
  const Lookup& lookup_;
  std::string_view rest_;
  std::vector<std::string_view> path_{};
  const FieldInfo* field_ = nullptr;
};

}  // namespace

NodePtr make_lookups(const ModelInfo& model, std::span<const Lookup> lookups) {
  NodePtr all;
  for (const Lookup& lookup : lookups)
    all = make_and(all, LookupReader(model, lookup).read_condition());
  return all;
}

}  // namespace dynamo_backend
